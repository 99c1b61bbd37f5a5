#include "common/base/status.h"

#include "common/scan/nt_status.h"
#include "tests/test.h"

/* Wire names and exit codes are protocol v1: they are written out here a second time on purpose. */
static void status_names_and_exit_codes_are_protocol_v1(struct test *t)
{
    static const struct {
        enum status status;
        const char *name;
        int exit_code;
    } rows[] = {
        {STATUS_OK, "ok", 0},
        {STATUS_BAD_REQUEST, "bad_request", 2},
        {STATUS_TOO_LARGE, "too_large", 2},
        {STATUS_UNSUPPORTED, "unsupported", 2},
        {STATUS_DENIED, "denied", 3},
        {STATUS_NO_SUCH_PROCESS, "no_such_process", 7},
        {STATUS_ACCESS_DENIED, "access_denied", 1},
        {STATUS_BUSY, "busy", 5},
        {STATUS_TIMED_OUT, "timeout", 5},
        {STATUS_STOPPING, "stopping", 4},
        {STATUS_INTERNAL, "internal", 6},
    };
    CHECK_INT(t, STATUS_COUNT, TEST_COUNT(rows));
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].name);
        CHECK_STR(t, rows[i].name, status_facts[rows[i].status].name);
        CHECK_INT(t, rows[i].exit_code, status_facts[rows[i].status].exit_code);
        CHECK_INT(t, rows[i].status, status_from_name(rows[i].name, strlen(rows[i].name)));
    }
}

static void status_texts_are_sentences(struct test *t)
{
    for (int i = 0; i < STATUS_COUNT; i++) {
        const char *text = status_facts[i].text;
        TEST_ROW(t, "%s", text);
        CHECK(t, strlen(text) > 5);
        CHECK(t, text[0] >= 'A' && text[0] <= 'Z');
        CHECK_INT(t, '.', text[strlen(text) - 1]);
    }
}

static void status_from_name_takes_unknown_names_as_internal(struct test *t)
{
    CHECK_INT(t, STATUS_INTERNAL, status_from_name(NULL, 0));
    CHECK_INT(t, STATUS_INTERNAL, status_from_name("busy", 3));
    CHECK_INT(t, STATUS_INTERNAL, status_from_name("busyy", 5));
    CHECK_INT(t, STATUS_INTERNAL, status_from_name("Busy", 4));
    CHECK_INT(t, STATUS_INTERNAL, status_from_name("busy", 5));
}

static void nt_status_is_sorted_into_what_it_means(struct test *t)
{
    static const struct {
        uint32_t nt_status;
        bool unsupported;
        bool exited;
        enum status status;
    } rows[] = {
        {0xC0000002u, true, false, STATUS_INTERNAL},        /* not implemented */
        {0xC0000003u, true, false, STATUS_INTERNAL},        /* invalid information class */
        {0xC00000BBu, false, false, STATUS_INTERNAL},       /* not supported, by a file system */
        {0xC0000004u, false, false, STATUS_INTERNAL},       /* length mismatch */
        {0xC000000Bu, false, true, STATUS_NO_SUCH_PROCESS}, /* invalid client id */
        {0xC000010Au, false, true, STATUS_NO_SUCH_PROCESS}, /* process is terminating */
        {0xC0000022u, false, false, STATUS_ACCESS_DENIED},  /* access denied */
        {0xC000000Du, false, false, STATUS_INTERNAL},       /* invalid parameter */
        {0xC0000098u, false, false, STATUS_INTERNAL},       /* file invalid */
        {0x80000005u, false, false, STATUS_INTERNAL},       /* buffer overflow */
        {0xFFFFFFFFu, false, false, STATUS_INTERNAL},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "0x%08x", (unsigned)rows[i].nt_status);
        CHECK_INT(t, rows[i].unsupported, nt_status_is_unsupported(rows[i].nt_status));
        CHECK_INT(t, rows[i].exited, nt_status_is_exited(rows[i].nt_status));
        CHECK_INT(t, rows[i].status, status_from_nt(rows[i].nt_status));
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(status_names_and_exit_codes_are_protocol_v1),
        TEST_CASE(status_texts_are_sentences),
        TEST_CASE(status_from_name_takes_unknown_names_as_internal),
        TEST_CASE(nt_status_is_sorted_into_what_it_means),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
