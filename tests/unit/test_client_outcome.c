#include "client/outcome.h"

#include <string.h>

#include "common/base/status.h"
#include "common/proto/protocol.h"
#include "tests/test.h"

/* A terminated copy of what was appended, valid until the next call. */
static const char *text_of(struct test *t, struct buffer *out)
{
    CHECK(t, !out->failed && buffer_append(out, (struct span){"", 1}));
    return out->data != NULL ? out->data : "";
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
        {FAILURE_TIMED_OUT, OUTCOME_BUSY, "no complete answer within 42 seconds"},
        {FAILURE_CLOSED, OUTCOME_BROKEN, "before the end of its reply"},
        {FAILURE_NO_REPLY, OUTCOME_BROKEN, "without an answer"},
        {FAILURE_PROTOCOL, OUTCOME_BROKEN, "(DETAIL)"},
        {FAILURE_FOREIGN_OWNER, OUTCOME_BROKEN,
         "PIPE is not trusted, nothing was sent: it "
         "belongs to DETAIL"},
        {FAILURE_FOREIGN_SERVER, OUTCOME_BROKEN,
         "PIPE is not trusted, nothing was sent: "
         "DETAIL"},
        {FAILURE_SYSTEM, OUTCOME_BROKEN, "DETAIL"},
        {FAILURE_MEMORY, OUTCOME_BROKEN, "out of memory"},
        {FAILURE_FILE, OUTCOME_USAGE, "DETAIL"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct failure failure;
        struct buffer out;
        TEST_ROW(t, "failure %zu", i);
        buffer_init(&out, OUTCOME_TEXT_SIZE_MAX);
        CHECK_INT(t, i, rows[i].kind);
        CHECK(t, !failure_set(&failure, rows[i].kind, "DETAIL"));
        CHECK_INT(t, rows[i].outcome, failure_report(&failure, "PIPE", 42, &out));
        const char *text = text_of(t, &out);
        CHECK(t, strncmp(text, "lsmap: ", 7) == 0 && strchr(text, '{') == NULL);
        CHECK(t, strstr(text, rows[i].part) != NULL);
        const char *newline = strchr(text, '\n');
        CHECK(t, newline != NULL && newline[1] == '\0'); /* one line */
        buffer_release(&out);
    }
}

/* The longest pipe name and detail fit into one line. */
static void long_details_are_cut(struct test *t)
{
    static char detail[4 * FAILURE_DETAIL_CAPACITY];
    char pipe[PIPE_NAME_CAPACITY];
    struct failure failure;
    struct buffer out;

    memset(detail, 'd', sizeof detail - 1);
    memset(pipe, 'p', sizeof pipe - 1);
    pipe[sizeof pipe - 1] = '\0';
    (void)failure_set(&failure, FAILURE_FOREIGN_OWNER, "%s", detail);
    CHECK_INT(t, FAILURE_DETAIL_CAPACITY - 1, strlen(failure.detail));
    buffer_init(&out, OUTCOME_TEXT_SIZE_MAX);
    (void)failure_report(&failure, pipe, 1, &out);
    CHECK(t, strstr(text_of(t, &out), failure.detail) != NULL);
    buffer_release(&out);
    (void)failure_set(&failure, FAILURE_SYSTEM, NULL);
    CHECK_STR(t, "", failure.detail);
}

static void words_in_a_detail_are_no_template(struct test *t)
{
    struct failure failure;
    struct buffer out;

    buffer_init(&out, OUTCOME_TEXT_SIZE_MAX);
    (void)failure_set(&failure, FAILURE_SYSTEM, "{pipe} {seconds} {detail}");
    (void)failure_report(&failure, "PIPE", 1, &out);
    CHECK_STR(t, "lsmap: {pipe} {seconds} {detail}\n", text_of(t, &out));
    buffer_release(&out);
}

static void the_wire_uses_the_same_exit_codes(struct test *t)
{
    static const struct {
        enum status status;
        enum outcome outcome;
    } rows[] = {
        {STATUS_OK, OUTCOME_COMPLETE},
        {STATUS_ACCESS_DENIED, OUTCOME_INCOMPLETE},
        {STATUS_BAD_REQUEST, OUTCOME_USAGE},
        {STATUS_DENIED, OUTCOME_DENIED},
        {STATUS_STOPPING, OUTCOME_NO_SERVICE},
        {STATUS_BUSY, OUTCOME_BUSY},
        {STATUS_TIMED_OUT, OUTCOME_BUSY},
        {STATUS_INTERNAL, OUTCOME_BROKEN},
        {STATUS_NO_SUCH_PROCESS, OUTCOME_NOTHING},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", status_facts[rows[i].status].name);
        CHECK_INT(t, rows[i].outcome, status_facts[rows[i].status].exit_code);
    }
}

struct fixture {
    struct gaps gaps;
    struct row row;
    struct buffer out;
};

static void begin(struct fixture *f)
{
    gaps_init(&f->gaps);
    f->gaps.is_scan = f->gaps.wants_others = true;
    row_init(&f->row);
    buffer_init(&f->out, OUTPUT_ROW_SIZE_MAX);
}

static void end(struct fixture *f)
{
    gaps_deinit(&f->gaps);
    row_release(&f->row);
    buffer_release(&f->out);
}

static void add_line(struct test *t, struct fixture *f, struct span line)
{
    struct row_error error;

    if (CHECK(t, row_parse(&f->row, line, &error)))
        gaps_add(&f->gaps, &f->row);
}

static void add(struct test *t, struct fixture *f, int pid, const char *process, const char *stage,
                const char *message)
{
    char line[1024];

    (void)snprintf(line, sizeof line,
                   "{\"type\":\"process_error\",\"pid\":%d,\"process\":%s,\"code\":\"internal\","
                   "\"stage\":%s,\"nt_status\":%s,\"message\":%s}",
                   pid, process, stage, pid % 2 == 0 ? "\"0xc0000022\"" : "null", message);
    add_line(t, f, span_from_string(line));
}

static void check(struct test *t, struct fixture *f, const char *expected)
{
    gaps_report(&f->gaps, true, &f->out);
    CHECK(t, !f->out.failed);
    if (!CHECK_MEM(t, expected, strlen(expected), f->out.data, f->out.size))
        printf("%.*s\n", (int)f->out.size, f->out.size > 0 ? f->out.data : "");
}

#define END(processes, scope)                                                             \
    "{\"type\":\"end\",\"processes\":" processes ",\"rows\":0,\"errors\":0,\"complete\":" \
    "true,\"scope\":\"" scope "\"}\n"
#define ROW_OF(pid, name, stage, code)                                                  \
    "{\"type\":\"process_error\",\"pid\":" pid ",\"process\":" name ",\"code\":\"" code \
    "\",\"stage\":\"" stage "\",\"message\":\"Words.\"}\n"
#define NO_PID(pid) ROW_OF(pid, "null", "select", "no_such_process")
#define NO_GLOB(glob) ROW_OF("null", "\"" glob "\"", "select", "no_such_process")
#define REFUSED ROW_OF("4", "\"System\"", "open", "access_denied")
#define OWN "lsmap: only your own processes were looked at (--own asks for no others)\n"
#define REFUSED_TEXT "lsmap: 1 process could not be read: Words: System (4)\n"

static void gaps_have_their_exit_code(struct test *t)
{
    static const struct {
        const char *name, *rows;
        enum outcome outcome;
        const char *report;
        bool no_scan, only_own, is_filtered;
    } rows[] = {
        {.name = "complete", .rows = END("1", "all"), .report = ""},
        {.name = "no scan", .rows = END("0", "all"), .report = "", .no_scan = true},
        {"nothing", END("0", "all"), OUTCOME_NOTHING, "", false, false, false},
        {"filtered", END("1", "all"), OUTCOME_NOTHING, "", false, false, true},
        {"a process refused", REFUSED END("1", "all"), OUTCOME_INCOMPLETE, REFUSED_TEXT, false,
         false, false},
        {"refused, and nothing", REFUSED END("0", "all"), OUTCOME_INCOMPLETE, REFUSED_TEXT, false,
         false, false},
        {"restricted", END("1", "own"), OUTCOME_INCOMPLETE, OWN, false, false, false},
        {"restricted, and nothing", END("0", "own"), OUTCOME_INCOMPLETE, OWN, false, false, false},
        {"own, as asked", END("1", "own"), OUTCOME_COMPLETE, "", false, true, false},
        {"own, as asked, and nothing", END("0", "own"), OUTCOME_NOTHING, "", false, true, false},
        {"no such pid", NO_PID("4711") END("0", "all"), OUTCOME_NOTHING,
         "lsmap: no process has pid 4711 (lsmap ps shows them)\n", false, true, false},
        {"one of two pids", NO_PID("4711") END("1", "all"), OUTCOME_INCOMPLETE,
         "lsmap: no process has pid 4711 (lsmap ps shows them)\n", false, true, false},
        {"two pids", NO_PID("4711") NO_PID("8") END("0", "all"), OUTCOME_NOTHING,
         "lsmap: no process has pid 4711, 8 (lsmap ps shows them)\n", false, true, false},
        {"no such name", NO_GLOB("note*") END("0", "all"), OUTCOME_NOTHING,
         "lsmap: no process is named \"note*\"\n", false, false, false},
        {"a name like a command", NO_GLOB("inof") END("0", "all"), OUTCOME_NOTHING,
         "lsmap: no process is named \"inof\"; did you mean \"lsmap info\"?\n", false, false,
         false},
        {"both", NO_GLOB("inof") NO_PID("5") NO_GLOB("b\\u001b") END("2", "all"),
         OUTCOME_INCOMPLETE,
         "lsmap: no process has pid 5 (lsmap ps shows them)\n"
         "lsmap: no process is named \"inof\", \"b\xEF\xBF\xBD\"\n",
         false, false, false},
        {"denied", ROW_OF("4", "null", "select", "denied") END("0", "own"), OUTCOME_DENIED,
         "lsmap: no process of yours has pid 4 (lsmap whoami shows what you may see)\n", false,
         true, false},
        {"partly denied", ROW_OF("4", "null", "select", "denied") END("1", "own"),
         OUTCOME_INCOMPLETE,
         "lsmap: no process of yours has pid 4 (lsmap whoami shows what you may see)\n", false,
         true, false},
        {"a name, denied", ROW_OF("null", "\"a\"", "select", "denied") END("0", "own"),
         OUTCOME_DENIED,
         "lsmap: no process of yours is named \"a\" (lsmap whoami shows what you may see)\n" OWN,
         false, false, false},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fixture f;
        TEST_ROW(t, "%s", rows[i].name);
        begin(&f);
        f.gaps.is_scan = !rows[i].no_scan;
        f.gaps.wants_others = !rows[i].only_own;
        f.gaps.is_filtered = rows[i].is_filtered;
        for (const char *line = rows[i].rows; *line != '\0'; line = strchr(line, '\n') + 1)
            add_line(t, &f, (struct span){line, (size_t)(strchr(line, '\n') - line)});
        CHECK_INT(t, rows[i].outcome, gaps_outcome(&f.gaps));
        check(t, &f, rows[i].report);
        end(&f);
    }
}

/* With JSON, whose rows name them already. */
static void errors_can_be_left_out(struct test *t)
{
    static const char expected[] = "lsmap: no process has pid 5 (lsmap ps shows them)\n";
    struct fixture f;

    begin(&f);
    add(t, &f, 4, "\"System\"", "\"open\"", "\"Refused.\"");
    add(t, &f, 5, "null", "\"select\"", "\"No.\"");
    gaps_report(&f.gaps, false, &f.out);
    CHECK_MEM(t, expected, strlen(expected), f.out.data, f.out.size);
    end(&f);
}

static void reasons_are_reported_once(struct test *t)
{
    struct fixture f;

    begin(&f);
    check(t, &f, "");
    add(t, &f, 4, "\"System\"", "\"open\"", "\"Refused.\"");
    add(t, &f, 100, "\"Registry\"", "\"open\"", "\"Refused.\"");
    add(t, &f, 102, "\"x\\u001b\"", "\"names\"", "\"Refused.\"");
    add(t, &f, 9, "\"\"", "null", "null");
    check(
        t, &f,
        "lsmap: 2 processes could not be read: Refused (0xc0000022): System (4), Registry (100)\n"
        "lsmap: 1 process could not be read completely: Refused (0xc0000022): x\xEF\xBF\xBD (102)\n"
        "lsmap: 1 process could not be read: internal: process (9)\n");
    end(&f);
}

/* The size of the report does not grow with the number of processes. */
static void names_are_bounded(struct test *t)
{
    static const char *const stages[] = {"\"open\"", "\"select\""};
    static const char *const starts[] = {
        "lsmap: 5,000 processes could not be read: No (0xc0000022): ",
        "lsmap: no process has pid 0, 2, 4, "};

    for (size_t i = 0; i < TEST_COUNT(stages); i++) {
        struct fixture f;
        begin(&f);
        for (int k = 0; k < 5000; k++)
            add(t, &f, 2 * k, "\"some name.exe\"", stages[i], "\"No.\"");
        gaps_report(&f.gaps, true, &f.out);
        CHECK(t, f.out.size < GAPS_NAMES_SIZE_MAX + 128);
        const char *text = text_of(t, &f.out);
        CHECK(t, strncmp(text, starts[i], strlen(starts[i])) == 0);
        CHECK(t, strstr(text, i == 0 ? " more\n" : " more (lsmap ps shows them)\n") != NULL);
        end(&f);
    }
}

static void reasons_are_bounded(struct test *t)
{
    struct fixture f;
    size_t lines = 0;

    begin(&f);
    for (int i = 0; i < 1000; i++) {
        char message[32];
        (void)snprintf(message, sizeof message, "\"Reason %d.\"", i);
        add(t, &f, 1, "\"a\"", "\"open\"", message);
    }
    gaps_report(&f.gaps, true, &f.out);
    for (size_t i = 0; i < f.out.size; i++)
        lines += f.out.data[i] == '\n';
    CHECK_INT(t, GAPS_REASONS_MAX + 1, lines);
    CHECK(t, strstr(text_of(t, &f.out),
                    "lsmap: 984 processes could not be read for other reasons") != NULL);
    end(&f);
}

static void long_texts_are_counted(struct test *t)
{
    static char line[200000];
    struct fixture f;

    begin(&f);
    for (int part = 0; part < 2; part++) { /* a long name, then a long message */
        memset(line, 'x', sizeof line);
        size_t size = (size_t)snprintf(
            line, sizeof line,
            "{\"type\":\"process_error\",\"pid\":1,\"code\":\"internal\",\"%s\":\"",
            part == 0 ? "process" : "message");
        line[size] = 'x';
        memcpy(line + sizeof line - 3, "\"}", 3);
        add_line(t, &f, (struct span){line, sizeof line - 1});
    }
    check(t, &f,
          "lsmap: 1 process could not be read: internal\n"
          "lsmap: 1 process could not be read for other reasons (--json shows each)\n");
    end(&f);
}

static void errors_are_one_line(struct test *t)
{
    static const struct {
        enum outcome outcome;
        const char *line, *report;
    } rows[] = {
        {OUTCOME_DENIED,
         "{\"type\":\"error\",\"code\":\"denied\",\"message\":\"No.\",\"hint\":\"Ask.\"}",
         "lsmap: No. (denied): Ask.\n"},
        {OUTCOME_BROKEN, "{\"type\":\"error\",\"code\":\"later\\u001b\",\"message\":\"a\\nb\"}",
         "lsmap: a\xEF\xBF\xBD"
         "b (later\xEF\xBF\xBD)\n"},
        {OUTCOME_BUSY, "{\"type\":\"error\",\"code\":\"busy\",\"message\":\"\"}",
         "lsmap: refused (busy)\n"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fixture f;
        struct row_error error;
        TEST_ROW(t, "row %zu", i);
        begin(&f);
        REQUIRE(t, row_parse(&f.row, span_from_string(rows[i].line), &error));
        CHECK_INT(t, rows[i].outcome, outcome_report_error(&f.row, &f.out));
        CHECK_STR(t, rows[i].report, text_of(t, &f.out));
        end(&f);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(every_failure_says_what_to_do),
        TEST_CASE(long_details_are_cut),
        TEST_CASE(words_in_a_detail_are_no_template),
        TEST_CASE(the_wire_uses_the_same_exit_codes),
        TEST_CASE(gaps_have_their_exit_code),
        TEST_CASE(errors_can_be_left_out),
        TEST_CASE(reasons_are_reported_once),
        TEST_CASE(names_are_bounded),
        TEST_CASE(reasons_are_bounded),
        TEST_CASE(long_texts_are_counted),
        TEST_CASE(errors_are_one_line),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
