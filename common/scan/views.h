/* The views of one open process: found, named, filtered, with their pages or regions on request. A
 * cursor over the walk; the caller owns the process and closes it. */
#ifndef COMMON_SCAN_VIEWS_H
#define COMMON_SCAN_VIEWS_H

#include "common/base/bounds.h"
#include "common/scan/walk.h"

enum views_detail {
    VIEWS_PLAIN,        /* what is committed is not known for sections without a file */
    VIEWS_WITH_REGIONS, /* each view's regions follow it */
    VIEWS_WITH_PAGES    /* each view's pages are counted */
};

/* Which views are asked for, and how much of each. */
struct views_query {
    uint32_t kinds;           /* VIEW_IMAGE, VIEW_DATA and VIEW_PAGEFILE bits */
    const struct span *paths; /* globs over the DOS path or the device path; any may match */
    size_t paths_count;       /* 0: views of any file, or of none */
    bool has_address;         /* only the view that contains `address` */
    uint64_t address;
    enum views_detail detail;
};

struct views {
    const struct platform *platform;
    const struct views_query *query;
    struct query_counts *counts;
    bool no_allocations; /* this system lacks MemoryRegionInformationEx; kept between processes */
    uint32_t no_names;   /* the same of names: the status that said so; 0: it has them */

    /* results; spans are valid until the next call */
    struct walk walk;     /* walk.view: of WALK_VIEW */
    struct region region; /* of WALK_REGION, cut to the view */
    uint32_t nt_status;   /* of WALK_FAILED; 0: Windows contradicted itself */
    const char *message;  /* of WALK_FAILED; static text */

    enum walk_result (*step)(struct views *views); /* the next piece of work */
    bool lists_regions;
    bool refuses_names;  /* set after views_begin(): names are not asked for, and */
    bool has_unnamed;    /* were for a view */
    bool has_uncompared; /* a path and the patterns were too long to be compared */
    bool pages_refused;  /* the handle does not allow it: no more are asked for */
    uint64_t position;   /* of the next page or region */
    struct buffer device_path;
    struct buffer path;
    struct page pages[PAGES_BATCH_MAX];
};

/* What is passed must outlive `views`; the calls made are added to `counts`. */
void views_init(_Out_ struct views *views, _In_ const struct platform *platform,
                _In_ const struct views_query *query, _Inout_ struct query_counts *counts);
void views_deinit(_Inout_ struct views *views);

/* Begins with an open process. Buffers are reused, so that later processes need no memory.
 * address_limit   As of walk_init().
 * show_addresses  False: no regions, whatever the query asks for. */
void views_begin(_Inout_ struct views *views, _In_ struct address_space *space,
                 uint64_t address_limit, bool show_addresses);

/* Makes a driver, whose name is in views->device_path, the view. Returns whether the query asks for it. */
bool views_take_driver(_Inout_ struct views *views, uint64_t size, bool lossy);

/* Does the next piece of work, at most one kernel query and one path look-up. Not to be called again
 * after WALK_DONE and WALK_FAILED. */
enum walk_result views_next(_Inout_ struct views *views);

#endif
