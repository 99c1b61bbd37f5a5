/* `lsmapd --console`: the server without the service control manager. */
#ifndef SERVICE_WIN32_CONSOLE_H
#define SERVICE_WIN32_CONSOLE_H

#include "common/win32/win.h"
#include "service/settings.h"
#include "service/win32/service_control.h"

/* Serves until Ctrl+C, Ctrl+Break, or the console is closed; says on stderr
 * `lsmapd: listening on NAME` once clients can connect.
 * pipe_name  Whole name, UTF-8, terminated.
 * settings   The registry's are the service's alone. */
enum exit_code console_run(_In_ const char *pipe_name, _In_ const struct settings *settings);

#endif
