/* A kernel that lies: the scan always ends, reports what it cannot know, and invents nothing. */
#include "common/scan/nt_status.h"
#include "common/scan/walk.h"
#include "tests/rows/scan_expect.h"
#include "tests/rows/scan_world.h"
#include "tests/test.h"

static struct scan_world world;

typedef void region_lie(struct virtual_platform *platform, struct region *region);
typedef void allocation_lie(struct virtual_platform *platform, struct allocation *allocation);

static void region_size_0(struct virtual_platform *platform, struct region *region)
{
    (void)platform;
    region->size = 0;
}

static void region_below(struct virtual_platform *platform, struct region *region)
{
    region->size = MEMORY_PAGE_SIZE;
    region->base = platform->asked - (platform->asked > 0 ? MEMORY_PAGE_SIZE : 0);
    region->size = platform->asked > 0 ? MEMORY_PAGE_SIZE : 0;
}

static void region_above(struct virtual_platform *platform, struct region *region)
{
    (void)platform;
    region->base += MEMORY_PAGE_SIZE;
}

static void region_wraps(struct virtual_platform *platform, struct region *region)
{
    (void)platform;
    if (region->base > 0)
        region->size = UINT64_MAX - region->base + MEMORY_PAGE_SIZE + 1;
}

static void region_of_half_a_page(struct virtual_platform *platform, struct region *region)
{
    (void)platform;
    region->size -= MEMORY_PAGE_SIZE / 2;
}

static void region_to_the_last_byte(struct virtual_platform *platform, struct region *region)
{
    (void)platform;
    region->size = 0 - region->base;
}

static void region_base_of_allocation_above(struct virtual_platform *platform,
                                            struct region *region)
{
    (void)platform;
    region->state = MEMORY_STATE_COMMIT;
    region->type = MEMORY_TYPE_MAPPED;
    region->allocation_base = region->base + MEMORY_PAGE_SIZE;
}

/* Each impossible answer ends the process with an error row. */
static void an_impossible_region_ends_the_process(struct test *t)
{
    static region_lie *const lies[] = {region_size_0,
                                       region_below,
                                       region_above,
                                       region_wraps,
                                       region_of_half_a_page,
                                       region_to_the_last_byte,
                                       region_base_of_allocation_above};

    for (size_t i = 0; i < TEST_COUNT(lies) * 2; i++) {
        TEST_ROW(t, "lie %zu, mode %zu", i / 2, i % 2);
        scan_world_init(&world, 2);
        world.virtual_.has_allocation = i % 2 == 0;
        world.virtual_.distort_region = lies[i / 2];
        scan_world_run(&world, t);
        CHECK_INT(t, SCAN_END, world.rows.last.type);
        CHECK_INT(t, 2, world.rows.counts.processes);
        CHECK_INT(t, 2, world.rows.counts.errors);
        /* The views before its first gap were true. */
        CHECK(t, scan_rows_count(&world.rows, SCAN_MAP) == 0 || lies[i / 2] == region_wraps);
        const struct scan_row *row = scan_rows_get(&world.rows, SCAN_ERROR, 0);
        REQUIRE(t, row != NULL);
        CHECK_INT(t, STATUS_INTERNAL, row->error.code);
        CHECK_INT(t, STAGE_REGIONS, row->error.stage);
        CHECK_INT(t, 0, row->error.nt_status);
        CHECK(t, world.rows.counts.queries.regions <= 4);
        scan_rows_release(&world.rows);
    }
}

static void allocation_size_0(struct virtual_platform *platform, struct allocation *allocation)
{
    (void)platform;
    allocation->size = 0;
}

static void allocation_below(struct virtual_platform *platform, struct allocation *allocation)
{
    (void)platform;
    allocation->base -= MEMORY_GRANULARITY;
    allocation->size = MEMORY_GRANULARITY;
}

static void allocation_above(struct virtual_platform *platform, struct allocation *allocation)
{
    (void)platform;
    allocation->base += MEMORY_PAGE_SIZE;
}

static void allocation_wraps(struct virtual_platform *platform, struct allocation *allocation)
{
    (void)platform;
    allocation->size = UINT64_MAX;
}

static void allocation_to_the_last_byte(struct virtual_platform *platform,
                                        struct allocation *allocation)
{
    (void)platform;
    allocation->size = 0 - allocation->base;
}

static void allocation_above_the_user_space(struct virtual_platform *platform,
                                            struct allocation *allocation)
{
    (void)platform;
    allocation->size = VIRTUAL_ADDRESS_LIMIT + MEMORY_GRANULARITY - allocation->base;
}

static void allocation_of_half_a_page(struct virtual_platform *platform,
                                      struct allocation *allocation)
{
    (void)platform;
    allocation->size += MEMORY_PAGE_SIZE / 2;
}

static void allocation_without_type(struct virtual_platform *platform,
                                    struct allocation *allocation)
{
    (void)platform;
    allocation->type = 0; /* as Wine answers */
}

static void allocation_of_two_kinds(struct virtual_platform *platform,
                                    struct allocation *allocation)
{
    (void)platform;
    allocation->type = MEMORY_REGION_IMAGE | MEMORY_REGION_DATA_FILE;
}

static void allocation_of_private_image(struct virtual_platform *platform,
                                        struct allocation *allocation)
{
    (void)platform;
    allocation->type = MEMORY_REGION_IMAGE | MEMORY_REGION_PRIVATE;
}

static void allocation_of_unknown_type(struct virtual_platform *platform,
                                       struct allocation *allocation)
{
    (void)platform;
    allocation->type = 0x80000000u;
}

/* The lie of the k-th good answer. */
static allocation_lie *late_lie;
static size_t answers_until_lie;

static void lie_late(struct virtual_platform *platform, struct allocation *allocation)
{
    if (answers_until_lie > 0 && --answers_until_lie == 0)
        late_lie(platform, allocation);
}

/* After an impossible allocation the basic query is used instead, and nothing is lost. */
static void an_impossible_allocation_falls_back(struct test *t)
{
    enum { ALLOCATIONS = 4 }; /* of the process */
    static allocation_lie *const lies[] = {allocation_size_0,
                                           allocation_below,
                                           allocation_above,
                                           allocation_wraps,
                                           allocation_to_the_last_byte,
                                           allocation_above_the_user_space,
                                           allocation_of_half_a_page,
                                           allocation_without_type,
                                           allocation_of_unknown_type,
                                           allocation_of_two_kinds,
                                           allocation_of_private_image};

    for (size_t i = 0; i < TEST_COUNT(lies) * ALLOCATIONS; i++) {
        struct scan_counts counts = {0};
        TEST_ROW(t, "lie %zu, answer %zu", i / ALLOCATIONS, i % ALLOCATIONS);
        scan_world_init(&world, 1);
        world.processes[0].facts.address_limit = VIRTUAL_ADDRESS_LIMIT;
        late_lie = lies[i / ALLOCATIONS];
        answers_until_lie = i % ALLOCATIONS + 1;
        world.virtual_.distort_allocation = lie_late;
        scan_expect_exact(t, &world.virtual_, &world.platform, VIEWS_WITH_REGIONS, &counts);
        CHECK_INT(t, 0, answers_until_lie);
        CHECK(t,
              counts.queries.allocations <= 2 * (i % ALLOCATIONS + 1)); /* and some of free space */
    }
}

/* Answers that are each possible, but contradict each other. */
static void turn_private(struct virtual_platform *platform, struct region *region)
{
    if (platform->calls[VIRTUAL_REGION] % 2 == 0 && region->state != MEMORY_STATE_FREE)
        region->type = MEMORY_TYPE_PRIVATE;
}

static void turn_free(struct virtual_platform *platform, struct region *region)
{
    if (platform->calls[VIRTUAL_REGION] % 2 == 0)
        *region =
            (struct region){.base = region->base, .size = region->size, .state = MEMORY_STATE_FREE};
}

static void turn_mapped(struct virtual_platform *platform, struct region *region)
{
    if (platform->calls[VIRTUAL_REGION] % 2 == 0) {
        region->state = MEMORY_STATE_COMMIT;
        region->type = MEMORY_TYPE_MAPPED;
        region->allocation_base = region->base;
    }
}

static void always_the_same_allocation(struct virtual_platform *platform, struct region *region)
{
    (void)platform;
    region->state = MEMORY_STATE_COMMIT;
    region->type = MEMORY_TYPE_IMAGE;
    region->allocation_base = 0;
}

static void only_one_page(struct virtual_platform *platform, struct region *region)
{
    (void)platform;
    if (region->state != MEMORY_STATE_FREE)
        region->size = MEMORY_PAGE_SIZE;
}

static void contradicting_answers_end_well_formed(struct test *t)
{
    static region_lie *const lies[] = {turn_private, turn_free, turn_mapped,
                                       always_the_same_allocation, only_one_page};
    static const enum views_detail details[] = {VIEWS_PLAIN, VIEWS_WITH_REGIONS, VIEWS_WITH_PAGES};

    for (size_t i = 0; i < TEST_COUNT(lies) * 6; i++) {
        TEST_ROW(t, "lie %zu, mode %zu", i / 6, i % 6);
        scan_world_init(&world, 2);
        world.query.views.kinds = VIEW_IMAGE | VIEW_DATA | VIEW_PAGEFILE;
        world.query.views.detail = details[i % 3];
        world.virtual_.has_allocation = i % 6 < 3;
        world.virtual_.distort_region = lies[i / 6];
        scan_world_run(&world, t); /* the checker watches the rows */
        CHECK_INT(t, SCAN_END, world.rows.last.type);
        CHECK_INT(t, 2, world.rows.counts.processes);
        scan_rows_release(&world.rows);
    }
}

/* A view of 64 TiB with regions of one page each. */
static void endless_regions_have_a_bound(struct test *t)
{
    const struct virtual_region run = {.base = 0x10000,
                                       .size = (uint64_t)1 << 46,
                                       .allocation_base = 0x10000,
                                       .allocation_protect = 4,
                                       .state = MEMORY_STATE_COMMIT,
                                       .protect = 4,
                                       .type = MEMORY_REGION_PAGEFILE};

    struct scan_query query = scan_query_everything();
    query.views.kinds = VIEW_PAGEFILE;
    for (int mode = 0; mode < 3; mode++) {
        struct scan_row row;
        uint64_t errors = 0;
        TEST_ROW(t, "mode %d", mode);
        scan_world_init(&world, 1);
        world.processes[0].regions = &run;
        world.processes[0].regions_count = 1;
        world.virtual_.distort_region = only_one_page;
        world.virtual_.has_allocation = mode == 0;
        query.views.detail = mode < 2 ? VIEWS_WITH_REGIONS : VIEWS_PLAIN;
        struct scan *scan = scan_create(&world.platform, &query, NULL);
        REQUIRE(t, scan != NULL);
        do {
            scan_next(scan, &row);
            errors += row.type == SCAN_ERROR;
        } while (row.type != SCAN_END && scan_counts(scan)->queries.regions < 2 * WALK_QUERIES_MAX);
        CHECK_INT(t, SCAN_END, row.type);
        CHECK_INT(t, 1, errors);
        scan_destroy(scan);
        CHECK_INT(t, 0, world.virtual_.open_count);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(an_impossible_region_ends_the_process),
        TEST_CASE(an_impossible_allocation_falls_back),
        TEST_CASE(contradicting_answers_end_well_formed),
        TEST_CASE(endless_regions_have_a_bound),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
