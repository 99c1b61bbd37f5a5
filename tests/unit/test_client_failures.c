#include "client/failures.h"
#include "common/proto/protocol.h"
#include "tests/test.h"

#include <string.h>

struct fixture {
    struct failures failures;
    struct row row;
    struct buffer scratch, out;
};

static void begin(struct fixture *f)
{
    failures_init(&f->failures);
    buffer_init(&f->scratch, OUTPUT_ROW_SIZE_MAX);
    buffer_init(&f->out, OUTPUT_ROW_SIZE_MAX);
}

static void end(struct fixture *f)
{
    failures_deinit(&f->failures);
    buffer_release(&f->scratch);
    buffer_release(&f->out);
}

static void add(struct test *t, struct fixture *f, int pid, const char *process, const char *stage,
                const char *message)
{
    char line[1024];
    struct row_error error;

    (void)snprintf(line, sizeof line,
                   "{\"type\":\"process_error\",\"pid\":%d,\"process\":%s,\"code\":\"internal\","
                   "\"stage\":%s,\"nt_status\":%s,\"message\":%s}",
                   pid, process, stage, pid % 2 == 0 ? "\"0xc0000022\"" : "null", message);
    if (CHECK(t, row_parse(span_from_string(line), &f->row, &f->scratch, &error)))
        failures_add(&f->failures, &f->row);
}

static void check(struct test *t, struct fixture *f, const char *expected)
{
    CHECK(t, failures_report(&f->failures, &f->out));
    if (!CHECK_MEM(t, expected, strlen(expected), f->out.data, f->out.size))
        printf("%.*s\n", (int)f->out.size, f->out.size > 0 ? f->out.data : "");
}

static void reasons_are_told_once(struct test *t)
{
    struct fixture f;

    begin(&f);
    check(t, &f, "");
    add(t, &f, 4, "\"System\"", "\"open\"", "\"Refused.\"");
    add(t, &f, 7, "null", "\"select\"", "\"No such pid.\"");
    add(t, &f, 100, "\"Registry\"", "\"open\"", "\"Refused.\"");
    add(t, &f, 102, "\"x\\u001b\"", "\"names\"", "\"Refused.\"");
    add(t, &f, 9, "\"\"", "null", "null");
    check(
        t, &f,
        "lsmap: 2 processes could not be read: Refused (0xc0000022): System (4), Registry (100)\n"
        "lsmap: 1 process could not be read: No such pid: process (7)\n"
        "lsmap: 1 process could not be read completely: Refused (0xc0000022): x\xEF\xBF\xBD (102)\n"
        "lsmap: 1 process could not be read: internal: process (9)\n");
    end(&f);
}

/* The size of what is told does not grow with the number of processes. */
static void names_are_told_up_to_a_bound(struct test *t)
{
    struct fixture f;

    begin(&f);
    for (int i = 0; i < 5000; i++)
        add(t, &f, 2 * i, "\"some name.exe\"", "\"open\"", "\"No.\"");
    CHECK(t, failures_report(&f.failures, &f.out));
    CHECK(t, f.out.size < FAILURES_NAMES_SIZE_MAX + 128);
    REQUIRE(t, buffer_append(&f.out, (struct span){"", 1}));
    CHECK(t, strncmp(f.out.data,
                     "lsmap: 5,000 processes could not be read: No (0xc0000022): ", 59) == 0);
    CHECK(t, strstr(f.out.data, " more\n") != NULL);
    end(&f);
}

static void reasons_are_told_up_to_a_bound(struct test *t)
{
    struct fixture f;
    size_t lines = 0;

    begin(&f);
    for (int i = 0; i < 1000; i++) {
        char message[32];
        (void)snprintf(message, sizeof message, "\"Reason %d.\"", i);
        add(t, &f, 1, "\"a\"", "\"open\"", message);
    }
    CHECK(t, failures_report(&f.failures, &f.out));
    for (size_t i = 0; i < f.out.size; i++)
        lines += f.out.data[i] == '\n';
    CHECK_INT(t, FAILURES_REASONS_MAX + 1, lines);
    REQUIRE(t, buffer_append(&f.out, (struct span){"", 1}));
    CHECK(t,
          strstr(f.out.data, "lsmap: 984 processes could not be read for other reasons") != NULL);
    end(&f);
}

static void long_texts_are_counted(struct test *t)
{
    static char line[200000];
    struct fixture f;
    struct row_error error;
    size_t size;

    begin(&f);
    for (int part = 0; part < 2; part++) { /* a long name, then a long message */
        memset(line, 'x', sizeof line);
        size = (size_t)snprintf(
            line, sizeof line,
            "{\"type\":\"process_error\",\"pid\":1,\"code\":\"internal\",\"%s\":\"",
            part == 0 ? "process" : "message");
        line[size] = 'x';
        memcpy(line + sizeof line - 3, "\"}", 3);
        REQUIRE(t, row_parse((struct span){line, sizeof line - 1}, &f.row, &f.scratch, &error));
        failures_add(&f.failures, &f.row);
    }
    check(t, &f,
          "lsmap: 1 process could not be read: internal\n"
          "lsmap: 1 process could not be read for other reasons (--json tells each)\n");
    end(&f);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(reasons_are_told_once),
        TEST_CASE(names_are_told_up_to_a_bound),
        TEST_CASE(reasons_are_told_up_to_a_bound),
        TEST_CASE(long_texts_are_counted),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
