/* The server with everything it needs, as the service and `--console` both run it: real platform,
 * facts about the machine, pipe server. Reports what happens to it as events (events.h). */
#ifndef SERVICE_WIN32_DAEMON_H
#define SERVICE_WIN32_DAEMON_H

#include "common/answer/answer.h"
#include "common/proto/statistics.h"
#include "common/win32/platform_nt.h"
#include "common/win32/system_info.h"
#include "service/settings.h"
#include "service/win32/access_cmd.h"
#include "service/win32/server.h"
#include "service/win32/service_control.h"

struct daemon {
    bool is_console; /* pipe and rights of the user who runs it, not of access.h */
    struct platform platform;
    struct server_info info;
    struct statistics statistics;
    struct answer_context context;
    struct settings settings;  /* in force */
    struct access_setup setup; /* of the service: what the settings granted at the start */
    struct server *server;
};

/* Listens, and reports so as an event; or reports why not.
 * daemon     Filled on success; must not move until daemon_stop().
 * pipe_name  Complete name, UTF-8, terminated.
 * settings   Of the console, copied; NULL: the service, with the operator's from the registry.
 * Returns a Win32 error. */
NODISCARD DWORD daemon_start(_Out_ struct daemon *daemon, _In_ const char *pipe_name,
                             _In_opt_ const struct settings *settings);

/* Waits until `stop` is signalled or the server has failed for good. At each signal of `changed`,
 * an event that resets itself, the registry is read again; NULL: never.
 * Returns ERROR_SUCCESS for stop, ERROR_SERVICE_NOT_ACTIVE when the server failed. */
NODISCARD DWORD daemon_wait(_Inout_ struct daemon *daemon, HANDLE stop, HANDLE changed);

/* Returns ERROR_SUCCESS; ERROR_TIMEOUT when something hangs: the pipe is closed, and the process must
 * end at once, without unwinding. */
NODISCARD DWORD daemon_stop(_Inout_ struct daemon *daemon);

/* `lsmapd --console`: serves without the service control manager until Ctrl+C, Ctrl+Break, or the
 * console is closed; prints `lsmapd: listening on NAME` to stderr once clients can connect.
 * Parameters as for daemon_start(). */
enum exit_code daemon_run_console(_In_ const char *pipe_name, _In_ const struct settings *settings);

#endif
