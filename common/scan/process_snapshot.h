/* The kernel's list of all processes, read from the answers of two information classes.
 *
 * SystemProcessInformation (5) is for everybody. SystemFullProcessInformation (148) also has the user
 * of each process; STATUS_ACCESS_DENIED unless Administrators is an enabled group of the caller. Both
 * are chains of struct system_process with its threads. Class 148 has, for each process, 256 bytes,
 * its threads of 136 bytes, and SYSTEM_PROCESS_INFORMATION_EXTENSION, whose UserSidOffset (at 52, from
 * the begin of the extension; 0: none) has been there since Windows 8.1; its names are paths.
 * Sources: ExpGetProcessInformation and ExCheckFullProcessInformationAccess in decompiled kernels (10240
 * to 26100), SYSTEM_PROCESS_INFORMATION_EXTENSION in phnt, ntexapi.h. Wine lacks class 148. */
#ifndef COMMON_SCAN_PROCESS_SNAPSHOT_H
#define COMMON_SCAN_PROCESS_SNAPSHOT_H

#include "common/scan/process.h"

/* SYSTEM_PROCESS_INFORMATION of 64-bit Windows, up to what is read. */
struct system_process {
    uint32_t next_offset; /* bytes from here to the next; 0: the last */
    uint32_t thread_count;
    uint64_t working_set_private;
    uint32_t hard_fault_count, thread_count_peak;
    uint64_t cycle_time;
    uint64_t create_time, user_time, kernel_time; /* the first a FILETIME */
    uint16_t name_size, name_capacity;            /* UNICODE_STRING, as the next two */
    uint32_t padding;
    uint64_t name_address; /* in the same buffer, UTF-16 */
    int32_t base_priority;
    uint32_t padding_2;
    uint64_t pid, parent_pid;
    uint32_t handle_count, session_id;
};

/* Adds every process but the idle one (pid 0).
 * answer   Not trusted; each link must go forward, and all that is read lies inside.
 * is_full  It is of class 148: entries get their owner.
 * Returns an NTSTATUS; the list may be partly filled on failure. */
NODISCARD uint32_t process_snapshot_read(struct span answer, bool is_full,
                                         _Inout_ struct process_list *list);

#endif
