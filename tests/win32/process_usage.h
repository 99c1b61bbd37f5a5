/* What a process holds, seen from outside. */
#ifndef TESTS_WIN32_PROCESS_USAGE_H
#define TESTS_WIN32_PROCESS_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/win32/win.h"

struct process_usage {
    uint32_t handles;
    uint32_t threads;
    uint64_t memory_size; /* private bytes; under Wine the host tells, of what was touched */
};

/* process  Of `pid`, with PROCESS_QUERY_INFORMATION.
 * word     Stands in its command line and in no other's: so the host finds it.
 * Returns false when the system does not tell. One thread at a time. */
bool process_usage_query(HANDLE process, DWORD pid, const char *word, struct process_usage *usage);

#endif
