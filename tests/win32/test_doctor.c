/* lsmap-doctor.exe as a user runs it: every check has a finding, only the service's absence fails, the
 * JSON is strict. */
#include <stdio.h>
#include <stdlib.h>

#include "common/json/reader.h"
#include "common/text/span.h"
#include "common/win32/system_info.h"
#include "common/win32/win.h"
#include "service/win32/service_control.h"
#include "tests/doctor/report.h"
#include "tests/doctor/target.h"
#include "tests/win32/lsmapd_run.h"

enum { OUTPUT_CAPACITY = 256 * 1024, VALUE_CAPACITY = 2048, GOOD = 0, BAD = 1, USAGE = 2 };

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

/* What a user sees: only a service that does not answer is a failure, and the last line counts.
 * reason  Why it does not answer; NULL: it does. */
static void check_text_report(struct test *t, const char *reason)
{
    const unsigned failed = reason != NULL ? 1 : 0;
    char counts[64], line[128];

    CHECK_INT(t, reason != NULL ? BAD : GOOD, doctor_run(L"", output, sizeof output));
    if (!CHECK_INT(t, failed, count_lines("FAIL  ")))
        fputs(output, stdout);
    snprintf(line, sizeof line, "FAIL  service.answers          %s", reason != NULL ? reason : "");
    CHECK_INT(t, failed, count_lines(line));
    CHECK(t, strncmp(output, DOCTOR_NAME " ", strlen(DOCTOR_NAME " ")) == 0);
    names_every_check(t);
    snprintf(counts, sizeof counts, "\n%u passed, %u failed, %u skipped", count_lines("PASS  "),
             failed, count_lines("SKIP  "));
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

static bool check_json_line(struct test *t, struct span line, bool is_found[])
{
    char type[VALUE_CAPACITY], value[VALUE_CAPACITY];
    bool is_known = false;

    if (!CHECK(t, read_member(line, "type", type)))
        return false;
    if (strcmp(type, "check") != 0)
        return CHECK(t, strcmp(type, "doctor") == 0 || strcmp(type, "end") == 0);
    CHECK(t, read_member(line, "outcome", value));
    CHECK(t, strcmp(value, "pass") == 0 || strcmp(value, "skip") == 0 ||
                 (strcmp(value, "fail") == 0 && strstr(line.data, "\"service.answers\"") != NULL));
    CHECK(t, read_member(line, "reason", value));
    CHECK(t, value[0] != '\0');
    CHECK(t, read_member(line, "name", value));
    for (int check = 0; check < DOCTOR_CHECK_COUNT; check++) {
        if (strcmp(value, doctor_check_name((enum doctor_check)check)) == 0)
            is_found[check] = is_known = true;
    }
    return CHECK(t, is_known);
}

static bool is_installed(void)
{
    SC_HANDLE service = NULL;

    DWORD error = service_open(SERVICE_QUERY_STATUS, &service);
    service_close(&service);
    return error != ERROR_SERVICE_DOES_NOT_EXIST;
}

static void json_is_strict_and_complete(struct test *t)
{
    bool is_found[DOCTOR_CHECK_COUNT] = {false};
    const char *at = output;
    unsigned lines = 0;

    DWORD code = doctor_run(L"--json", output, sizeof output);
    if (code == LSMAPD_EXIT_NONE)
        TEST_SKIP(t, "lsmap-doctor.exe was not found; name it in LSMAP_DOCTOR_EXE");
    if (!is_installed())
        CHECK_INT(t, BAD, code);
    for (struct span line = next_line(&at); line.data != NULL; line = next_line(&at)) {
        TEST_ROW(t, "line %u", ++lines);
        check_json_line(t, line, is_found);
    }
    CHECK_INT(t, '\0', *at); /* nothing follows the last line */
    for (int check = 0; check < DOCTOR_CHECK_COUNT; check++) {
        TEST_ROW(t, "%s", doctor_check_name((enum doctor_check)check));
        CHECK(t, is_found[check]);
    }
    CHECK(t, strncmp(output, "{\"type\":\"doctor\",", 17) == 0);
    CHECK_INT(t, 1, count_lines("{\"type\":\"end\","));
    CHECK_INT(t, 1, count_lines("{\"type\":\"doctor\","));
}

/* What only a service can show passes, on Wine too, when there is one. */
static void a_running_service_is_examined(struct test *t)
{
    static const char *const passing[] = {
        "service.answers", "pipe.descriptor", "pipe.server",  "process.privileges",
        "process.modules", "service.command", "event.source", "event.replaceable"};
    const char *reason = lsmapd_reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    lsmapd_check_run(t, L"install --quiet", EXIT_CODE_OK, "");
    check_text_report(t, NULL);
    for (size_t i = 0; i < TEST_COUNT(passing); i++) {
        char line[64];
        TEST_ROW(t, "%s", passing[i]);
        snprintf(line, sizeof line, "PASS  %s ", passing[i]);
        CHECK_INT(t, 1, count_lines(line));
    }
    lsmapd_check_run(t, L"stop --quiet", EXIT_CODE_OK, "");
    check_text_report(t, "the service does not run");
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
}

static void without_a_service_only_its_absence_fails(struct test *t)
{
    if (is_installed())
        TEST_SKIP(t, "the service is installed");
    check_text_report(t, "the service is not installed");
}

/* What the service's pipe may look like without a service that answers. */
static void a_silent_or_closed_pipe_is_no_answer(struct test *t)
{
    static const wchar_t name[] = L"\\\\.\\pipe\\lsmap-test-silent";
    char answer[64] = "untouched";

    CHECK_INT(t, ERROR_FILE_NOT_FOUND, pipe_ask(name, 200, answer, sizeof answer));
    HANDLE pipe = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 256, 256, 0, NULL);
    REQUIRE(t, pipe != INVALID_HANDLE_VALUE);
    CHECK_INT(t, ERROR_TIMEOUT, pipe_ask(name, 200, answer, sizeof answer));
    CHECK_STR(t, "untouched", answer);
    CHECK(t, pipe_ask(name, 200, answer, sizeof answer) != ERROR_SUCCESS); /* it is used up */
    CloseHandle(pipe);
}

static void the_command_line_is_checked(struct test *t)
{
    if (doctor_run(L"--version", output, sizeof output) == LSMAPD_EXIT_NONE)
        TEST_SKIP(t, "lsmap-doctor.exe was not found; name it in LSMAP_DOCTOR_EXE");
    CHECK(t, strncmp(output, DOCTOR_NAME " ", strlen(DOCTOR_NAME " ")) == 0);
    CHECK_INT(t, GOOD, doctor_run(L"--json --help", output, sizeof output));
    CHECK(t, strstr(output, "usage: " DOCTOR_NAME) != NULL);
    CHECK_INT(t, USAGE, doctor_run(L"--json nonsense", output, sizeof output));
    CHECK(t,
          strstr(output, "argument 2 ") != NULL && strstr(output, DOCTOR_NAME " --help") != NULL);
}

/* What Wine only pretends never passes. */
static void wine_proves_nothing(struct test *t)
{
    static const char *const never[] = {
        "pipe.first_instance", "pipe.further_instance", "pipe.remote",     "pipe.anonymous",
        "pipe.low_integrity",  "pipe.stranger",         "client.identity", "client.linked_token",
        "process.mitigations", "folder.descriptor"};

    if (!system_is_wine())
        TEST_SKIP(t, "this is Windows");
    CHECK(t, doctor_run(L"", output, sizeof output) != LSMAPD_EXIT_NONE);
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
        TEST_CASE(the_command_line_is_checked),
        TEST_CASE(a_silent_or_closed_pipe_is_no_answer),
        TEST_CASE(without_a_service_only_its_absence_fails),
        TEST_CASE(json_is_strict_and_complete),
        TEST_CASE(a_running_service_is_examined),
        TEST_CASE(wine_proves_nothing),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
