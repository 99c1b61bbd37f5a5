/* What the files of platform_nt share among themselves; nobody else includes this. */
#ifndef COMMON_WIN32_PLATFORM_NT_PRIVATE_H
#define COMMON_WIN32_PLATFORM_NT_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "common/scan/platform.h"
#include "common/win32/device_table.h"
#include "common/win32/ntdll.h"
#include "common/win32/platform_nt.h"
#include "common/win32/win.h"

/* Read only once it is made, but for the device table, which has its own lock. */
struct platform_nt {
    struct device_table *devices; /* owned */
    struct ntdll_optional optional;
    uint64_t address_limit; /* first address above the user space of any process */
};

struct address_space {
    HANDLE process;           /* owned */
    struct nt_string *answer; /* owned; where name queries answer; NULL until the first */
    size_t answer_size;       /* bytes */
};

/* Asks for a name into `buffer` of `size` bytes: a struct nt_string and its text behind it.
 * needed  Receives the bytes it would take; 0 when it is not said. */
typedef nt_result (*name_query)(HANDLE process, const void *address, void *buffer, size_t size,
                                size_t *needed);

/* Runs a name query, growing the answer of `space` in bounded steps until it fits.
 * name   Cleared, then receives UTF-8.
 * lossy  Receives true when the name held an unpaired surrogate.
 * Returns an NTSTATUS; NTSTATUS_INFO_LENGTH_MISMATCH also for an answer that points outside
 * itself. */
uint32_t address_space_query_name(_Inout_ struct address_space *space, name_query query,
                                  const void *address, _Inout_ struct buffer *name,
                                  _Out_ bool *lossy);

/* The calls of `struct platform`, see there. */
uint32_t platform_nt_list(void *context, struct process_list *list);
uint32_t platform_nt_open(void *context, uint32_t pid, struct process_facts *facts,
                          struct buffer *image, struct address_space **space);
uint32_t platform_nt_region(void *context, struct address_space *space, uint64_t address,
                            struct region *region);
uint32_t platform_nt_allocation(void *context, struct address_space *space, uint64_t address,
                                struct allocation *allocation);
uint32_t platform_nt_name(void *context, struct address_space *space, uint64_t address,
                          struct buffer *name, bool *lossy);
uint32_t platform_nt_pages(void *context, struct address_space *space, uint64_t address,
                           size_t count, uint64_t *blocks);
void platform_nt_close(void *context, struct address_space *space);

#endif
