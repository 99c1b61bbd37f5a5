#include "tests/rows/scan_world.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const uint16_t exe_name[] = {'\\', 'D', '\\', 'a', '.', 'e', 'x', 'e'};
static const uint16_t nls_name[] = {'\\', 'D', '\\', 'b', '.', 'n', 'l', 's'};

static const struct virtual_region typical[] = {
    {.base = 0x10000,
     .size = 0x1000,
     .allocation_base = 0x10000,
     .allocation_protect = 0x80,
     .state = MEMORY_STATE_COMMIT,
     .protect = 0x02,
     .type = MEMORY_REGION_IMAGE,
     .name = exe_name,
     .name_len = LENGTH(exe_name),
     .page_attributes = 7},
    {.base = 0x11000,
     .size = 0x4000,
     .allocation_base = 0x10000,
     .allocation_protect = 0x80,
     .state = MEMORY_STATE_COMMIT,
     .protect = 0x20,
     .type = MEMORY_REGION_IMAGE,
     .name = exe_name,
     .name_len = LENGTH(exe_name),
     .page_attributes = 7},
    {.base = 0x20000,
     .size = 0x100000,
     .allocation_base = 0x20000,
     .allocation_protect = 0x04,
     .state = MEMORY_STATE_RESERVE,
     .type = MEMORY_REGION_PRIVATE},
    {.base = 0x120000,
     .size = 0xc9000,
     .allocation_base = 0x120000,
     .allocation_protect = 0x02,
     .state = MEMORY_STATE_COMMIT,
     .protect = 0x02,
     .type = MEMORY_REGION_DATA_FILE,
     .name = nls_name,
     .name_len = LENGTH(nls_name),
     .page_attributes = 7},
    {.base = 0x200000,
     .size = 0x10000,
     .allocation_base = 0x200000,
     .allocation_protect = 0x04,
     .state = MEMORY_STATE_COMMIT,
     .protect = 0x04,
     .type = MEMORY_REGION_PAGEFILE,
     .page_attributes = 7},
};

struct sid scan_world_user(uint8_t last)
{
    return (struct sid){.size = 12, .bytes = {1, 1, 0, 0, 0, 0, 0, 5, last, 0, 0, 0}};
}

void scan_world_init(struct scan_world *world, size_t count)
{
    static const char *const names[WORLD_PROCESSES_MAX] = {"a.exe",  "b.exe", "Registry", "c.exe",
                                                           "ab.exe", "d",     "e.exe",    "f.exe"};

    memset(world, 0, sizeof *world);
    for (uint32_t i = 0; i < count; i++)
        world->processes[i] =
            (struct virtual_process){.entry = {.pid = 4 + i * 4, .start_time = 100 + i},
                                     .name = names[i],
                                     .facts = {.access = PROCESS_ACCESS_FULL,
                                               .start_time = 100 + i,
                                               .integrity = 0x2000,
                                               .owner = scan_world_user(WORLD_USER_A)},
                                     .image = "\\D\\a.exe",
                                     .regions = typical,
                                     .regions_count = LENGTH(typical)};
    virtual_platform_init(&world->virtual_, world->processes, count, &world->platform);
    world->query = scan_query_everything();
    world->query.views.kinds = VIEW_IMAGE | VIEW_DATA;
}

void scan_world_select_pids(struct scan_world *world, const uint32_t *pids, size_t count)
{
    world->query.all = false;
    world->query.pids = pids;
    world->query.pids_count = count;
}

void scan_world_select_name(struct scan_world *world, const char *glob)
{
    world->name = span_from_string(glob);
    world->query.all = false;
    world->query.names = &world->name;
    world->query.names_count = 1;
}

void scan_world_set_path(struct scan_world *world, const char *glob)
{
    world->path = span_from_string(glob);
    world->query.views.paths = &world->path;
    world->query.views.paths_count = 1;
}

void scan_world_run(struct scan_world *world, struct test *t)
{
    scan_rows_run(&world->rows, &world->platform, &world->query);
    CHECK_STR(t, "", world->rows.problem != NULL ? world->rows.problem : "");
    CHECK_INT(t, 0, world->virtual_.open_count);
}
