/* Which processes a scan reads, and for whom. */
#include "common/scan/nt_status.h"
#include "tests/rows/scan_world.h"
#include "tests/test.h"

static struct scan_world world; /* a request is too large for a stack */

static void check_failed(struct test *t, enum status code)
{
    CHECK_INT(t, SCAN_FAILED, world.rows.last.type);
    CHECK_INT(t, code, world.rows.last.failure.code);
    CHECK_INT(t, 0, world.rows.count);
}

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
        world.request.op = OP_PROCESSES;
        world.request.selector = SELECTOR_NAME;
        world.request.name_size = strlen(rows[i].glob);
        memcpy(world.request.name, rows[i].glob, world.request.name_size);
        scan_world_run(&world, t);
        CHECK_INT(t, rows[i].processes, world.rows.counts.processes);
        CHECK_INT(t, rows[i].processes, world.rows.counts.opens);
        CHECK_INT(t, SCAN_END, world.rows.last.type);
        scan_rows_release(&world.rows);
    }
}

static void one_pid_decides_over_the_request(struct test *t)
{
    const uint32_t known = 8, unknown = 9;

    scan_world_init(&world, 3);
    scan_world_select(&world, SELECTOR_PID, &known, 1);
    scan_world_run(&world, t);
    CHECK_INT(t, SCAN_END, world.rows.last.type);
    CHECK_INT(t, 1, world.rows.counts.opens);
    REQUIRE(t, world.rows.count == 3);
    CHECK_INT(t, 8, world.rows.rows[0].process->pid);
    scan_rows_release(&world.rows);

    scan_world_init(&world, 3);
    scan_world_select(&world, SELECTOR_PID, &unknown, 1);
    scan_world_run(&world, t);
    check_failed(t, STATUS_NO_SUCH_PROCESS);
    scan_rows_release(&world.rows);

    scan_world_init(&world, 3);
    world.processes[1].hidden = true; /* it went between the list and its opening */
    scan_world_select(&world, SELECTOR_PID, &known, 1);
    scan_world_run(&world, t);
    check_failed(t, STATUS_NO_SUCH_PROCESS);
    scan_rows_release(&world.rows);
}

static void a_list_of_pids_is_answered_in_its_order(struct test *t)
{
    static const uint32_t pids[] = {12, 9, 4, 8};

    scan_world_init(&world, 3);
    world.request.op = OP_PROCESSES;
    world.processes[1].hidden = true;
    scan_world_select(&world, SELECTOR_PIDS, pids, TEST_COUNT(pids));
    scan_world_run(&world, t);
    CHECK_INT(t, SCAN_END, world.rows.last.type);
    REQUIRE(t, world.rows.count == 4);
    CHECK_INT(t, 12, world.rows.rows[0].process->pid);
    CHECK_INT(t, 9, world.rows.rows[1].error.pid);
    CHECK_INT(t, STATUS_NO_SUCH_PROCESS, world.rows.rows[1].error.code);
    CHECK_INT(t, STAGE_SELECT, world.rows.rows[1].error.stage);
    CHECK(t, world.rows.rows[1].error.process.data == NULL);
    CHECK_INT(t, 4, world.rows.rows[2].process->pid);
    CHECK_INT(t, 8, world.rows.rows[3].error.pid);
    CHECK_INT(t, 2, world.rows.counts.processes);
    CHECK_INT(t, 2, world.rows.counts.errors);
    scan_rows_release(&world.rows);
}

static void a_list_that_fails_fails_the_request(struct test *t)
{
    scan_world_init(&world, 1);
    world.virtual_.fail_at = 1;
    world.virtual_.fail_with = NTSTATUS_NO_MEMORY;
    scan_world_run(&world, t);
    check_failed(t, STATUS_INTERNAL);
    CHECK_INT(t, NTSTATUS_NO_MEMORY, world.rows.last.failure.nt_status);
    scan_rows_release(&world.rows);
}

/* Whose processes the caller may see: the same user, and not above his integrity. */
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
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].what);
        scan_world_init(&world, 1);
        world.query.own_only = true;
        world.query.addresses = false;
        world.query.user = rows[i].caller;
        world.query.integrity = rows[i].caller_integrity;
        world.processes[0].facts.owner = rows[i].owner;
        world.processes[0].facts.integrity = rows[i].integrity;
        scan_world_run(&world, t);
        CHECK_INT(t, SCAN_END, world.rows.last.type);
        CHECK_INT(t, rows[i].is_own ? 3 : 0, world.rows.count);
        if (rows[i].is_own && world.rows.count > 0)
            CHECK(t, world.rows.rows[0].show_addresses); /* his own, without the right */
        scan_rows_release(&world.rows);
    }
}

/* Who may see his own only must not learn whether another process exists. */
static void a_foreign_pid_is_like_an_unknown_one(struct test *t)
{
    static const uint32_t pids[] = {4, 8, 12, 99};
    struct scan_failure first = {0};

    for (size_t i = 0; i < TEST_COUNT(pids); i++) {
        TEST_ROW(t, "pid %" PRIu32, pids[i]);
        scan_world_init(&world, 3);
        world.query.own_only = true;
        world.query.user = scan_world_user(WORLD_USER_B);
        world.query.integrity = 0x2000;
        world.processes[1].hidden = true;
        world.processes[2].faults.open = NTSTATUS_ACCESS_DENIED;
        scan_world_select(&world, SELECTOR_PID, &pids[i], 1);
        scan_world_run(&world, t);
        check_failed(t, STATUS_DENIED);
        first = i == 0 ? world.rows.last.failure : first;
        CHECK_STR(t, first.message, world.rows.last.failure.message);
        CHECK_INT(t, 0, world.rows.last.failure.nt_status);
        CHECK_INT(t, 0, world.rows.counts.exited);
        scan_rows_release(&world.rows);
    }
    TEST_ROW(t, "all in one list");
    scan_world_init(&world, 3);
    world.query.own_only = true;
    world.query.user = scan_world_user(WORLD_USER_B);
    world.query.integrity = 0x2000;
    world.processes[1].hidden = true;
    world.processes[2].faults.open = NTSTATUS_ACCESS_DENIED;
    scan_world_select(&world, SELECTOR_PIDS, pids, TEST_COUNT(pids));
    scan_world_run(&world, t);
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

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_name_selects_by_its_glob),
        TEST_CASE(one_pid_decides_over_the_request),
        TEST_CASE(a_list_of_pids_is_answered_in_its_order),
        TEST_CASE(a_list_that_fails_fails_the_request),
        TEST_CASE(own_is_the_same_user_at_most_as_trusted),
        TEST_CASE(a_foreign_pid_is_like_an_unknown_one),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
