/* --wait: how often it asks, what it shows and how it ends. */
#include "client/watch.h"

#include <string.h>

#include "tests/test.h"

enum { ANSWERS_MAX = 4, SHOWN_CAPACITY = 256 };

struct answer {
    enum outcome outcome;
    const char *lines;
};

struct script {
    const struct answer *answers;
    uint64_t now_ms;
    unsigned ask_ms; /* what a question takes */
    size_t asked, writes_left;
    unsigned timeouts[ANSWERS_MAX];
    struct buffer shown;
    bool complained;
};

static enum outcome ask(void *context, const struct options *options, struct buffer *results)
{
    struct script *script = context;
    const struct answer *answer = &script->answers[script->asked];

    script->timeouts[script->asked++] = options->timeout_s;
    script->now_ms += script->ask_ms;
    (void)buffer_text(results, answer->lines);
    return answer->outcome;
}

static bool pass_time(void *context, unsigned ms)
{
    ((struct script *)context)->now_ms += ms;
    return true;
}

static uint64_t now_ms(void *context)
{
    return ((struct script *)context)->now_ms;
}

static bool show(void *context, struct span bytes)
{
    struct script *script = context;

    return script->writes_left-- > 0 && buffer_append(&script->shown, bytes);
}

static void complain(void *context, struct span lines)
{
    ((struct script *)context)->complained =
        span_equal(lines, SPAN("lsmap: still in use: the time of --timeout is over\n"));
}

static void waiting_ends(struct test *t)
{
    static const struct {
        const char *what;
        unsigned wait_s, ask_ms;
        size_t writes; /* that have a reader */
        struct answer answers[ANSWERS_MAX];
        const char *shown;
        enum outcome outcome;
        size_t asked;
        unsigned timeouts[ANSWERS_MAX];
        bool complained;
    } rows[] = {
        {"free at once", 0, 100, 9, {{OUTCOME_NOTHING, ""}}, "", OUTCOME_COMPLETE, 1, {30}, false},
        {"freed",
         0,
         100,
         9,
         {{OUTCOME_COMPLETE, "a\n"}, {OUTCOME_COMPLETE, "a\n"}, {OUTCOME_NOTHING, ""}},
         "+ a\n- a\n",
         OUTCOME_COMPLETE,
         3,
         {30, 30, 30},
         false},
        {"an incomplete answer shows who has it",
         0,
         100,
         9,
         {{OUTCOME_INCOMPLETE, "a\n"}},
         "+ a\n",
         OUTCOME_INCOMPLETE,
         1,
         {30},
         false},
        {"a failure ends it",
         0,
         100,
         9,
         {{OUTCOME_DENIED, ""}},
         "",
         OUTCOME_DENIED,
         1,
         {30},
         false},
        {"nobody reads",
         0,
         100,
         1,
         {{OUTCOME_COMPLETE, "a\n"}, {OUTCOME_COMPLETE, "b\n"}, {OUTCOME_COMPLETE, "b\n"}},
         "+ a\n",
         OUTCOME_INCOMPLETE,
         2,
         {30, 30},
         false},
        {"the time bounds all questions, and each",
         5,
         600,
         9,
         {{OUTCOME_COMPLETE, "a\n"}, {OUTCOME_COMPLETE, "a\n"}, {OUTCOME_COMPLETE, "a\n"}},
         "+ a\n",
         OUTCOME_BUSY,
         2,
         {5, 3},
         true},
        {"a long one does not lengthen a question",
         60,
         100,
         9,
         {{OUTCOME_NOTHING, ""}},
         "",
         OUTCOME_COMPLETE,
         1,
         {30},
         false},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct script script = {.answers = rows[i].answers,
                                .now_ms = 1000,
                                .ask_ms = rows[i].ask_ms,
                                .writes_left = rows[i].writes};
        struct options options = {.wait_s = rows[i].wait_s, .timeout_s = TIMEOUT_DEFAULT_S};
        const struct output output = {.context = &script, .write = show, .complain = complain};
        TEST_ROW(t, "%s", rows[i].what);
        buffer_init(&script.shown, SHOWN_CAPACITY);
        CHECK_INT(
            t, rows[i].outcome,
            run_wait(&options, &output, &(struct wait_calls){&script, ask, pass_time, now_ms}));
        CHECK_INT(t, rows[i].asked, script.asked);
        CHECK_MEM(t, rows[i].timeouts, sizeof script.timeouts, script.timeouts,
                  sizeof script.timeouts);
        CHECK_MEM(t, rows[i].shown, strlen(rows[i].shown),
                  script.shown.data != NULL ? script.shown.data : "", script.shown.size);
        CHECK_INT(t, rows[i].complained, script.complained);
        buffer_release(&script.shown);
    }
}

static void changes_are_lines(struct test *t)
{
    static const struct {
        const char *before, *now, *changes; /* after those of the first answer */
    } rows[] = {
        {"", "", ""},
        {"", "a\nb\n", "+ a\n+ b\n"},
        {"a\nb\n", "", "- a\n- b\n"},
        {"a\nb\n", "b\na\n", ""},
        {"a\nb\n", "b\nc\n", "- a\n+ c\n"},
        {"ab\n", "b\n", "- ab\n+ b\n"},
        {"b\n", "ab\n", "- b\n+ ab\n"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct answer answers[] = {{OUTCOME_COMPLETE, rows[i].before},
                                         {OUTCOME_INCOMPLETE, rows[i].now}};
        struct script script = {.answers = answers, .writes_left = 9};
        struct options options = {.timeout_s = TIMEOUT_DEFAULT_S};
        const struct output output = {.context = &script, .write = show, .complain = complain};
        size_t first = strlen(rows[i].before);
        TEST_ROW(t, "row %zu", i);
        buffer_init(&script.shown, SHOWN_CAPACITY);
        CHECK_INT(
            t, OUTCOME_INCOMPLETE,
            run_wait(&options, &output, &(struct wait_calls){&script, ask, pass_time, now_ms}));
        for (const char *c = rows[i].before; *c != '\0'; c++)
            first += *c == '\n' ? 2 : 0; /* "+ " */
        REQUIRE(t, script.shown.size >= first);
        CHECK_MEM(t, rows[i].changes, strlen(rows[i].changes),
                  script.shown.data != NULL ? script.shown.data + first : "",
                  script.shown.size - first);
        buffer_release(&script.shown);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(waiting_ends),
        TEST_CASE(changes_are_lines),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
