/* Starts a program, once more when Wine cannot: on a busy machine Wine 8 fails to start about one process
 * in two thousand, with ERROR_INTERNAL_ERROR. */
#ifndef TESTS_WIN32_CHILD_H
#define TESTS_WIN32_CHILD_H

#include "common/win32/win.h"

enum { CHILD_ATTEMPTS_MAX = 3 };

/* As CreateProcessW(). */
static inline BOOL child_start(const wchar_t *path, wchar_t *command, BOOL inherits, DWORD flags,
                               STARTUPINFOW *startup, PROCESS_INFORMATION *child)
{
    for (int attempt = 1;; attempt++) {
        if (CreateProcessW(path, command, NULL, NULL, inherits, flags, NULL, NULL, startup, child))
            return TRUE;
        if (attempt == CHILD_ATTEMPTS_MAX || GetLastError() != ERROR_INTERNAL_ERROR)
            return FALSE;
    }
}

#endif
