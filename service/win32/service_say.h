/* What install, uninstall, stop and status tell the person who runs them. */
#ifndef SERVICE_WIN32_SERVICE_SAY_H
#define SERVICE_WIN32_SERVICE_SAY_H

#include <stdbool.h>

#include "common/win32/win.h"
#include "service/win32/exit_codes.h"

/* What was done, on stdout; nothing when `quiet`. */
PRINTF_FORMAT(2, 3) void service_say(bool quiet, const char *format, ...);

/* What was done and is not good, on stderr behind "lsmapd: warning: ". */
PRINTF_FORMAT(1, 2) void service_warn(const char *format, ...);

/* What failed and what to do about it, on stderr. Returns what to exit with.
 * what  A phrase that "lsmapd: " precedes. */
enum exit_code service_fail(const char *what, DWORD error);

#endif
