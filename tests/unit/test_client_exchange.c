#include "tests/unit/client_play.h"

static void broken_replies_are_told(struct test *t)
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
        {"a row too much", PROCESS("1") MAP("1") END("1", "1", "1", "0", "true"),
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
        {"rows behind the end", GOOD MAP("1"), "more rows after the end"},
        {"bytes behind the end", GOOD "x", "more rows after the end"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play play;
        TEST_ROW(t, "%s", rows[i].name);
        play_begin(&play, rows[i].reply);
        play.options.quiet = true;
        CHECK_INT(t, OUTCOME_BROKEN, play_run(&play));
        REQUIRE(t, buffer_append(&play.heard.error, (struct span){"", 1}));
        if (!CHECK(t, strstr(play.heard.error.data, rows[i].error) != NULL))
            puts(play.heard.error.data);
        CHECK(t, strncmp(play.heard.error.data, "lsmap: ", 7) == 0);
        char *newline = strchr(play.heard.error.data, '\n');
        CHECK(t, newline != NULL && newline[1] == '\0'); /* one line */
        play_end(&play);
    }
}

static void failures_of_the_link_are_told(struct test *t)
{
    struct play play;

    play_begin(&play, PROCESS("1"));
    play.script.failure = FAILURE_TIMED_OUT;
    CHECK_INT(t, OUTCOME_BUSY, play_run(&play));
    play_check(t, "lsmap: no answer within 9 seconds: try again, or wait longer with --timeout\n",
               &play.heard.error);
    play_end(&play);

    play_begin(&play, GOOD);
    play.script.send = FAILURE_TIMED_OUT;
    CHECK_INT(t, OUTCOME_BUSY, play_run(&play));
    play_end(&play);

    /* a server at its limit answers and closes before it hears the request */
    play_begin(&play, ERROR("", "busy"));
    play.script.send = FAILURE_CLOSED;
    CHECK_INT(t, OUTCOME_BUSY, play_run(&play));
    play_check(t, "lsmap: m (busy): h\n", &play.heard.error);
    play_end(&play);

    play_begin(&play, "");
    play.script.send = FAILURE_CLOSED;
    CHECK_INT(t, OUTCOME_BROKEN, play_run(&play));
    play_end(&play);
}

static void a_line_without_end_is_bounded(struct test *t)
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

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(broken_replies_are_told),
        TEST_CASE(failures_of_the_link_are_told),
        TEST_CASE(a_line_without_end_is_bounded),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
