/* A caller who may query only their own processes learns nothing from a denial: not from its words,
 * and not from the time it takes, because the kernel is asked the same whatever is asked for. */
#include "common/scan/nt_status.h"
#include "tests/rows/scan_world.h"
#include "tests/test.h"

enum { WORLD_PROCESSES = 8, OWN_PROCESSES = 2, LOG_CAPACITY = 64 };

static struct scan_world world;
static bool has_owners; /* the snapshot says whom a process belongs to */

/* Each call of the platform, in order. */
static struct {
    enum virtual_call call;
    uint32_t pid;
} logged[LOG_CAPACITY], first[LOG_CAPACITY];
static size_t logged_count, first_count;

static void log_call(struct virtual_platform *platform, enum virtual_call call)
{
    if (logged_count < LOG_CAPACITY) {
        logged[logged_count].call = call;
        logged[logged_count].pid = call == VIRTUAL_LIST ? 0 : platform->asked_pid;
    }
    logged_count++;
}

static const uint32_t own_pid = 32;
static const uint32_t denied_pids[] = {99, 4, 8, 12, 16, 20, 28, 0, 0xfffffffc};

/* Processes 4, 8, ... of user A, with everything that can be unusual about one. Only 32 belongs to
 * the caller, user B. */
static void make_world(void)
{
    scan_world_init(&world, WORLD_PROCESSES);
    world.query.own_only = true;
    world.query.query_all = false;
    world.query.addresses = false;
    world.query.user = scan_world_user(WORLD_USER_B);
    world.query.integrity = 0x2000;
    world.processes[1].hidden = true;                               /* 8 exits after the list */
    world.processes[2].faults.open = NTSTATUS_ACCESS_DENIED;        /* 12 cannot be opened */
    world.processes[3].facts.owner = scan_world_user(WORLD_USER_B); /* 16: user B, elevated */
    world.processes[3].facts.integrity = 0x3000;
    world.processes[4].facts.start_time++; /* 20 is another process by now */
    world.processes[7].facts.owner = scan_world_user(WORLD_USER_B);
    world.processes[7].facts.integrity = 0x2000;
    world.virtual_.has_owners = has_owners;
    world.virtual_.on_call = log_call;
    logged_count = 0;
}

static void check_same_calls(struct test *t, bool is_first)
{
    REQUIRE(t, logged_count <= LOG_CAPACITY);
    if (is_first) {
        memcpy(first, logged, sizeof first);
        first_count = logged_count;
        /* the list, and each process once that is the caller's or may be */
        CHECK_INT(t, 1 + (has_owners ? OWN_PROCESSES : WORLD_PROCESSES), logged_count);
    }
    CHECK_INT(t, first_count, logged_count);
    for (size_t i = 0; i < first_count && i < logged_count; i++) {
        CHECK_INT(t, first[i].call, logged[i].call);
        CHECK_INT(t, first[i].pid, logged[i].pid);
    }
}

static void check_denied(struct test *t, size_t count)
{
    CHECK_INT(t, SCAN_END, world.rows.last.type);
    CHECK_INT(t, count, world.rows.count);
    CHECK_INT(t, count, world.rows.counts.unmatched);
    CHECK_INT(t, 0, world.rows.counts.errors);
    CHECK_INT(t, 0, world.rows.counts.exited);
    for (size_t i = 0; i < world.rows.count; i++) {
        const struct scan_error *error = &world.rows.rows[i].error;
        CHECK_INT(t, SCAN_ERROR, world.rows.rows[i].type);
        CHECK_INT(t, STATUS_DENIED, error->code);
        CHECK_INT(t, STAGE_SELECT, error->stage);
        CHECK_STR(t, "You may ask about your own processes only.", error->message);
    }
}

static void a_denial_asks_the_kernel_the_same_for_every_pid(struct test *t)
{
    for (size_t i = 0; i < TEST_COUNT(denied_pids) * 2; i++) {
        const uint32_t *pid = &denied_pids[i / 2];
        TEST_ROW(t, "%s, pid %" PRIu32, i % 2 == 0 ? "processes" : "maps", *pid);
        make_world();
        world.query.lists_maps = i % 2 == 1;
        scan_world_select_pids(&world, pid, 1);
        scan_world_run(&world, t);
        check_denied(t, 1);
        CHECK(t, world.rows.count != 1 || world.rows.rows[0].error.pid == *pid);
        check_same_calls(t, i == 0);
        scan_rows_release(&world.rows);
    }
}

static void a_list_of_pids_asks_the_same_whatever_is_in_it(struct test *t)
{
    static const uint32_t lists[][3] = {{99, 98, 97}, {4, 8, 12}, {16, 20, 99}, {4, 0, 28}};

    for (size_t i = 0; i < TEST_COUNT(lists); i++) {
        TEST_ROW(t, "list %zu", i);
        make_world();
        scan_world_select_pids(&world, lists[i], TEST_COUNT(lists[i]));
        scan_world_run(&world, t);
        check_denied(t, TEST_COUNT(lists[i]));
        check_same_calls(t, i == 0);
        scan_rows_release(&world.rows);
    }
}

static void a_name_asks_the_same_whether_a_process_has_it(struct test *t)
{
    static const char *const globs[] = {"nosuch.exe", "a.exe", "Registry", "?.exe.exe", "e*"};

    for (size_t i = 0; i < TEST_COUNT(globs); i++) {
        TEST_ROW(t, "%s", globs[i]);
        make_world();
        scan_world_select_name(&world, globs[i]);
        scan_world_run(&world, t);
        check_denied(t, 1);
        check_same_calls(t, i == 0);
        scan_rows_release(&world.rows);
    }
}

/* The scan also takes as many steps: no pid keeps the caller waiting longer than another. */
static void a_denial_takes_the_same_steps_for_every_pid(struct test *t)
{
    uint64_t first_steps = 0;

    for (size_t i = 0; i < TEST_COUNT(denied_pids); i++) {
        TEST_ROW(t, "pid %" PRIu32, denied_pids[i]);
        make_world();
        scan_world_select_pids(&world, &denied_pids[i], 1);
        scan_world_run(&world, t);
        if (i == 0)
            first_steps = world.rows.steps;
        CHECK_INT(t, first_steps, world.rows.steps);
        scan_rows_release(&world.rows);
    }
}

static void an_own_process_is_read(struct test *t)
{
    make_world();
    scan_world_select_pids(&world, &own_pid, 1);
    scan_world_run(&world, t);
    CHECK_INT(t, SCAN_END, world.rows.last.type);
    CHECK_INT(t, 1, world.rows.counts.processes);
    CHECK_INT(t, 0, world.rows.counts.errors + world.rows.counts.unmatched);
    CHECK_INT(t, has_owners ? OWN_PROCESSES : WORLD_PROCESSES, world.rows.counts.queries.opens);
    REQUIRE(t, world.rows.count > 0);
    CHECK_INT(t, own_pid, world.rows.rows[0].process->pid);
    CHECK(t, world.rows.rows[0].show_addresses);
    scan_rows_release(&world.rows);
}

/* An own process that ends before it is opened is denied like one that never existed. */
static void an_own_process_that_ends_is_denied(struct test *t)
{
    make_world();
    world.processes[7].hidden = true;
    scan_world_select_pids(&world, &own_pid, 1);
    scan_world_run(&world, t);
    check_denied(t, 1);
    scan_rows_release(&world.rows);
}

/* Callers who may query all do not pay for this, even if they ask for their own processes only. */
static void a_caller_who_may_query_all_opens_what_was_asked_for(struct test *t)
{
    static const uint32_t foreign_pid = 28;

    for (int own_only = 0; own_only < 2; own_only++) {
        TEST_ROW(t, "own only: %d", own_only);
        make_world();
        world.query.own_only = own_only == 1;
        world.query.query_all = true;
        scan_world_select_pids(&world, &foreign_pid, 1);
        scan_world_run(&world, t);
        CHECK_INT(t, SCAN_END, world.rows.last.type);
        CHECK_INT(t, own_only == 1 && has_owners ? 0 : 1, world.rows.counts.queries.opens);
        CHECK_INT(t, own_only, world.rows.counts.unmatched);
        const struct scan_row *row = scan_rows_get(&world.rows, SCAN_ERROR, 0);
        if (row != NULL) {
            CHECK_INT(t, STATUS_NO_SUCH_PROCESS, row->error.code);
            CHECK_STR(t, "None of your processes has this pid.", row->error.message);
        }
        scan_rows_release(&world.rows);
    }
}

/* Where the snapshot has owners, no process of another user is opened at all. */
static void only_processes_of_the_caller_are_opened_where_owners_are_known(struct test *t)
{
    make_world();
    world.query.lists_maps = true;
    world.query.all = true;
    scan_world_run(&world, t);
    CHECK_INT(t, 1, world.rows.counts.processes);
    for (size_t i = 0; i < logged_count && i < LOG_CAPACITY; i++)
        CHECK(t, logged[i].call != VIRTUAL_OPEN || !has_owners || logged[i].pid == 16 ||
                     logged[i].pid == own_pid);
    scan_rows_release(&world.rows);
}

/* The snapshot is older than what is opened: the process itself decides. */
static void a_process_that_changed_hands_is_not_own(struct test *t)
{
    make_world();
    world.processes[7].entry.owner = world.query.user;
    world.processes[7].facts.owner = scan_world_user(WORLD_USER_A);
    world.virtual_.has_owners = false; /* the entry stays as it is */
    scan_world_select_pids(&world, &own_pid, 1);
    scan_world_run(&world, t);
    check_denied(t, 1);
    scan_rows_release(&world.rows);
}

/* Every case of whether addresses are shown: by right, by owner, by integrity. */
static void addresses_are_shown_of_own_processes_or_by_right(struct test *t)
{
    static const uint32_t integrities[] = {0x1000, 0x2000, 0x3000, 0xffffffffu};

    for (unsigned n = 0; n < 2 * 2 * 2 * TEST_COUNT(integrities); n++) {
        bool own_only = (n & 1u) != 0, addresses = (n & 2u) != 0, is_same_user = (n & 4u) != 0;
        uint32_t integrity = integrities[n / 8];
        bool is_own = is_same_user && integrity <= 0x2000;
        bool is_seen = !own_only || is_own;

        TEST_ROW(t, "%s, %s addresses, %s user, integrity 0x%" PRIx32,
                 own_only ? "own only" : "all", addresses ? "with" : "without",
                 is_same_user ? "same" : "another", integrity);
        scan_world_init(&world, 1);
        world.query.own_only = own_only;
        world.query.query_all = !own_only;
        world.query.addresses = addresses;
        world.query.user = scan_world_user(WORLD_USER_B);
        world.query.integrity = 0x2000;
        world.query.views.detail = VIEWS_WITH_REGIONS;
        world.processes[0].facts.owner =
            scan_world_user(is_same_user ? WORLD_USER_B : WORLD_USER_A);
        world.processes[0].facts.integrity = integrity;
        scan_world_run(&world, t);
        CHECK_INT(t, is_seen, world.rows.count > 0);
        size_t regions = 0;
        for (size_t i = 0; i < world.rows.count; i++) {
            CHECK_INT(t, addresses || is_own, world.rows.rows[i].show_addresses);
            regions += world.rows.rows[i].type == SCAN_REGION;
        }
        CHECK_INT(t, is_seen && (addresses || is_own), regions > 0);
        scan_rows_release(&world.rows);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_denial_asks_the_kernel_the_same_for_every_pid),
        TEST_CASE(a_list_of_pids_asks_the_same_whatever_is_in_it),
        TEST_CASE(a_name_asks_the_same_whether_a_process_has_it),
        TEST_CASE(a_denial_takes_the_same_steps_for_every_pid),
        TEST_CASE(an_own_process_is_read),
        TEST_CASE(an_own_process_that_ends_is_denied),
        TEST_CASE(a_caller_who_may_query_all_opens_what_was_asked_for),
        TEST_CASE(only_processes_of_the_caller_are_opened_where_owners_are_known),
        TEST_CASE(a_process_that_changed_hands_is_not_own),
        TEST_CASE(addresses_are_shown_of_own_processes_or_by_right),
    };
    const int failed = test_main(argc, argv, cases, TEST_COUNT(cases));
    has_owners = true;
    return test_main(argc, argv, cases, TEST_COUNT(cases)) + failed;
}
