/* Thousands of generated address spaces: a scan finds exactly what the naive list has. */
#include "common/scan/nt_status.h"
#include "tests/rows/scan_checker.h"
#include "tests/rows/scan_expect.h"
#include "tests/rows/scan_rows.h"
#include "tests/test.h"
#include "tests/virtual/naive_views.h"
#include "tests/virtual/random_space.h"

#include <stdlib.h>

enum { SPACES = 6000, CHANGING_SPACES = 6000, MANY_REGIONS = 100000 };

struct world {
    struct random_space space;
    struct virtual_process process;
    struct virtual_platform virtual_;
    struct platform platform;
};

static struct world world; /* too large for a stack */

static void world_init(uint64_t seed)
{
    random_space_init(&world.space, seed);
    world.process = (struct virtual_process){.entry = {.pid = 7}, .name = "a.exe"};
    random_space_apply(&world.space, &world.process);
    /* Half of the systems know where the user space ends. */
    world.process.facts.address_limit = seed % 2 == 0 ? world.space.limit : 0;
    virtual_platform_init(&world.virtual_, &world.process, 1, &world.platform);
    world.virtual_.has_allocation = seed / 2 % 2 == 0;
    world.virtual_.answers_run_base = seed / 4 % 4 == 0;
}

static void every_view_is_reported_and_none_invented(struct test *t)
{
    static const enum views_detail details[] = {VIEWS_PLAIN, VIEWS_WITH_REGIONS, VIEWS_WITH_PAGES};

    for (uint64_t seed = 0; seed < SPACES && t->failed == 0; seed++) {
        world_init(seed);
        TEST_ROW(t, "seed %" PRIu64, seed);
        scan_expect_exact(t, &world.virtual_, &world.platform, details[seed % 3], NULL);
    }
}

/* An address selects the view that contains it, or none. */
static void an_address_finds_its_view(struct test *t)
{
    struct scan_query query = scan_query_everything();
    query.views.has_address = true;
    for (uint64_t seed = 0; seed < SPACES && t->failed == 0; seed++) {
        struct naive_view view = {0};
        size_t index = 0;
        uint64_t maps = 0;
        world_init(seed);
        query.views.address = random_space_next(&world.space) % world.space.limit;
        if (world.process.regions_count > 0 && seed % 8 != 0) {
            uint64_t pick = random_space_next(&world.space) % world.process.regions_count;
            const struct virtual_region *run = &world.process.regions[pick];
            query.views.address = run->base + random_space_next(&world.space) % run->size;
        }
        TEST_ROW(t, "seed %" PRIu64 " at 0x%" PRIx64, seed, query.views.address);
        bool is_mapped = false;
        while (!is_mapped &&
               naive_view_next(&world.process, world.virtual_.has_allocation, &index, &view))
            is_mapped =
                query.views.address >= view.base && query.views.address - view.base < view.size;
        struct scan *scan = scan_create(&world.platform, &query, NULL);
        struct scan_row row;
        REQUIRE(t, scan != NULL);
        do {
            scan_next(scan, &row);
            CHECK(t, row.type != SCAN_ERROR);
            if (row.type == SCAN_MAP) {
                CHECK_INT(t, view.base, row.map.base);
                CHECK_INT(t, view.size, row.map.size);
                CHECK_INT(t, view.kind, row.map.kind);
                maps++;
            }
        } while (row.type != SCAN_END && row.type != SCAN_FAILED);
        CHECK_INT(t, SCAN_END, row.type);
        CHECK_INT(t, is_mapped, maps);
        CHECK_INT(t, is_mapped, scan_counts(scan)->processes);
        scan_destroy(scan);
    }
}

static void change_now_and_then(struct virtual_platform *virtual_, enum virtual_call call)
{
    (void)call;
    if (random_space_next(&world.space) >> 32 & 1) {
        random_space_change(&world.space);
        random_space_apply(&world.space, &virtual_->processes[0]);
    }
}

/* The views that do not change, in order. */
static bool next_stable(size_t *index, const struct virtual_region **first)
{
    while (*index < world.space.blocks_count) {
        const struct random_block *block = &world.space.blocks[(*index)++];
        *first = &block->runs[0];
        if (!block->is_mutable && view_kind_from_allocation((*first)->type) != VIEW_PRIVATE)
            return true;
    }
    return false;
}

/* What does not change is reported exactly once, whatever changes around it. */
static void a_changing_space_keeps_what_stays(struct test *t)
{
    struct scan_query query = scan_query_everything();

    for (uint64_t seed = 0; seed < CHANGING_SPACES && t->failed == 0; seed++) {
        const struct virtual_region *stable = NULL;
        struct scan_checker checker;
        struct scan_row row;
        size_t index = 0;
        world_init(seed);
        world.virtual_.on_call = change_now_and_then;
        TEST_ROW(t, "seed %" PRIu64, seed);
        bool has_stable = next_stable(&index, &stable);
        struct scan *scan = scan_create(&world.platform, &query, NULL);
        REQUIRE(t, scan != NULL);
        scan_checker_init(&checker);
        do {
            scan_next(scan, &row);
            scan_checker_row(&checker, &row, scan_counts(scan));
            CHECK(t, row.type != SCAN_ERROR);
            if (row.type == SCAN_MAP && has_stable && row.map.base >= stable->base) {
                CHECK_INT(t, stable->base, row.map.base);
                has_stable = next_stable(&index, &stable);
            }
        } while (row.type != SCAN_END && row.type != SCAN_FAILED);
        CHECK(t, !has_stable);
        CHECK_STR(t, "", checker.problem != NULL ? checker.problem : "");
        scan_destroy(scan);
        CHECK_INT(t, 0, world.virtual_.open_count);
    }
}

/* When regions are listed, a view may vanish between its rows: an error row reports it. */
static void a_changing_space_stays_well_formed(struct test *t)
{
    struct scan_query query = scan_query_everything();

    for (uint64_t seed = 0; seed < CHANGING_SPACES && t->failed == 0; seed++) {
        struct scan_checker checker;
        struct scan_row row;
        world_init(seed);
        world.virtual_.on_call = change_now_and_then;
        query.views.detail = seed % 2 == 0 ? VIEWS_WITH_REGIONS : VIEWS_WITH_PAGES;
        TEST_ROW(t, "seed %" PRIu64, seed);
        struct scan *scan = scan_create(&world.platform, &query, NULL);
        REQUIRE(t, scan != NULL);
        scan_checker_init(&checker);
        do {
            scan_next(scan, &row);
            scan_checker_row(&checker, &row, scan_counts(scan));
        } while (row.type != SCAN_END && row.type != SCAN_FAILED);
        CHECK_INT(t, SCAN_END, row.type);
        CHECK_STR(t, "", checker.problem != NULL ? checker.problem : "");
        scan_destroy(scan);
        CHECK_INT(t, 0, world.virtual_.open_count);
    }
}

/* Views of `per_view` runs of one page, without gaps. */
static struct virtual_region *many_regions(size_t per_view)
{
    struct virtual_region *regions = calloc(MANY_REGIONS, sizeof *regions);

    for (size_t i = 0; regions != NULL && i < MANY_REGIONS; i++)
        regions[i] = (struct virtual_region){
            .base = MEMORY_GRANULARITY + i * MEMORY_PAGE_SIZE,
            .size = MEMORY_PAGE_SIZE,
            .allocation_base = MEMORY_GRANULARITY + i / per_view * per_view * MEMORY_PAGE_SIZE,
            .allocation_protect = 2,
            .state = MEMORY_STATE_COMMIT,
            .protect = i % 2 == 0 ? 2 : 4,
            .type = i / per_view % 2 == 0 ? MEMORY_REGION_PAGEFILE : MEMORY_REGION_IMAGE,
            .page_attributes = 1};
    return regions;
}

static void a_hundred_thousand_regions_are_exact(struct test *t)
{
    static const size_t per_view[] = {1, 7, 16, MANY_REGIONS};

    for (size_t i = 0; i < TEST_COUNT(per_view) * 2; i++) {
        struct virtual_region *regions = many_regions(per_view[i / 2]);
        REQUIRE(t, regions != NULL);
        world.process = (struct virtual_process){.entry = {.pid = 7},
                                                 .name = "a.exe",
                                                 .regions = regions,
                                                 .regions_count = MANY_REGIONS};
        virtual_platform_init(&world.virtual_, &world.process, 1, &world.platform);
        world.virtual_.has_allocation = i % 2 == 0;
        TEST_ROW(t, "%zu runs a view, mode %zu", per_view[i / 2], i % 2);
        scan_expect_exact(t, &world.virtual_, &world.platform, VIEWS_WITH_REGIONS, NULL);
        scan_expect_exact(t, &world.virtual_, &world.platform, VIEWS_WITH_PAGES, NULL);
        free(regions);
    }
}

/* Views up to the last page of the user space, whether its end is known or not. */
static void views_at_the_very_top_are_reported(struct test *t)
{
    static const struct {
        uint64_t base, size, limit;
    } rows[] = {
        {0x7ffffffe0000, 0x10000, 0x7fffffff0000},
        {0x7fffffff0000 - 0x1000, 0x1000, 0x7fffffff0000},
        {0x10000, 0x7fffffff0000 - 0x10000, 0x7fffffff0000},
        {0, 0x7fffffff0000, 0x7fffffff0000},
        {0x7ffe0000, 0x1000, 0x7ffe1000},
        {UINT64_MAX - 0x1fff, 0x1000, UINT64_MAX - 0xfff}, /* the last page below 2^64 */
    };
    for (size_t i = 0; i < TEST_COUNT(rows) * 4; i++) {
        struct virtual_region run = {.base = rows[i / 4].base,
                                     .size = rows[i / 4].size,
                                     .allocation_base = rows[i / 4].base,
                                     .allocation_protect = 2,
                                     .state = MEMORY_STATE_COMMIT,
                                     .protect = 2,
                                     .type = MEMORY_REGION_PAGEFILE};
        world.process = (struct virtual_process){.entry = {.pid = 7},
                                                 .name = "a.exe",
                                                 .regions = &run,
                                                 .regions_count = 1,
                                                 .limit = rows[i / 4].limit};
        virtual_platform_init(&world.virtual_, &world.process, 1, &world.platform);
        world.process.facts.address_limit = i % 2 == 0 ? rows[i / 4].limit : 0;
        world.virtual_.has_allocation = i % 4 < 2;
        TEST_ROW(t, "row %zu, mode %zu", i / 4, i % 4);
        scan_expect_exact(t, &world.virtual_, &world.platform, VIEWS_PLAIN, NULL);
        scan_expect_exact(t, &world.virtual_, &world.platform, VIEWS_WITH_REGIONS, NULL);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(every_view_is_reported_and_none_invented),
        TEST_CASE(an_address_finds_its_view),
        TEST_CASE(a_changing_space_keeps_what_stays),
        TEST_CASE(a_changing_space_stays_well_formed),
        TEST_CASE(a_hundred_thousand_regions_are_exact),
        TEST_CASE(views_at_the_very_top_are_reported),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
