/* The scan of one process after the other: every kind of process, and its rows. */
#include "common/scan/device_map.h"
#include "common/scan/nt_status.h"
#include "tests/rows/scan_world.h"
#include "tests/test.h"

static struct scan_world world;

/* One row for each kind of process. */
struct special {
    const char *what;
    struct virtual_faults faults;
    enum process_access access;
    int protection;
    uint64_t opened_start; /* 0: unknown; 100: as listed */
    bool hidden, minimal, no_allocation;
    uint32_t pid;                     /* 0: not one that is special */
    uint64_t processes, maps, exited; /* rows expected */
    bool closed;                      /* access none and a note, no error */
    enum status code;                 /* of the error row; STATUS_OK: none */
    enum scan_stage stage;
    uint32_t nt_status;
};

#define DENIED 0xC0000022u
#define TERMINATING 0xC000010Au
#define FULL .access = PROCESS_ACCESS_FULL, .opened_start = 100
#define LIMITED .access = PROCESS_ACCESS_LIMITED, .opened_start = 100

static const struct special specials[] = {
    {"ordinary", FULL, .processes = 1, .maps = 2},
    {"protected", LIMITED, .protection = 0x41, .processes = 1, .maps = 2},
    {"protected, allocations refused", LIMITED, .faults.allocation = DENIED, .processes = 1,
     .maps = 2},
    /* Without a name, only the kind distinguishes data from a section without a file. */
    {"protected, names refused", LIMITED, .faults.name = DENIED, .processes = 1, .maps = 2},
    {"protected, only regions allowed", LIMITED, .faults.name = DENIED, .faults.allocation = DENIED,
     .processes = 1, .maps = 3},
    {"minimal: Registry", FULL, .minimal = true, .processes = 1, .maps = 2},
    {"System: open to nobody", FULL, .faults.region = DENIED, .faults.allocation = DENIED,
     .minimal = true, .pid = 4, .processes = 1, .maps = 1, .closed = true},
    {"System: cannot be opened", .faults.open = DENIED, .pid = 4, .processes = 1, .maps = 1,
     .closed = true},
    {"System: listed by another build", FULL, .minimal = true, .pid = 4, .processes = 1, .maps = 3},
    {"System: no memory to open it", .faults.open = 0xC0000017u, .pid = 4, .processes = 1,
     .code = STATUS_INTERNAL, .stage = STAGE_OPEN, .nt_status = 0xC0000017u},
    {"cannot be opened", .faults.open = DENIED, .processes = 1, .code = STATUS_ACCESS_DENIED,
     .stage = STAGE_OPEN, .nt_status = DENIED},
    {"vmmem: opened, then everything is refused", FULL, .faults.region = DENIED,
     .faults.allocation = DENIED, .faults.name = DENIED, .minimal = true, .processes = 1,
     .closed = true},
    {"minimal, exits at once", FULL, .faults.region = TERMINATING, .minimal = true, .processes = 1,
     .exited = 1},
    {"its handle was stripped by security software", FULL, .faults.region = DENIED,
     .faults.allocation = DENIED, .faults.name = DENIED, .processes = 1,
     .code = STATUS_ACCESS_DENIED, .stage = STAGE_REGIONS, .nt_status = DENIED},
    {"pico", LIMITED, .minimal = true, .no_allocation = true, .processes = 1, .maps = 2},
    {"exited before it was opened", FULL, .hidden = true, .exited = 1},
    {"exiting when opened", .faults.open = TERMINATING, .exited = 1},
    {"exits at the second query", FULL, .faults.exit_after = 1, .processes = 1, .exited = 1},
    {"exits at the name", FULL, .faults.exit_after = 2, .processes = 1, .exited = 1},
    {"exits after a view", FULL, .faults.exit_after = 3, .processes = 1, .maps = 1, .exited = 1},
    {"a name is refused, then it exits", LIMITED, .faults.name = DENIED, .faults.exit_after = 4,
     .processes = 1, .maps = 1, .exited = 1},
    {"its pid was reused", .access = PROCESS_ACCESS_FULL, .opened_start = 99, .exited = 1},
    {"its start time is unknown", .access = PROCESS_ACCESS_FULL, .processes = 1, .maps = 2},
    {"no memory to open it", .faults.open = 0xC0000017u, .processes = 1, .code = STATUS_INTERNAL,
     .stage = STAGE_OPEN, .nt_status = 0xC0000017u},
    {"an older system", FULL, .no_allocation = true, .processes = 1, .maps = 2},
};

static const struct virtual_driver driver = {0x1046000, "\\SystemRoot\\system32\\a.exe"};

static void every_kind_of_process_has_its_answer(struct test *t)
{
    for (size_t i = 0; i < TEST_COUNT(specials); i++) {
        const struct special *special = &specials[i];
        TEST_ROW(t, "%s", special->what);
        scan_world_init(&world, 1);
        struct virtual_process *process = &world.processes[0];
        process->facts.access = special->access;
        process->facts.protection = special->protection;
        process->facts.start_time = special->opened_start;
        process->faults = special->faults;
        process->hidden = special->hidden;
        process->facts.is_minimal = special->minimal;
        process->image = special->minimal ? "Registry" : process->image;
        process->entry.pid = special->pid != 0 ? special->pid : 40;
        world.virtual_.drivers = &driver;
        world.virtual_.drivers_count = 1;
        world.virtual_.has_allocation = !special->no_allocation;
        scan_world_run(&world, t);
        CHECK_INT(t, SCAN_END, world.rows.last.type);
        CHECK_INT(t, special->processes, world.rows.counts.processes);
        CHECK_INT(t, special->maps, scan_rows_count(&world.rows, SCAN_MAP));
        CHECK_INT(t, special->exited, world.rows.counts.exited);
        CHECK_INT(t, special->code != STATUS_OK, world.rows.counts.errors);
        const struct scan_row *row = scan_rows_get(&world.rows, SCAN_PROCESS, 0);
        if (row != NULL) {
            CHECK_INT(t, special->closed ? PROCESS_ACCESS_NONE : special->access,
                      row->facts->access);
            CHECK_INT(t, special->closed, row->note != NULL);
            CHECK_INT(t, special->minimal || special->access == PROCESS_ACCESS_NONE,
                      row->image.data == NULL);
        }
        row = scan_rows_get(&world.rows, SCAN_ERROR, 0);
        if (row != NULL) {
            CHECK_INT(t, special->code, row->error.code);
            CHECK_INT(t, special->stage, row->error.stage);
            CHECK_INT(t, special->nt_status, row->error.nt_status);
            CHECK_INT(t, process->entry.pid, row->error.pid);
            CHECK(t, span_equal(SPAN("a.exe"), row->error.process));
        }
        scan_rows_release(&world.rows);
    }
}

static void drivers_are_the_images_of_system(struct test *t)
{
    static const struct virtual_driver drivers[] = {
        {0x1046000, "\\SystemRoot\\system32\\ntoskrnl.exe"},
        {0x6000, "\\??\\C:\\b.sys"},
        {0x7000, "\\SystemRoot\\system32\\\xE9.sys"},
        {0x8000, ""},
    };
    static const struct {
        const char *what, *path; /* NULL: no filter */
        uint32_t kinds, nt_status;
        size_t missing;
        bool has_address;
        uint64_t processes, maps, errors;
    } rows[] = {
        {"all", NULL, VIEW_IMAGE, 0, 0, false, 1, 4, 0},
        {"no images", NULL, VIEW_DATA, 0, 0, false, 1, 0, 0},
        {"by path", "*.sys", VIEW_IMAGE, 0, 0, false, 1, 2, 0},
        {"by DOS path", "C:\\b.sys", VIEW_IMAGE, 0, 0, false, 1, 1, 0},
        {"by another path", "c.sys", VIEW_IMAGE, 0, 0, false, 0, 0, 0},
        {"by address", NULL, VIEW_IMAGE, 0, 0, true, 0, 0, 0},
        {"refused", NULL, VIEW_IMAGE, DENIED, 0, false, 1, 0, 1},
        {"cut", NULL, VIEW_IMAGE, 0, 3, false, 1, 4, 1},
    };
    struct device_map devices;

    device_map_init(&devices);
    for (size_t i = 0; i < TEST_COUNT(rows) * 2; i++) {
        TEST_ROW(t, "%s, detail %zu", rows[i / 2].what, i % 2);
        scan_world_init(&world, 1);
        world.processes[0].facts.is_minimal = true;
        world.processes[0].faults.region = DENIED;
        world.query.views.kinds = rows[i / 2].kinds;
        world.query.views.has_address = rows[i / 2].has_address;
        world.query.views.detail = i % 2 == 0 ? VIEWS_WITH_REGIONS : VIEWS_WITH_PAGES;
        if (rows[i / 2].path != NULL)
            scan_world_set_path(&world, rows[i / 2].path);
        world.virtual_.devices = &devices;
        world.virtual_.drivers = drivers;
        world.virtual_.drivers_count = TEST_COUNT(drivers);
        world.virtual_.drivers_missing = rows[i / 2].missing;
        world.virtual_.drivers_fault = rows[i / 2].nt_status;
        scan_world_run(&world, t);
        CHECK_INT(t, rows[i / 2].processes, scan_rows_count(&world.rows, SCAN_PROCESS));
        CHECK_INT(t, rows[i / 2].maps, scan_rows_count(&world.rows, SCAN_MAP));
        CHECK_INT(t, rows[i / 2].errors, world.rows.counts.errors);
        for (size_t n = 0; n < rows[i / 2].maps; n++) {
            const struct scan_row *row = scan_rows_get(&world.rows, SCAN_MAP, n);
            CHECK_INT(t, VIEW_DRIVER, row->map.kind);
            CHECK(t, !row->show_addresses && !row->map.has_pages);
            CHECK_INT(t, row->map.size == 0x7000, row->map.path_lossy);
            CHECK_INT(t, row->map.size == 0x8000, row->map.device_path.data == NULL);
        }
        const struct scan_row *error = scan_rows_get(&world.rows, SCAN_ERROR, 0);
        if (error != NULL) {
            CHECK_INT(t, STAGE_DRIVERS, error->error.stage);
            CHECK_INT(t, rows[i / 2].nt_status, error->error.nt_status);
        }
        scan_rows_release(&world.rows);
    }
    device_map_release(&devices);
}

/* The image name of a minimal process is no path: nobody looks a device up for it. */
static void names_that_are_no_paths_are_not_looked_up(struct test *t)
{
    static const uint16_t bare[] = {'\\', 'D', 'e', 'v', 'i', 'c', 'e', '\\', 'V'};
    struct virtual_region run = {.base = 0x10000,
                                 .size = 0x1000,
                                 .allocation_base = 0x10000,
                                 .state = MEMORY_STATE_COMMIT,
                                 .type = MEMORY_REGION_DATA_FILE,
                                 .name = bare,
                                 .name_len = TEST_COUNT(bare)};
    scan_world_init(&world, 1);
    world.processes[0].image = "MemCompression";
    world.processes[0].regions = &run;
    world.processes[0].regions_count = 1;
    scan_world_run(&world, t);
    REQUIRE(t, world.rows.count == 2);
    CHECK(t, world.rows.rows[0].image.data == NULL);
    CHECK(t, world.rows.rows[1].map.device_path.data == NULL);
    CHECK(t, world.rows.rows[1].map.path.data == NULL);
    CHECK_INT(t, VIEW_DATA, world.rows.rows[1].map.kind);
    CHECK_INT(t, 0, world.rows.rows[1].map.name_status);
    CHECK_INT(t, 0, world.virtual_.calls[VIRTUAL_PATH]);
    scan_rows_release(&world.rows);
}

/* Walking a process that refuses every query page by page would never end. */
static void the_first_refusal_decides(struct test *t)
{
    scan_world_init(&world, 1);
    world.processes[0].faults = (struct virtual_faults){.region = DENIED, .allocation = DENIED};
    scan_world_run(&world, t);
    CHECK_INT(t, 1, world.rows.counts.queries.regions + world.rows.counts.queries.allocations);
    scan_rows_release(&world.rows);
}

static void rows_show_the_process(struct test *t)
{
    scan_world_init(&world, 2);
    world.processes[1].faults.open = DENIED;
    world.query.lists_maps = false;
    scan_world_run(&world, t);
    CHECK_INT(t, 2, world.rows.count);
    CHECK_INT(t, 0,
              world.rows.counts.errors); /* when only processes are listed, a refusal is no error */
    REQUIRE(t, world.rows.count == 2);
    const struct scan_row *row = &world.rows.rows[0];
    CHECK_INT(t, 4, row->process->pid);
    CHECK(t, span_equal(SPAN("a.exe"), row->process_name));
    CHECK(t, span_equal(SPAN("\\D\\a.exe"), row->image)); /* its device is not known */
    CHECK_INT(t, PROCESS_ACCESS_FULL, row->facts->access);
    row = &world.rows.rows[1];
    CHECK_INT(t, PROCESS_ACCESS_NONE, row->facts->access);
    CHECK_INT(t, PROTECTION_UNKNOWN, row->facts->protection);
    CHECK_INT(t, INTEGRITY_UNKNOWN, row->facts->integrity);
    CHECK_INT(t, 0, row->facts->owner.size);
    CHECK(t, row->image.data == NULL);
    CHECK_INT(t, 0, world.rows.counts.queries.regions);
    scan_rows_release(&world.rows);
}

static void others_keep_their_addresses(struct test *t)
{
    scan_world_init(&world, 1);
    world.query.addresses = false;
    world.query.views.detail = VIEWS_WITH_REGIONS;
    scan_world_run(&world, t);
    CHECK_INT(t, 3, world.rows.count); /* no region rows: they consist of addresses */
    for (size_t i = 0; i < world.rows.count; i++)
        CHECK(t, !world.rows.rows[i].show_addresses);
    scan_rows_release(&world.rows);

    scan_world_init(&world, 1);
    world.query.addresses = false;
    world.query.views.has_address = true;
    world.query.views.address = 0x10000;
    scan_world_run(&world, t);
    REQUIRE(t, world.rows.count == 1);
    CHECK_INT(t, STATUS_DENIED, world.rows.rows[0].error.code);
    CHECK_INT(t, STAGE_ADDRESS, world.rows.rows[0].error.stage);
    CHECK_INT(t, 0, world.rows.counts.queries.regions + world.rows.counts.queries.allocations);
    scan_rows_release(&world.rows);
}

static void the_last_answer_is_repeated(struct test *t)
{
    for (int failing = 0; failing < 2; failing++) {
        struct scan_row row = {0};
        scan_world_init(&world, 1);
        world.virtual_.fail_at = (uint64_t)failing;
        world.virtual_.fail_with = NTSTATUS_NO_MEMORY;
        struct scan *scan = scan_create(&world.platform, &world.query, NULL);
        REQUIRE(t, scan != NULL);
        CHECK_INT(t, 0, world.virtual_.calls_total);
        do {
            scan_next(scan, &row);
        } while (row.type != SCAN_END && row.type != SCAN_FAILED);
        for (int again = 0; again < 3; again++) {
            uint64_t calls = world.virtual_.calls_total;
            scan_next(scan, &row);
            CHECK_INT(t, failing ? SCAN_FAILED : SCAN_END, row.type);
            CHECK_INT(t, failing ? STATUS_INTERNAL : STATUS_OK, row.error.code);
            CHECK_INT(t, calls, world.virtual_.calls_total);
        }
        scan_destroy(scan);
    }
}

static void a_scan_may_be_dropped_at_any_step(struct test *t)
{
    scan_destroy(NULL);
    for (unsigned steps = 0; steps < 60; steps++) {
        struct scan_row row;
        TEST_ROW(t, "after %u steps", steps);
        scan_world_init(&world, 2);
        world.query.views.detail = steps % 2 == 0 ? VIEWS_WITH_REGIONS : VIEWS_WITH_PAGES;
        struct scan *scan = scan_create(&world.platform, &world.query, NULL);
        REQUIRE(t, scan != NULL);
        for (unsigned i = 0; i < steps; i++) {
            uint64_t calls = world.virtual_.calls_total;
            scan_next(scan, &row);
            CHECK(t, world.virtual_.calls_total - calls <= 2); /* a bounded piece of work */
        }
        scan_destroy(scan);
        CHECK_INT(t, 0, world.virtual_.open_count);
    }
}

static void stages_have_wire_names(struct test *t)
{
    static const char *const names[] = {"select", "open",    "regions", "names",
                                        "pages",  "address", "drivers"};

    for (size_t i = 0; i < TEST_COUNT(names); i++)
        CHECK_STR(t, names[i], scan_stage_name((enum scan_stage)i));
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(every_kind_of_process_has_its_answer),
        TEST_CASE(drivers_are_the_images_of_system),
        TEST_CASE(names_that_are_no_paths_are_not_looked_up),
        TEST_CASE(the_first_refusal_decides),
        TEST_CASE(rows_show_the_process),
        TEST_CASE(others_keep_their_addresses),
        TEST_CASE(the_last_answer_is_repeated),
        TEST_CASE(a_scan_may_be_dropped_at_any_step),
        TEST_CASE(stages_have_wire_names),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
