/* The pipe server under load: storms, many clients, limits, slow and stalled readers. */
#include "common/win32/system_info.h"
#include "service/seats.h"
#include "tests/test.h"
#include "tests/win32/pipe_rig.h"

#define ALL "{\"op\":\"processes\",\"all\":true}\n"

enum { POLLS_MAX = RIG_WAIT_MS, CLIENTS_MANY = 70 }; /* above MAXIMUM_WAIT_OBJECTS, which is 64 */

static void a_storm_of_connects_does_not_end_the_listener(struct test *t)
{
    enum { STORM = 500 };
    struct pipe_rig rig = {0};
    int failures = 0;

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    for (int i = 0; i < STORM; i++) {
        struct pipe_client client = {0};
        failures += pipe_client_open(&client, &rig) != ERROR_SUCCESS;
        pipe_client_close(&client);
    }
    CHECK_INT(t, 0, failures);
    CHECK(t, pipe_rig_wait_connections(&rig, 0));
    CHECK(t, pipe_rig_serves(&rig));
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

static void many_clients_are_served_at_once(struct test *t)
{
    static struct pipe_client clients[CLIENTS_MANY];
    struct pipe_rig rig = {.connections_user_max = CLIENTS_MANY};

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    for (int i = 0; i < CLIENTS_MANY; i++)
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&clients[i], &rig));
    for (int round = 0; round < 2; round++) {
        for (int i = CLIENTS_MANY - 1; i >= 0; i--) {
            TEST_ROW(t, "client %d", i);
            CHECK(t, pipe_client_is_served(&clients[i]));
        }
        CHECK_INT(t, CLIENTS_MANY, pipe_rig_connections(&rig));
    }
    for (int i = 0; i < CLIENTS_MANY; i++)
        pipe_client_close(&clients[i]);
    CHECK(t, pipe_rig_wait_connections(&rig, 0));
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

static void above_the_limit_a_client_gets_busy(struct test *t)
{
    enum { LIMIT = 4 };
    struct pipe_client clients[LIMIT] = {0}, refused = {0};
    struct pipe_rig rig = {0};
    struct pipe_reply reply;

    REQUIRE(t, pipe_rig_start(&rig, 1, LIMIT) == ERROR_SUCCESS);
    for (int i = 0; i < LIMIT; i++) {
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&clients[i], &rig));
        CHECK(t, pipe_client_is_served(&clients[i]));
    }
    for (int round = 0; round < 3; round++) {
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&refused, &rig));
        CHECK(t, pipe_client_reply(&refused, &reply));
        CHECK(t, text_contains(span_from_string(reply.last), "\"code\":\"busy\""));
        pipe_client_close(&refused);
    }
    CHECK(t, pipe_rig_wait_connections(&rig, LIMIT));
    CHECK(t, pipe_client_is_served(&clients[0]));
    pipe_client_close(&clients[0]);
    CHECK(t, pipe_rig_wait_connections(&rig, LIMIT - 1));
    CHECK(t, pipe_rig_serves(&rig));
    for (int i = 1; i < LIMIT; i++)
        pipe_client_close(&clients[i]);
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

static void one_user_cannot_take_all_connections(struct test *t)
{
    enum { LIMIT = 3 };
    struct pipe_client clients[LIMIT] = {0}, refused = {0};
    struct pipe_rig rig = {.connections_user_max = LIMIT};
    struct pipe_reply reply;

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    for (int i = 0; i < LIMIT; i++) {
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&clients[i], &rig));
        CHECK(t, pipe_client_is_served(&clients[i]));
    }
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&refused, &rig));
    CHECK(t, pipe_client_send_text(&refused, ALL));
    CHECK(t, pipe_client_reply(&refused, &reply));
    CHECK(t, text_contains(span_from_string(reply.last), "\"code\":\"busy\""));
    pipe_client_close(&refused);
    CHECK(t, pipe_client_is_served(&clients[1])); /* those connected are still served */
    pipe_rig_set_user(1);
    CHECK(t, pipe_rig_serves(&rig)); /* another user has places of its own */
    pipe_rig_set_user(0);
    pipe_client_close(&clients[0]);
    CHECK(t, pipe_rig_wait_connections(&rig, LIMIT - 1));
    CHECK(t, pipe_rig_serves(&rig));
    for (int i = 1; i < LIMIT; i++)
        pipe_client_close(&clients[i]);
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

/* They do not leave when they are refused: then the first of them is cut off, and others get in. */
static void far_above_the_limit_clients_are_cut_off(struct test *t)
{
    enum { LIMIT = 2, CROWD = 60, MOST = (int)LIMIT + SEATS_ACCEPTING_MAX + SEATS_LEAVING_MAX };
    static struct pipe_client crowd[CROWD];
    struct pipe_rig rig = {0};
    char byte = '\0';
    DWORD size = 0;

    REQUIRE(t, pipe_rig_start(&rig, 1, LIMIT) == ERROR_SUCCESS);
    for (int i = 0; i < CROWD; i++) {
        TEST_ROW(t, "client %d", i);
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&crowd[i], &rig));
        CHECK(t, pipe_rig_connections(&rig) <= MOST);
    }
    CHECK(t, !ReadFile(crowd[0].pipe, &byte, 1, &size, &(OVERLAPPED){.hEvent = crowd[0].event}));
    CHECK_INT(t, ERROR_PIPE_NOT_CONNECTED, GetLastError());
    for (int i = 0; i < CROWD; i++)
        pipe_client_close(&crowd[i]);
    CHECK(t, pipe_rig_wait_connections(&rig, 0));
    CHECK(t, pipe_rig_serves(&rig));
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

/* Those who have read their answers and closed make room at once, although the server, which is busy,
 * may learn of it later. */
static void a_client_that_has_left_holds_no_place(struct test *t)
{
    enum { LIMIT = 2, ROUNDS = 200 };
    struct pipe_rig rig = {.connections_user_max = LIMIT};
    struct pipe_client clients[LIMIT] = {0};
    int refused = 0;

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < LIMIT; i++)
            CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&clients[i], &rig));
        for (int i = 0; i < LIMIT; i++)
            refused += !pipe_client_is_served(&clients[i]);
        for (int i = 0; i < LIMIT; i++)
            pipe_client_close(&clients[i]);
    }
    CHECK_INT(t, 0, refused);
    CHECK(t, pipe_rig_wait_connections(&rig, 0));
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

/* Its request is here, but before it is served the crowd has taken its place. */
static void a_client_may_lose_its_place_before_it_is_served(struct test *t)
{
    enum { LIMIT = 2, CROWD = 40 };
    static struct pipe_client crowd[CROWD];
    struct pipe_client first = {0};
    struct pipe_rig rig = {0};
    const HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);

    REQUIRE(t, event != NULL && pipe_rig_start(&rig, 1, LIMIT) == ERROR_SUCCESS);
    pipe_rig_block_identity(event);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&first, &rig));
    CHECK(t, pipe_client_send_text(&first, ALL));
    for (int poll = 0; poll < POLLS_MAX && !pipe_rig_identity_is_blocked(); poll++)
        Sleep(1);
    CHECK(t, pipe_rig_identity_is_blocked());
    for (int i = 0; i < CROWD; i++)
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&crowd[i], &rig));
    SetEvent(event);
    CHECK(t, pipe_client_is_closed(&first));
    for (int i = 0; i < CROWD; i++)
        pipe_client_close(&crowd[i]);
    pipe_client_close(&first);
    CHECK(t, pipe_rig_wait_connections(&rig, 0));
    CHECK(t, pipe_rig_serves(&rig));
    CHECK(t, pipe_rig_stop(&rig) < 2000);
    CloseHandle(event);
}

static void a_slow_reader_gets_every_row(struct test *t)
{
    struct pipe_rig rig = {.processes_count = RIG_MANY_PROCESSES};
    struct pipe_client client = {0};
    struct pipe_reply reply;

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    CHECK(t, pipe_client_send_text(&client, ALL));
    for (int i = 0; i < 20; i++) {
        CHECK(t, pipe_client_receive(&client, 100));
        Sleep(20);
    }
    CHECK(t, pipe_rig_serves(&rig));
    CHECK(t, pipe_client_reply(&client, &reply));
    CHECK_INT(t, RIG_MANY_PROCESSES, reply.rows);
    CHECK(t, text_contains(span_from_string(reply.last), "\"rows\":20000"));
    pipe_client_close(&client);
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

static void a_stalled_reader_is_closed(struct test *t)
{
    struct pipe_rig rig = {.processes_count = RIG_MANY_PROCESSES};
    struct pipe_client client = {0};

    REQUIRE(t, pipe_rig_start(&rig, 20, 0) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    CHECK(t, pipe_client_send_text(&client, ALL));
    CHECK(t, pipe_rig_wait_connections(&rig, 1));
    CHECK(t, pipe_rig_wait_connections(&rig, 0)); /* after its write deadline */
    pipe_client_close(&client);
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

static void long_scans_do_not_keep_others_waiting(struct test *t)
{
    enum { SCANS = 24 }; /* more than there are threads */
    static struct pipe_client scans[SCANS];
    struct pipe_rig rig = {.processes_count = RIG_MANY_PROCESSES, .open_delay_ms = 1};

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    for (int i = 0; i < SCANS; i++) {
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&scans[i], &rig));
        CHECK(t, pipe_client_send_text(&scans[i], ALL));
    }
    uint64_t start_ms = system_now_ms();
    CHECK(t, pipe_rig_serves(&rig));
    printf("  info beside %d scans: %u ms\n", SCANS, (unsigned)(system_now_ms() - start_ms));
    CHECK(t, system_now_ms() - start_ms < 5000); /* a scan takes 20 s at least */

    start_ms = system_now_ms();
    for (int i = 0; i < SCANS; i++)
        pipe_client_close(&scans[i]);
    CHECK(t, pipe_rig_wait_connections(&rig, 0)); /* the scans ended with their clients */
    printf("  %d scans without client ended in %u ms\n", SCANS,
           (unsigned)(system_now_ms() - start_ms));
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_storm_of_connects_does_not_end_the_listener),
        TEST_CASE(many_clients_are_served_at_once),
        TEST_CASE(above_the_limit_a_client_gets_busy),
        TEST_CASE(one_user_cannot_take_all_connections),
        TEST_CASE(far_above_the_limit_clients_are_cut_off),
        TEST_CASE(a_client_that_has_left_holds_no_place),
        TEST_CASE(a_client_may_lose_its_place_before_it_is_served),
        TEST_CASE(a_slow_reader_gets_every_row),
        TEST_CASE(a_stalled_reader_is_closed),
        TEST_CASE(long_scans_do_not_keep_others_waiting),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
