/* Runs lsmap.exe, whose path is in LSMAP_EXE, and keeps its output. */
#ifndef TESTS_WIN32_LSMAP_PROCESS_H
#define TESTS_WIN32_LSMAP_PROCESS_H

#include <stdbool.h>

#include "common/base/annotations.h"
#include "common/win32/win.h"

enum {
    LSMAP_OUTPUT_CAPACITY = 4 * 1024 * 1024, /* of stdout */
    LSMAP_ERROR_CAPACITY = 4096,             /* of stderr */
    LSMAP_TIMEOUT_MS = 30 * 1000,            /* then it is terminated, and the test fails */
    LSMAP_EXIT_HUNG = 999
};

struct lsmap_process {
    DWORD exit_code; /* LSMAP_EXIT_HUNG: it was terminated */
    DWORD elapsed_ms;
    char *out; /* owned; all of stdout, terminated */
    size_t out_size;
    char error[LSMAP_ERROR_CAPACITY]; /* all of stderr, terminated */
};

/* Runs lsmap with these arguments, stdout and stderr in files, and waits until it ends.
 * Returns false when it could not be run. Release its output with lsmap_process_release(). */
NODISCARD bool lsmap_process_run(_Out_ struct lsmap_process *process, const wchar_t *arguments);

/* The same with a closed pipe as stdout. */
NODISCARD bool lsmap_process_run_unread(_Out_ struct lsmap_process *process,
                                        const wchar_t *arguments);

/* The same with stdout in `out`, which is closed, and not kept. */
NODISCARD bool lsmap_process_run_to(_Out_ struct lsmap_process *process, const wchar_t *arguments,
                                    HANDLE out);

/* The same, but when *received is not 0, lsmap is interrupted: by Ctrl+Break, which reaches its
 * process group only, or without a console in the way a console does it for Ctrl+C. Also returns
 * false when it could not be interrupted and was terminated. */
NODISCARD bool lsmap_process_run_interrupted(_Out_ struct lsmap_process *process,
                                             const wchar_t *arguments,
                                             const volatile DWORD *received);

void lsmap_process_release(_Inout_ struct lsmap_process *process);

#endif
