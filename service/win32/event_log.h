/* What operators are told: one function for each message of events.mc, so that a format and its
 * arguments cannot disagree.
 *
 * The service writes to the Application event log, `--console` prints the same lines to stderr
 * behind "lsmapd: ". No request's text goes in, and every string is made harmless on its way
 * (event_text.h). What a client can cause is told at most once a minute, denials once a minute and
 * user with their count. No function fails its caller or changes the thread's last error. Any
 * thread. Texts are terminated UTF-8.
 */
#ifndef SERVICE_WIN32_EVENT_LOG_H
#define SERVICE_WIN32_EVENT_LOG_H

#include "common/proto/caller.h"
#include "common/proto/statistics.h"
#include "common/win32/win.h"

enum event_target {
    EVENT_TARGET_NONE,   /* the tests' server */
    EVENT_TARGET_LOG,    /* the event log */
    EVENT_TARGET_CONSOLE /* stderr, UTF-8 */
};

/* Where events go from now on; at first nowhere. Call it once, at the start. */
void event_log_open(enum event_target target);

void event_service_started(_In_ const wchar_t *pipe_name);
void event_service_stopped(void); /* tells first what was counted of denials and not told */

/* The pipe could not be made. That somebody has the name is an event of its own. */
void event_pipe_failed(_In_ const wchar_t *pipe_name, DWORD error);
void event_start_failed(DWORD error);
void event_accept_failed(DWORD error);
void event_server_failed(void);
void event_stop_late(void);
void event_server_busy(unsigned connections);
void event_identity_failed(DWORD error);
void event_debug_missing(DWORD error);

/* A value of the settings is not used.
 * why  Follows "the value is": "not between 1 and 1024". */
void event_configuration_refused(_In_ const char *name, _In_ const char *why);

/* The settings were read again. */
void event_configuration_read(void);

/* A client met a limit that is not told by event_server_busy(). */
void event_limit_hit(enum statistics_limit limit);

/* A request has ended: tells when it was denied, and when it failed for our own fault. Fits
 * struct answer_context. */
void event_answered(_In_ const struct caller *caller, _In_ const struct statistics_answer *answer);

/* What the process was to give up at its start and this Windows did not take. */
void event_hardening_refused(_In_ const char *what);
void event_privileges_kept(DWORD error);

/* Others than SYSTEM and Administrators could change the program, its folder or the settings.
 * what  Which thing, and who. */
void event_place_open(_In_ const char *what);

/* Tells the event log where the texts of this program's messages are, and forgets it again. Both
 * need elevation; removing what is not there is success.
 * exe  Full path of lsmapd.exe. */
NODISCARD DWORD event_log_register(_In_ const wchar_t *exe);
NODISCARD DWORD event_log_unregister(void);

/* Where event_log_register() wrote it, below HKEY_LOCAL_MACHINE. */
#define EVENT_SOURCE_KEY L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\lsmapd"

#endif
