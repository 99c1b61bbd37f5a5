/* The server with everything it needs, as the service and `--console` both run it: real platform,
 * facts about the machine, pipe server. Reports what happens to it as events (events.h). */
#ifndef SERVICE_WIN32_DAEMON_H
#define SERVICE_WIN32_DAEMON_H

#include "service/settings.h"
#include "service/win32/service_control.h"

/* Hands this thread to the service control manager until the service has stopped. Prints why when this
 * process was not started by it. */
enum exit_code daemon_run_service(void);

/* `lsmapd --console`: serves without the service control manager until Ctrl+C, Ctrl+Break, or the
 * console is closed; prints `lsmapd: listening on NAME` to stderr once clients can connect.
 * pipe_name  Complete name, UTF-8, terminated. */
enum exit_code daemon_run_console(_In_ const char *pipe_name, _In_ const struct settings *settings);

#endif
