/* The operator's limits at the pipe: threads that scan, slow readers, changes while clients are
 * connected, and a stop at that moment. */
#include <string.h>

#include "common/proto/statistics.h"
#include "common/win32/ntdll.h"
#include "common/win32/system_info.h"
#include "service/win32/pipe.h"
#include "tests/test.h"
#include "tests/win32/pipe_rig.h"

#define ALL "{\"op\":\"processes\",\"all\":true}\n"
#define ONE "{\"op\":\"processes\",\"pid\":4}\n"
#define INFO "{\"op\":\"info\"}\n"

enum { STOP_MS_MAX = 2000 };

static struct server_limits some_limits(void)
{
    struct server_limits limits;

    server_limits_default(&limits, 1);
    limits.scans = 1;
    return limits;
}

/* Connects and sends. */
static bool ask(struct pipe_client *client, const struct pipe_rig *rig, const char *text)
{
    return pipe_client_open(client, rig) == ERROR_SUCCESS && pipe_client_send_text(client, text);
}

static struct statistics statistics;

static void count_with(struct pipe_rig *rig)
{
    statistics_init(&statistics, 0);
    rig->statistics = &statistics;
}

static uint64_t limit_hits(enum statistics_limit limit)
{
    static uint64_t values[STATISTICS_COUNT];

    statistics_read(&statistics, 0, values);
    return values[(int)STATISTICS_LIMIT_HITS + (int)limit];
}

/* Every scan is in a query of 300 ms, again and again; `info` waits for none of them. */
static void info_does_not_wait_for_slow_scans(struct test *t)
{
    enum { SCANS = 12, ROUNDS = 20 };
    static struct pipe_client scans[SCANS];
    struct server_limits limits = some_limits();
    struct pipe_rig rig = {
        .processes_count = RIG_MANY_PROCESSES, .open_delay_ms = 300, .limits = &limits};
    struct pipe_client client = {0};
    uint64_t slowest_ms = 0;

    limits.scans = 4;
    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    for (int i = 0; i < SCANS; i++)
        CHECK(t, ask(&scans[i], &rig, ALL));
    Sleep(400); /* all are in it */
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start_ms = system_now_ms();

        CHECK(t, pipe_client_is_served(&client));
        if (system_now_ms() - start_ms > slowest_ms)
            slowest_ms = system_now_ms() - start_ms;
    }
    printf("  slowest info beside %d scans in queries of 300 ms: %u ms\n", SCANS,
           (unsigned)slowest_ms);
    CHECK(t, slowest_ms < 3000); /* a few ms on an idle machine */
    CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
    for (int i = 0; i < SCANS; i++)
        pipe_client_close(&scans[i]);
    pipe_client_close(&client);
}

/* Scans of a minute and more share one thread with a short one, which does not wait for their end. */
static void scans_take_turns(struct test *t)
{
    enum { LONG_SCANS = 3 };
    struct pipe_client scans[LONG_SCANS] = {0}, client = {0};
    struct server_limits limits = some_limits();
    struct pipe_rig rig = {
        .processes_count = RIG_MANY_PROCESSES, .open_delay_ms = 3, .limits = &limits};
    struct pipe_reply reply;

    count_with(&rig);
    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    for (int i = 0; i < LONG_SCANS; i++)
        CHECK(t, ask(&scans[i], &rig, ALL));
    Sleep(100);
    uint64_t start_ms = system_now_ms();
    CHECK(t, ask(&client, &rig, ONE));
    CHECK(t, pipe_client_reply(&client, &reply));
    CHECK_INT(t, 1, reply.rows);
    CHECK(t, text_contains(span_from_string(reply.last), "\"type\":\"end\""));
    printf("  a short scan beside %d long ones: %u ms\n", LONG_SCANS,
           (unsigned)(system_now_ms() - start_ms));
    CHECK(t, limit_hits(LIMIT_SCANS) > 0);
    for (int i = 0; i < LONG_SCANS; i++)
        pipe_client_close(&scans[i]);
    pipe_client_close(&client);
    CHECK(t, pipe_rig_wait_connections(&rig, 0));
    CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
}

enum { SCANNERS_MAX = 16 };

/* A client that scans again and again, as user 1. */
struct scanner {
    struct pipe_client client;
    HANDLE thread;
};

static volatile LONG is_over;

static DWORD WINAPI scan_on(void *context)
{
    struct scanner *scanner = context;
    struct pipe_reply reply;

    while (InterlockedCompareExchange(&is_over, 0, 0) == 0)
        if (!pipe_client_send_text(&scanner->client, ALL) ||
            !pipe_client_reply(&scanner->client, &reply))
            break;
    return 0;
}

/* What one scan of user 2 takes beside so many connections of user 1. */
static uint64_t scan_beside(struct test *t, unsigned count)
{
    static struct scanner scanners[SCANNERS_MAX];
    struct server_limits limits = some_limits();
    struct pipe_rig rig = {.processes_count = 100, .open_delay_ms = 2, .limits = &limits};
    struct pipe_client client = {0};
    struct pipe_reply reply;

    if (!CHECK_INT(t, ERROR_SUCCESS, pipe_rig_start(&rig, 1, 0)))
        return 0;
    InterlockedExchange(&is_over, 0);
    pipe_rig_set_user(1);
    for (unsigned i = 0; i < count; i++) {
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&scanners[i].client, &rig));
        CHECK(t, pipe_client_is_served(&scanners[i].client));
    }
    pipe_rig_set_user(2);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    CHECK(t, pipe_client_is_served(&client));
    pipe_rig_set_user(0);
    for (unsigned i = 0; i < count; i++)
        scanners[i].thread = CreateThread(NULL, 0, scan_on, &scanners[i], 0, NULL);
    Sleep(100);
    uint64_t start_ms = system_now_ms();
    CHECK(t, pipe_client_send_text(&client, ALL));
    CHECK(t, pipe_client_reply(&client, &reply));
    uint64_t took_ms = system_now_ms() - start_ms;
    CHECK_INT(t, 100, reply.rows);
    InterlockedExchange(&is_over, 1);
    CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
    for (unsigned i = 0; i < count; i++) {
        CHECK_INT(t, WAIT_OBJECT_0, WaitForSingleObject(scanners[i].thread, RIG_WAIT_MS));
        CloseHandle(scanners[i].thread);
        pipe_client_close(&scanners[i].client);
    }
    pipe_client_close(&client);
    return took_ms;
}

/* With turns by connection the second would take eight times as long. */
static void many_connections_of_a_user_slow_others_like_one(struct test *t)
{
    uint64_t beside_one_ms = scan_beside(t, 1), beside_many_ms = scan_beside(t, SCANNERS_MAX);

    printf("  a scan beside 1 connection of another user: %u ms, beside %d: %u ms\n",
           (unsigned)beside_one_ms, SCANNERS_MAX, (unsigned)beside_many_ms);
    CHECK(t, beside_many_ms <= 3 * beside_one_ms); /* 1 on an idle machine */
}

static void a_scan_without_a_turn_in_time_gets_busy(struct test *t)
{
    struct pipe_client scan = {0}, client = {0};
    struct server_limits limits = some_limits();
    struct pipe_rig rig = {.processes_count = 2, .open_delay_ms = 1000, .limits = &limits};
    struct pipe_reply reply;

    limits.scan_wait_ms = 100;
    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK(t, ask(&scan, &rig, ALL));
    Sleep(200); /* it is in its query */
    CHECK(t, ask(&client, &rig, ALL));
    CHECK(t, pipe_client_reply(&client, &reply));
    CHECK_INT(t, 0, reply.rows);
    CHECK(t, text_contains(span_from_string(reply.last), "\"code\":\"busy\""));
    CHECK(t, text_contains(span_from_string(reply.last), "(limit scans)"));
    CHECK(t, pipe_client_is_served(&client)); /* what needs no turn is served all the same */
    CHECK(t, pipe_client_reply(&scan, &reply));
    CHECK_INT(t, 2, reply.rows); /* a scan that has begun is not disturbed */
    pipe_client_close(&scan);
    pipe_client_close(&client);
    CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
}

static void stalled_readers_hold_no_thread(struct test *t)
{
    enum { STALLED = 8, ROUNDS = 5 };
    static struct pipe_client stalled[STALLED];
    struct server_limits limits = some_limits();
    struct pipe_rig rig = {.processes_count = RIG_MANY_PROCESSES, .limits = &limits};
    struct pipe_client client = {0};
    struct pipe_reply reply;

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    for (int i = 0; i < STALLED; i++)
        CHECK(t, ask(&stalled[i], &rig, ALL));
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    for (int i = 0; i < ROUNDS; i++) {
        CHECK(t, pipe_client_send_text(&client, ALL));
        CHECK(t, pipe_client_reply(&client, &reply));
        CHECK_INT(t, RIG_MANY_PROCESSES, reply.rows);
    }
    for (int i = 0; i < STALLED; i++)
        pipe_client_close(&stalled[i]);
    pipe_client_close(&client);
    CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
}

/* It never stops reading, but makes the server wait for longer in total than it may. */
static void a_trickling_reader_gets_timeout(struct test *t)
{
    struct server_limits limits = some_limits();
    struct pipe_rig rig = {.processes_count = RIG_MANY_PROCESSES, .limits = &limits};
    struct pipe_client client = {0};
    struct pipe_reply reply;

    limits.answer_ms = 1000;
    count_with(&rig);
    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK(t, ask(&client, &rig, ALL));
    for (int i = 0; i < 400 && limit_hits(LIMIT_ANSWER) == 0; i++) {
        CHECK(t, pipe_client_receive(&client, 2048));
        Sleep(20);
    }
    CHECK_INT(t, 1, limit_hits(LIMIT_ANSWER));
    CHECK(t, pipe_client_reply(&client, &reply));
    CHECK(t, text_contains(span_from_string(reply.last), "\"code\":\"timeout\""));
    CHECK(t, text_contains(span_from_string(reply.last), "(limit answer_ms)"));
    CHECK(t, reply.rows < RIG_MANY_PROCESSES);
    CHECK(t, pipe_client_is_closed(&client));
    pipe_client_close(&client);
    CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
}

/* Of the only client: what Windows says at the other end, and Wine only at this one. */
static HANDLE watched;

static size_t query_unread(HANDLE pipe)
{
    struct nt_file_pipe_local answer;
    struct nt_io_status io;
    (void)pipe;

    return NtQueryInformationFile(watched, &io, &answer, sizeof answer, NT_FILE_PIPE_LOCAL) < 0
               ? SIZE_MAX
               : answer.in_available;
}

/* It reads 1 KiB in 50 ms: when the line is written, 64 KiB are before it, and they take longer than
 * the time in which a client has to close that reads nothing. */
static void a_slow_reader_gets_the_line(struct test *t)
{
    struct server_limits limits = some_limits();
    struct pipe_rig rig = {.processes_count = RIG_MANY_PROCESSES, .limits = &limits};
    struct pipe_client client = {0};
    struct pipe_reply reply;
    const struct pipe_calls real = pipe_calls;

    limits.answer_ms = 1000;
    count_with(&rig);
    pipe_calls.unread_size = query_unread;
    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK(t, ask(&client, &rig, ALL));
    watched = client.pipe;
    while (pipe_client_receive(&client, 1024))
        Sleep(50);
    CHECK_INT(t, 1, limit_hits(LIMIT_ANSWER));
    CHECK(t, client.in.size > 64 * 1024);
    CHECK(t, pipe_client_reply(&client, &reply));
    CHECK(t, text_contains(span_from_string(reply.last), "(limit answer_ms)"));
    pipe_client_close(&client);
    CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
    pipe_calls = real;
}

/* More than the pipe holds, and nothing is read meanwhile: the server can write no more. What it has
 * answered by then can be read, and what the client still writes is taken. */
static void requests_sent_ahead_are_answered_as_far_as_they_were_read(struct test *t)
{
    enum { REQUESTS = 2000 };
    static char requests[REQUESTS * sizeof INFO];
    struct server_limits limits = some_limits();
    struct pipe_rig rig = {.limits = &limits};
    struct pipe_client client = {0};
    struct pipe_reply reply;
    int answered = 0;

    for (int i = 0; i < REQUESTS; i++)
        memcpy(requests + (size_t)i * (sizeof INFO - 1), INFO, sizeof INFO);
    limits.write_ms = 500;
    count_with(&rig);
    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK(t, ask(&client, &rig, requests)); /* returns although nobody reads the replies */
    CHECK_INT(t, 1, limit_hits(LIMIT_WRITE));
    while (pipe_client_reply(&client, &reply)) {
        CHECK_INT(t, 1, reply.rows);
        answered++;
    }
    printf("  %d of %d requests answered\n", answered, REQUESTS);
    CHECK(t, answered > 10);
    CHECK(t, client.is_closed);
    pipe_client_close(&client);
    CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
}

static bool has_connections_limit(struct pipe_client *client, const char *text)
{
    struct span line;
    bool has = false;

    if (!pipe_client_send_text(client, INFO) || !pipe_client_line(client, &line))
        return false;
    has = text_contains(line, text);
    return pipe_client_line(client, &line) && has;
}

static void other_limits_hold_from_the_next_request_on(struct test *t)
{
    struct server_limits limits = some_limits();
    struct pipe_rig rig = {.limits = &limits};
    struct pipe_client first = {0}, second = {0};
    struct pipe_reply reply;

    limits.connections = 1;
    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&first, &rig));
    CHECK(t, has_connections_limit(&first, "\"connections\":1,"));
    CHECK(t, ask(&second, &rig, INFO));
    CHECK(t, pipe_client_reply(&second, &reply));
    CHECK(t, text_contains(span_from_string(reply.last), "(limit connections)"));
    pipe_client_close(&second);

    limits.connections = 2;
    limits.connections_per_user = 1;
    CHECK_INT(t, ERROR_SUCCESS, server_configure(rig.server, &limits));
    CHECK(t, has_connections_limit(&first, "\"connections\":2,"));
    CHECK(t, pipe_rig_wait_connections(&rig, 1));
    CHECK(t, ask(&second, &rig, INFO));
    CHECK(t, pipe_client_reply(&second, &reply));
    CHECK(t, text_contains(span_from_string(reply.last), "(limit connections_per_user)"));
    pipe_client_close(&second);

    limits.connections_per_user = 2;
    CHECK_INT(t, ERROR_SUCCESS, server_configure(rig.server, &limits));
    CHECK(t, pipe_rig_wait_connections(&rig, 1));
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&second, &rig));
    CHECK(t, has_connections_limit(&second, "\"connections_per_user\":2,"));
    pipe_client_close(&second);
    pipe_client_close(&first);
    CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
}

/* Until their first request these connections belong to no user; still they do not keep others out.
 */
static void silent_clients_make_room(struct test *t)
{
    enum { LIMIT = 4 };
    struct pipe_client silent[LIMIT] = {0}, client = {0};
    struct server_limits limits = some_limits();
    struct pipe_rig rig = {.limits = &limits};
    struct pipe_reply reply;

    limits.first_byte_ms = limits.request_ms = 60 * 1000; /* the rounds take their time */
    REQUIRE(t, pipe_rig_start(&rig, 1, LIMIT) == ERROR_SUCCESS);
    for (int i = 0; i < LIMIT; i++) {
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&silent[i], &rig));
        CHECK(t, i != 0 || pipe_client_is_served(&silent[0])); /* this one is identified */
        CHECK(t, i != 1 || pipe_client_send_text(&silent[1], "{\"op\":"));
        Sleep(50);
    }
    Sleep(500);
    for (int i = 1; i < LIMIT; i++) { /* each of the others goes, the longest silent first */
        TEST_ROW(t, "round %d", i);
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
        CHECK(t, pipe_client_is_served(&client));
        CHECK(t, pipe_client_reply(&silent[i], &reply));
        CHECK(t, text_contains(span_from_string(reply.last), "\"code\":\"busy\""));
        CHECK(t, text_contains(span_from_string(reply.last), "(limit connections)"));
        CHECK(t, pipe_client_is_closed(&silent[i]));
        pipe_client_close(&silent[i]);
        CHECK(t, pipe_rig_wait_connections(&rig, LIMIT));
        pipe_client_close(&client);
        CHECK(t, pipe_rig_wait_connections(&rig, LIMIT - 1));
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&silent[i], &rig));
        CHECK(t, pipe_client_is_served(&silent[i])); /* identified from now on */
    }
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    CHECK(t, pipe_client_reply(&client, &reply)); /* all are identified: the new one goes */
    CHECK(t, text_contains(span_from_string(reply.last), "\"code\":\"busy\""));
    CHECK(t, pipe_client_is_served(&silent[0]));
    for (int i = 0; i < LIMIT; i++)
        pipe_client_close(&silent[i]);
    pipe_client_close(&client);
    CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
}

/* A higher limit starts threads for those who wait. */
static void more_threads_start_at_once(struct test *t)
{
    struct pipe_client scan = {0}, client = {0};
    struct server_limits limits = some_limits();
    struct pipe_rig rig = {.processes_count = 1, .open_delay_ms = 3000, .limits = &limits};
    struct pipe_reply reply;

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK(t, ask(&scan, &rig, ALL));
    Sleep(200);
    CHECK(t, ask(&client, &rig, "{\"op\":\"processes\",\"pid\":400}\n")); /* opens nothing */
    Sleep(100);
    limits.scans = 2;
    uint64_t start_ms = system_now_ms();
    CHECK_INT(t, ERROR_SUCCESS, server_configure(rig.server, &limits));
    CHECK(t, pipe_client_reply(&client, &reply));
    CHECK(t, system_now_ms() - start_ms < 2000); /* the only thread until now is taken for 3 s */
    CHECK(t, text_contains(span_from_string(reply.last), "\"unmatched\":1"));
    pipe_client_close(&client);
    pipe_client_close(&scan);
    CHECK(t, pipe_rig_wait_connections(&rig, 0));
    CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
}

/* How many scans are in a query at once. */
static LONG count_queries(struct pipe_rig *rig)
{
    LONG most = 0;

    for (int i = 0; i < 30; i++) {
        LONG now = InterlockedCompareExchange(&rig->opening, 0, 0);

        most = now > most ? now : most;
        Sleep(10);
    }
    return most;
}

static void fewer_threads_end_after_their_turn(struct test *t)
{
    enum { SCANS = 8 };
    static const uint32_t counts[] = {4, 1, 6, 2};
    static struct pipe_client scans[SCANS];
    struct server_limits limits = some_limits();
    struct pipe_rig rig = {
        .processes_count = RIG_MANY_PROCESSES, .open_delay_ms = 50, .limits = &limits};

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    for (int i = 0; i < SCANS; i++)
        CHECK(t, ask(&scans[i], &rig, ALL));
    for (size_t i = 0; i < TEST_COUNT(counts); i++) {
        TEST_ROW(t, "%u threads", (unsigned)counts[i]);
        limits.scans = counts[i];
        CHECK_INT(t, ERROR_SUCCESS, server_configure(rig.server, &limits));
        Sleep(200); /* turns that had begun are over */
        CHECK_INT(t, counts[i], count_queries(&rig));
    }
    for (int i = 0; i < SCANS; i++)
        pipe_client_close(&scans[i]);
    CHECK(t, pipe_rig_wait_connections(&rig, 0));
    CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
}

static void a_stop_ends_scans_that_wait(struct test *t)
{
    enum { CLIENTS = 20 };
    static struct pipe_client clients[CLIENTS];
    struct server_limits limits = some_limits();
    struct pipe_rig rig = {
        .processes_count = RIG_MANY_PROCESSES, .open_delay_ms = 100, .limits = &limits};

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    for (int i = 0; i < CLIENTS; i++)
        CHECK(t, ask(&clients[i], &rig, ALL));
    Sleep(300);
    uint32_t took_ms = pipe_rig_stop(&rig);
    printf("  stop with %d scans that wait for one thread: %u ms\n", CLIENTS, took_ms);
    CHECK(t, took_ms < STOP_MS_MAX);
    for (int i = 0; i < CLIENTS; i++) {
        struct pipe_reply reply;

        TEST_ROW(t, "client %d", i);
        CHECK(t, !pipe_client_reply(&clients[i], &reply) || /* the pipe is gone, or said so */
                     text_contains(span_from_string(reply.last), "\"code\":\"stopping\""));
        pipe_client_close(&clients[i]);
    }
}

/* A call into the system that does not return: the stop does not wait for it. */
static void a_hanging_call_does_not_delay_the_stop(struct test *t)
{
    struct pipe_rig rig = {.processes_count = 1, .open_delay_ms = 3000};
    struct pipe_client client = {0};

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK(t, ask(&client, &rig, ALL));
    Sleep(200);
    CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX); /* then waits, because the call uses `rig` */
    pipe_client_close(&client);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(info_does_not_wait_for_slow_scans),
        TEST_CASE(scans_take_turns),
        TEST_CASE(many_connections_of_a_user_slow_others_like_one),
        TEST_CASE(a_scan_without_a_turn_in_time_gets_busy),
        TEST_CASE(stalled_readers_hold_no_thread),
        TEST_CASE(a_trickling_reader_gets_timeout),
        TEST_CASE(a_slow_reader_gets_the_line),
        TEST_CASE(requests_sent_ahead_are_answered_as_far_as_they_were_read),
        TEST_CASE(other_limits_hold_from_the_next_request_on),
        TEST_CASE(silent_clients_make_room),
        TEST_CASE(more_threads_start_at_once),
        TEST_CASE(fewer_threads_end_after_their_turn),
        TEST_CASE(a_stop_ends_scans_that_wait),
        TEST_CASE(a_hanging_call_does_not_delay_the_stop),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
