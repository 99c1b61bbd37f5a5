/* The server under each named attack, and under all at once: what an honest client sees meanwhile.
 *
 * The server's clock runs SPEED times faster, so that its deadlines pass within the test. The
 * honest client's latencies are only printed; that each of its requests is answered is checked.
 */
#include "tests/test.h"
#include "tests/win32/hostile.h"

#include <stdlib.h>

#include "common/win32/system_info.h"

enum {
    SPEED = 10,
    SECOND_MS = 1000 / SPEED,
    SAMPLES_MAX = 100000,
    QUIET_SAMPLES = 300,
    SIEGE_MS = 4000,
    CONNECTIONS = 1024
};

struct honest {
    struct pipe_client client;
    uint64_t *latencies_us; /* owned */
    size_t count;
    unsigned failed;
};

static bool honest_enter(struct honest *honest, const struct pipe_rig *rig)
{
    memset(honest, 0, sizeof *honest);
    honest->latencies_us = malloc(SAMPLES_MAX * sizeof *honest->latencies_us);
    return honest->latencies_us != NULL && pipe_client_open(&honest->client, rig) == ERROR_SUCCESS;
}

static void honest_leave(struct honest *honest)
{
    pipe_client_close(&honest->client);
    free(honest->latencies_us);
    honest->latencies_us = NULL;
}

/* One `info` and one look at a process, as a monitoring agent polls. */
static void honest_ask(struct honest *honest)
{
    static const char *const requests[] = {"{\"op\":\"info\"}\n",
                                           "{\"op\":\"processes\",\"pid\":4}\n"};
    for (size_t i = 0; i < TEST_COUNT(requests); i++) {
        struct pipe_reply reply;
        const uint64_t begin = system_now_us(NULL);
        const bool is_answered = pipe_client_send_text(&honest->client, requests[i]) &&
                                 pipe_client_reply(&honest->client, &reply) && reply.rows == 1 &&
                                 strstr(reply.last, "\"type\":\"end\"") != NULL;
        honest->failed += !is_answered;
        if (honest->count < SAMPLES_MAX)
            honest->latencies_us[honest->count++] = system_now_us(NULL) - begin;
    }
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void honest_print(struct honest *honest, const char *when)
{
    qsort(honest->latencies_us, honest->count, sizeof *honest->latencies_us, compare);
    printf("  %-28s %6zu requests, p50 %6llu us, p99 %6llu us, most %7llu us\n", when,
           honest->count, (unsigned long long)honest->latencies_us[honest->count / 2],
           (unsigned long long)honest->latencies_us[honest->count * 99 / 100],
           (unsigned long long)honest->latencies_us[honest->count - 1]);
    honest->count = 0;
}

static bool start_rig(struct pipe_rig *rig)
{
    memset(rig, 0, sizeof *rig);
    rig->processes_count = RIG_MANY_PROCESSES;
    rig->connections_user_max = CONNECTIONS;
    return pipe_rig_start(rig, SPEED, CONNECTIONS) == ERROR_SUCCESS;
}

/* Polls until every attack was carried out often enough, or gives up. */
static bool poll_until_done(struct honest *honest, struct hostile *hostiles, size_t count)
{
    const uint64_t begin = system_now_ms();
    for (size_t i = 0; i < count; i++) {
        struct hostile *hostile = &hostiles[i];
        while (InterlockedCompareExchange(&hostile->deeds, 0, 0) < hostile->attack->deeds_least) {
            if (system_now_ms() - begin > 6 * RIG_WAIT_MS)
                return false;
            honest_ask(honest);
        }
    }
    return true;
}

static void each_attack_alone_leaves_the_honest_client_served(struct test *t)
{
    struct pipe_rig rig;
    struct honest honest;

    REQUIRE(t, start_rig(&rig));
    for (size_t i = 0; i < hostile_attacks_count; i++) {
        struct hostile hostile;
        TEST_ROW(t, "%s", hostile_attacks[i].name);
        REQUIRE(t, honest_enter(&honest, &rig));
        REQUIRE(t, hostile_start(&hostile, &hostile_attacks[i], &rig, SECOND_MS));
        CHECK(t, poll_until_done(&honest, &hostile, 1));
        CHECK_INT(t, 0, honest.failed);
        hostile_stop(&hostile);
        CHECK_INT(t, 0, hostile.wrong);
        honest_print(&honest, hostile_attacks[i].name);
        honest_leave(&honest);
        CHECK(t, pipe_rig_wait_connections(&rig, 0)); /* nothing of the attack stays */
        CHECK(t, pipe_rig_serves(&rig));
    }
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

static void all_attacks_at_once_fail_no_honest_request(struct test *t)
{
    static struct hostile hostiles[32];
    struct pipe_rig rig;
    struct honest honest;

    REQUIRE(t, start_rig(&rig));
    REQUIRE(t, honest_enter(&honest, &rig));
    for (int i = 0; i < QUIET_SAMPLES; i++)
        honest_ask(&honest);
    CHECK_INT(t, 0, honest.failed);
    honest_print(&honest, "quiet");
    for (size_t i = 0; i < hostile_attacks_count; i++) {
        TEST_ROW(t, "%s", hostile_attacks[i].name);
        REQUIRE(t, hostile_start(&hostiles[i], &hostile_attacks[i], &rig, SECOND_MS));
    }
    TEST_ROW(t, "%s", "siege");
    const uint64_t begin = system_now_ms();
    while (system_now_ms() - begin < SIEGE_MS)
        honest_ask(&honest);
    CHECK_INT(t, 0, honest.failed);
    honest_print(&honest, "under all attacks at once");
    for (size_t i = 0; i < hostile_attacks_count; i++)
        InterlockedExchange(&hostiles[i].stop, 1);
    for (size_t i = 0; i < hostile_attacks_count; i++) {
        TEST_ROW(t, "%s", hostile_attacks[i].name);
        hostile_stop(&hostiles[i]);
        CHECK_INT(t, 0, hostiles[i].wrong);
    }
    honest_leave(&honest);
    CHECK(t, pipe_rig_wait_connections(&rig, 0));
    CHECK(t, pipe_rig_serves(&rig));
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

static void stopping_under_siege_takes_less_than_two_seconds(struct test *t)
{
    static struct hostile hostiles[32];
    struct pipe_rig rig;

    REQUIRE(t, start_rig(&rig));
    for (size_t i = 0; i < hostile_attacks_count; i++)
        REQUIRE(t, hostile_start(&hostiles[i], &hostile_attacks[i], &rig, SECOND_MS));
    Sleep(1000);
    for (size_t i = 0; i < hostile_attacks_count; i++)
        InterlockedExchange(&hostiles[i].stop,
                            1); /* so that none waits for a server that is gone */
    const uint32_t elapsed_ms = pipe_rig_stop(&rig);
    printf("  stopped in %lu ms\n", (unsigned long)elapsed_ms);
    CHECK(t, elapsed_ms < 2000);
    for (size_t i = 0; i < hostile_attacks_count; i++)
        hostile_stop(&hostiles[i]);
}

static struct statistics statistics;

static uint64_t connections_opened(void)
{
    static uint64_t values[STATISTICS_COUNT];

    statistics_read(&statistics, 0, values);
    return values[STATISTICS_CONNECTIONS_OPENED];
}

/* One connection for each request, as a command makes it. */
static void ask_once(struct honest *honest, const struct pipe_rig *rig)
{
    struct pipe_client client = {0};
    const uint64_t begin = system_now_us(NULL);

    honest->failed +=
        pipe_client_open(&client, rig) != ERROR_SUCCESS || !pipe_client_is_served(&client);
    honest->latencies_us[honest->count++] = system_now_us(NULL) - begin;
    pipe_client_close(&client);
}

/* More threads of one user than there are places for all: they say nothing, leave before that is
 * held against them, and come again. */
static void a_crowd_of_one_user_locks_nobody_out(struct test *t)
{
    static const unsigned crowds[] = {40, 600};
    enum { REQUESTS = 60, PLACES = 8, PLACES_OF_USER = 4 };

    for (size_t i = 0; i < TEST_COUNT(crowds); i++) {
        struct pipe_rig rig = {.connections_user_max = PLACES_OF_USER, .statistics = &statistics};
        struct honest honest = {.latencies_us = malloc(REQUESTS * sizeof(uint64_t))};
        HANDLE crowd = NULL;

        TEST_ROW(t, "%u threads", crowds[i]);
        statistics_init(&statistics, 0);
        REQUIRE(t, honest.latencies_us != NULL);
        REQUIRE(t, pipe_rig_start(&rig, 1, PLACES) == ERROR_SUCCESS);
        REQUIRE(t, hostile_crowd_start(&rig, crowds[i], &crowd));
        for (int wait = 0; wait < RIG_WAIT_MS / 10 && connections_opened() < crowds[i]; wait++)
            Sleep(10);
        CHECK(t, connections_opened() >= crowds[i]);
        for (int request = 0; request < REQUESTS; request++)
            ask_once(&honest, &rig);
        CHECK_INT(t, 0, honest.failed);
        honest_print(&honest, crowds[i] == 40 ? "a crowd of 40" : "a crowd of 600");
        printf("  %llu connections of the crowd\n", (unsigned long long)connections_opened());
        hostile_crowd_stop(&crowd);
        CHECK(t, pipe_rig_stop(&rig) < 2000);
        free(honest.latencies_us);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_crowd_of_one_user_locks_nobody_out),
        TEST_CASE(each_attack_alone_leaves_the_honest_client_served),
        TEST_CASE(all_attacks_at_once_fail_no_honest_request),
        TEST_CASE(stopping_under_siege_takes_less_than_two_seconds),
    };
    hostile_crowd_run(argc, argv);
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
