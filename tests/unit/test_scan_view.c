/* The scan inside a process: kinds, names, filters. */
#include "common/base/bounds.h"
#include "common/scan/device_map.h"
#include "common/scan/nt_status.h"
#include "tests/rows/scan_world.h"
#include "tests/test.h"

enum { KINDS_ALL = VIEW_IMAGE | VIEW_DATA | VIEW_PAGEFILE };

static struct scan_world world;

static struct virtual_region view_of(uint32_t type, const uint16_t *name, size_t name_len)
{
    return (struct virtual_region){.base = 0x10000,
                                   .size = 0x3000,
                                   .allocation_base = 0x10000,
                                   .allocation_protect = 2,
                                   .state = MEMORY_STATE_COMMIT,
                                   .protect = 2,
                                   .type = type,
                                   .name = name,
                                   .name_len = name_len};
}

/* One process with these regions. */
static void init_with(const struct virtual_region *regions, size_t count, bool has_allocation)
{
    scan_world_init(&world, 1);
    world.processes[0].regions = regions;
    world.processes[0].regions_count = count;
    world.virtual_.has_allocation = has_allocation;
    world.query.views.kinds = KINDS_ALL;
}

static void kinds_choose_the_views(struct test *t)
{
    static const struct {
        uint32_t kinds;
        const char *bases; /* of the views, in order */
        uint64_t names;    /* asked with MemoryRegionInformation */
    } rows[] = {
        {VIEW_IMAGE, "10000 ", 1},
        {VIEW_DATA, "120000 ", 1},
        {VIEW_PAGEFILE, "200000 ", 0},
        {VIEW_IMAGE | VIEW_DATA, "10000 120000 ", 2},
        {VIEW_IMAGE | VIEW_PAGEFILE, "10000 200000 ", 1},
        {KINDS_ALL, "10000 120000 200000 ", 2},
    };
    for (size_t i = 0; i < TEST_COUNT(rows) * 2; i++) {
        char bases[64] = "";
        TEST_ROW(t, "kinds 0x%" PRIx32 " mode %zu", rows[i / 2].kinds, i % 2);
        scan_world_init(&world, 1);
        world.query.views.kinds = rows[i / 2].kinds;
        world.virtual_.has_allocation = i % 2 == 0;
        scan_world_run(&world, t);
        for (size_t n = 0; n < scan_rows_count(&world.rows, SCAN_MAP); n++) {
            size_t size = strlen(bases);
            (void)snprintf(bases + size, sizeof bases - size, "%" PRIx64 " ",
                           scan_rows_get(&world.rows, SCAN_MAP, n)->map.base);
        }
        CHECK_STR(t, rows[i / 2].bases, bases);
        if (i % 2 == 0)
            CHECK_INT(t, rows[i / 2].names, world.rows.counts.queries.names);
        scan_rows_release(&world.rows);
    }
}

static void physical_memory_comes_with_the_pagefile(struct test *t)
{
    static const struct {
        uint32_t kinds;
        bool has_allocation;
        enum view_kind kind; /* VIEW_PRIVATE: no row */
    } rows[] = {{VIEW_PAGEFILE, true, VIEW_PHYSICAL},
                {VIEW_DATA, true, VIEW_PRIVATE},
                {VIEW_PAGEFILE, false, VIEW_PAGEFILE}, /* looks the same there */
                {VIEW_DATA, false, VIEW_PRIVATE}};
    const struct virtual_region run = view_of(MEMORY_REGION_PHYSICAL, NULL, 0);

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "row %zu", i);
        init_with(&run, 1, rows[i].has_allocation);
        world.query.views.kinds = rows[i].kinds;
        scan_world_run(&world, t);
        const struct scan_row *row = scan_rows_get(&world.rows, SCAN_MAP, 0);
        CHECK_INT(t, rows[i].kind != VIEW_PRIVATE, row != NULL);
        if (row != NULL)
            CHECK_INT(t, rows[i].kind, row->map.kind);
        scan_rows_release(&world.rows);
    }
}

static void a_path_selects_by_either_form(struct test *t)
{
    static const struct {
        const char *glob;
        uint64_t maps, processes;
    } rows[] = {
        {"b.nls", 1, 2},      {"*.NLS", 1, 2},  {"Z:\\b.nls", 1, 2}, {"Z:\\*", 2, 2},
        {"\\D\\b.nls", 1, 2}, {"\\D\\*", 2, 2}, {"z:/?.n*", 1, 2},   {"c.nls", 0, 0},
        {"Y:\\*", 0, 0},      {"*", 2, 2},      {"nls", 0, 0},
    };
    struct device_map devices;

    device_map_init(&devices);
    REQUIRE(t, device_map_add(&devices, DEVICE_VOLUME, SPAN("\\D"), SPAN("Z:")) == STATUS_OK);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].glob);
        scan_world_init(&world, 2);
        world.virtual_.devices = &devices;
        world.query.views.kinds = KINDS_ALL;
        scan_world_set_path(&world, rows[i].glob);
        scan_world_run(&world, t);
        CHECK_INT(t, rows[i].maps * 2, scan_rows_count(&world.rows, SCAN_MAP));
        CHECK_INT(t, rows[i].processes, world.rows.counts.processes);
        const struct scan_row *row = scan_rows_get(&world.rows, SCAN_MAP, 0);
        if (row != NULL)
            CHECK(t, span_starts_with(row->map.path, SPAN("Z:\\")));
        scan_rows_release(&world.rows);
    }
    device_map_release(&devices);
}

static void errors_come_without_a_match_too(struct test *t)
{
    scan_world_init(&world, 2);
    world.processes[1].faults.open = NTSTATUS_ACCESS_DENIED;
    scan_world_set_path(&world, "no such file");
    scan_world_run(&world, t);
    CHECK_INT(t, 0, world.rows.counts.processes);
    REQUIRE(t, world.rows.count == 1);
    CHECK_INT(t, STAGE_OPEN, world.rows.rows[0].error.stage);
    CHECK_INT(t, 8, world.rows.rows[0].error.pid);
    scan_rows_release(&world.rows);
}

static void an_address_finds_one_view_or_none(struct test *t)
{
    static const struct {
        uint64_t address, base, size; /* size 0: none */
    } rows[] = {
        {0, 0, 0},
        {0xffff, 0, 0},
        {0x10000, 0x10000, 0x5000},
        {0x14fff, 0x10000, 0x5000},
        {0x15000, 0, 0},
        {0x20000, 0, 0}, /* private */
        {0x1e8fff, 0x120000, 0xc9000},
        {0x200001, 0x200000, 0x10000},
        {0x7ffffffeffff, 0, 0},
        {0x7fffffff0000, 0, 0}, /* above the user space */
        {UINT64_MAX, 0, 0},
    };
    for (size_t i = 0; i < TEST_COUNT(rows) * 4; i++) {
        TEST_ROW(t, "0x%" PRIx64 " mode %zu", rows[i / 4].address, i % 4);
        scan_world_init(&world, 1);
        world.query.views.kinds = KINDS_ALL;
        world.query.views.has_address = true;
        world.query.views.address = rows[i / 4].address;
        world.virtual_.has_allocation = i % 2 == 0;
        world.processes[0].facts.address_limit = i % 4 < 2 ? VIRTUAL_ADDRESS_LIMIT : 0;
        scan_world_run(&world, t);
        CHECK_INT(t, SCAN_END, world.rows.last.type);
        CHECK_INT(t, 0, world.rows.counts.errors);
        CHECK_INT(t, rows[i / 4].size > 0 ? 2 : 0, world.rows.count);
        CHECK(t, world.rows.counts.queries.regions + world.rows.counts.queries.allocations <= 5);
        const struct scan_row *row = scan_rows_get(&world.rows, SCAN_MAP, 0);
        if (row != NULL) {
            CHECK_INT(t, rows[i / 4].base, row->map.base);
            CHECK_INT(t, rows[i / 4].size, row->map.size);
        }
        scan_rows_release(&world.rows);
    }
}

static void the_longest_name_is_not_cut(struct test *t)
{
    static uint16_t name[NAME_LENGTH_MAX];
    struct virtual_region run = view_of(MEMORY_REGION_DATA_FILE, name, NAME_LENGTH_MAX);

    for (size_t i = 0; i < NAME_LENGTH_MAX; i++)
        name[i] = i % 7 == 0 ? '\\' : (uint16_t)(0x4e00 + i % 1000); /* three bytes each */
    init_with(&run, 1, true);
    scan_world_run(&world, t);
    const struct scan_row *row = scan_rows_get(&world.rows, SCAN_MAP, 0);
    REQUIRE(t, row != NULL);
    CHECK_INT(t, NAME_LENGTH_MAX * 3 - (NAME_LENGTH_MAX + 6) / 7 * 2, row->map.device_path.size);
    CHECK(t, !row->map.path_lossy && row->map.path.data == NULL);
    scan_rows_release(&world.rows);
    for (size_t i = 0; i < NAME_LENGTH_MAX; i++)
        name[i] = i == 0 ? '\\' : 0xD800; /* unpaired surrogates only */
    scan_world_run(&world, t);
    row = scan_rows_get(&world.rows, SCAN_MAP, 0);
    REQUIRE(t, row != NULL);
    CHECK_INT(t, NAME_SIZE_MAX - 2, row->map.device_path.size);
    CHECK(t, row->map.path_lossy);
    scan_rows_release(&world.rows);
}

/* The results of a name query, and the view then. The next view is asked again, unless no name can be
 * had. */
static void a_name_that_fails_concerns_its_view(struct test *t)
{
    static const struct {
        const char *what;
        uint32_t type, nt_status;
        enum view_kind kind, kind_without; /* with and without MemoryRegionInformationEx */
        uint32_t name_status;
    } rows[] = {
        {"no file", MEMORY_REGION_DATA_FILE, 0xC0000098u, VIEW_DATA, VIEW_PAGEFILE, 0},
        {"image without file", MEMORY_REGION_IMAGE, 0xC0000098u, VIEW_IMAGE, VIEW_IMAGE, 0},
        {"refused", MEMORY_REGION_IMAGE, 0xC0000022u, VIEW_IMAGE, VIEW_IMAGE, 0xC0000022u},
        {"refused, data", MEMORY_REGION_DATA_FILE, 0xC0000022u, VIEW_DATA, VIEW_MAPPED,
         0xC0000022u},
        {"no memory", MEMORY_REGION_IMAGE, 0xC0000017u, VIEW_IMAGE, VIEW_IMAGE, 0xC0000017u},
        {"not supported", MEMORY_REGION_IMAGE, 0xC00000BBu, VIEW_IMAGE, VIEW_IMAGE, 0xC00000BBu},
        {"network name gone", MEMORY_REGION_DATA_FILE, 0xC00000C9u, VIEW_DATA, VIEW_MAPPED,
         0xC00000C9u},
        {"no such class", MEMORY_REGION_IMAGE, 0xC0000003u, VIEW_IMAGE, VIEW_IMAGE, 0xC0000003u},
    };
    static const uint16_t name[] = {'\\', 'x'};

    for (size_t i = 0; i < TEST_COUNT(rows) * 2; i++) {
        struct virtual_region runs[2] = {view_of(rows[i / 2].type, name, 2),
                                         view_of(MEMORY_REGION_IMAGE, name, 2)};
        const bool is_missing = rows[i / 2].nt_status == 0xC0000003u;
        runs[0].name_fault = rows[i / 2].nt_status;
        runs[1].base = runs[1].allocation_base = 0x20000;
        TEST_ROW(t, "%s, mode %zu", rows[i / 2].what, i % 2);
        init_with(runs, 2, i % 2 == 0);
        scan_world_run(&world, t);
        const struct scan_row *row = scan_rows_get(&world.rows, SCAN_MAP, 0);
        REQUIRE(t, row != NULL && scan_rows_count(&world.rows, SCAN_MAP) == 2);
        CHECK_INT(t, i % 2 == 0 ? rows[i / 2].kind : rows[i / 2].kind_without, row->map.kind);
        CHECK(t, row->map.device_path.data == NULL);
        CHECK_INT(t, rows[i / 2].name_status, row->map.name_status);
        row = scan_rows_get(&world.rows, SCAN_MAP, 1);
        CHECK_INT(t, is_missing, row->map.device_path.data == NULL);
        CHECK_INT(t, is_missing ? 0xC0000003u : 0, row->map.name_status);
        CHECK_INT(t, is_missing ? 1 : 2, world.rows.counts.queries.names);
        CHECK_INT(t, 0, world.rows.counts.errors);
        scan_rows_release(&world.rows);
    }
}

/* Between two queries of the process the second view is unmapped. */
static void unmap_second(struct virtual_platform *virtual_, enum virtual_call call)
{
    static struct virtual_region left[2];
    struct virtual_process *process = &virtual_->processes[0];
    const uint64_t *when = virtual_->distort_context;

    if (call == (enum virtual_call)when[0] && virtual_->asked == when[1] &&
        process->regions_count == 3) {
        left[0] = process->regions[0];
        left[1] = process->regions[2];
        process->regions = left;
        process->regions_count = 2;
    }
}

static void a_view_that_vanishes_is_passed_over(struct test *t)
{
    static const struct {
        const char *what;
        uint64_t when[2]; /* before the call is answered, at the address */
        bool has_allocation;
        enum views_detail detail;
        uint64_t maps, regions;
    } rows[] = {
        {"before its name", {VIRTUAL_NAME, 0x20000}, true, VIEWS_PLAIN, 2, 0},
        {"before its regions", {VIRTUAL_REGION, 0x20000}, true, VIEWS_WITH_REGIONS, 3, 2},
        {"before its name, stepping", {VIRTUAL_NAME, 0x20000}, false, VIEWS_WITH_REGIONS, 2, 2},
        {"before its pages", {VIRTUAL_PAGES, 0x20000}, true, VIEWS_WITH_PAGES, 3, 0},
    };
    static const uint16_t name[] = {'\\', 'x'};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct virtual_region runs[3];
        for (size_t n = 0; n < TEST_COUNT(runs); n++) {
            runs[n] = view_of(MEMORY_REGION_IMAGE, name, 2);
            runs[n].base = runs[n].allocation_base = 0x10000 * (n + 1);
        }
        TEST_ROW(t, "%s", rows[i].what);
        init_with(runs, 3, rows[i].has_allocation);
        world.query.views.detail = rows[i].detail;
        world.virtual_.on_call = unmap_second;
        uint64_t when[2] = {rows[i].when[0], rows[i].when[1]};
        world.virtual_.distort_context = when;
        scan_world_run(&world, t);
        CHECK_INT(t, rows[i].maps, scan_rows_count(&world.rows, SCAN_MAP));
        CHECK_INT(t, rows[i].regions, scan_rows_count(&world.rows, SCAN_REGION));
        CHECK_INT(t, 0, world.rows.counts.errors);
        const struct scan_row *last = scan_rows_get(&world.rows, SCAN_MAP, rows[i].maps - 1);
        REQUIRE(t, last != NULL);
        CHECK_INT(t, 0x30000, last->map.base);
        scan_rows_release(&world.rows);
    }
}

static void a_missing_class_is_asked_for_once(struct test *t)
{
    scan_world_init(&world, 4);
    world.virtual_.has_allocation = false;
    scan_world_run(&world, t);
    CHECK_INT(t, 8, scan_rows_count(&world.rows, SCAN_MAP));
    CHECK_INT(t, 1, world.rows.counts.queries.allocations); /* in all of the scan */
    scan_rows_release(&world.rows);

    /* A refusal concerns one process; the next is asked again. */
    scan_world_init(&world, 4);
    for (size_t i = 0; i < 4; i++)
        world.processes[i].faults.allocation = NTSTATUS_ACCESS_DENIED;
    scan_world_run(&world, t);
    CHECK_INT(t, 8, scan_rows_count(&world.rows, SCAN_MAP));
    CHECK_INT(t, 4, world.rows.counts.queries.allocations);
    scan_rows_release(&world.rows);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(kinds_choose_the_views),
        TEST_CASE(physical_memory_comes_with_the_pagefile),
        TEST_CASE(a_path_selects_by_either_form),
        TEST_CASE(errors_come_without_a_match_too),
        TEST_CASE(an_address_finds_one_view_or_none),
        TEST_CASE(the_longest_name_is_not_cut),
        TEST_CASE(a_name_that_fails_concerns_its_view),
        TEST_CASE(a_view_that_vanishes_is_passed_over),
        TEST_CASE(a_missing_class_is_asked_for_once),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
