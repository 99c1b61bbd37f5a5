/* What the kernel answers about a table of regions: no counting, no faults, no lies.
 *
 * `hint` is where the last run was found, 0 at first: asking from run to run needs no search. Any
 * value is safe.
 */
#ifndef TESTS_VIRTUAL_MEMORY_H
#define TESTS_VIRTUAL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/scan/regions.h"
#include "tests/virtual/virtual_platform.h"

/* The run that holds `address`; NULL when it is free. */
const struct virtual_region *virtual_memory_run(_In_ const struct virtual_process *process,
                                                uint64_t address, _Inout_ size_t *hint);

/* MemoryBasicInformation. Windows answers with the page that was asked about and the size from there
 * to the end of the run; free space extends to the next run or to the end of the user space.
 * from_run  Answer with the base of the run instead, as Wine does.
 * Returns NTSTATUS_OK, or NTSTATUS_INVALID_PARAMETER above the user space. */
NODISCARD uint32_t virtual_memory_region(_In_ const struct virtual_process *process,
                                         uint64_t address, bool from_run,
                                         _Out_ struct region *region, _Inout_ size_t *hint);

/* MemoryRegionInformation and, with bits instead of MEM_ types, MemoryRegionInformationEx.
 * build       Of Windows: what the kernels of builds 14393 to 26100 answer, decompiled.
 * size        Bytes there are for the answer.
 * allocation  Receives as much of it as fits.
 * Returns NTSTATUS_OK, NTSTATUS_INVALID_ADDRESS where it is free, NTSTATUS_INVALID_PARAMETER above the
 * user space, or NTSTATUS_INFO_LENGTH_MISMATCH. */
NODISCARD uint32_t virtual_memory_allocation(_In_ const struct virtual_process *process,
                                             uint32_t build, enum memory_class memory_class,
                                             uint64_t address,
                                             _Out_writes_bytes_to_(size, size) void *allocation,
                                             size_t size, _Inout_ size_t *hint);

/* Up to build 16299 the shared page at 0x7FFE0000 and the last 64 KiB are not allocations: class 0 makes
 * an answer up, the others have none. */
bool virtual_memory_is_unknown(uint32_t build, uint64_t address);

#endif
