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
    FIXED_COST = 4,         /* queries that every process costs */
    PLAIN_CALLS = 2,        /* when each run of pages is queried for its facts and its name */
    PLAIN_PERCENT_MAX = 40, /* of those calls, in a process with a program */
    PROGRAM_REGIONS_MIN = 50
};

/* Address spaces of one kind each, then a machine of each kernel generation. */
static const char *const names[] = {"service",       "protected",     "browser",
                                    "dotnet",        "wow64",         "windows_16299",
                                    "windows_17763", "windows_22621", "windows_26100"};

static bool load(struct test *t, const char *name, struct virtual_layout *layout)
{
    struct virtual_layout_error error;
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s.txt", LAYOUTS_DIR, name);
    return CHECK(t, virtual_layout_read(path, layout, &error));
}

/* Calls `run` with a platform of each process that has memory, alone on its machine. */
static void run_all(struct test *t, void (*run)(struct test *t, struct virtual_platform *virtual_,
                                                const struct platform *platform))
{
    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        struct virtual_layout layout;
        struct virtual_platform virtual_;
        struct platform platform;
        if (!load(t, names[i], &layout))
            return;
        for (size_t k = 0; k < layout.processes_count; k++) {
            TEST_ROW(t, "%s, %s", names[i], layout.processes[k].name);
            if (layout.processes[k].regions_count == 0)
                continue;
            layout.processes[k].faults.pages = 0;
            virtual_layout_platform(&layout, &virtual_, &platform);
            virtual_.processes = &layout.processes[k];
            virtual_.processes_count = 1;
            run(t, &virtual_, &platform);
        }
        virtual_layout_release(&layout);
    }
}

static void replay(struct test *t, struct virtual_platform *virtual_,
                   const struct platform *platform)
{
    static const enum views_detail details[] = {VIEWS_PLAIN, VIEWS_WITH_REGIONS, VIEWS_WITH_PAGES};

    for (int mode = 0; mode < 4; mode++) {
        virtual_->has_allocation = mode % 2 == 0;
        virtual_->answers_run_base = mode / 2 == 1;
        for (size_t i = 0; i < TEST_COUNT(details); i++)
            scan_expect_exact(t, virtual_, platform, details[i], NULL);
    }
}

static void recorded_views_are_exact(struct test *t)
{
    run_all(t, replay);
}

static uint64_t cost_of(struct test *t, struct virtual_platform *virtual_,
                        const struct platform *platform, bool has_allocation)
{
    struct scan_counts counts = {0};

    memset(virtual_->calls, 0, sizeof virtual_->calls);
    virtual_->has_allocation = has_allocation;
    scan_expect_exact(t, virtual_, platform, VIEWS_PLAIN, &counts);
    /* The scan counts what the platform counted. */
    CHECK_INT(t, virtual_->calls[VIRTUAL_REGION], counts.queries.regions);
    CHECK_INT(t, virtual_->calls[VIRTUAL_ALLOCATION], counts.queries.allocations);
    CHECK_INT(t, virtual_->calls[VIRTUAL_NAME], counts.queries.names);
    CHECK_INT(t, 1, counts.queries.opens);
    CHECK(t, has_allocation || counts.queries.allocations <= 1); /* the probe */
    return counts.queries.regions + counts.queries.allocations + counts.queries.names;
}

static void check_cost(struct test *t, struct virtual_platform *virtual_,
                       const struct platform *platform)
{
    const struct naive_shape shape = naive_shape_of(&virtual_->processes[0]);
    const uint64_t queries = cost_of(t, virtual_, platform, true);

    if (!CHECK(t, queries <= naive_bound(&shape) + FIXED_COST))
        printf("  %u queries, bound %u\n", (unsigned)queries,
               (unsigned)(naive_bound(&shape) + FIXED_COST));
    if (shape.regions >= PROGRAM_REGIONS_MIN)
        CHECK(t, queries * 100 <= PLAIN_CALLS * (shape.regions + shape.gaps) * PLAIN_PERCENT_MAX);
    CHECK(t, cost_of(t, virtual_, platform, false) <=
                 shape.regions + shape.gaps + shape.views + FIXED_COST);
}

static void recorded_layouts_cost_little(struct test *t)
{
    run_all(t, check_cost);
}

/* The complete machine of a kernel generation: nothing went wrong, whatever Windows closes. */
static void each_kernel_generation_is_listed_completely(struct test *t)
{
    static const struct {
        const char *name;
        size_t processes, closed; /* of them, to everybody */
    } rows[] = {{"windows_16299", 3, 1},
                {"windows_17763", 5, 1},
                {"windows_22621", 7, 3},
                {"windows_26100", 7, 3}};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct virtual_layout layout;
        struct virtual_platform virtual_;
        struct platform platform;
        struct scan_rows scan;
        size_t closed = 0, drivers = 0, others = 0;
        TEST_ROW(t, "%s", rows[i].name);
        REQUIRE(t, load(t, rows[i].name, &layout));
        virtual_layout_platform(&layout, &virtual_, &platform);
        const struct scan_query query = scan_query_everything();
        scan_rows_run(&scan, &platform, &query);
        CHECK_INT(t, SCAN_END, scan.last.type);
        CHECK_STR(t, "", scan.problem != NULL ? scan.problem : "");
        CHECK_INT(t, 0, scan_rows_count(&scan, SCAN_ERROR));
        CHECK_INT(t, rows[i].processes, scan.counts.processes);
        for (size_t k = 0; k < scan.count; k++) {
            const struct scan_row *row = &scan.rows[k];
            const bool is_closed = row->type == SCAN_PROCESS && row->note != NULL;
            const bool is_driver = row->type == SCAN_MAP && row->map.kind == VIEW_DRIVER;
            closed += is_closed;
            drivers += is_driver;
            others += row->type == SCAN_MAP && !is_driver;
            CHECK_INT(t, is_closed,
                      row->type == SCAN_PROCESS && row->facts->access == PROCESS_ACCESS_NONE);
            CHECK(t, !is_driver || (row->process->pid == PROCESS_SYSTEM_PID &&
                                    !row->show_addresses && row->map.base == 0));
        }
        CHECK_INT(t, rows[i].closed, closed);
        CHECK_INT(t, layout.drivers_count, drivers);
        CHECK(t, others > 100);
        /* Class 7 was never given up. */
        CHECK(t, virtual_.calls[VIRTUAL_ALLOCATION] > virtual_.calls[VIRTUAL_REGION]);
        CHECK_INT(t, 0, virtual_.open_count);
        scan_rows_release(&scan);
        virtual_layout_release(&layout);
    }
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
        TEST_CASE(each_kernel_generation_is_listed_completely),
        TEST_CASE(a_protected_process_is_listed_without_pages),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
