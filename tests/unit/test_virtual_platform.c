/* The kernel made of tables must answer like the real one: all other tests rely on it. */
#include "tests/virtual/virtual_platform.h"

#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "tests/rows/memory_query.h"
#include "tests/test.h"

static const uint16_t lossy_name[] = {'\\', 'a', 0xD800};

static const struct virtual_region runs[] = {
    {0x10000, 0x3000, 0x10000, 4, MEMORY_STATE_COMMIT, 4, MEMORY_REGION_PRIVATE, NULL, 0, 1, 0},
    {0x13000, 0x5000, 0x10000, 4, MEMORY_STATE_RESERVE, 9, MEMORY_REGION_PRIVATE, NULL, 0, 1, 0},
    {0x20000, 0x1000, 0x20000, 0x80, MEMORY_STATE_COMMIT, 2, MEMORY_REGION_IMAGE, lossy_name, 3, 7,
     0},
    {0x21000, 0x4000, 0x20000, 0x80, MEMORY_STATE_COMMIT, 0x20, MEMORY_REGION_IMAGE, lossy_name, 3,
     7, 0},
    {0x30000, 0x1000, 0x30000, 2, MEMORY_STATE_COMMIT, 2, MEMORY_REGION_PAGEFILE, NULL, 0, 0, 0},
};

struct world {
    struct virtual_process process;
    struct virtual_platform virtual_;
    struct platform platform;
    struct buffer text;
    struct process_facts facts;
    struct address_space *space;
};

static uint32_t world_open(struct world *world)
{
    *world = (struct world){.process = {.entry = {.pid = 7},
                                        .name = "a.exe",
                                        .facts = {.address_limit = 0x100000},
                                        .regions = runs,
                                        .regions_count = TEST_COUNT(runs)}};
    buffer_init(&world->text, NAME_SIZE_MAX);
    virtual_platform_init(&world->virtual_, &world->process, 1, &world->platform);
    return world->platform.open(&world->virtual_, 7, &world->facts, &world->text, &world->space);
}

static void world_close(struct test *t, struct world *world)
{
    world->platform.close(&world->virtual_, world->space);
    CHECK_INT(t, 0, world->virtual_.open_count);
    buffer_release(&world->text);
}

static void regions_are_those_of_windows(struct test *t)
{
    static const struct {
        uint64_t address, base, size, allocation_base;
        uint32_t state, protect, type;
    } rows[] = {
        {0, 0, 0x10000, 0, MEMORY_STATE_FREE, 0, 0},
        {0x1234, 0x1000, 0xf000, 0, MEMORY_STATE_FREE, 0, 0},
        {0xffff, 0xf000, 0x1000, 0, MEMORY_STATE_FREE, 0, 0},
        {0x10000, 0x10000, 0x3000, 0x10000, MEMORY_STATE_COMMIT, 4, MEMORY_TYPE_PRIVATE},
        {0x12fff, 0x12000, 0x1000, 0x10000, MEMORY_STATE_COMMIT, 4, MEMORY_TYPE_PRIVATE},
        {0x13000, 0x13000, 0x5000, 0x10000, MEMORY_STATE_RESERVE, 0, MEMORY_TYPE_PRIVATE},
        {0x18000, 0x18000, 0x8000, 0, MEMORY_STATE_FREE, 0, 0},
        {0x24fff, 0x24000, 0x1000, 0x20000, MEMORY_STATE_COMMIT, 0x20, MEMORY_TYPE_IMAGE},
        {0x30000, 0x30000, 0x1000, 0x30000, MEMORY_STATE_COMMIT, 2, MEMORY_TYPE_MAPPED},
        {0x31000, 0x31000, 0xcf000, 0, MEMORY_STATE_FREE, 0, 0},
        {0xfffff, 0xff000, 0x1000, 0, MEMORY_STATE_FREE, 0, 0},
    };
    struct world world;

    REQUIRE(t, world_open(&world) == NTSTATUS_OK);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct region region;
        TEST_ROW(t, "0x%" PRIx64, rows[i].address);
        CHECK_INT(t, NTSTATUS_OK,
                  memory_region(&world.platform, world.space, rows[i].address, &region));
        CHECK_INT(t, rows[i].base, region.base);
        CHECK_INT(t, rows[i].size, region.size);
        CHECK_INT(t, rows[i].allocation_base, region.allocation_base);
        CHECK_INT(t, rows[i].state, region.state);
        CHECK_INT(t, rows[i].protect, region.protect);
        CHECK_INT(t, rows[i].type, region.type);
    }
    struct region region = {.base = 5};
    CHECK_INT(t, NTSTATUS_INVALID_PARAMETER,
              memory_region(&world.platform, world.space, 0x100000, &region));
    CHECK_INT(t, NTSTATUS_INVALID_PARAMETER,
              memory_region(&world.platform, world.space, UINT64_MAX, &region));
    CHECK_INT(t, 5, region.base);
    CHECK_INT(t, TEST_COUNT(rows) + 2, world.virtual_.calls[VIRTUAL_REGION]);
    world_close(t, &world);
}

static void allocations_are_complete(struct test *t)
{
    static const struct {
        uint64_t address, base, size;
        uint32_t nt_status;
    } rows[] = {
        {0, 0, 0, 0xC0000141u},        {0x10000, 0x10000, 0x8000, 0}, {0x17fff, 0x10000, 0x8000, 0},
        {0x18000, 0, 0, 0xC0000141u},  {0x24000, 0x20000, 0x5000, 0}, {0x30000, 0x30000, 0x1000, 0},
        {0x100000, 0, 0, 0xC000000Du},
    };
    struct world world;

    REQUIRE(t, world_open(&world) == NTSTATUS_OK);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct allocation allocation = {0};
        TEST_ROW(t, "0x%" PRIx64, rows[i].address);
        CHECK_INT(t, rows[i].nt_status,
                  memory_allocation(&world.platform, world.space, rows[i].address, &allocation));
        CHECK_INT(t, rows[i].base, allocation.base);
        CHECK_INT(t, rows[i].size, allocation.size);
    }
    world.virtual_.has_allocation = false;
    struct allocation allocation;
    CHECK_INT(t, NTSTATUS_INVALID_INFO_CLASS,
              memory_allocation(&world.platform, world.space, 0x10000, &allocation));
    world_close(t, &world);
}

/* Class 3 answers with MEM_ types, class 7 with bits; each wants room for its answer. */
static void types_are_those_of_the_class_and_the_build(struct test *t)
{
    static const struct virtual_region one[] = {
        {.base = 0x10000, .size = 0x1000, .allocation_base = 0x10000, .state = MEMORY_STATE_COMMIT},
    };
    static const struct {
        uint32_t build, type; /* of the run */
        enum memory_class memory_class;
        size_t size;
        uint32_t nt_status, answer;
    } rows[] = {
        {14393, MEMORY_REGION_PRIVATE, MEMORY_CLASS_REGION, 0x17, 0xC0000004u, 0},
        {14393, MEMORY_REGION_PRIVATE, MEMORY_CLASS_REGION, 0x18, 0, 0x20000},
        {14393, MEMORY_REGION_DATA_FILE, MEMORY_CLASS_REGION, 0x20, 0, 0x40000},
        {14393, MEMORY_REGION_IMAGE, MEMORY_CLASS_REGION, 0x20, 0, 0x1000000},
        {14393, MEMORY_REGION_PAGEFILE, MEMORY_CLASS_REGION, 0x18, 0, 0x40000},
        {14393, MEMORY_REGION_PAGEFILE, MEMORY_CLASS_REGION, 0x20, 0, 0x8000000},
        {18362, MEMORY_REGION_PAGEFILE, MEMORY_CLASS_REGION, 0x20, 0, 0x40000},
        {14393, MEMORY_REGION_IMAGE, MEMORY_CLASS_REGION_EX, 0x18, 0xC0000004u, 0},
        {14393, MEMORY_REGION_PRIVATE, MEMORY_CLASS_REGION_EX, 0x20, 0, 1},
        {14393, MEMORY_REGION_DATA_FILE, MEMORY_CLASS_REGION_EX, 0x20, 0, 2},
        {14393, MEMORY_REGION_IMAGE, MEMORY_CLASS_REGION_EX, 0x20, 0, 4},
        {26100, MEMORY_REGION_PAGEFILE, MEMORY_CLASS_REGION_EX, 0x20, 0, 8},
        {18362, MEMORY_REGION_PHYSICAL, MEMORY_CLASS_REGION_EX, 0x20, 0, 0x10},
        {26100, MEMORY_REGION_PHYSICAL, MEMORY_CLASS_REGION_EX, 0x20, 0, 1},
        {27000, MEMORY_REGION_PHYSICAL, MEMORY_CLASS_REGION_EX, 0x20, 0, 0x11},
    };
    struct world world;

    REQUIRE(t, world_open(&world) == NTSTATUS_OK);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct virtual_region run = one[0];
        struct allocation allocation = {.committed = 5};
        TEST_ROW(t, "row %zu", i);
        run.type = rows[i].type;
        world.process.regions = &run;
        world.process.regions_count = 1;
        world.virtual_.build = rows[i].build;
        CHECK_INT(t, rows[i].nt_status,
                  world.platform.memory(&world.virtual_, world.space, rows[i].memory_class, 0x10000,
                                        &allocation, rows[i].size));
        CHECK_INT(t, rows[i].answer, allocation.type);
        CHECK_INT(t, rows[i].size < sizeof allocation ? 5 : 0x1000, allocation.committed);
    }
    world_close(t, &world);
}

/* The page that the kernel shares with all processes, and the end of the user space. */
static void older_kernels_know_no_allocation_at_two_places(struct test *t)
{
    static const uint64_t places[] = {0x7ffe0000, 0x7ffffffe0000u};
    static const struct virtual_region own[] = {
        {0x7ffe0000, 0x1000, 0x7ffe0000, 2, MEMORY_STATE_COMMIT, 2, MEMORY_REGION_PRIVATE, NULL, 0,
         1, 0},
        {0x7ffffffe0000u, 0x10000, 0x7ffffffe0000u, 2, MEMORY_STATE_RESERVE, 0,
         MEMORY_REGION_PRIVATE, NULL, 0, 0, 0}};
    struct world world;
    bool lossy;

    REQUIRE(t, world_open(&world) == NTSTATUS_OK);
    world.process.regions = own;
    world.process.regions_count = TEST_COUNT(own);
    world.process.limit = VIRTUAL_ADDRESS_LIMIT;
    for (size_t i = 0; i < TEST_COUNT(places) * 2; i++) {
        struct region region;
        struct allocation allocation;
        TEST_ROW(t, "row %zu", i);
        world.virtual_.build = i % 2 == 0 ? 16299 : 17763;
        CHECK_INT(t, NTSTATUS_OK,
                  memory_region(&world.platform, world.space, places[i / 2], &region));
        CHECK_INT(t, MEMORY_TYPE_PRIVATE, region.type);
        CHECK_INT(t, i % 2 == 0 ? NTSTATUS_INVALID_ADDRESS : NTSTATUS_OK,
                  memory_allocation(&world.platform, world.space, places[i / 2], &allocation));
        CHECK_INT(
            t, NTSTATUS_INVALID_ADDRESS,
            world.platform.name(&world.virtual_, world.space, places[i / 2], &world.text, &lossy));
    }
    world_close(t, &world);
}

static void names_are_known_or_refused_by_kind(struct test *t)
{
    struct world world;
    bool lossy = false;

    REQUIRE(t, world_open(&world) == NTSTATUS_OK);
    CHECK_INT(t, NTSTATUS_OK,
              world.platform.name(&world.virtual_, world.space, 0x24000, &world.text, &lossy));
    CHECK_MEM(t, "\\a\xEF\xBF\xBD", 5, world.text.data, world.text.size);
    CHECK(t, lossy);
    CHECK_INT(t, NTSTATUS_FILE_INVALID,
              world.platform.name(&world.virtual_, world.space, 0x30000, &world.text, &lossy));
    CHECK_INT(t, 0, world.text.size);
    CHECK_INT(t, NTSTATUS_INVALID_ADDRESS,
              world.platform.name(&world.virtual_, world.space, 0x10000, &world.text, &lossy));
    CHECK_INT(t, NTSTATUS_INVALID_ADDRESS,
              world.platform.name(&world.virtual_, world.space, 0x18000, &world.text, &lossy));
    world_close(t, &world);
}

static void pages_have_the_attributes_of_their_run(struct test *t)
{
    struct world world;
    struct page pages[10];

    REQUIRE(t, world_open(&world) == NTSTATUS_OK);
    CHECK_INT(t, NTSTATUS_OK, memory_pages(&world.platform, world.space, 0x11000, pages, 10));
    CHECK_INT(t, 1, pages[1].attributes);
    CHECK_INT(t, 0, pages[2].attributes); /* reserved */
    CHECK_INT(t, 0, pages[7].attributes); /* free */
    CHECK_INT(t, NTSTATUS_OK, memory_pages(&world.platform, world.space, 0x24000, pages, 2));
    CHECK_INT(t, 7, pages[0].attributes);
    CHECK_INT(t, 0, pages[1].attributes);
    world_close(t, &world);
}

static void faults_come_when_asked_for(struct test *t)
{
    struct world world;
    struct region region;
    struct allocation allocation;

    REQUIRE(t, world_open(&world) == NTSTATUS_OK);
    world.virtual_.fail_at = 3; /* open was the first */
    world.virtual_.fail_with = NTSTATUS_NO_MEMORY;
    CHECK_INT(t, NTSTATUS_OK, memory_region(&world.platform, world.space, 0, &region));
    CHECK_INT(t, NTSTATUS_NO_MEMORY, memory_region(&world.platform, world.space, 0, &region));
    CHECK_INT(t, NTSTATUS_OK, memory_region(&world.platform, world.space, 0, &region));
    world.virtual_.fail_on = true;
    CHECK_INT(t, NTSTATUS_NO_MEMORY, memory_region(&world.platform, world.space, 0, &region));
    world.virtual_.fail_at = 0;
    world.process.faults.allocation = NTSTATUS_ACCESS_DENIED;
    CHECK_INT(t, NTSTATUS_ACCESS_DENIED,
              memory_allocation(&world.platform, world.space, 0x10000, &allocation));
    world.process.faults.exit_after = 4;
    CHECK_INT(t, NTSTATUS_OK, memory_region(&world.platform, world.space, 0, &region));
    CHECK_INT(t, NTSTATUS_PROCESS_IS_TERMINATING,
              memory_region(&world.platform, world.space, 0, &region));
    world_close(t, &world);
}

static void a_hidden_or_unknown_process_does_not_open(struct test *t)
{
    struct world world;
    struct address_space *space = NULL;

    REQUIRE(t, world_open(&world) == NTSTATUS_OK);
    CHECK_INT(t, NTSTATUS_INVALID_CID,
              world.platform.open(&world.virtual_, 8, &world.facts, &world.text, &space));
    world.process.hidden = true;
    CHECK_INT(t, NTSTATUS_INVALID_CID,
              world.platform.open(&world.virtual_, 7, &world.facts, &world.text, &space));
    world.process.hidden = false;
    world.process.faults.open = NTSTATUS_ACCESS_DENIED;
    CHECK_INT(t, NTSTATUS_ACCESS_DENIED,
              world.platform.open(&world.virtual_, 7, &world.facts, &world.text, &space));
    CHECK(t, space == NULL);
    CHECK_INT(t, 1, world.virtual_.open_count);
    world_close(t, &world);
}

static void a_list_fails_on_command(struct test *t)
{
    struct world world;
    struct process_list *list = process_list_create();

    REQUIRE(t, list != NULL && world_open(&world) == NTSTATUS_OK);
    world.virtual_.fail_at = 2;
    world.virtual_.fail_with = NTSTATUS_NO_MEMORY;
    CHECK_INT(t, NTSTATUS_NO_MEMORY, world.platform.list(&world.virtual_, false, list));
    CHECK_INT(t, 0, list->count);
    CHECK_INT(t, NTSTATUS_OK, world.platform.list(&world.virtual_, false, list));
    CHECK_INT(t, 1, list->count);
    process_list_release(list);
    world_close(t, &world);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(regions_are_those_of_windows),
        TEST_CASE(allocations_are_complete),
        TEST_CASE(types_are_those_of_the_class_and_the_build),
        TEST_CASE(older_kernels_know_no_allocation_at_two_places),
        TEST_CASE(names_are_known_or_refused_by_kind),
        TEST_CASE(pages_have_the_attributes_of_their_run),
        TEST_CASE(faults_come_when_asked_for),
        TEST_CASE(a_hidden_or_unknown_process_does_not_open),
        TEST_CASE(a_list_fails_on_command),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
