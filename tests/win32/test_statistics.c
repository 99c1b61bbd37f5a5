/* The statistics on Windows: the lock, what a pipe server counts, what lsmap prints.
 */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "common/proto/statistics.h"
#include "common/win32/system_info.h"
#include "tests/test.h"
#include "tests/win32/lsmap_process.h"
#include "tests/win32/pipe_rig.h"

enum { THREADS = 8, ROUNDS = 5000 };

struct counted {
    struct statistics statistics;
};

static void counted_init(struct counted *counted)
{
    statistics_init(&counted->statistics, system_now_us(NULL));
}

static uint64_t value_of(struct counted *counted, size_t index)
{
    uint64_t values[STATISTICS_COUNT];

    statistics_read(&counted->statistics, system_now_us(NULL), values);
    return values[index];
}

/* Other threads count in time, not at once. */
static bool wait_for(struct counted *counted, size_t index, uint64_t value)
{
    for (int poll = 0; poll < RIG_WAIT_MS / 10; poll++) {
        if (value_of(counted, index) == value)
            return true;
        Sleep(10);
    }
    return false;
}

static DWORD WINAPI count(void *argument)
{
    struct counted *counted = argument;
    const struct statistics_answer answer = {
        .op = OP_INFO, .result = RESULT_OK, .elapsed_us = 1, .rows = 1};

    for (int i = 0; i < ROUNDS; i++) {
        statistics_connection(&counted->statistics, true);
        statistics_answered(&counted->statistics, &answer);
        statistics_connection(&counted->statistics, false);
    }
    return 0;
}

static void the_lock_keeps_every_count(struct test *t)
{
    struct counted counted;
    HANDLE threads[THREADS];

    counted_init(&counted);
    for (int i = 0; i < THREADS; i++) {
        threads[i] = CreateThread(NULL, 0, count, &counted, 0, NULL);
        REQUIRE(t, threads[i] != NULL);
    }
    CHECK_INT(t, WAIT_OBJECT_0, WaitForMultipleObjects(THREADS, threads, TRUE, RIG_WAIT_MS));
    for (int i = 0; i < THREADS; i++)
        CloseHandle(threads[i]);
    CHECK_INT(t, THREADS * ROUNDS, value_of(&counted, STATISTICS_CONNECTIONS_OPENED));
    CHECK_INT(t, 0, value_of(&counted, STATISTICS_CONNECTIONS_NOW));
    CHECK_INT(t, THREADS * ROUNDS, value_of(&counted, STATISTICS_ROWS));
    CHECK_INT(t, THREADS * ROUNDS,
              value_of(&counted, statistics_request_index(OP_INFO, RESULT_OK)));
}

static void a_server_counts(struct test *t)
{
    static const char request[] = "{\"op\":\"processes\",\"pid\":4}\n";
    static struct counted counted;
    struct pipe_rig rig = {.processes_count = 3, .statistics = &counted.statistics};
    struct pipe_client client, refused;
    struct pipe_reply reply;
    struct span line;

    counted_init(&counted);
    REQUIRE(t, pipe_rig_start(&rig, 1, 1) == ERROR_SUCCESS);
    REQUIRE(t, pipe_client_open(&client, &rig) == ERROR_SUCCESS);
    CHECK(t, pipe_client_send_text(&client, request));
    CHECK(t, pipe_client_reply(&client, &reply));
    CHECK_INT(t, 1, value_of(&counted, statistics_request_index(OP_PROCESSES, RESULT_OK)));
    CHECK_INT(t, reply.rows, value_of(&counted, STATISTICS_ROWS));
    CHECK_INT(t, 1, value_of(&counted, STATISTICS_CONNECTIONS_NOW));
    CHECK_INT(t, sizeof request - 1, value_of(&counted, STATISTICS_BYTES_RECEIVED));
    CHECK(t, value_of(&counted, (int)STATISTICS_QUERIES + QUERY_OPEN) >= 1);

    REQUIRE(t, pipe_client_open(&refused, &rig) == ERROR_SUCCESS); /* one too many */
    CHECK(t, pipe_client_reply(&refused, &reply));
    CHECK(t, strstr(reply.last, "\"busy\"") != NULL);
    CHECK_INT(t, 1, value_of(&counted, (int)STATISTICS_LIMIT_HITS + LIMIT_CONNECTIONS));
    CHECK_INT(t, 2, value_of(&counted, STATISTICS_CONNECTIONS_PEAK));
    pipe_client_close(&refused);
    CHECK(t, wait_for(&counted, STATISTICS_CONNECTIONS_NOW, 1));

    /* the row includes everything sent before it */
    CHECK(t, pipe_client_send_text(&client, "{\"op\":\"stats\"}\n"));
    CHECK(t, pipe_client_line(&client, &line));
    CHECK(t, text_contains(line, "\"connections_now\":1,\"connections_peak\":2,"
                                 "\"connections_opened\":2,"));
    CHECK(t, text_contains(line, "\"requests_processes_ok\":1,"));
    CHECK(t, !text_contains(line, "\"bytes_sent\":0,"));
    pipe_client_close(&client);
    CHECK(t, wait_for(&counted, STATISTICS_CONNECTIONS_NOW, 0));
    CHECK(t, pipe_rig_stop(&rig) != UINT32_MAX);
}

/* lsmap asks our server, which counts it. */
static void lsmap_prints_them(struct test *t)
{
    static const struct {
        const wchar_t *option;
        const char *begin, *within, *end;
    } rows[] = {
        {L"", "uptime ", "\nREQUESTS ", "\nLIMITS MET      none\n"},
        {L"--prometheus", "# HELP lsmapd_uptime_seconds ",
         "\n# TYPE lsmapd_requests_total counter\n", "\n"},
        {L"--json", "{\"id\":1,\"type\":\"stats\",", ",\"connections_now\":1,",
         "\"complete\":true,\"elapsed_us\":"},
    };
    static struct counted counted;
    struct pipe_rig rig = {.processes_count = 3, .statistics = &counted.statistics};

    counted_init(&counted);
    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct lsmap_process process;
        wchar_t arguments[RIG_NAME_CAPACITY + 64];
        TEST_ROW(t, "%ls", rows[i].option);
        swprintf(arguments, TEST_COUNT(arguments), L"stats --pipe %ls %ls", rig.name,
                 rows[i].option);
        REQUIRE(t, lsmap_process_run(&process, arguments));
        CHECK_INT(t, 0, process.exit_code);
        CHECK_STR(t, "", process.error);
        CHECK(t, strncmp(process.out, rows[i].begin, strlen(rows[i].begin)) == 0);
        CHECK(t, strstr(process.out, rows[i].within) != NULL);
        CHECK(t, strstr(process.out, rows[i].end) != NULL);
        CHECK(t, strchr(process.out, '\r') == NULL);
        CHECK_INT(t, i + 1, value_of(&counted, statistics_request_index(OP_STATS, RESULT_OK)));
        lsmap_process_release(&process);
    }
    CHECK(t, pipe_rig_stop(&rig) != UINT32_MAX);
}

static void lsmap_direct_has_none(struct test *t)
{
    struct lsmap_process process;

    REQUIRE(t, lsmap_process_run(&process, L"stats --direct"));
    CHECK_INT(t, 2, process.exit_code);
    CHECK_STR(t, "", process.out);
    CHECK(t, strstr(process.error, "(unsupported)") != NULL);
    lsmap_process_release(&process);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(the_lock_keeps_every_count),
        TEST_CASE(a_server_counts),
        TEST_CASE(lsmap_prints_them),
        TEST_CASE(lsmap_direct_has_none),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
