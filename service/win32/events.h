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

void event_service_started(_In_ const char *pipe_name);
void event_service_stopped(void); /* reports the remaining denials and queries first */

/* The pipe could not be created. A name in use is an event of its own. */
void event_pipe_failed(_In_ const char *pipe_name, DWORD error);
void event_pipe_taken_over(_In_ const wchar_t *pipe_name); /* from a dead server */
void event_start_failed(DWORD error);
void event_accept_failed(DWORD error);
void event_server_failed(void);
void event_stop_late(void);
void event_identity_failed(DWORD error);
void event_debug_missing(DWORD error);

/* A value of the settings is not used; of a security setting.
 * why        Follows "the value is": "not between 1 and 1024".
 * is_closed  No valid security settings are known. */
void event_configuration_refused(_In_ const char *name, _In_ const char *why);
void event_security_refused(_In_ const char *name, _In_ const char *why, bool is_closed);

/* The settings were read again; could not be used, so that all are as before.
 * is_pipe_other  Who may open the pipe changes at the next start. */
void event_configuration_read(bool is_pipe_other);
void event_configuration_failed(DWORD error);

/* A client reached a limit. */
void event_limit_hit(enum statistics_limit limit);

/* A request has ended: reports denials, queries of other users' processes (service/audit.h) and
 * internal errors.
 * client_pid  The client's process; 0: unknown. */
void event_answered(_In_ const struct caller *caller, DWORD client_pid,
                    _In_ const struct statistics_answer *answer);

/* Reports the denials and queries that are due. A timer of the system's thread pool calls it.
 * now_ms  Of system_now_ms(); UINT64_MAX: all that are left. */
void events_flush(uint64_t now_ms);

/* What Windows refused at the start: mitigation policies, by their names; the removal of privileges. */
void event_hardening_refused(_In_ const char *names);
void event_privileges_kept(DWORD error);

/* Accounts other than SYSTEM and Administrators could change what `what` names. */
void event_place_open(_In_ const char *what);

/* The service does not start from where it is: "the program is on a network drive". */
void event_folder_refused(_In_ const char *why);

#endif
