/* Recorded address spaces: every view is reported exactly, at the lowest cost. */
#include "tests/rows/scan_expect.h"
#include "tests/rows/scan_rows.h"
#include "tests/test.h"
#include "tests/virtual/naive_views.h"
#include "tests/virtual/virtual_layout.h"

#ifndef LAYOUTS_DIR
#define LAYOUTS_DIR "tests/layouts"
#endif

enum {
    FIXED_COST = 8,        /* queries that every process costs */
    PLAIN_CALLS = 2,       /* when each run of pages is queried for its facts and its name */
    PLAIN_PERCENT_MAX = 40 /* of those calls */
};

static const char *const names[] = {"service", "protected", "browser", "dotnet", "wow64"};

static bool load(struct test *t, const char *name, struct virtual_layout *layout)
{
    struct virtual_layout_error error;
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s.txt", LAYOUTS_DIR, name);
    return CHECK(t, virtual_layout_read(path, layout, &error));
}

static void run_all(struct test *t, void (*run)(struct test *t, struct virtual_layout *layout))
{
    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        struct virtual_layout layout;
        TEST_ROW(t, "%s", names[i]);
        if (!load(t, names[i], &layout))
            return;
        layout.processes[0].faults.pages = 0;
        run(t, &layout);
        virtual_layout_release(&layout);
    }
}

static void replay(struct test *t, struct virtual_layout *layout)
{
    static const enum views_detail details[] = {VIEWS_PLAIN, VIEWS_WITH_REGIONS, VIEWS_WITH_PAGES};
    struct virtual_platform virtual_;
    struct platform platform;

    virtual_platform_init(&virtual_, layout->processes, layout->processes_count, &platform);
    for (int mode = 0; mode < 4; mode++) {
        virtual_.has_allocation = mode % 2 == 0;
        virtual_.answers_run_base = mode / 2 == 1;
        for (size_t i = 0; i < TEST_COUNT(details); i++)
            scan_expect_exact(t, &virtual_, &platform, details[i], NULL);
    }
}

static void recorded_views_are_exact(struct test *t)
{
    run_all(t, replay);
}

static struct scan_counts cost_of(struct test *t, struct virtual_layout *layout,
                                  bool has_allocation)
{
    struct virtual_platform virtual_;
    struct platform platform;
    struct scan_counts counts = {0};

    virtual_platform_init(&virtual_, layout->processes, layout->processes_count, &platform);
    virtual_.has_allocation = has_allocation;
    scan_expect_exact(t, &virtual_, &platform, VIEWS_PLAIN, &counts);
    /* The scan counts what the platform counted. */
    CHECK_INT(t, virtual_.calls[VIRTUAL_REGION], counts.queries.regions);
    CHECK_INT(t, virtual_.calls[VIRTUAL_ALLOCATION], counts.queries.allocations);
    CHECK_INT(t, virtual_.calls[VIRTUAL_NAME], counts.queries.names);
    CHECK_INT(t, 1, counts.queries.opens);
    return counts;
}

static void check_cost(struct test *t, struct virtual_layout *layout)
{
    const struct naive_shape shape = naive_shape_of(&layout->processes[0]);
    struct scan_counts counts = cost_of(t, layout, true);
    uint64_t queries = counts.queries.regions + counts.queries.allocations + counts.queries.names;

    CHECK(t, queries <= shape.allocations + shape.views + shape.gaps + FIXED_COST);
    CHECK(t, queries * 100 <= PLAIN_CALLS * (shape.regions + shape.gaps) * PLAIN_PERCENT_MAX);
    counts = cost_of(t, layout, false);
    queries = counts.queries.regions + counts.queries.allocations + counts.queries.names;
    CHECK(t, queries <= shape.regions + shape.gaps + shape.views + FIXED_COST);
    CHECK(t, counts.queries.allocations <= 1); /* the probe */
}

static void recorded_layouts_cost_little(struct test *t)
{
    run_all(t, check_cost);
}

static void a_protected_process_is_listed_without_pages(struct test *t)
{
    struct virtual_layout layout;
    struct virtual_platform virtual_;
    struct platform platform;
    struct scan_row row;
    uint64_t maps = 0;

    REQUIRE(t, load(t, "protected", &layout));
    CHECK(t, layout.processes[0].faults.pages != 0);
    virtual_platform_init(&virtual_, layout.processes, 1, &platform);
    struct scan_query query = scan_query_everything();
    query.views.detail = VIEWS_WITH_PAGES;
    struct scan *scan = scan_create(&platform, &query, NULL);
    REQUIRE(t, scan != NULL);
    do {
        scan_next(scan, &row);
        CHECK(t, row.type != SCAN_ERROR);
        if (row.type == SCAN_PROCESS)
            CHECK_INT(t, PROCESS_ACCESS_LIMITED, row.facts->access);
        if (row.type == SCAN_MAP)
            CHECK(t, !row.map.has_pages);
        maps += row.type == SCAN_MAP;
    } while (row.type != SCAN_END && row.type != SCAN_FAILED);
    CHECK(t, maps > 60);
    CHECK_INT(t, 1, scan_counts(scan)->queries.pages); /* refused once, not asked again */
    scan_destroy(scan);
    virtual_layout_release(&layout);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(recorded_views_are_exact),
        TEST_CASE(recorded_layouts_cost_little),
        TEST_CASE(a_protected_process_is_listed_without_pages),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
