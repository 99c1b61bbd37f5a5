#include "tests/test.h"

#include "common/base/bounds.h"
#include "common/version.h"
#include "tests/doctor/compare.h"
#include "tests/doctor/report.h"
#include "tests/doctor/walks.h"
#include "tests/unit/descriptor_rows.h"
#include "tests/virtual/virtual_layout.h"

static const struct doctor_place windows = {
    .host = "HOST", .os_build = "10.0.19045", .wine = "", .is_elevated = true};
static const struct doctor_place wine = {
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

    report_init(&report, &windows);
    report_add(&report, DOCTOR_PIPE_REMOTE, DOCTOR_PASS, "localhost", "error %d", 5);
    report_add(&report, DOCTOR_KEY, DOCTOR_FAIL, NULL, "S-1-1-0 may do %s", "all");
    report_add(&report, DOCTOR_SERVICE_FAILURE, DOCTOR_SKIP, NULL, "not installed");
    buffer_init(&out, DOCTOR_OUTPUT_SIZE_MAX);
    CHECK_STR(t,
              "lsmap-doctor " LSMAP_VERSION_STRING " on HOST, Windows 10.0.19045, elevated\n"
              "PASS  pipe.remote              localhost: error 5\n"
              "FAIL  key.descriptor           S-1-1-0 may do all\n"
              "SKIP  service.failure_actions  not installed\n"
              "1 passed, 1 failed, 1 skipped\n",
              text_of(&out, report_write_text(&report, &out)));
    buffer_release(&out);
    CHECK_INT(t, 1, report_exit_code(&report));
}

static void doctor_prints_json_lines(struct test *t)
{
    struct buffer out;

    report_init(&report, &wine);
    report_add(&report, DOCTOR_KEY, DOCTOR_SKIP, NULL, "a \"quoted\" \\ word");
    report_add(&report, DOCTOR_QUERY_LIMITED, DOCTOR_PASS, "csrss.exe class 0", "0x%08x", 0u);
    buffer_init(&out, DOCTOR_OUTPUT_SIZE_MAX);
    CHECK_STR(
        t,
        "{\"type\":\"doctor\",\"product\":\"lsmap\",\"version\":\"" LSMAP_VERSION_STRING
        "\",\"host\":\"a\\\"b\",\"os_build\":\"6.1.7601\",\"wine\":\"8.0\",\"elevated\":"
        "false}\n"
        "{\"type\":\"check\",\"name\":\"key.descriptor\",\"proves\":\"only SYSTEM and "
        "Administrators can change the settings\",\"subject\":null,\"outcome\":\"skip\","
        "\"reason\":\"a \\\"quoted\\\" \\\\ word\"}\n"
        "{\"type\":\"check\",\"name\":\"query.limited\",\"proves\":\"the limited right "
        "suffices for protected processes, class by class\",\"subject\":\"csrss.exe class 0\","
        "\"outcome\":\"pass\",\"reason\":\"0x00000000\"}\n"
        "{\"type\":\"end\",\"passed\":1,\"failed\":0,\"skipped\":1}\n",
        text_of(&out, report_write_json(&report, &out)));
    buffer_release(&out);
    CHECK_INT(t, 0, report_exit_code(&report));
}

static void doctor_says_null_for_windows(struct test *t)
{
    struct buffer out;

    report_init(&report, &windows);
    buffer_init(&out, DOCTOR_OUTPUT_SIZE_MAX);
    CHECK(t, strstr(text_of(&out, report_write_json(&report, &out)),
                    "\"wine\":null,\"elevated\":true}\n") != NULL);
    buffer_release(&out);
}

static void doctor_counts_a_silent_check_as_failed(struct test *t)
{
    report_init(&report, &windows);
    for (int check = 1; check < DOCTOR_CHECK_COUNT; check++)
        report_add(&report, (enum doctor_check)check, DOCTOR_PASS, NULL, "good");
    CHECK_INT(t, 0, report_exit_code(&report));
    report_finish(&report);
    CHECK_INT(t, DOCTOR_CHECK_COUNT, report.count);
    CHECK_INT(t, 1, report_count(&report, DOCTOR_FAIL));
    CHECK_INT(t, 0, report.findings[report.count - 1].check);
    CHECK_INT(t, 1, report_exit_code(&report));
}

static void doctor_fails_when_there_are_too_many_findings(struct test *t)
{
    report_init(&report, &windows);
    for (int i = 0; i <= DOCTOR_FINDINGS_MAX; i++)
        report_add(&report, DOCTOR_QUERY_LIMITED, DOCTOR_PASS, NULL, "finding %d", i);
    CHECK_INT(t, DOCTOR_FINDINGS_MAX, report.count);
    CHECK_INT(t, 1, report_count(&report, DOCTOR_FAIL));
    CHECK_INT(t, 1, report_exit_code(&report));
}

static void doctor_makes_reasons_harmless(struct test *t)
{
    report_init(&report, &windows);
    report_add(&report, DOCTOR_KEY, DOCTOR_FAIL, NULL, "a\nPASS  %s", "\x1b%1");
    CHECK_STR(t, "a?PASS  ??1", report.findings[0].reason);
}

static void doctor_says_so_without_room(struct test *t)
{
    struct buffer out;

    report_init(&report, &windows);
    report_add(&report, DOCTOR_KEY, DOCTOR_PASS, NULL, "good");
    for (size_t room = 0; room < 200; room += 20) {
        buffer_init(&out, room);
        CHECK(t, room > 100 || !report_write_text(&report, &out));
        buffer_release(&out);
        buffer_init(&out, room);
        CHECK(t, !report_write_json(&report, &out));
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

static const struct access_mapping mapping = {0x120089, 0x120116, 0x1200a0, 0x1f01ff};

/* One side of a comparison. */
struct side {
    enum who owner;
    struct ace_row dacl[ACE_ROWS_MAX];
    struct ace_row label[ACE_ROWS_MAX];
    bool is_protected;
};

struct aces {
    struct ace dacl[ACE_ROWS_MAX], label[ACE_ROWS_MAX];
};

static struct descriptor make(const struct side *side, struct aces *aces)
{
    return (struct descriptor){.owner = sids[side->owner],
                               .dacl = acl_from_rows(aces->dacl, side->dacl),
                               .sacl = acl_from_rows(aces->label, side->label),
                               .is_protected = side->is_protected};
}

static void descriptors_match_or_differ_in_words(struct test *t)
{
    static const struct side base = {
        SYSTEM,
        {{ACE_ALLOW, 0, 0x10000000, SYSTEM}, {ACE_ALLOW, 0, 0x3, USERS}},
        {{ACE_LABEL, 0, 3, MEDIUM}},
        true};
    static const struct {
        const char *name;
        struct side found;
        const char *reason; /* NULL: alike */
    } rows[] = {
        {"the same",
         {SYSTEM,
          {{ACE_ALLOW, 0, 0x10000000, SYSTEM}, {ACE_ALLOW, 0, 0x3, USERS}},
          {{ACE_LABEL, 0, 3, MEDIUM}},
          true},
         NULL},
        {"generic bits resolved",
         {SYSTEM,
          {{ACE_ALLOW, 0, 0x1f01ff, SYSTEM}, {ACE_ALLOW, 0, 0x3, USERS}},
          {{ACE_LABEL, 0, 3, MEDIUM}},
          true},
         NULL},
        {"another owner",
         {ADMINISTRATORS,
          {{ACE_ALLOW, 0, 0x1f01ff, SYSTEM}, {ACE_ALLOW, 0, 0x3, USERS}},
          {{ACE_LABEL, 0, 3, MEDIUM}},
          true},
         "it is owned by S-1-5-32-544"},
        {"not protected",
         {SYSTEM,
          {{ACE_ALLOW, 0, 0x1f01ff, SYSTEM}, {ACE_ALLOW, 0, 0x3, USERS}},
          {{ACE_LABEL, 0, 3, MEDIUM}},
          false},
         "it inherits ACEs from its parent"},
        {"one more ACE",
         {SYSTEM,
          {{ACE_ALLOW, 0, 0x1f01ff, SYSTEM}, {ACE_ALLOW, 0, 0x3, USERS}, {ACE_ALLOW, 0, 1, USERS}},
          {{ACE_LABEL, 0, 3, MEDIUM}},
          true},
         "the DACL has 3 ACEs instead of 2"},
        {"a wider mask",
         {SYSTEM,
          {{ACE_ALLOW, 0, 0x1f01ff, SYSTEM}, {ACE_ALLOW, 0, 0x7, USERS}},
          {{ACE_LABEL, 0, 3, MEDIUM}},
          true},
         "ACE 2 of the DACL is not as intended: S-1-5-32-545, type 0, flags 0x00, mask "
         "0x00000007"},
        {"another SID",
         {SYSTEM,
          {{ACE_ALLOW, 0, 0x1f01ff, ADMINISTRATORS}, {ACE_ALLOW, 0, 0x3, USERS}},
          {{ACE_LABEL, 0, 3, MEDIUM}},
          true},
         "ACE 1 of the DACL is not as intended: S-1-5-32-544, type 0, flags 0x00, mask "
         "0x001f01ff"},
        {"another order",
         {SYSTEM,
          {{ACE_ALLOW, 0, 0x3, USERS}, {ACE_ALLOW, 0, 0x1f01ff, SYSTEM}},
          {{ACE_LABEL, 0, 3, MEDIUM}},
          true},
         "ACE 1 of the DACL is not as intended: S-1-5-32-545, type 0, flags 0x00, mask "
         "0x00000003"},
        {"inherited",
         {SYSTEM,
          {{ACE_ALLOW, 0x10, 0x1f01ff, SYSTEM}, {ACE_ALLOW, 0, 0x3, USERS}},
          {{ACE_LABEL, 0, 3, MEDIUM}},
          true},
         "ACE 1 of the DACL is not as intended: S-1-5-18, type 0, flags 0x10, mask "
         "0x001f01ff"},
        {"a weaker label",
         {SYSTEM,
          {{ACE_ALLOW, 0, 0x1f01ff, SYSTEM}, {ACE_ALLOW, 0, 0x3, USERS}},
          {{ACE_LABEL, 0, 1, MEDIUM}},
          true},
         "ACE 1 of the label is not as intended: S-1-16-8192, type 17, flags 0x00, mask "
         "0x00000001"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct aces intended_aces, found_aces;
        const struct descriptor intended = make(&base, &intended_aces),
                                found = make(&rows[i].found, &found_aces);
        char reason[ACCESS_REASON_CAPACITY] = "untouched";
        TEST_ROW(t, "%s", rows[i].name);
        CHECK_INT(t, rows[i].reason == NULL,
                  descriptors_match(&intended, &found, &mapping, reason));
        CHECK_STR(t, rows[i].reason != NULL ? rows[i].reason : "untouched", reason);
    }
}

static void no_dacl_differs_from_an_empty_one(struct test *t)
{
    const struct descriptor empty = {.owner = sids[SYSTEM], .dacl.is_present = true};
    const struct descriptor absent = {.owner = sids[SYSTEM]};
    char reason[ACCESS_REASON_CAPACITY];

    CHECK(t, descriptors_match(&empty, &empty, &mapping, reason));
    CHECK(t, !descriptors_match(&empty, &absent, &mapping, reason));
    CHECK(t, !descriptors_match(&absent, &empty, &mapping, reason));
}

/* --- the two walks --- */

static void lie_about_size(struct virtual_platform *virtual_, struct allocation *allocation)
{
    (void)virtual_;
    allocation->size += MEMORY_GRANULARITY; /* possible, but not what the regions say */
}

/* The walks of each recorded process agree; those of a kernel that lies do not. */
static void doctor_compares_two_walks(struct test *t)
{
    static const char *const names[] = {"service", "browser", "windows_16299", "windows_26100"};
    static struct walked by_allocations, by_regions;

    for (size_t i = 0; i < 2 * TEST_COUNT(names); i++) {
        struct virtual_layout layout;
        struct virtual_layout_error error;
        struct virtual_platform virtual_;
        struct platform platform;
        struct process_facts facts;
        struct address_space *space = NULL;
        struct buffer image;
        char path[512], reason[WALKS_REASON_CAPACITY] = "";
        const bool lies = i >= TEST_COUNT(names);

        TEST_ROW(t, "%s%s", names[i % TEST_COUNT(names)], lies ? ", lies" : "");
        (void)snprintf(path, sizeof path, "%s/%s.txt", LAYOUTS_DIR, names[i % TEST_COUNT(names)]);
        REQUIRE(t, virtual_layout_read(path, &layout, &error));
        virtual_layout_platform(&layout, &virtual_, &platform);
        virtual_.distort_allocation = lies ? lie_about_size : NULL;
        buffer_init(&image, NAME_SIZE_MAX);
        REQUIRE(t, platform.open(platform.context, layout.processes[0].entry.pid, &facts, &image,
                                 &space) == 0);
        CHECK(t, walks_walk(&platform, space, true, &by_allocations));
        CHECK(t, walks_walk(&platform, space, false, &by_regions));
        CHECK_INT(t, !lies, walks_match(&by_allocations, &by_regions, reason));
        CHECK_INT(t, lies, reason[0] != '\0');
        CHECK(t, by_regions.count > 50 && by_regions.queries.allocations == 0);
        CHECK(t, lies || !by_allocations.gave_up);
        virtual_.has_allocation = false; /* as under Wine */
        CHECK(t, walks_walk(&platform, space, true, &by_allocations));
        CHECK(t, by_allocations.gave_up && by_allocations.count == by_regions.count);
        platform.close(platform.context, space);
        buffer_release(&image);
        virtual_layout_release(&layout);
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
        TEST_CASE(descriptors_match_or_differ_in_words),
        TEST_CASE(no_dacl_differs_from_an_empty_one),
        TEST_CASE(doctor_compares_two_walks),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
