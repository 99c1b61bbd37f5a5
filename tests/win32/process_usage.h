/* What a process uses, seen from outside. */
#ifndef TESTS_WIN32_PROCESS_USAGE_H
#define TESTS_WIN32_PROCESS_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/win32/win.h"

struct process_usage {
    uint32_t handles;
    uint32_t threads;
    uint64_t memory_size; /* private bytes; under Wine those touched, as the host counts them */
};

/* process  Of `pid`, with PROCESS_QUERY_INFORMATION.
 * word     Occurs only in its command line: the host finds it by that.
 * Returns false when something is not known. One thread at a time. */
bool process_usage_query(HANDLE process, DWORD pid, const char *word, struct process_usage *usage);

#endif
