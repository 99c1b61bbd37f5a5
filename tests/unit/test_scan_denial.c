/* Who may see his own processes only learns nothing from a denial: not from its words, and not from
 * the time it takes, because the kernel is asked the same whatever he asked about. */
#include "common/scan/nt_status.h"
#include "tests/rows/scan_world.h"
#include "tests/test.h"

enum { WORLD_PROCESSES = 8, LOG_CAPACITY = 64 };

static struct scan_world world; /* a request is too large for a stack */

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

/* Processes 4, 8, ... of another user, with everything that can be strange about one; 32 is his. */
static void make_world(void)
{
    scan_world_init(&world, WORLD_PROCESSES);
    world.query.own_only = true;
    world.query.addresses = false;
    world.query.user = scan_world_user(WORLD_USER_B);
    world.query.integrity = 0x2000;
    world.processes[1].hidden = true;                               /* 8 exits after the list */
    world.processes[2].faults.open = NTSTATUS_ACCESS_DENIED;        /* 12 cannot be opened */
    world.processes[3].facts.owner = scan_world_user(WORLD_USER_B); /* 16: his, but elevated */
    world.processes[3].facts.integrity = 0x3000;
    world.processes[4].facts.start_time++; /* 20 is another process by now */
    world.processes[7].facts.owner = scan_world_user(WORLD_USER_B);
    world.processes[7].facts.integrity = 0x2000;
    world.virtual_.on_call = log_call;
    logged_count = 0;
}

static void check_same_calls(struct test *t, bool is_first)
{
    REQUIRE(t, logged_count <= LOG_CAPACITY);
    if (is_first) {
        memcpy(first, logged, sizeof first);
        first_count = logged_count;
        CHECK_INT(t, 1 + WORLD_PROCESSES, logged_count); /* the list, and each process once */
    }
    CHECK_INT(t, first_count, logged_count);
    for (size_t i = 0; i < first_count && i < logged_count; i++) {
        CHECK_INT(t, first[i].call, logged[i].call);
        CHECK_INT(t, first[i].pid, logged[i].pid);
    }
}

static const uint32_t denied_pids[] = {99, 4, 8, 12, 16, 20, 28, 0, 0xfffffffc};

static void a_denial_asks_the_kernel_the_same_for_every_pid(struct test *t)
{
    static const enum request_op ops[] = {OP_PROCESSES, OP_MAPS};

    for (size_t op = 0; op < TEST_COUNT(ops); op++) {
        for (size_t i = 0; i < TEST_COUNT(denied_pids); i++) {
            TEST_ROW(t, "op %zu, pid %" PRIu32, op, denied_pids[i]);
            make_world();
            world.request.op = ops[op];
            scan_world_select(&world, SELECTOR_PID, &denied_pids[i], 1);
            scan_world_run(&world, t);
            CHECK_INT(t, SCAN_FAILED, world.rows.last.type);
            CHECK_INT(t, STATUS_DENIED, world.rows.last.failure.code);
            CHECK_INT(t, 0, world.rows.counts.exited);
            check_same_calls(t, op == 0 && i == 0);
            scan_rows_release(&world.rows);
        }
    }
}

static void a_list_of_pids_asks_the_same_whatever_is_in_it(struct test *t)
{
    static const uint32_t lists[][3] = {{99, 98, 97}, {4, 8, 12}, {16, 20, 99}, {4, 4, 28}};

    for (size_t i = 0; i < TEST_COUNT(lists); i++) {
        TEST_ROW(t, "list %zu", i);
        make_world();
        scan_world_select(&world, SELECTOR_PIDS, lists[i], TEST_COUNT(lists[i]));
        scan_world_run(&world, t);
        CHECK_INT(t, SCAN_END, world.rows.last.type);
        CHECK_INT(t, TEST_COUNT(lists[i]), world.rows.counts.errors);
        CHECK_INT(t, 0, world.rows.counts.exited);
        check_same_calls(t, i == 0);
        scan_rows_release(&world.rows);
    }
}

/* The scan gives way as often, too: nobody is kept waiting for longer by one pid than by another.
 */
static void a_denial_takes_the_same_steps_for_every_pid(struct test *t)
{
    size_t first_steps = 0;

    for (size_t i = 0; i < TEST_COUNT(denied_pids); i++) {
        struct scan_row row;
        size_t steps = 0;
        TEST_ROW(t, "pid %" PRIu32, denied_pids[i]);
        make_world();
        scan_world_select(&world, SELECTOR_PID, &denied_pids[i], 1);
        struct scan *scan = scan_create(&world.platform, &world.query);
        REQUIRE(t, scan != NULL);
        do {
            scan_next(scan, &row);
            steps++;
        } while (row.type == SCAN_NONE && steps < 1000);
        scan_destroy(scan);
        CHECK_INT(t, SCAN_FAILED, row.type);
        if (i == 0)
            first_steps = steps;
        CHECK_INT(t, first_steps, steps);
        CHECK_INT(t, 0, world.virtual_.open_count);
    }
}

static void his_own_is_read_all_the_same(struct test *t)
{
    static const uint32_t own = 32;

    make_world();
    scan_world_select(&world, SELECTOR_PID, &own, 1);
    scan_world_run(&world, t);
    CHECK_INT(t, SCAN_END, world.rows.last.type);
    CHECK_INT(t, 1, world.rows.counts.processes);
    CHECK_INT(t, 0, world.rows.counts.errors);
    CHECK_INT(t, 1 + WORLD_PROCESSES, world.rows.counts.opens);
    REQUIRE(t, world.rows.count > 0);
    CHECK_INT(t, own, world.rows.rows[0].process->pid);
    CHECK(t, world.rows.rows[0].show_addresses);
    scan_rows_release(&world.rows);
}

/* His own process that ends while it is looked for is denied like one that was never there. */
static void his_own_that_ends_meanwhile_is_denied(struct test *t)
{
    static const uint32_t own = 32;

    make_world();
    scan_world_select(&world, SELECTOR_PID, &own, 1);
    struct scan *scan = scan_create(&world.platform, &world.query);
    struct scan_row row;
    REQUIRE(t, scan != NULL);
    do {
        scan_next(scan, &row);
        world.processes[7].hidden = logged_count == 1 + WORLD_PROCESSES;
    } while (row.type == SCAN_NONE);
    CHECK_INT(t, SCAN_FAILED, row.type);
    CHECK_INT(t, STATUS_DENIED, row.failure.code);
    scan_destroy(scan);
}

/* Who may see all pays nothing for it. */
static void who_may_see_all_opens_what_he_asked_for(struct test *t)
{
    static const uint32_t pid = 28;

    make_world();
    world.query.own_only = false;
    scan_world_select(&world, SELECTOR_PID, &pid, 1);
    scan_world_run(&world, t);
    CHECK_INT(t, SCAN_END, world.rows.last.type);
    CHECK_INT(t, 1, world.rows.counts.opens);
    scan_rows_release(&world.rows);
}

/* The whole matrix of whose addresses are told: by right, by owner, by integrity. */
static void addresses_are_told_of_his_own_or_by_right(struct test *t)
{
    static const uint32_t integrities[] = {0x1000, 0x2000, 0x3000, 0xffffffffu};

    for (unsigned n = 0; n < 2 * 2 * 2 * TEST_COUNT(integrities); n++) {
        bool own_only = (n & 1u) != 0, addresses = (n & 2u) != 0, is_his = (n & 4u) != 0;
        uint32_t integrity = integrities[n / 8];
        bool is_own = is_his && integrity <= 0x2000;
        bool is_seen = !own_only || is_own;

        TEST_ROW(t, "%s, %s addresses, %s, integrity 0x%" PRIx32, own_only ? "own only" : "all",
                 addresses ? "with" : "without", is_his ? "his" : "another's", integrity);
        scan_world_init(&world, 1);
        world.query.own_only = own_only;
        world.query.addresses = addresses;
        world.query.user = scan_world_user(WORLD_USER_B);
        world.query.integrity = 0x2000;
        world.request.detail = DETAIL_REGIONS;
        world.processes[0].facts.owner = scan_world_user(is_his ? WORLD_USER_B : WORLD_USER_A);
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
        TEST_CASE(a_denial_takes_the_same_steps_for_every_pid),
        TEST_CASE(his_own_is_read_all_the_same),
        TEST_CASE(his_own_that_ends_meanwhile_is_denied),
        TEST_CASE(who_may_see_all_opens_what_he_asked_for),
        TEST_CASE(addresses_are_told_of_his_own_or_by_right),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
