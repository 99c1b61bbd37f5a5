/* Which processes a scan reads, and for whom; and how a scan continues where another stopped. */
#include "common/scan/nt_status.h"
#include "tests/rows/scan_world.h"
#include "tests/test.h"

static struct scan_world world;

static void a_name_selects_by_its_glob(struct test *t)
{
    static const struct {
        const char *glob;
        uint64_t processes;
    } rows[] = {{"a.exe", 1}, {"A.EXE", 1}, {"a", 1}, {"a*", 2}, {"*", 6},
                {"*.exe", 4}, {"?.exe", 3}, {"d", 1}, {"x", 0},  {"registry", 1}};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].glob);
        scan_world_init(&world, 6);
        world.query.lists_maps = false;
        scan_world_select_name(&world, rows[i].glob);
        scan_world_run(&world, t);
        CHECK_INT(t, rows[i].processes, world.rows.counts.processes);
        CHECK_INT(t, rows[i].processes, world.rows.counts.queries.opens);
        CHECK_INT(t, rows[i].processes == 0, world.rows.counts.unmatched);
        CHECK_INT(t, 0, world.rows.counts.errors);
        CHECK_INT(t, SCAN_END, world.rows.last.type);
        scan_rows_release(&world.rows);
    }
}

/* The rows as one text: pids of processes, then what selected nothing. */
static void describe_rows(char *out, size_t capacity)
{
    size_t size = 0;

    out[0] = '\0';
    for (size_t i = 0; i < world.rows.count && size < capacity; i++) {
        const struct scan_row *row = &world.rows.rows[i];
        const struct scan_error *error = &row->error;
        if (row->type == SCAN_PROCESS)
            size +=
                (size_t)snprintf(out + size, capacity - size, "%" PRIu32 " ", row->process->pid);
        else if (row->type == SCAN_ERROR && error->has_pid)
            size += (size_t)snprintf(out + size, capacity - size, "no %" PRIu32 " ", error->pid);
        else if (row->type == SCAN_ERROR)
            size += (size_t)snprintf(out + size, capacity - size, "no %.*s ",
                                     (int)error->process.size, error->process.data);
    }
}

/* Pids and globs are united; processes come in the order of the snapshot, each once. */
static void selectors_are_united(struct test *t)
{
    static const struct {
        const char *what;
        uint32_t pids[4];
        size_t pids_count;
        struct span names[3];
        size_t names_count;
        uint32_t hidden; /* pid of the process that exits before it is opened; 0: none */
        const char *rows;
    } rows[] = {
        {"one pid", {8}, 1, {{0}}, 0, 0, "8 "},
        {"an unknown pid", {9}, 1, {{0}}, 0, 0, "no 9 "},
        {"a pid that exits", {8}, 1, {{0}}, 0, 8, "no 8 "},
        {"pids", {12, 9, 4, 8}, 4, {{0}}, 0, 8, "4 12 no 9 no 8 "},
        {"a pid and a name", {12}, 1, {{"b.exe", 5}}, 1, 0, "8 12 "},
        {"a process selected twice", {4}, 1, {{"a.exe", 5}, {"a*", 2}}, 2, 0, "4 20 "},
        {"names", {0}, 0, {{"x*", 2}, {"d", 1}, {"yy", 2}}, 3, 0, "24 no x* no yy "},
        {"a name whose only process exits", {0}, 0, {{"d", 1}}, 1, 24, "no d "},
        {"a name with one process left", {0}, 0, {{"a*", 2}}, 1, 4, "20 "},
        {"nothing found", {99, 5}, 2, {{"zz", 2}}, 1, 0, "no 99 no 5 no zz "},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char text[256];
        TEST_ROW(t, "%s", rows[i].what);
        scan_world_init(&world, 6);
        world.query.lists_maps = false;
        scan_world_select_pids(&world, rows[i].pids, rows[i].pids_count);
        world.query.names = rows[i].names;
        world.query.names_count = rows[i].names_count;
        if (rows[i].hidden != 0)
            world.processes[rows[i].hidden / 4 - 1].hidden = true;
        scan_world_run(&world, t);
        describe_rows(text, sizeof text);
        CHECK_STR(t, rows[i].rows, text);
        CHECK_INT(t, SCAN_END, world.rows.last.type);
        CHECK_INT(t, 0, world.rows.counts.errors);
        CHECK_INT(t, rows[i].hidden != 0, world.rows.counts.exited);
        for (size_t n = 0; n < scan_rows_count(&world.rows, SCAN_ERROR); n++) {
            const struct scan_error *error = &scan_rows_get(&world.rows, SCAN_ERROR, n)->error;
            CHECK_INT(t, STATUS_NO_SUCH_PROCESS, error->code);
            CHECK_INT(t, STAGE_SELECT, error->stage);
            CHECK(t, error->has_pid == (error->process.data == NULL));
            CHECK_STR(t, error->has_pid ? "No process has this pid." : "No process has this name.",
                      error->message);
        }
        scan_rows_release(&world.rows);
    }
}

static void a_list_that_fails_fails_the_request(struct test *t)
{
    scan_world_init(&world, 1);
    world.virtual_.fail_at = 1;
    world.virtual_.fail_with = NTSTATUS_NO_MEMORY;
    scan_world_run(&world, t);
    CHECK_INT(t, SCAN_FAILED, world.rows.last.type);
    CHECK_INT(t, STATUS_INTERNAL, world.rows.last.error.code);
    CHECK_INT(t, NTSTATUS_NO_MEMORY, world.rows.last.error.nt_status);
    CHECK_INT(t, 0, world.rows.count);
    scan_rows_release(&world.rows);
}

/* Own is the same user at no higher integrity. */
static void own_is_the_same_user_at_most_as_trusted(struct test *t)
{
    static const struct {
        const char *what;
        struct sid caller, owner;
        uint32_t caller_integrity, integrity;
        bool is_own;
    } rows[] = {
        {"same", {.size = 1, .bytes = {1}}, {.size = 1, .bytes = {1}}, 0x2000, 0x2000, true},
        {"lower", {.size = 1, .bytes = {1}}, {.size = 1, .bytes = {1}}, 0x2000, 0x1000, true},
        {"elevated", {.size = 1, .bytes = {1}}, {.size = 1, .bytes = {1}}, 0x2000, 0x3000, false},
        {"other", {.size = 1, .bytes = {1}}, {.size = 1, .bytes = {2}}, 0x2000, 0x2000, false},
        {"owner unknown", {.size = 1, .bytes = {1}}, {0}, 0x2000, 0x2000, false},
        {"both unknown", {0}, {0}, 0x2000, 0x2000, false},
        {"caller's integrity unknown",
         {.size = 1, .bytes = {1}},
         {.size = 1, .bytes = {1}},
         0xffffffffu,
         0x2000,
         false},
        {"integrity unknown",
         {.size = 1, .bytes = {1}},
         {.size = 1, .bytes = {1}},
         0x4000,
         0xffffffffu,
         false},
        {"both integrities unknown",
         {.size = 1, .bytes = {1}},
         {.size = 1, .bytes = {1}},
         0xffffffffu,
         0xffffffffu,
         false},
    };
    for (size_t i = 0; i < TEST_COUNT(rows) * 2; i++) {
        TEST_ROW(t, "%s, query all: %zu", rows[i / 2].what, i % 2);
        scan_world_init(&world, 1);
        world.query.own_only = true;
        world.query.query_all = i % 2 == 1; /* restricted by choice */
        world.query.addresses = false;
        world.query.user = rows[i / 2].caller;
        world.query.integrity = rows[i / 2].caller_integrity;
        world.processes[0].facts.owner = rows[i / 2].owner;
        world.processes[0].facts.integrity = rows[i / 2].integrity;
        scan_world_run(&world, t);
        CHECK_INT(t, SCAN_END, world.rows.last.type);
        CHECK_INT(t, rows[i / 2].is_own ? 3 : 0, world.rows.count);
        if (rows[i / 2].is_own && world.rows.count > 0)
            CHECK(t, world.rows.rows[0].show_addresses); /* own, without the right */
        scan_rows_release(&world.rows);
    }
}

/* A caller without query all must not learn whether another user's process exists. */
static void a_foreign_pid_is_like_an_unknown_one(struct test *t)
{
    static const uint32_t pids[] = {4, 8, 12, 99};

    scan_world_init(&world, 3);
    world.query.own_only = true;
    world.query.query_all = false;
    world.query.user = scan_world_user(WORLD_USER_B);
    world.query.integrity = 0x2000;
    world.processes[1].hidden = true;
    world.processes[2].faults.open = NTSTATUS_ACCESS_DENIED;
    scan_world_select_pids(&world, pids, TEST_COUNT(pids));
    scan_world_run(&world, t);
    CHECK_INT(t, SCAN_END, world.rows.last.type);
    CHECK_INT(t, 0, world.rows.counts.exited + world.rows.counts.errors);
    REQUIRE(t, world.rows.count == TEST_COUNT(pids));
    for (size_t i = 0; i < TEST_COUNT(pids); i++) {
        const struct scan_row *row = &world.rows.rows[i];
        CHECK_INT(t, SCAN_ERROR, row->type);
        CHECK_INT(t, pids[i], row->error.pid);
        CHECK_INT(t, STATUS_DENIED, row->error.code);
        CHECK_INT(t, STAGE_SELECT, row->error.stage);
        CHECK_INT(t, 0, row->error.nt_status);
        CHECK(t, row->error.process.data == NULL && row->process == NULL);
        CHECK_STR(t, world.rows.rows[0].error.message, row->error.message);
    }
    scan_rows_release(&world.rows);
}

/* Takes a checkpoint after `steps` steps, lets the first scan go on or not, and continues with a
 * second. Returns false when the first had ended by then. */
static bool continue_after(struct test *t, unsigned steps, uint64_t *processes)
{
    struct scan_checkpoint checkpoint;
    struct scan_row row = {0};
    struct scan *scan = scan_create(&world.platform, &world.query, NULL);
    bool has_ended = false;

    if (!CHECK(t, scan != NULL))
        return false;
    for (unsigned i = 0; i < steps; i++)
        scan_next(scan, &row);
    has_ended = row.type == SCAN_END;
    const bool is_between = scan_is_between(scan);
    CHECK_INT(t, is_between ? 0 : world.virtual_.open_count, world.virtual_.open_count);
    scan_checkpoint_take(scan, &checkpoint);
    const struct scan_counts before = *scan_counts(scan);
    struct scan *next = scan_create(&world.platform, &world.query, &checkpoint);
    scan_checkpoint_release(&checkpoint);
    if (steps % 2 == 0)
        scan_destroy(scan); /* either scan may end first */
    const uint64_t lists = world.virtual_.calls[VIRTUAL_LIST];
    if (CHECK(t, next != NULL)) {
        do {
            scan_next(next, &row);
        } while (row.type != SCAN_END && row.type != SCAN_FAILED);
        *processes = scan_counts(next)->processes;
        CHECK_INT(t, SCAN_END, row.type);
        CHECK(t, scan_counts(next)->rows >= before.rows);
        CHECK_INT(t, 2, scan_counts(next)->unmatched);
        /* The snapshot is shared, not taken again; what is known about the system is kept. */
        CHECK_INT(t, before.queries.lists, lists);
        CHECK_INT(t, 1, scan_counts(next)->queries.lists);
        CHECK(t, scan_counts(next)->queries.allocations <= 1);
        scan_destroy(next);
    }
    if (steps % 2 != 0)
        scan_destroy(scan);
    CHECK_INT(t, 0, world.virtual_.open_count);
    return !has_ended;
}

static void a_scan_continues_from_a_checkpoint(struct test *t)
{
    static const uint32_t pids[] = {99, 8};
    static const struct span names[] = {{"a*", 2}, {"zz", 2}};
    bool goes_on = true;

    for (unsigned steps = 0; goes_on; steps++) {
        uint64_t processes = 0;
        TEST_ROW(t, "after %u steps", steps);
        scan_world_init(&world, 6);
        scan_world_select_pids(&world, pids, TEST_COUNT(pids));
        world.query.names = names;
        world.query.names_count = TEST_COUNT(names);
        world.virtual_.has_allocation = false;
        goes_on = continue_after(t, steps, &processes);
        /* A process that was begun was counted by the first scan, or is left out. */
        CHECK(t, processes == 3 || processes == 2);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_name_selects_by_its_glob),
        TEST_CASE(selectors_are_united),
        TEST_CASE(a_list_that_fails_fails_the_request),
        TEST_CASE(own_is_the_same_user_at_most_as_trusted),
        TEST_CASE(a_foreign_pid_is_like_an_unknown_one),
        TEST_CASE(a_scan_continues_from_a_checkpoint),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
