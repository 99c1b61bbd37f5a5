/* The walk over one address space: kernel queries to views. Names and filters follow in views.h.
 *
 * Where MemoryRegionInformationEx works, one query classifies an allocation and gives its size, so
 * that it is crossed in one step; free space is crossed with one basic query. Elsewhere basic
 * queries are joined to views by their allocation base. No answer is trusted: it must contain the
 * address that was asked about, end above it and not wrap, so that the walk always advances and
 * always ends.
 *
 * Which query to make first is a guess that costs one query when it is wrong: allocations begin at
 * multiples of 64 KiB, so after an end that is not aligned free space follows; otherwise the next
 * allocation does. */
#ifndef COMMON_SCAN_WALK_H
#define COMMON_SCAN_WALK_H

#include "common/scan/platform.h"

enum { WALK_QUERIES_MAX = 4 * 1024 * 1024 }; /* in one process; 100 times what large ones need */

enum walk_result {
    WALK_ON,     /* nothing to report yet */
    WALK_VIEW,   /* the next view */
    WALK_REGION, /* of views.h: its next region */
    WALK_DONE,   /* the end of the address space */
    WALK_FAILED  /* the list ends early: see nt_status */
};

static const uint64_t COMMITTED_UNKNOWN = UINT64_MAX;

/* A view: an allocation that maps a section. All of a view of a file is committed. Of a section
 * without a file only the runs of pages say it: MemoryRegionInformationEx counts what the view is charged
 * for, private copies of pages (documented at WIN32_MEMORY_REGION_INFORMATION). */
struct map_row {
    uint64_t base;
    uint64_t size;       /* bytes */
    uint64_t committed;  /* of those; COMMITTED_UNKNOWN */
    enum view_kind kind; /* VIEW_MAPPED: data or pagefile-backed, the name query decides */
    uint32_t protect;    /* PAGE_* it was created with */

    /* set by views.h */
    struct span device_path; /* UTF-8; data NULL: no name */
    struct span path;        /* UTF-8; data NULL: no name, or an unknown device */
    bool path_lossy;
    bool has_pages;       /* `pages` was asked for and could be read */
    bool has_shares;      /* pages.shared is true, too */
    uint32_t name_status; /* of its name query, when that failed; not for a view without a file */
    struct page_counts pages;
};

struct walk {
    const struct platform *platform;
    struct address_space *space;
    struct query_counts *counts;
    struct map_row view; /* of WALK_VIEW */
    uint32_t nt_status;  /* of WALK_FAILED; 0: an answer contradicts itself or an earlier one,
                            or there is no end of them */

    uint64_t address;           /* the next to ask about */
    uint64_t floor;             /* all below is done and not reported again */
    uint64_t limit;             /* first address above the user space; UINT64_MAX: unknown */
    bool ask_allocations;       /* use MemoryRegionInformationEx */
    uint32_t allocation_status; /* why ask_allocations was given up; 0: it was not */
    bool expect_gap;            /* make the basic query first */
    bool allocation_failed;     /* at `address`, so the basic query decides */
    bool is_single;             /* only one allocation is asked for */
    bool is_over;               /* nothing follows the view that is open */
    bool has_open;              /* `view` is being joined from runs */
    bool has_held;              /* `held` was answered and not yet looked at */
    struct region held;
    uint32_t queries; /* made so far */
};

/* Begins at the bottom of an address space.
 * platform, space, counts  Must outlive the walk; `counts` is counted up.
 * limit                    First address above the user space; 0: unknown.
 * ask_allocations          False when the system is known to lack MemoryRegionInformationEx. */
void walk_init(_Out_ struct walk *walk, _In_ const struct platform *platform,
               _In_ struct address_space *space, _Inout_ struct query_counts *counts,
               uint64_t limit, bool ask_allocations);

/* Restricts a walk that has not begun to the allocation that contains `address`. */
void walk_restrict(_Inout_ struct walk *walk, uint64_t address);

/* Makes at most one query. Call it until it returns neither WALK_ON nor WALK_VIEW. */
enum walk_result walk_next(_Inout_ struct walk *walk);

/* Asks for the run at `address` in walk->view and cuts it to the view.
 * Returns WALK_ON with `run` set, WALK_DONE when the view has gone, or WALK_FAILED. */
enum walk_result walk_run(_Inout_ struct walk *walk, uint64_t address, _Out_ struct region *run);

#endif
