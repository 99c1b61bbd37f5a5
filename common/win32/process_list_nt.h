/* The snapshot of all processes, from NtQuerySystemInformation. */
#ifndef COMMON_WIN32_PROCESS_LIST_NT_H
#define COMMON_WIN32_PROCESS_LIST_NT_H

#include "common/scan/process.h"

/* Adds every process but the idle one, see `list` in platform.h. Any thread.
 * Returns an NTSTATUS. */
uint32_t process_list_nt_query(_Inout_ struct process_list *list);

#endif
