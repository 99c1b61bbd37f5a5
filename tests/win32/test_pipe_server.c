/* The pipe server byte by byte: round trips, bad input, silence, early close. */
#include "tests/test.h"
#include "tests/win32/pipe_rig.h"

#define INFO "{\"op\":\"info\"}\n"
#define INFO_7 "{\"id\":7,\"op\":\"info\"}\n"

/* One request on an open connection and the code of its terminal line, "" for `end`. */
static void check_exchange(struct test *t, struct pipe_client *client, const void *bytes,
                           size_t size, const char *code)
{
    struct pipe_reply reply;
    char expected[64];

    REQUIRE(t, pipe_client_send(client, bytes, size));
    REQUIRE(t, pipe_client_reply(client, &reply));
    snprintf(expected, sizeof expected, code[0] != '\0' ? "\"code\":\"%s\"" : "\"type\":\"end\"%s",
             code);
    if (!CHECK(t, text_contains(span_from_string(reply.last), expected)))
        printf("  line %s\n", reply.last);
}

static void a_request_is_answered(struct test *t)
{
    struct pipe_rig rig = {.processes_count = 3};
    struct pipe_client client = {0};
    struct pipe_reply reply;
    struct span line;

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    CHECK(t, pipe_client_send_text(&client, INFO_7));
    CHECK(t, pipe_client_line(&client, &line) && text_contains(line, "\"type\":\"info\"") &&
                 text_contains(line, "\"id\":7"));
    CHECK(t, pipe_client_reply(&client, &reply));
    CHECK(t, text_contains(span_from_string(reply.last), "\"id\":7,\"type\":\"end\""));
    CHECK(t, pipe_client_send_text(&client, "{\"op\":\"processes\",\"all\":true}\n"));
    CHECK(t, pipe_client_reply(&client, &reply));
    CHECK_INT(t, 3, reply.rows);
    CHECK(t, text_contains(span_from_string(reply.last), "\"rows\":3"));
    CHECK_INT(t, 1, pipe_rig_connections(&rig));
    pipe_client_close(&client);
    CHECK(t, pipe_rig_wait_connections(&rig, 0));
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

static void a_request_may_come_byte_by_byte(struct test *t)
{
    struct pipe_rig rig = {0};
    struct pipe_client client = {0};
    struct pipe_reply reply;

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof INFO - 1; i++)
            CHECK(t, pipe_client_send(&client, &INFO[i], 1));
        CHECK(t, pipe_client_reply(&client, &reply));
        CHECK_INT(t, 1, reply.rows);
    }
    pipe_client_close(&client);
    pipe_rig_stop(&rig);
}

static void requests_may_come_together(struct test *t)
{
    enum { REQUESTS = 50 };
    struct pipe_rig rig = {.processes_count = 10};
    struct pipe_client client = {0};
    struct pipe_reply reply;
    char requests[REQUESTS * 64], expected[32];
    size_t size = 0;

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    for (int i = 0; i < REQUESTS; i++)
        size += (size_t)snprintf(requests + size, sizeof requests - size,
                                 "{\"id\":%d,\"op\":\"processes\",\"all\":true}\r\n", i);
    CHECK(t, pipe_client_send(&client, requests, size));
    for (int i = 0; i < REQUESTS; i++) {
        TEST_ROW(t, "request %d", i);
        CHECK(t, pipe_client_reply(&client, &reply));
        CHECK_INT(t, 10, reply.rows);
        snprintf(expected, sizeof expected, "{\"id\":%d,", i);
        CHECK(t, text_contains(span_from_string(reply.last), expected));
    }
    pipe_client_close(&client);
    pipe_rig_stop(&rig);
}

static void junk_is_told_and_the_connection_goes_on(struct test *t)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *code;
    } rows[] = {
#define ROW(text, code) {text, sizeof(text) - 1, code}
        ROW("\n", "bad_request"),
        ROW("junk\n", "bad_request"),
        ROW("\0\0\0\n", "bad_request"),
        ROW("{\"op\":\"info\"\n", "bad_request"),
        ROW("{\"op\":\"info\"} {\"op\":\"info\"}\n", "bad_request"),
        ROW("{\"op\":\"\xff\xfe\"}\n", "bad_request"),
        ROW("{\"op\":\"\xed\xa0\x80\"}\n", "bad_request"),
        ROW("{\"op\":\"info\",\"op\":\"info\"}\n", "bad_request"),
        ROW("{\"op\":\"maps\"}\n", "bad_request"),
        ROW("[[[[[[[[\n", "bad_request"),
        ROW("{\"op\":\"nonsense\"}\n", "unsupported"),
        ROW(INFO, ""),
#undef ROW
    };
    struct pipe_rig rig = {0};
    struct pipe_client client = {0};

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "row %zu", i);
        check_exchange(t, &client, rows[i].bytes, rows[i].size, rows[i].code);
    }
    pipe_client_close(&client);
    pipe_rig_stop(&rig);
}

static void a_line_without_end_is_told_and_closed(struct test *t)
{
    static char line[REQUEST_SIZE_MAX + 100];
    struct pipe_rig rig = {0};
    struct pipe_client client = {0};

    memset(line, 'a', sizeof line);
    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    check_exchange(t, &client, line, sizeof line, "too_large");
    pipe_client_close(&client);
    CHECK(t, pipe_rig_wait_connections(&rig, 0));
    pipe_rig_stop(&rig);
}

static void writing_nothing_is_no_message(struct test *t)
{
    struct pipe_rig rig = {0};
    struct pipe_client client = {0};

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    CHECK(t, pipe_client_send(&client, "", 0));
    check_exchange(t, &client, INFO, sizeof INFO - 1, "");
    pipe_client_close(&client);
    pipe_rig_stop(&rig);
}

static void silence_is_told_and_closed(struct test *t)
{
    static const struct {
        const char *name;
        const char *sent;
    } rows[] = {{"nothing", ""}, {"half a request", "{\"op\":"}};
    struct pipe_rig rig = {0};

    REQUIRE(t, pipe_rig_start(&rig, 20, 0) == ERROR_SUCCESS);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct pipe_client client = {0};
        TEST_ROW(t, "%s", rows[i].name);
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
        if (rows[i].sent[0] != '\0')
            CHECK(t, pipe_client_send_text(&client, rows[i].sent));
        check_exchange(t, &client, "", 0, "timeout");
        CHECK(t, pipe_client_is_closed(&client));
        pipe_client_close(&client);
    }
    CHECK(t, pipe_rig_wait_connections(&rig, 0));
    pipe_rig_stop(&rig);
}

static void an_early_close_leaves_nothing(struct test *t)
{
    static const char *const sent[] = {"", "{\"op\"", INFO,
                                       "{\"op\":\"processes\",\"all\":true}\n"};
    struct pipe_rig rig = {.processes_count = RIG_MANY_PROCESSES};

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    for (size_t i = 0; i < TEST_COUNT(sent); i++) {
        struct pipe_client client = {0};
        TEST_ROW(t, "row %zu", i);
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
        CHECK(t, pipe_client_send_text(&client, sent[i]));
        pipe_client_close(&client);
        CHECK(t, pipe_rig_wait_connections(&rig, 0));
    }
    pipe_rig_stop(&rig);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_request_is_answered),
        TEST_CASE(a_request_may_come_byte_by_byte),
        TEST_CASE(requests_may_come_together),
        TEST_CASE(junk_is_told_and_the_connection_goes_on),
        TEST_CASE(a_line_without_end_is_told_and_closed),
        TEST_CASE(writing_nothing_is_no_message),
        TEST_CASE(silence_is_told_and_closed),
        TEST_CASE(an_early_close_leaves_nothing),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
