#include "tests/test.h"

#include "common/version.h"
#include "service/doctor.h"

static const struct doctor_machine machine = {
    .host = "HOST", .os_build = "10.0.19045", .wine = "", .is_elevated = true};
static const struct doctor_machine wine = {
    .host = "a\"b", .os_build = "6.1.7601", .wine = "8.0", .is_elevated = false};

static struct doctor_report report;

/* What was written, as a terminated text. */
static const char *text_of(struct buffer *out, bool is_written)
{
    return is_written && buffer_append(out, (struct span){"", 1}) ? out->data : "";
}

static void doctor_prints_a_line_each(struct test *t)
{
    struct buffer out;

    doctor_init(&report, &machine);
    doctor_add(&report, DOCTOR_PIPE_REMOTE, DOCTOR_PASS, "localhost", "error %d", 5);
    doctor_add(&report, DOCTOR_KEY, DOCTOR_FAIL, NULL, "S-1-1-0 may do %s", "all");
    doctor_add(&report, DOCTOR_SERVICE_FAILURE, DOCTOR_SKIP, NULL, "not installed");
    buffer_init(&out, DOCTOR_OUTPUT_SIZE_MAX);
    CHECK_STR(t,
              "lsmapd " LSMAP_VERSION_STRING " on HOST, Windows 10.0.19045, elevated\n"
              "PASS  pipe.remote              localhost: error 5\n"
              "FAIL  key.descriptor           S-1-1-0 may do all\n"
              "SKIP  service.failure_actions  not installed\n"
              "1 passed, 1 failed, 1 skipped\n",
              text_of(&out, doctor_write_text(&report, &out)));
    buffer_release(&out);
    CHECK_INT(t, 1, doctor_exit_code(&report));
}

static void doctor_prints_json_lines(struct test *t)
{
    struct buffer out;

    doctor_init(&report, &wine);
    doctor_add(&report, DOCTOR_KEY, DOCTOR_SKIP, NULL, "a \"quoted\" \\ word");
    doctor_add(&report, DOCTOR_QUERY_LIMITED, DOCTOR_PASS, "csrss.exe class 0", "0x%08x", 0u);
    buffer_init(&out, DOCTOR_OUTPUT_SIZE_MAX);
    CHECK_STR(t,
              "{\"type\":\"doctor\",\"product\":\"lsmap\",\"version\":\"" LSMAP_VERSION_STRING
              "\",\"host\":\"a\\\"b\",\"os_build\":\"6.1.7601\",\"wine\":\"8.0\",\"elevated\":"
              "false}\n"
              "{\"type\":\"check\",\"name\":\"key.descriptor\",\"proves\":\"only SYSTEM and "
              "Administrators can change the settings\",\"subject\":null,\"outcome\":\"skip\","
              "\"reason\":\"a \\\"quoted\\\" \\\\ word\"}\n"
              "{\"type\":\"check\",\"name\":\"query.limited\",\"proves\":\"protected processes "
              "answer to the limited right, class by class\",\"subject\":\"csrss.exe class 0\","
              "\"outcome\":\"pass\",\"reason\":\"0x00000000\"}\n"
              "{\"type\":\"end\",\"passed\":1,\"failed\":0,\"skipped\":1}\n",
              text_of(&out, doctor_write_json(&report, &out)));
    buffer_release(&out);
    CHECK_INT(t, 0, doctor_exit_code(&report));
}

static void doctor_says_null_for_windows(struct test *t)
{
    struct buffer out;

    doctor_init(&report, &machine);
    buffer_init(&out, DOCTOR_OUTPUT_SIZE_MAX);
    CHECK(t, strstr(text_of(&out, doctor_write_json(&report, &out)),
                    "\"wine\":null,\"elevated\":true}\n") != NULL);
    buffer_release(&out);
}

static void doctor_counts_a_silent_check_as_failed(struct test *t)
{
    doctor_init(&report, &machine);
    for (int check = 1; check < DOCTOR_CHECK_COUNT; check++)
        doctor_add(&report, (enum doctor_check)check, DOCTOR_PASS, NULL, "good");
    CHECK_INT(t, 0, doctor_exit_code(&report));
    doctor_finish(&report);
    CHECK_INT(t, DOCTOR_CHECK_COUNT, report.count);
    CHECK_INT(t, 1, doctor_count(&report, DOCTOR_FAIL));
    CHECK_INT(t, 0, report.findings[report.count - 1].check);
    CHECK_INT(t, 1, doctor_exit_code(&report));
}

static void doctor_fails_when_there_are_too_many_findings(struct test *t)
{
    doctor_init(&report, &machine);
    for (int i = 0; i <= DOCTOR_FINDINGS_MAX; i++)
        doctor_add(&report, DOCTOR_QUERY_LIMITED, DOCTOR_PASS, NULL, "finding %d", i);
    CHECK_INT(t, DOCTOR_FINDINGS_MAX, report.count);
    CHECK_INT(t, 1, doctor_count(&report, DOCTOR_FAIL));
    CHECK_INT(t, 1, doctor_exit_code(&report));
}

static void doctor_makes_reasons_harmless(struct test *t)
{
    doctor_init(&report, &machine);
    doctor_add(&report, DOCTOR_KEY, DOCTOR_FAIL, NULL, "a\nPASS  %s", "\x1b%1");
    CHECK_STR(t, "a?PASS  ??1", report.findings[0].reason);
}

static void doctor_says_so_without_room(struct test *t)
{
    struct buffer out;

    doctor_init(&report, &machine);
    doctor_add(&report, DOCTOR_KEY, DOCTOR_PASS, NULL, "good");
    for (size_t room = 0; room < 200; room += 20) {
        buffer_init(&out, room);
        CHECK(t, room > 100 || !doctor_write_text(&report, &out));
        buffer_release(&out);
        buffer_init(&out, room);
        CHECK(t, !doctor_write_json(&report, &out));
        buffer_release(&out);
    }
}

static void doctor_names_are_all_different(struct test *t)
{
    for (int a = 0; a < DOCTOR_CHECK_COUNT; a++) {
        const char *name = doctor_check_name((enum doctor_check)a);
        TEST_ROW(t, "%s", name);
        CHECK(t, strlen(name) > 0 && strlen(name) <= 23);
        CHECK(t, strlen(doctor_check_proof((enum doctor_check)a)) > 0);
        for (int b = a + 1; b < DOCTOR_CHECK_COUNT; b++)
            CHECK(t, strcmp(name, doctor_check_name((enum doctor_check)b)) != 0);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(doctor_prints_a_line_each),
        TEST_CASE(doctor_prints_json_lines),
        TEST_CASE(doctor_says_null_for_windows),
        TEST_CASE(doctor_counts_a_silent_check_as_failed),
        TEST_CASE(doctor_fails_when_there_are_too_many_findings),
        TEST_CASE(doctor_makes_reasons_harmless),
        TEST_CASE(doctor_says_so_without_room),
        TEST_CASE(doctor_names_are_all_different),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
