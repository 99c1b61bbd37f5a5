/* The walk over one address space: from query answers to views.
 *
 * Where MemoryRegionInformation works, one query classifies an allocation and its size skips it
 * whole; free space is crossed with one basic query. Where it does not, basic queries are joined to
 * views by their allocation base. No answer is trusted: each must hold the address asked about, end
 * above it and not wrap, so that the walk always advances and always ends, whatever the kernel
 * says. Names and filters are not its matter (scan_view.c).
 *
 * Which query comes first at an address is a guess that only costs a query when it is wrong:
 * allocations begin at multiples of 64 KiB, so behind an end that is none there is free space;
 * elsewhere the next allocation follows.
 */
#ifndef COMMON_SCAN_WALK_H
#define COMMON_SCAN_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/scan/platform.h"
#include "common/scan/regions.h"
#include "common/scan/scan.h"

enum {
    WALK_RUNS_MAX = 64, /* runs of a view remembered, so that they need not be asked for again */
    WALK_QUERIES_MAX =
        4 * 1024 * 1024 /* in one process; a hundred times what large processes need */
};

enum walk_result {
    WALK_ON,      /* one query was made; nothing to tell yet */
    WALK_VIEW,    /* `view` is the next view */
    WALK_DONE,    /* the end of the address space */
    WALK_REFUSED, /* a query failed: walk->nt_status */
    WALK_LIED /* an answer contradicts itself or what was said before, or there is no end of them */
};

struct view {
    uint64_t base;
    uint64_t size;       /* bytes */
    enum view_kind kind; /* VIEW_MAPPED: data or pagefile, the name query will tell */
    uint32_t protect;    /* PAGE_* it was made with */
};

struct walk {
    uint64_t address;       /* to be asked about next */
    uint64_t floor;         /* end of what was told or passed: nothing below is told again */
    uint64_t limit;         /* first address above the user space; UINT64_MAX: unknown */
    bool ask_allocations;   /* MemoryRegionInformation is used */
    bool expect_gap;        /* ask the basic query first */
    bool allocation_failed; /* at `address`, so the basic query has the last word */
    bool is_single;         /* one allocation is wanted, not all */
    bool is_over;           /* after the view that is open, nothing more */
    bool has_open;          /* `open` is being joined from runs */
    struct view open;
    bool has_held; /* `held` was answered and not yet looked at */
    struct region held;
    struct region runs[WALK_RUNS_MAX]; /* of `open`, then of the view just told */
    size_t runs_count;                 /* above WALK_RUNS_MAX: not all are remembered; 0: none */
    uint32_t queries;                  /* made so far */
    uint32_t nt_status;                /* of WALK_REFUSED */
    uint32_t allocation_status;        /* why ask_allocations was given up; 0: it was not */
};

/* Begins at the bottom.
 * limit            First address above the user space; 0: unknown.
 * ask_allocations  False when the system is known to have no MemoryRegionInformation. */
void walk_init(_Out_ struct walk *walk, uint64_t limit, bool ask_allocations);

/* Begins and ends with the allocation that holds `address`. */
void walk_init_at(_Out_ struct walk *walk, uint64_t limit, bool ask_allocations, uint64_t address);

/* Makes one query, or none, and says what came of it. To be called until neither WALK_ON nor
 * WALK_VIEW. counts  `regions` and `allocations` are counted up. view    Set with WALK_VIEW only.
 * walk->runs then holds its runs if they were asked for anyway. */
enum walk_result walk_next(_Inout_ struct walk *walk, _In_ const struct platform *platform,
                           _In_ struct address_space *space, _Inout_ struct scan_counts *counts,
                           _Out_ struct view *view);

/* Asks for the run at `address`, which lies in `view`, and cuts it to the view.
 * Returns WALK_ON with `run` set; WALK_REFUSED with walk->nt_status set; WALK_LIED when the view is
 * no longer there or the answer is impossible. */
enum walk_result walk_run(_Inout_ struct walk *walk, _In_ const struct platform *platform,
                          _In_ struct address_space *space, _Inout_ struct scan_counts *counts,
                          _In_ const struct view *view, uint64_t address, _Out_ struct region *run);

#endif
