/* Runs lsmap.exe, whose path is in LSMAP_EXE, and keeps what it said. */
#ifndef TESTS_WIN32_LSMAP_PROCESS_H
#define TESTS_WIN32_LSMAP_PROCESS_H

#include <stdbool.h>

#include "common/base/annotations.h"
#include "common/win32/win.h"

enum {
    LSMAP_OUTPUT_CAPACITY = 4 * 1024 * 1024, /* of stdout */
    LSMAP_ERROR_CAPACITY = 4096,             /* of stderr */
    LSMAP_TIMEOUT_MS = 30 * 1000,            /* then it is ended, and the test fails */
    LSMAP_EXIT_HUNG = 999
};

struct lsmap_process {
    DWORD exit_code; /* LSMAP_EXIT_HUNG: it had to be ended */
    DWORD elapsed_ms;
    char *out; /* owned; all of stdout, terminated */
    size_t out_size;
    char error[LSMAP_ERROR_CAPACITY]; /* all of stderr, terminated */
};

/* Runs lsmap with these arguments, stdout and stderr in files, and waits for its end.
 * Returns false when it could not be run. Release what it said by lsmap_process_release(). */
NODISCARD bool lsmap_process_run(_Out_ struct lsmap_process *process, const wchar_t *arguments);

/* The same with a stdout that nobody reads: a pipe whose other end is closed. */
NODISCARD bool lsmap_process_run_unread(_Out_ struct lsmap_process *process,
                                        const wchar_t *arguments);

/* The same, but once *heard is not 0 it is interrupted: by Ctrl+Break, which reaches a process
 * group of its own, or without a console by what Ctrl+C does. Returns false also when it could not
 * be interrupted; it was ended then. */
NODISCARD bool lsmap_process_run_interrupted(_Out_ struct lsmap_process *process,
                                             const wchar_t *arguments, const volatile DWORD *heard);

void lsmap_process_release(_Inout_ struct lsmap_process *process);

#endif
