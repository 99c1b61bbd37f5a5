#include "tests/unit/client_play.h"

static void broken_replies_are_reported(struct test *t)
{
    static const struct {
        const char *name;
        const char *reply;
        const char *error; /* a part of stderr */
    } rows[] = {
        {"silent close", "", "without an answer"},
        {"cut between rows", PROCESS("1"), "before the end of its reply"},
        {"cut in a row", PROCESS("1") "{\"id\":1,", "before the end of its reply"},
        {"cut in the first row", "{\"id\":1,", "before the end of its reply"},
        {"garbage", "HTTP/1.1 400 Bad Request\r\n\r\n", "(line 1, byte 1: "},
        {"empty line", "\n", "(line 1, byte 1: "},
        {"another id", PROCESS("2"), "(line 1, byte 1: the row does not belong to this request)"},
        {"no id", "{\"type\":\"stats\"}\n", "the row does not belong to this request"},
        {"null id", "{\"id\":null,\"type\":\"stats\"}\n",
         "the row does not belong to this request"},
        {"an error for another", ERROR("\"id\":2,", "denied"),
         "the row does not belong to this request"},
        {"a row is missing", PROCESS("1") END("1", "1", "2", "0", "true"),
         "the end row has the wrong count of rows"},
        {"one row too many", PROCESS("1") MAP("1") END("1", "1", "1", "0", "true"),
         "(line 3, byte 1: the end row has the wrong count of rows)"},
        {"processes miscounted", PROCESS("1") END("1", "2", "1", "0", "true"),
         "wrong count of processes"},
        {"errors miscounted", PROCESS_ERROR("1") END("1", "0", "1", "0", "true"),
         "wrong count of errors"},
        {"complete with errors", PROCESS_ERROR("1") END("1", "0", "1", "1", "true"),
         "contradicts itself"},
        {"incomplete without", END("1", "0", "0", "0", "false"), "contradicts itself"},
        {"unmatched miscounted", UNMATCHED("1", "8", "null") END_UNMATCHED("1", "0", "1", "2"),
         "wrong count of unmatched"},
        {"unmatched counted as an error",
         UNMATCHED("1", "8", "null") END("1", "0", "1", "1", "false"), "wrong count of errors"},
        {"rows after the end", GOOD MAP("1"), "more rows after the end"},
        {"bytes after the end", GOOD "x", "more rows after the end"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play play;
        TEST_ROW(t, "%s", rows[i].name);
        play_begin(&play, rows[i].reply);
        play.options.quiet = true;
        CHECK_INT(t, OUTCOME_BROKEN, play_run(&play));
        REQUIRE(t, buffer_append(&play.printed.error, (struct span){"", 1}));
        if (!CHECK(t, strstr(play.printed.error.data, rows[i].error) != NULL))
            puts(play.printed.error.data);
        CHECK(t, strncmp(play.printed.error.data, "lsmap: ", 7) == 0);
        char *newline = strchr(play.printed.error.data, '\n');
        CHECK_STR(t, play.printed.out.size > 0 ? "lsmap: the output is incomplete\n" : "",
                  newline != NULL ? newline + 1 : "no line");
        play_end(&play);
    }
}

static void failures_of_the_transport_are_reported(struct test *t)
{
    struct play play;

    play_begin(&play, PROCESS("1"));
    play.script.failure = FAILURE_TIMED_OUT;
    CHECK_INT(t, OUTCOME_BUSY, play_run(&play));
    play_check(t,
               "lsmap: no complete answer within 9 seconds: try again, or wait longer with "
               "--timeout\nlsmap: the output is incomplete\n",
               &play.printed.error);
    play_end(&play);

    play_begin(&play, GOOD);
    play.script.send = FAILURE_TIMED_OUT;
    CHECK_INT(t, OUTCOME_BUSY, play_run(&play));
    play_end(&play);

    /* a server at its limit answers and closes before it reads the request */
    play_begin(&play, ERROR("", "busy"));
    play.script.send = FAILURE_CLOSED;
    CHECK_INT(t, OUTCOME_BUSY, play_run(&play));
    play_check(t, "lsmap: m (busy): h\n", &play.printed.error);
    play_end(&play);

    play_begin(&play, "");
    play.script.send = FAILURE_CLOSED;
    CHECK_INT(t, OUTCOME_BROKEN, play_run(&play));
    play_end(&play);
}

static void a_line_without_end_is_refused(struct test *t)
{
    char *reply = malloc(3 * (size_t)OUTPUT_ROW_SIZE_MAX);
    struct play play;

    REQUIRE(t, reply != NULL);
    memset(reply, ' ', 3 * (size_t)OUTPUT_ROW_SIZE_MAX - 1);
    reply[3 * (size_t)OUTPUT_ROW_SIZE_MAX - 1] = '\0';
    play_begin(&play, reply);
    CHECK_INT(t, OUTCOME_BROKEN, play_run(&play));
    CHECK(t, play.script.offset <= OUTPUT_ROW_SIZE_MAX + 2 * TRANSPORT_RECEIVE_SIZE);
    play_end(&play);
    free(reply);
}

/* The events of one exchange, as letters: R row, W wait, E end, F failed. */
static void take_events(struct exchange *exchange, char *out, size_t capacity,
                        struct failure *failure)
{
    enum exchange_event event = EXCHANGE_WAIT;
    size_t size = 0;

    while (event != EXCHANGE_END && event != EXCHANGE_FAILED && size + 1 < capacity) {
        event = exchange_next(exchange, failure);
        out[size++] = "RWEF"[event];
    }
    out[size] = '\0';
}

/* One row at a time; several requests use one connection. */
static void events_come_in_order(struct test *t)
{
    static const char reply[] =
        PROCESS("1") END("1", "1", "1", "0", "true") ERROR("\"id\":2,", "x");
    static const char first[] = PROCESS("1") END("1", "1", "1", "0", "true");
    struct script script = {.reply = reply, .failure = FAILURE_CLOSED, .send = FAILURE_COUNT};
    const struct transport transport = {&script, script_send, script_receive, NULL};
    struct failure failure = {FAILURE_MEMORY, ""};
    struct exchange exchange;
    struct request request;
    char events[16];

    buffer_init(&script.sent, REQUEST_SIZE_MAX);
    exchange_init(&exchange, &transport);
    request_init(&request, OP_PROCESSES);
    request.id = (struct request_id){.type = REQUEST_ID_INT, .number = 1};
    script.step = sizeof first - 1; /* the reply to the second request is not there yet */
    REQUIRE(t, exchange_begin(&exchange, &request, &failure));
    take_events(&exchange, events, sizeof events, &failure);
    CHECK_STR(t, "WRRE", events);
    request.id.number = 2;
    REQUIRE(t, exchange_begin(&exchange, &request, &failure));
    take_events(&exchange, events, sizeof events, &failure);
    CHECK_STR(t, "WRE", events);
    REQUIRE(t, exchange_begin(&exchange, &request, &failure));
    take_events(&exchange, events, sizeof events, &failure);
    CHECK_STR(t, "WF", events);
    CHECK_INT(t, FAILURE_NO_REPLY, failure.kind);
    exchange_deinit(&exchange);
    buffer_release(&script.sent);
}

/* A busy server is asked again before any row of it is seen; only without time its words are. A server
 * that is asked again and says nothing is not called busy. */
static void a_busy_server_is_asked_again(struct test *t)
{
    static const struct {
        const char *reply;
        int attempts;
        enum failure_kind failure, send; /* after the reply; of the attempts after the first */
        const char *events, *code;
    } rows[] = {
        {ERROR("", "busy") END("1", "0", "0", "0", "true"), 9, FAILURE_CLOSED, FAILURE_COUNT,
         "WWWRE", ""},
        {ERROR("", "busy") ERROR("\"id\":1,", "busy"), 2, FAILURE_CLOSED, FAILURE_COUNT, "WWWRE",
         "busy"},
        /* a transport that cannot connect again */
        {ERROR("", "busy"), 0, FAILURE_CLOSED, FAILURE_COUNT, "WRE", "busy"},
        {ERROR("", "busy"), 9, FAILURE_TIMED_OUT, FAILURE_COUNT, "WWWF", NULL},
        {ERROR("", "busy"), 9, FAILURE_COUNT, FAILURE_TIMED_OUT, "WF", NULL},
        {ERROR("", "busy") "{", 9, FAILURE_TIMED_OUT, FAILURE_COUNT, "WWWWF", NULL},
        {ERROR("", "busy") PROCESS("1"), 9, FAILURE_TIMED_OUT, FAILURE_COUNT, "WWWRWF", NULL},
        {ERROR("", "busy"), 9, FAILURE_CLOSED, FAILURE_COUNT, "WWWF", NULL},
        {ERROR("", "busy"), 9, FAILURE_COUNT, FAILURE_SYSTEM, "WF", NULL},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct script script = {.reply = rows[i].reply,
                                .by_line = true,
                                .failure = rows[i].failure,
                                .send = FAILURE_COUNT,
                                .attempts = rows[i].attempts};
        const struct transport transport = {&script, script_send, script_receive,
                                            rows[i].attempts > 0 ? script_reconnect : NULL};
        struct failure failure = {FAILURE_MEMORY, ""};
        struct exchange exchange;
        struct request request;
        char events[16];
        TEST_ROW(t, "row %zu", i);
        buffer_init(&script.sent, REQUEST_SIZE_MAX);
        exchange_init(&exchange, &transport);
        request_init(&request, OP_PROCESSES);
        request.id = (struct request_id){.type = REQUEST_ID_INT, .number = 1};
        REQUIRE(t, exchange_begin(&exchange, &request, &failure));
        script.send = rows[i].send;
        take_events(&exchange, events, sizeof events, &failure);
        CHECK_STR(t, rows[i].events, events);
        const struct span code = row_text(&exchange.row, MEMBER_CODE);
        if (rows[i].code != NULL)
            CHECK_MEM(t, rows[i].code, strlen(rows[i].code), code.data, code.size);
        exchange_deinit(&exchange);
        buffer_release(&script.sent);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(events_come_in_order),          TEST_CASE(a_busy_server_is_asked_again),
        TEST_CASE(broken_replies_are_reported),   TEST_CASE(failures_of_the_transport_are_reported),
        TEST_CASE(a_line_without_end_is_refused),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
