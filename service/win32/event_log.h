/* What operators are told: one function for each message of events.mc, so that a format and its
 * arguments cannot disagree.
 *
 * The service writes to the Application event log, `--console` prints the same lines to stderr
 * behind "lsmapd: ". Nothing a client sent goes in. What a client can cause is told at most once a
 * minute. No function fails its caller or changes the thread's last error. Any thread.
 */
#ifndef SERVICE_WIN32_EVENT_LOG_H
#define SERVICE_WIN32_EVENT_LOG_H

#include "win.h"

enum event_target {
    EVENT_TARGET_NONE,   /* the tests' server */
    EVENT_TARGET_LOG,    /* the event log */
    EVENT_TARGET_CONSOLE /* stderr, UTF-8 */
};

/* Where events go from now on; at first nowhere. Call it once, at the start. */
void event_log_open(enum event_target target);

void event_service_started(_In_ const wchar_t *pipe_name);
void event_service_stopped(void);
void event_pipe_failed(_In_ const wchar_t *pipe_name, DWORD error);
void event_start_failed(DWORD error);
void event_accept_failed(DWORD error);
void event_server_failed(void);
void event_stop_late(void);
void event_server_busy(unsigned connections);
void event_identity_failed(DWORD error);
void event_debug_missing(DWORD error);

/* Tells the event log where the texts of this program's messages are, and forgets it again. Both
 * need elevation; removing what is not there is success.
 * exe  Full path of lsmapd.exe. */
NODISCARD DWORD event_log_register(_In_ const wchar_t *exe);
NODISCARD DWORD event_log_unregister(void);

#endif
