#include "tests/rows/scan_expect.h"

#include <stdlib.h>

#include "common/base/bounds.h"
#include "common/text/utf.h"
#include "tests/rows/scan_checker.h"
#include "tests/rows/scan_rows.h"
#include "tests/virtual/naive_views.h"

/* The state of the comparison. */
struct expected {
    struct test *t;
    const struct virtual_process *process;
    enum views_detail detail;
    bool has_kinds;
    size_t index; /* of the next run in the table of the process */
    struct naive_view view;
    size_t run; /* the next one of `view` */
    char *name; /* room for the longest */
};

static struct page_counts naive_pages(const struct naive_view *view)
{
    const uint64_t pages_max = PAGES_VIEW_MAX;
    struct page_counts counts = {0};

    for (size_t i = 0; i < view->runs_count; i++) {
        const struct virtual_region *run = &view->runs[i];
        uint64_t pages = run->size / MEMORY_PAGE_SIZE;
        uint64_t left = pages_max - counts.counted / MEMORY_PAGE_SIZE;
        uint64_t size = (pages < left ? pages : left) * MEMORY_PAGE_SIZE;
        uint64_t share_count = run->page_attributes >> 1 & 7;
        bool is_resident = run->state == MEMORY_STATE_COMMIT && (run->page_attributes & 1) != 0;
        counts.counted += size;
        counts.resident += is_resident ? size : 0;
        counts.shared += is_resident && share_count > 1 ? size : 0;
        counts.private_ += is_resident && share_count == 0 ? size : 0;
        counts.locked += is_resident && (run->page_attributes >> 22 & 1) != 0 ? size : 0;
    }
    return counts;
}

static void expect_pages(struct expected *expected, const struct map_row *map)
{
    struct test *t = expected->t;
    const struct page_counts counts = naive_pages(&expected->view);

    CHECK_INT(t, expected->detail == VIEWS_WITH_PAGES, map->has_pages);
    CHECK_INT(t, map->has_pages, map->has_shares);
    if (expected->detail != VIEWS_WITH_PAGES)
        return;
    CHECK_INT(t, counts.counted, map->pages.counted);
    CHECK_INT(t, counts.resident, map->pages.resident);
    CHECK_INT(t, counts.shared, map->pages.shared);
    CHECK_INT(t, counts.private_, map->pages.private_);
    CHECK_INT(t, counts.locked, map->pages.locked);
}

static void expect_name(struct expected *expected, const struct map_row *map)
{
    struct test *t = expected->t;
    const struct virtual_region *run = &expected->view.runs[0];

    if (run->name == NULL) {
        CHECK(t, map->device_path.data == NULL);
        return;
    }
    size_t size = utf8_from_utf16(expected->name, NAME_SIZE_MAX, run->name, run->name_len);
    CHECK_MEM(t, expected->name, size, map->device_path.data, map->device_path.size);
    CHECK_INT(t, utf16_is_lossy(run->name, run->name_len), map->path_lossy);
}

/* The previous view had all its regions. */
static void expect_view_complete(struct expected *expected)
{
    struct test *t = expected->t;

    if (expected->detail == VIEWS_WITH_REGIONS)
        CHECK_INT(t, expected->view.runs_count, expected->run);
}

/* MemoryRegionInformationEx does not say it of sections without a file; their runs do. */
static uint64_t naive_committed(const struct expected *expected)
{
    const struct naive_view *view = &expected->view;
    uint64_t committed = 0;

    if (expected->has_kinds && view->kind != VIEW_PAGEFILE)
        return view->size;
    if (expected->has_kinds && expected->detail == VIEWS_PLAIN)
        return COMMITTED_UNKNOWN;
    for (size_t i = 0; i < view->runs_count; i++)
        committed += view->runs[i].state == MEMORY_STATE_COMMIT ? view->runs[i].size : 0;
    return committed;
}

static bool expect_map(struct expected *expected, const struct map_row *map)
{
    struct test *t = expected->t;

    expect_view_complete(expected);
    expected->run = 0;
    if (!naive_view_next(expected->process, expected->has_kinds, &expected->index,
                         &expected->view)) {
        CHECK_INT(t, 0, map->base); /* invented */
        return false;
    }
    bool ok = CHECK_INT(t, expected->view.base, map->base);
    ok = CHECK_INT(t, expected->view.size, map->size) && ok;
    ok = CHECK_INT(t, expected->view.kind, map->kind) && ok;
    CHECK_INT(t, expected->view.protect, map->protect);
    CHECK_INT(t, naive_committed(expected), map->committed);
    expect_name(expected, map);
    expect_pages(expected, map);
    return ok;
}

static bool expect_region(struct expected *expected, const struct scan_row *row)
{
    struct test *t = expected->t;

    if (!CHECK(t, expected->detail == VIEWS_WITH_REGIONS) ||
        !CHECK(t, expected->run < expected->view.runs_count))
        return false;
    const struct virtual_region *run = &expected->view.runs[expected->run++];
    bool ok = CHECK_INT(t, run->base, row->region.base);
    ok = CHECK_INT(t, run->size, row->region.size) && ok;
    CHECK_INT(t, run->state, row->region.state);
    CHECK_INT(t, run->state == MEMORY_STATE_COMMIT ? run->protect : 0, row->region.protect);
    CHECK_INT(t, expected->view.base, row->map.base);
    return ok;
}

/* Returns false to end the comparison: one difference is enough. */
static bool expect_row(struct expected *expected, const struct scan_row *row)
{
    struct test *t = expected->t;
    struct naive_view missing;

    switch (row->type) {
    case SCAN_NONE:
    case SCAN_PROCESS:
        return true;
    case SCAN_MAP:
        return expect_map(expected, &row->map);
    case SCAN_REGION:
        return expect_region(expected, row);
    case SCAN_ERROR:
        CHECK_STR(t, "", row->error.message);
        return false;
    case SCAN_FAILED:
        CHECK_STR(t, "", row->error.message);
        return false;
    case SCAN_SECTION: /* never of a scan */
        CHECK_INT(t, SCAN_MAP, row->type);
        return false;
    case SCAN_END:
        expect_view_complete(expected);
        if (naive_view_next(expected->process, expected->has_kinds, &expected->index, &missing))
            CHECK_INT(t, 0, missing.base);
        break;
    }
    return false;
}

void scan_expect_exact(struct test *t, struct virtual_platform *virtual_,
                       const struct platform *platform, enum views_detail detail,
                       struct scan_counts *counts)
{
    struct expected expected = {.t = t,
                                .process = &virtual_->processes[0],
                                .detail = detail,
                                .has_kinds = virtual_->has_allocation,
                                .name = malloc(NAME_SIZE_MAX)};
    struct scan_checker checker;
    struct scan_row row;

    struct scan_query query = scan_query_everything();
    query.all = false;
    query.pids = &expected.process->entry.pid;
    query.pids_count = 1;
    query.views.detail = detail;
    struct scan *scan = scan_create(platform, &query, NULL);
    scan_checker_init(&checker);
    if (CHECK(t, expected.name != NULL && scan != NULL)) {
        do {
            scan_next(scan, &row);
            scan_checker_row(&checker, &row, scan_counts(scan));
        } while (expect_row(&expected, &row));
        CHECK_INT(t, SCAN_END, row.type);
        CHECK_STR(t, "", checker.problem != NULL ? checker.problem : "");
        CHECK_INT(t, 0, virtual_->open_count);
        if (counts != NULL)
            *counts = *scan_counts(scan);
    }
    scan_destroy(scan);
    free(expected.name);
}
