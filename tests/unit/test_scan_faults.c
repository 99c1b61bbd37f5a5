/* Every platform call fails, one after the other: a scan always ends, and its rows stay true. */
#include "common/scan/device_map.h"
#include "common/scan/nt_status.h"
#include "tests/rows/scan_world.h"
#include "tests/test.h"
#include "tests/virtual/virtual_layout.h"
#include <limits.h>

#ifndef LAYOUTS_DIR
#define LAYOUTS_DIR "tests/layouts"
#endif

enum { PROCESSES = 3, KINDS_ALL = VIEW_IMAGE | VIEW_DATA | VIEW_PAGEFILE };

static struct scan_world world;
static struct device_map devices;

enum selector { ALL, ONE_PID, PIDS, NAME };

/* One way to ask. */
struct mode {
    const char *what;
    bool lists_maps;
    enum selector selector;
    enum views_detail detail;
    bool has_allocation, own_only, has_path, has_address;
};

static const struct mode modes[] = {
    {"processes", false, ALL, VIEWS_PLAIN, true, false, false, false},
    {"views", true, ALL, VIEWS_PLAIN, true, false, false, false},
    {"views, older system", true, ALL, VIEWS_PLAIN, false, false, false, false},
    {"regions", true, ALL, VIEWS_WITH_REGIONS, true, false, false, false},
    {"regions, older system", true, ALL, VIEWS_WITH_REGIONS, false, false, false, false},
    {"pages", true, NAME, VIEWS_WITH_PAGES, true, false, false, false},
    {"path", true, ALL, VIEWS_PLAIN, true, false, true, false},
    {"address", true, ALL, VIEWS_PLAIN, true, false, false, true},
    {"address, older system", true, ALL, VIEWS_WITH_REGIONS, false, false, false, true},
    {"one pid", true, ONE_PID, VIEWS_WITH_PAGES, true, false, false, false},
    {"pids", true, PIDS, VIEWS_WITH_REGIONS, true, false, false, false},
    {"own", true, ALL, VIEWS_WITH_PAGES, true, true, false, false},
    {"own, one pid", true, ONE_PID, VIEWS_WITH_REGIONS, false, true, false, false},
};

static const uint32_t failures[] = {
    0xC0000001u, /* unsuccessful */
    0xC0000002u, /* not implemented */
    0xC0000003u, /* no such class */
    0xC000000Bu, /* no such process */
    0xC000000Du, /* invalid parameter */
    0xC0000017u, /* no memory */
    0xC0000022u, /* access denied */
    0xC0000098u, /* no file */
    0xC000010Au, /* terminating */
    0xC0000141u, /* invalid address */
    0xFFFFFFFFu,
};

static void init_mode(const struct mode *mode)
{
    static const uint32_t pids[] = {8, 99, 44};

    scan_world_init(&world, PROCESSES);
    world.processes[0].entry.pid = 44; /* 4 is System, whose refusals are no failures */
    world.virtual_.has_allocation = mode->has_allocation;
    world.virtual_.devices = &devices;
    world.query.lists_maps = mode->lists_maps;
    world.query.views.detail = mode->detail;
    world.query.views.kinds = KINDS_ALL;
    if (mode->selector == ONE_PID || mode->selector == PIDS)
        scan_world_select_pids(&world, pids, mode->selector == PIDS ? TEST_COUNT(pids) : 1);
    if (mode->selector == NAME)
        scan_world_select_name(&world, "*");
    if (mode->has_path)
        scan_world_set_path(&world, "*.nls");
    world.query.views.has_address = mode->has_address;
    world.query.views.address = 0x11000;
    world.query.own_only = mode->own_only;
    world.query.query_all = !mode->own_only;
    world.query.user = scan_world_user(WORLD_USER_A);
    world.query.integrity = 0x2000;
}

/* The scan counts what the platform counted. */
static void check_counts(struct test *t)
{
    const struct scan_counts *counts = &world.rows.counts;

    CHECK_INT(t, world.virtual_.calls[VIRTUAL_LIST], counts->queries.lists);
    CHECK_INT(t, world.virtual_.calls[VIRTUAL_OPEN], counts->queries.opens);
    CHECK_INT(t, world.virtual_.calls[VIRTUAL_REGION], counts->queries.regions);
    CHECK_INT(t, world.virtual_.calls[VIRTUAL_ALLOCATION], counts->queries.allocations);
    CHECK_INT(t, world.virtual_.calls[VIRTUAL_NAME], counts->queries.names);
    CHECK_INT(t, world.virtual_.calls[VIRTUAL_PAGES], counts->queries.pages);
    CHECK_INT(t, world.rows.count, counts->rows);
    CHECK(t, world.rows.last.type == SCAN_END || world.rows.last.type == SCAN_FAILED);
}

/* Fails the k-th call for each k until a scan makes fewer calls; returns the scans made. */
static uint64_t fail_each_call(struct test *t, const struct mode *mode, uint32_t nt_status,
                               bool fail_on)
{
    for (uint64_t k = 1;; k++) {
        init_mode(mode);
        world.virtual_.fail_at = k;
        world.virtual_.fail_with = nt_status;
        world.virtual_.fail_on = fail_on;
        TEST_ROW(t, "%s: call %" PRIu64 "%s fails with 0x%" PRIx32, mode->what, k,
                 fail_on ? " and all later ones" : "", nt_status);
        scan_world_run(&world, t);
        check_counts(t);
        bool has_failed = world.virtual_.calls_total >= k;
        scan_rows_release(&world.rows);
        if (!has_failed || t->failed > 0)
            return k;
    }
}

static void every_call_may_fail(struct test *t)
{
    device_map_init(&devices);
    CHECK_INT(t, STATUS_OK, device_map_add(&devices, DEVICE_VOLUME, SPAN("\\D"), SPAN("Z:")));
    for (size_t i = 0; i < TEST_COUNT(modes); i++) {
        for (size_t k = 0; k < TEST_COUNT(failures) && t->failed == 0; k++) {
            CHECK(t, fail_each_call(t, &modes[i], failures[k], false) > 3);
            CHECK(t, fail_each_call(t, &modes[i], failures[k], true) > 3);
        }
    }
    device_map_release(&devices);
}

/* A failure other than an exit or a missing query must never look like success: either an error is
 * reported, or every row is there anyway. */
static void a_failure_is_never_silent(struct test *t)
{
    static const uint32_t serious[] = {0xC0000001u, 0xC0000017u, 0xC0000022u, 0xFFFFFFFFu};

    device_map_init(&devices);
    for (size_t i = 0; i < TEST_COUNT(modes); i++) {
        const struct mode *mode = &modes[i];
        if (mode->own_only || !mode->lists_maps)
            continue; /* processes that may not be seen are left out anyway */
        init_mode(mode);
        scan_world_run(&world, t);
        uint64_t maps = scan_rows_count(&world.rows, SCAN_MAP);
        uint64_t regions = scan_rows_count(&world.rows, SCAN_REGION);
        uint64_t errors = world.rows.counts.errors;
        scan_rows_release(&world.rows);
        for (size_t n = 0; n < TEST_COUNT(serious); n++) {
            bool has_failed = true;
            for (uint64_t k = 1; has_failed; k++) {
                init_mode(mode);
                world.virtual_.fail_at = k;
                world.virtual_.fail_with = serious[n];
                TEST_ROW(t, "%s: call %" PRIu64 " fails with 0x%" PRIx32, mode->what, k,
                         serious[n]);
                scan_world_run(&world, t);
                bool is_reported = world.rows.last.type == SCAN_FAILED ||
                                   world.rows.counts.errors > errors ||
                                   world.rows.counts.queries.unnamed > 0;
                bool is_complete = scan_rows_count(&world.rows, SCAN_MAP) == maps &&
                                   scan_rows_count(&world.rows, SCAN_REGION) == regions;
                CHECK(t, is_reported || is_complete);
                has_failed = world.virtual_.calls_total >= k;
                scan_rows_release(&world.rows);
            }
        }
    }
    device_map_release(&devices);
}

/* The same over a recorded process: some thousand calls, each of them failing once. */
static void every_call_on_a_recorded_process_may_fail(struct test *t)
{
    struct virtual_layout layout;
    struct virtual_layout_error error;
    struct mode mode = modes[1];
    bool has_failed = true;

    REQUIRE(t, virtual_layout_read(LAYOUTS_DIR "/wow64.txt", &layout, &error));
    device_map_init(&devices);
    for (uint64_t k = 1; has_failed && t->failed == 0; k++) {
        mode.detail = k % 2 == 0 ? VIEWS_WITH_REGIONS : VIEWS_PLAIN;
        init_mode(&mode);
        virtual_platform_init(&world.virtual_, layout.processes, layout.processes_count,
                              &world.platform);
        world.virtual_.has_allocation = k % 4 < 2;
        world.virtual_.fail_at = k;
        world.virtual_.fail_with = failures[k % TEST_COUNT(failures)];
        TEST_ROW(t, "call %" PRIu64 " fails with 0x%" PRIx32, k, world.virtual_.fail_with);
        scan_world_run(&world, t);
        check_counts(t);
        has_failed = world.virtual_.calls_total >= k;
        scan_rows_release(&world.rows);
    }
    device_map_release(&devices);
    virtual_layout_release(&layout);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(every_call_may_fail),
        TEST_CASE(a_failure_is_never_silent),
        TEST_CASE(every_call_on_a_recorded_process_may_fail),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
