/* The scan with detail "pages": batches, the cap, refusals. */
#include "common/scan/nt_status.h"
#include "tests/rows/scan_world.h"
#include "tests/test.h"
#include <limits.h>

static const uint64_t LARGE_SIZE = (uint64_t)16 << 30;

static struct scan_world world;

static void pages_are_counted_in_bounded_batches(struct test *t)
{
    scan_world_init(&world, 1);
    world.query.views.detail = VIEWS_WITH_PAGES;
    scan_world_run(&world, t);
    const struct scan_row *row = scan_rows_get(&world.rows, SCAN_MAP, 1);
    REQUIRE(t, row != NULL);
    CHECK(t, row->map.has_pages);
    CHECK_INT(t, 0xc9000, row->map.pages.counted);
    CHECK_INT(t, 0xc9000, row->map.pages.resident);
    CHECK_INT(t, 2, world.rows.counts.queries.pages); /* one batch each: 5 pages and 201 */
    scan_rows_release(&world.rows);
}

static void large_sections_are_counted_up_to_a_cap(struct test *t)
{
    const uint64_t cap = (uint64_t)PAGES_VIEW_MAX * MEMORY_PAGE_SIZE;
    const struct virtual_region run = {.base = 0x10000,
                                       .size = LARGE_SIZE,
                                       .allocation_base = 0x10000,
                                       .allocation_protect = 4,
                                       .state = MEMORY_STATE_COMMIT,
                                       .protect = 4,
                                       .type = MEMORY_REGION_PAGEFILE,
                                       .page_attributes = 1 | 2 << 1};

    scan_world_init(&world, 1);
    world.processes[0].regions = &run;
    world.processes[0].regions_count = 1;
    world.query.views.kinds = VIEW_PAGEFILE;
    world.query.views.detail = VIEWS_WITH_PAGES;
    scan_world_run(&world, t);
    const struct scan_row *row = scan_rows_get(&world.rows, SCAN_MAP, 0);
    REQUIRE(t, row != NULL);
    CHECK(t, row->map.has_pages);
    CHECK_INT(t, LARGE_SIZE, row->map.size);
    CHECK_INT(t, cap, row->map.pages.counted);
    CHECK_INT(t, cap, row->map.pages.shared);
    CHECK_INT(t, PAGES_VIEW_MAX / PAGES_BATCH_MAX, world.rows.counts.queries.pages);
    scan_rows_release(&world.rows);
}

static void pages_that_are_refused_are_not_asked_again(struct test *t)
{
    scan_world_init(&world, 2);
    world.processes[0].faults.pages = NTSTATUS_ACCESS_DENIED;
    world.query.views.detail = VIEWS_WITH_PAGES;
    scan_world_run(&world, t);
    CHECK_INT(t, 0, world.rows.counts.errors);
    CHECK_INT(
        t, 3,
        world.rows.counts.queries.pages); /* once there, twice in the process that allows it */
    CHECK(t, !scan_rows_get(&world.rows, SCAN_MAP, 0)->map.has_pages);
    CHECK(t, !scan_rows_get(&world.rows, SCAN_MAP, 1)->map.has_pages);
    CHECK(t, scan_rows_get(&world.rows, SCAN_MAP, 2)->map.has_pages);
    scan_rows_release(&world.rows);
}

/* A program that is not elevated learns how much is resident, and not with how many it is shared. */
static void an_untrusted_caller_does_not_see_what_is_shared(struct test *t)
{
    static const struct {
        uint32_t build;
        enum process_access access;
        bool has_pages;
    } rows[] = {
        {17763, PROCESS_ACCESS_FULL, true},
        {17763, PROCESS_ACCESS_LIMITED, true},
        {22621, PROCESS_ACCESS_FULL, true},
        {22621, PROCESS_ACCESS_LIMITED, false}, /* trusted callers need less */
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "row %zu", i);
        scan_world_init(&world, 1);
        world.query.views.detail = VIEWS_WITH_PAGES;
        world.processes[0].facts.access = rows[i].access;
        world.virtual_.build = rows[i].build;
        world.virtual_.is_untrusted = true;
        world.platform.hides_shares = true; /* as platform_nt.c finds out */
        scan_world_run(&world, t);
        const struct scan_row *row = scan_rows_get(&world.rows, SCAN_MAP, 0);
        REQUIRE(t, row != NULL);
        CHECK_INT(t, rows[i].has_pages, row->map.has_pages);
        CHECK(t, !row->map.has_shares);
        scan_rows_release(&world.rows);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(pages_are_counted_in_bounded_batches),
        TEST_CASE(large_sections_are_counted_up_to_a_cap),
        TEST_CASE(pages_that_are_refused_are_not_asked_again),
        TEST_CASE(an_untrusted_caller_does_not_see_what_is_shared),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
