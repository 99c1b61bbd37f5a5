/* `lsmapd doctor` as a user runs it: every check speaks, nothing fails, its JSON is strict. */
#include <stdio.h>
#include <stdlib.h>

#include "common/json/reader.h"
#include "common/proto/protocol.h"
#include "common/text/span.h"
#include "common/win32/system_info.h"
#include "common/win32/win.h"
#include "service/doctor.h"
#include "service/win32/exit_codes.h"
#include "tests/win32/lsmapd_path.h"
#include "tests/win32/lsmapd_run.h"

enum { OUTPUT_CAPACITY = 256 * 1024, VALUE_CAPACITY = 2048 };

static char output[OUTPUT_CAPACITY];

/* The next line of the output without its end; its data is NULL when there is none. */
static struct span next_line(const char **at)
{
    const char *end = strchr(*at, '\n');

    if (end == NULL)
        return (struct span){0};
    struct span line = {*at, (size_t)(end - *at)};
    *at = end + 1;
    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    return line;
}

/* True when the line is a finding of this check, in text form. */
static bool is_finding_of(struct span line, const char *name)
{
    const struct span spaced = span_from_string(name);
    struct span rest = line.size > 6 ? span_from(line, 6) : line;

    return span_starts_with(rest, spaced) && rest.size > spaced.size &&
           rest.data[spaced.size] == ' ';
}

static unsigned count_lines(const char *prefix)
{
    unsigned count = 0;
    const char *at = output;

    for (struct span line = next_line(&at); line.data != NULL; line = next_line(&at))
        count += span_starts_with(line, span_from_string(prefix));
    return count;
}

static bool names_every_check(struct test *t)
{
    bool is_good = true;

    for (int check = 0; check < DOCTOR_CHECK_COUNT; check++) {
        const char *name = doctor_check_name((enum doctor_check)check);
        bool is_found = false;
        const char *at = output;
        for (struct span line = next_line(&at); line.data != NULL; line = next_line(&at))
            is_found = is_found || is_finding_of(line, name);
        TEST_ROW(t, "%s", name);
        is_good = CHECK(t, is_found) && is_good;
    }
    return is_good;
}

/* What a user sees: no check fails, and the last line counts them. */
static void check_text_report(struct test *t)
{
    char counts[64];
    wchar_t path[MAX_PATH];

    if (!lsmapd_path(path))
        TEST_SKIP(t, "lsmapd.exe was not found; name it in LSMAPD_EXE");
    CHECK_INT(t, EXIT_CODE_OK, lsmapd_run(L"doctor", output, sizeof output));
    if (!CHECK_INT(t, 0, count_lines("FAIL  ")))
        fputs(output, stdout);
    CHECK(t, strncmp(output, SERVICE_NAME " ", strlen(SERVICE_NAME " ")) == 0);
    names_every_check(t);
    snprintf(counts, sizeof counts, "\n%u passed, 0 failed, %u skipped", count_lines("PASS  "),
             count_lines("SKIP  "));
    CHECK(t, strstr(output, counts) != NULL);
    CHECK(t, count_lines("PASS  ") > 0);
}

/* The text of a member, "" when it is null or no string. Returns false when the line is no JSON. */
static bool read_member(struct span line, const char *name, char value[VALUE_CAPACITY])
{
    struct json_reader reader;
    enum json_event event;
    bool is_wanted = false;
    size_t size = 0;

    value[0] = '\0';
    json_reader_init(&reader, line, JSON_DEPTH_MAX);
    if (json_next(&reader) != JSON_OBJECT_OPEN)
        return false;
    while ((event = json_next(&reader)) != JSON_END) {
        if (event == JSON_ERROR)
            return false;
        if (event == JSON_STRING && is_wanted &&
            json_unescape(&reader, value, VALUE_CAPACITY - 1, &size))
            value[size] = '\0';
        is_wanted = event == JSON_KEY && span_equal(reader.token, span_from_string(name));
    }
    return true;
}

static bool check_json_line(struct test *t, struct span line, bool has_spoken[])
{
    char type[VALUE_CAPACITY], value[VALUE_CAPACITY];
    bool is_known = false;

    if (!CHECK(t, read_member(line, "type", type)))
        return false;
    if (strcmp(type, "check") != 0)
        return CHECK(t, strcmp(type, "doctor") == 0 || strcmp(type, "end") == 0);
    CHECK(t, read_member(line, "outcome", value));
    CHECK(t, strcmp(value, "pass") == 0 || strcmp(value, "skip") == 0);
    CHECK(t, read_member(line, "reason", value));
    CHECK(t, value[0] != '\0');
    CHECK(t, read_member(line, "name", value));
    for (int check = 0; check < DOCTOR_CHECK_COUNT; check++) {
        if (strcmp(value, doctor_check_name((enum doctor_check)check)) == 0)
            has_spoken[check] = is_known = true;
    }
    return CHECK(t, is_known);
}

static void json_is_strict_and_complete(struct test *t)
{
    bool has_spoken[DOCTOR_CHECK_COUNT] = {false};
    const char *at = output;
    wchar_t path[MAX_PATH];
    unsigned lines = 0;

    if (!lsmapd_path(path))
        TEST_SKIP(t, "lsmapd.exe was not found; name it in LSMAPD_EXE");
    CHECK_INT(t, EXIT_CODE_OK, lsmapd_run(L"doctor --json", output, sizeof output));
    for (struct span line = next_line(&at); line.data != NULL; line = next_line(&at)) {
        TEST_ROW(t, "line %u", ++lines);
        check_json_line(t, line, has_spoken);
    }
    CHECK_INT(t, '\0', *at); /* nothing behind the last line */
    for (int check = 0; check < DOCTOR_CHECK_COUNT; check++) {
        TEST_ROW(t, "%s", doctor_check_name((enum doctor_check)check));
        CHECK(t, has_spoken[check]);
    }
    CHECK(t, strncmp(output, "{\"type\":\"doctor\",", 17) == 0);
    CHECK_INT(t, 1, count_lines("{\"type\":\"end\","));
    CHECK_INT(t, 1, count_lines("{\"type\":\"doctor\","));
}

/* What cannot be told without a service passes, on Wine too, when there is one. */
static void a_running_service_is_examined(struct test *t)
{
    static const char *const passing[] = {"pipe.descriptor", "pipe.server", "process.privileges",
                                          "service.command", "event.source"};
    const char *reason = lsmapd_reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    lsmapd_check_run(t, L"install --quiet", EXIT_CODE_OK, "");
    check_text_report(t);
    for (size_t i = 0; i < TEST_COUNT(passing); i++) {
        char line[64];
        TEST_ROW(t, "%s", passing[i]);
        snprintf(line, sizeof line, "PASS  %s ", passing[i]);
        CHECK_INT(t, 1, count_lines(line));
    }
    lsmapd_check_run(t, L"stop --quiet", EXIT_CODE_OK, "");
    check_text_report(t); /* installed and stopped */
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
}

static void every_check_speaks_and_none_fails(struct test *t)
{
    check_text_report(t);
}

/* What Wine only pretends is never called a success. */
static void wine_proves_nothing(struct test *t)
{
    static const char *const never[] = {
        "pipe.first_instance", "pipe.further_instance", "pipe.remote",     "pipe.anonymous",
        "pipe.low_integrity",  "pipe.stranger",         "client.identity", "client.linked_token",
        "process.mitigations", "folder.descriptor"};

    if (!system_is_wine())
        TEST_SKIP(t, "this is Windows");
    CHECK_INT(t, EXIT_CODE_OK, lsmapd_run(L"doctor", output, sizeof output));
    for (size_t i = 0; i < TEST_COUNT(never); i++) {
        char line[64];
        TEST_ROW(t, "%s", never[i]);
        snprintf(line, sizeof line, "SKIP  %s ", never[i]);
        CHECK_INT(t, 1, count_lines(line));
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(every_check_speaks_and_none_fails),
        TEST_CASE(json_is_strict_and_complete),
        TEST_CASE(a_running_service_is_examined),
        TEST_CASE(wine_proves_nothing),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
