/* `lsmap diff`: opens the two files and has them compared, see diff_run.h. */
#ifndef CLIENT_WIN32_COMPARE_FILES_H
#define CLIENT_WIN32_COMPARE_FILES_H

#include "client/options.h"
#include "client/outcome.h"
#include "client/win32/console.h"

enum outcome compare_files(_In_ const struct console *console, _In_ const struct options *options);

#endif
