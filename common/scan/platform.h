/* What a scan needs of Windows: a table of calls, and no more.
 *
 * common/win32/platform_nt.c is the real one, tests/virtual_platform.c the one that runs anywhere
 * and fails on command. The calls copy answers and decide nothing; every decision on what they say
 * is in scan.c. All failures are NTSTATUS values (nt_status.h), because that is what Windows says
 * and what the client is told.
 *
 * Design section 2 names five calls (list, open, region, name, close). Beside them stand
 * `allocation`, the same question as `region` asked of a newer information class; `pages` for
 * detail "pages"; and `path`, because the device table belongs to the machine and not to a scan.
 *
 * Any thread; one `space` is used by one thread at a time. On failure outputs are untouched unless
 * said.
 */
#ifndef COMMON_SCAN_PLATFORM_H
#define COMMON_SCAN_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/scan/process.h"
#include "common/scan/regions.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

struct address_space; /* an opened process; the platform knows what is in it */

struct platform {
    void *context; /* first argument of every call */

    /* Takes a snapshot of the processes, the idle process (pid 0) left out.
     * list  Empty; on failure it is left empty. */
    uint32_t (*list)(void *context, struct process_list *list);

    /* Opens a process with the most rights it grants: full, then limited.
     * facts  Receives what it tells; a fact that cannot be had is set to its unknown value.
     * image  Cleared, then receives the device path of its executable; empty when unknown.
     * space  Receives what the other calls take; released by close.
     * Fails with NTSTATUS_INVALID_CID when no such process runs. */
    uint32_t (*open)(void *context, uint32_t pid, struct process_facts *facts, struct buffer *image,
                     struct address_space **space);

    /* MemoryBasicInformation: the run of pages that holds `address`, free space included.
     * NTSTATUS_INVALID_PARAMETER: above the user space. */
    uint32_t (*region)(void *context, struct address_space *space, uint64_t address,
                       struct region *region);

    /* MemoryRegionInformation: the allocation that holds `address`. Fails on a free address.
     * Where the system has no such query: NTSTATUS_NOT_IMPLEMENTED or NTSTATUS_INVALID_INFO_CLASS.
     */
    uint32_t (*allocation)(void *context, struct address_space *space, uint64_t address,
                           struct allocation *allocation);

    /* MemoryMappedFilenameInformation: the device path of the file mapped at `address`.
     * name   Cleared, then receives UTF-8.
     * lossy  Receives true when the name held an unpaired surrogate.
     * NTSTATUS_FILE_INVALID: a section without a file. NTSTATUS_INVALID_ADDRESS: no view there. */
    uint32_t (*name)(void *context, struct address_space *space, uint64_t address,
                     struct buffer *name, bool *lossy);

    /* MemoryWorkingSetExInformation of `count` pages from `address`, at most PAGES_BATCH_MAX.
     * blocks  Receives the VirtualAttributes of each page. */
    uint32_t (*pages)(void *context, struct address_space *space, uint64_t address, size_t count,
                      uint64_t *blocks);

    /* Rewrites a device path as users know it: C:\..., \\server\share\..., \\?\Volume{...}\...
     * path  Cleared, then receives UTF-8. Returns false, left empty, when no device matches. */
    bool (*path)(void *context, struct span device_path, struct buffer *path);

    /* Releases what open gave. Never fails. */
    void (*close)(void *context, struct address_space *space);
};

#endif
