/* What operators read: one function for each message of messages.mc, so that a format and its
 * arguments cannot disagree. The service writes to the Application event log, `--console` prints the
 * same lines to stderr after "lsmapd: ".
 *
 * No text of a request goes in, and every insertion string is sanitised (event_text.h). Events that
 * clients can cause are reported at most once a minute, denials once a minute and user, queries once
 * in 15 minutes and user, both with their count. No function fails its caller or changes the thread's
 * last error. Any thread. Texts are terminated UTF-8. */
#ifndef SERVICE_WIN32_EVENTS_H
#define SERVICE_WIN32_EVENTS_H

#include "common/proto/caller.h"
#include "common/proto/statistics.h"
#include "common/win32/win.h"

enum event_target {
    EVENT_TARGET_NONE,   /* the initial one */
    EVENT_TARGET_LOG,    /* the event log */
    EVENT_TARGET_CONSOLE /* stderr, UTF-8 */
};

/* Sets where events go. Call it once, at the start. */
void events_open(enum event_target target);

/* Columns: function, message, whether clients can cause it. Why: an error of Windows. */
#define EVENTS_OF_ERRORS(X)                                          \
    X(event_start_failed, EVENT_START_FAILED, false)                 \
    X(event_accept_failed, EVENT_ACCEPT_FAILED, true)                \
    X(event_identity_failed, EVENT_IDENTITY_FAILED, true)            \
    X(event_debug_missing, EVENT_DEBUG_MISSING, false)               \
    X(event_configuration_failed, EVENT_CONFIGURATION_FAILED, false) \
    X(event_privileges_kept, EVENT_PRIVILEGES_KEPT, false)
#define X(function, ...) void function(DWORD error);
EVENTS_OF_ERRORS(X)
#undef X

/* Columns: function, message. About: the pipe's name; mitigation policies, by their names; what accounts
 * other than SYSTEM and Administrators could change; why the service does not start from where it is:
 * "the program is on a network drive". */
#define EVENTS_OF_TEXTS(X)                              \
    X(event_service_started, EVENT_SERVICE_STARTED)     \
    X(event_hardening_refused, EVENT_HARDENING_REFUSED) \
    X(event_place_open, EVENT_PLACE_OPEN)               \
    X(event_folder_refused, EVENT_FOLDER_REFUSED)
#define X(function, message) void function(_In_ const char *text);
EVENTS_OF_TEXTS(X)
#undef X

/* The pipe could not be created. A name in use is an event of its own. */
void event_pipe_failed(_In_ const char *pipe_name, DWORD error);
void event_pipe_taken_over(_In_ const wchar_t *pipe_name); /* from a dead server */
void event_server_failed(void);
void event_stop_late(void);
void event_service_stopped(void); /* reports the remaining denials and queries first */

/* A value of the settings is not used; of a security setting.
 * why        Follows "the value is": "not between 1 and 1024".
 * is_closed  No valid security settings are known. */
void event_configuration_refused(_In_ const char *name, _In_ const char *why);
void event_security_refused(_In_ const char *name, _In_ const char *why, bool is_closed);

/* They were read again. is_pipe_other: who may open the pipe changes at the next start. */
void event_configuration_read(bool is_pipe_other);

void event_limit_hit(enum statistics_limit limit); /* by a client */

/* A request has ended: reports denials, queries of other users' processes (service/audit.h) and
 * internal errors.
 * client_pid  The client's process; 0: unknown. */
void event_answered(_In_ const struct caller *caller, DWORD client_pid,
                    _In_ const struct statistics_answer *answer);

/* Reports the denials and queries that are due. A timer of the system's thread pool calls it.
 * now_ms  Of system_now_ms(); UINT64_MAX: all that are left. */
void events_flush(uint64_t now_ms);

#endif
