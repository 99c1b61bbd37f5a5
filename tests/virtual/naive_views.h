/* The views of a table of regions, found the simple way: what a scan must find. */
#ifndef TESTS_VIRTUAL_NAIVE_VIEWS_H
#define TESTS_VIRTUAL_NAIVE_VIEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/scan/regions.h"
#include "tests/virtual/virtual_platform.h"

struct naive_view {
    uint64_t base;
    uint64_t size; /* bytes */
    enum view_kind kind;
    uint32_t protect;
    const struct virtual_region *runs; /* its regions, in the table of the process */
    size_t runs_count;
};

/* What an address space costs to read, counted from its table. */
struct naive_shape {
    uint64_t regions;
    uint64_t gaps; /* runs of free space, the one below the user space's end included */
    uint64_t allocations;
    uint64_t views;
    uint64_t files;     /* of those, of a file */
    uint64_t surprises; /* see naive_bound() */
};

/* Continues at the run `*index` to the next view and sets *index after it.
 * has_kinds  Kinds are those of MemoryRegionInformation. Without it physical memory and files without
 *            a name look like sections without a file.
 * Returns false after the last view. */
bool naive_view_next(_In_ const struct virtual_process *process, bool has_kinds,
                     _Inout_ size_t *index, _Out_ struct naive_view *view);

struct naive_shape naive_shape_of(_In_ const struct virtual_process *process);

/* The most kernel queries that a walk with MemoryRegionInformationEx and its names may make, a
 * fixed number apart: one for each allocation, run of free space and view of a file. No answer shows
 * what follows an allocation, so a wrong guess costs one more: free space that begins at a multiple of
 * 64 KiB, where most allocations begin, or an allocation that does not begin there. */
uint64_t naive_bound(_In_ const struct naive_shape *shape);

#endif
