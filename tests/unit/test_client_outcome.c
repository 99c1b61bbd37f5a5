#include "client/outcome.h"
#include "common/base/status.h"
#include "tests/test.h"

#include <string.h>

static void the_worst_counts(struct test *t)
{
    static const enum outcome worst_first[] = {
        OUTCOME_INTERRUPTED, OUTCOME_BROKEN,      OUTCOME_NO_SERVICE, OUTCOME_DENIED,  OUTCOME_BUSY,
        OUTCOME_USAGE,       OUTCOME_SOME_FAILED, OUTCOME_NOTHING,    OUTCOME_COMPLETE};

    for (size_t a = 0; a < TEST_COUNT(worst_first); a++) {
        for (size_t b = 0; b < TEST_COUNT(worst_first); b++) {
            TEST_ROW(t, "%d and %d", (int)worst_first[a], (int)worst_first[b]);
            CHECK_INT(t, worst_first[a < b ? a : b], outcome_worse(worst_first[a], worst_first[b]));
        }
    }
}

static void every_failure_says_what_to_do(struct test *t)
{
    static const struct {
        enum failure_kind kind;
        enum outcome outcome;
        const char *part;
    } rows[FAILURE_COUNT] = {
        {FAILURE_NOT_INSTALLED, OUTCOME_NO_SERVICE, "not installed: run install.cmd"},
        {FAILURE_NOT_RUNNING, OUTCOME_NO_SERVICE,
         "the lsmapd service is not running: start it with `sc.exe start lsmapd`"},
        {FAILURE_STARTING, OUTCOME_NO_SERVICE, "try again"},
        {FAILURE_NO_PIPE, OUTCOME_NO_SERVICE, "PIPE does not exist"},
        {FAILURE_NO_SERVER, OUTCOME_NO_SERVICE, "no server listens on PIPE"},
        {FAILURE_DENIED, OUTCOME_DENIED, "administrators"},
        {FAILURE_DENIED_PIPE, OUTCOME_DENIED, "you may not open PIPE"},
        {FAILURE_BUSY, OUTCOME_BUSY, "no free connection within 42 seconds"},
        {FAILURE_TIMED_OUT, OUTCOME_BUSY, "no answer within 42 seconds"},
        {FAILURE_CLOSED, OUTCOME_BROKEN, "broke off in mid-reply"},
        {FAILURE_NO_REPLY, OUTCOME_BROKEN, "without an answer"},
        {FAILURE_PROTOCOL, OUTCOME_BROKEN, "(DETAIL)"},
        {FAILURE_FOREIGN_OWNER, OUTCOME_BROKEN,
         "PIPE is not to be trusted, nothing was sent: it "
         "belongs to DETAIL"},
        {FAILURE_FOREIGN_SERVER, OUTCOME_BROKEN,
         "PIPE is not to be trusted, nothing was sent: "
         "DETAIL"},
        {FAILURE_SYSTEM, OUTCOME_BROKEN, "DETAIL"},
        {FAILURE_MEMORY, OUTCOME_BROKEN, "out of memory"},
        {FAILURE_TOO_MANY, OUTCOME_BROKEN, "DETAIL"},
        {FAILURE_FILE, OUTCOME_USAGE, "DETAIL"},
        {FAILURE_FILE_ROWS, OUTCOME_BROKEN, "DETAIL"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct failure failure;
        char text[FAILURE_TEXT_CAPACITY];
        TEST_ROW(t, "failure %zu", i);
        CHECK_INT(t, i, rows[i].kind);
        CHECK(t, !failure_set(&failure, rows[i].kind, "DETAIL"));
        CHECK_INT(t, rows[i].outcome, failure_outcome(failure.kind));
        failure_describe(&failure, "PIPE", 42, text);
        CHECK(t, strstr(text, rows[i].part) != NULL);
        CHECK(t, strchr(text, '\n') == NULL && strchr(text, '{') == NULL);
    }
}

static void long_details_are_cut(struct test *t)
{
    static char detail[4 * FAILURE_TEXT_CAPACITY], pipe[4 * FAILURE_TEXT_CAPACITY];
    char text[FAILURE_TEXT_CAPACITY];
    struct failure failure;

    memset(detail, 'd', sizeof detail - 1);
    memset(pipe, 'p', sizeof pipe - 1);
    (void)failure_set(&failure, FAILURE_FOREIGN_OWNER, detail);
    CHECK_INT(t, FAILURE_DETAIL_CAPACITY - 1, strlen(failure.detail));
    failure_describe(&failure, pipe, 1, text);
    CHECK_INT(t, FAILURE_TEXT_CAPACITY - 1, strlen(text));
    (void)failure_set(&failure, FAILURE_SYSTEM, NULL);
    CHECK_STR(t, "", failure.detail);
}

static void words_in_a_detail_are_no_template(struct test *t)
{
    char text[FAILURE_TEXT_CAPACITY];
    struct failure failure;

    (void)failure_set(&failure, FAILURE_SYSTEM, "{pipe} {seconds} {detail}");
    failure_describe(&failure, "PIPE", 1, text);
    CHECK_STR(t, "{pipe} {seconds} {detail}", text);
}

static void the_wire_uses_the_same_exit_codes(struct test *t)
{
    static const struct {
        enum status status;
        enum outcome outcome;
    } rows[] = {
        {STATUS_OK, OUTCOME_COMPLETE},
        {STATUS_ACCESS_DENIED, OUTCOME_SOME_FAILED},
        {STATUS_BAD_REQUEST, OUTCOME_USAGE},
        {STATUS_DENIED, OUTCOME_DENIED},
        {STATUS_STOPPING, OUTCOME_NO_SERVICE},
        {STATUS_BUSY, OUTCOME_BUSY},
        {STATUS_TIMED_OUT, OUTCOME_BUSY},
        {STATUS_INTERNAL, OUTCOME_BROKEN},
        {STATUS_NO_SUCH_PROCESS, OUTCOME_NOTHING},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", status_name(rows[i].status));
        CHECK_INT(t, rows[i].outcome, status_exit_code(rows[i].status));
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(the_worst_counts),
        TEST_CASE(every_failure_says_what_to_do),
        TEST_CASE(long_details_are_cut),
        TEST_CASE(words_in_a_detail_are_no_template),
        TEST_CASE(the_wire_uses_the_same_exit_codes),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
