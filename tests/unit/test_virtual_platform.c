/* The kernel made of tables must answer like the real one: all other tests rely on it. */
#include "tests/virtual/virtual_platform.h"

#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
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
                  world.platform.region(&world.virtual_, world.space, rows[i].address, &region));
        CHECK_INT(t, rows[i].base, region.base);
        CHECK_INT(t, rows[i].size, region.size);
        CHECK_INT(t, rows[i].allocation_base, region.allocation_base);
        CHECK_INT(t, rows[i].state, region.state);
        CHECK_INT(t, rows[i].protect, region.protect);
        CHECK_INT(t, rows[i].type, region.type);
    }
    struct region region = {.base = 5};
    CHECK_INT(t, NTSTATUS_INVALID_PARAMETER,
              world.platform.region(&world.virtual_, world.space, 0x100000, &region));
    CHECK_INT(t, NTSTATUS_INVALID_PARAMETER,
              world.platform.region(&world.virtual_, world.space, UINT64_MAX, &region));
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
        CHECK_INT(
            t, rows[i].nt_status,
            world.platform.allocation(&world.virtual_, world.space, rows[i].address, &allocation));
        CHECK_INT(t, rows[i].base, allocation.base);
        CHECK_INT(t, rows[i].size, allocation.size);
    }
    world.virtual_.has_allocation = false;
    struct allocation allocation;
    CHECK_INT(t, NTSTATUS_NOT_IMPLEMENTED,
              world.platform.allocation(&world.virtual_, world.space, 0x10000, &allocation));
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
    uint64_t blocks[10];

    REQUIRE(t, world_open(&world) == NTSTATUS_OK);
    CHECK_INT(t, NTSTATUS_OK,
              world.platform.pages(&world.virtual_, world.space, 0x11000, 10, blocks));
    CHECK_INT(t, 1, blocks[1]);
    CHECK_INT(t, 0, blocks[2]); /* reserved */
    CHECK_INT(t, 0, blocks[7]); /* free */
    CHECK_INT(t, NTSTATUS_OK,
              world.platform.pages(&world.virtual_, world.space, 0x24000, 2, blocks));
    CHECK_INT(t, 7, blocks[0]);
    CHECK_INT(t, 0, blocks[1]);
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
    CHECK_INT(t, NTSTATUS_OK, world.platform.region(&world.virtual_, world.space, 0, &region));
    CHECK_INT(t, NTSTATUS_NO_MEMORY,
              world.platform.region(&world.virtual_, world.space, 0, &region));
    CHECK_INT(t, NTSTATUS_OK, world.platform.region(&world.virtual_, world.space, 0, &region));
    world.virtual_.fail_on = true;
    CHECK_INT(t, NTSTATUS_NO_MEMORY,
              world.platform.region(&world.virtual_, world.space, 0, &region));
    world.virtual_.fail_at = 0;
    world.process.faults.allocation = NTSTATUS_ACCESS_DENIED;
    CHECK_INT(t, NTSTATUS_ACCESS_DENIED,
              world.platform.allocation(&world.virtual_, world.space, 0x10000, &allocation));
    world.process.faults.exit_after = 4;
    CHECK_INT(t, NTSTATUS_OK, world.platform.region(&world.virtual_, world.space, 0, &region));
    CHECK_INT(t, NTSTATUS_PROCESS_IS_TERMINATING,
              world.platform.region(&world.virtual_, world.space, 0, &region));
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
    CHECK_INT(t, NTSTATUS_NO_MEMORY, world.platform.list(&world.virtual_, list));
    CHECK_INT(t, 0, list->count);
    CHECK_INT(t, NTSTATUS_OK, world.platform.list(&world.virtual_, list));
    CHECK_INT(t, 1, list->count);
    process_list_release(list);
    world_close(t, &world);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(regions_are_those_of_windows),
        TEST_CASE(allocations_are_complete),
        TEST_CASE(names_are_known_or_refused_by_kind),
        TEST_CASE(pages_have_the_attributes_of_their_run),
        TEST_CASE(faults_come_when_asked_for),
        TEST_CASE(a_hidden_or_unknown_process_does_not_open),
        TEST_CASE(a_list_fails_on_command),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
