/* Runs a program as a user would and captures its output. */
#ifndef TESTS_SYSTEM_COMMAND_H
#define TESTS_SYSTEM_COMMAND_H

#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/win32/win.h"

enum {
    COMMAND_OUTPUT_SIZE_MAX = 64 * 1024 * 1024,
    COMMAND_TIMEOUT_MS = 60 * 1000 /* without output; then the program is terminated */
};

struct command {
    struct buffer output; /* owned: stdout and stderr, in order */
    DWORD exit_code;
};

/* Runs `line` until it ends. Call command_release() afterwards in any case.
 * Returns a Win32 error; WAIT_TIMEOUT when it was terminated. */
NODISCARD DWORD command_run(_Out_ struct command *command, const wchar_t *line);

void command_release(_Inout_ struct command *command);

#endif
