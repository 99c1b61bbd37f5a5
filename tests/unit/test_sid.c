#include "common/base/sid.h"

#include "tests/test.h"

static const uint8_t local_system[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};

static void sid_known_answers(struct test *t)
{
    static const struct {
        const char *text;
        size_t size;
        uint8_t bytes[SID_SIZE_MAX];
    } rows[] = {
        {"S-1-5", 8, {1, 0, 0, 0, 0, 0, 0, 5}},
        {"S-1-5-18", 12, {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}},
        {"S-1-5-32-544", 16, {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0}},
        {"S-1-0-4294967295", 12, {1, 1, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255}},
        {"S-1-5-67305985", 12, {1, 1, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4}},
        {"S-1-4294967295-1", 12, {1, 1, 0, 0, 255, 255, 255, 255, 1, 0, 0, 0}},
        {"S-1-0x000100000000-1", 12, {1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0}},
        {"S-1-0xfedcba987654-1", 12, {1, 1, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 1, 0, 0, 0}},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sid sid;
        char out[SID_TEXT_CAPACITY];
        TEST_ROW(t, "%s", rows[i].text);
        REQUIRE(t, sid_set(&sid, rows[i].bytes, rows[i].size));
        CHECK_INT(t, rows[i].size, sid.size);
        sid_format(out, &sid);
        CHECK_STR(t, rows[i].text, out);
    }
}

static void sid_of_the_greatest_size_fits(struct test *t)
{
    struct sid sid;
    char out[SID_TEXT_CAPACITY];
    uint8_t bytes[SID_SIZE_MAX];
    memset(bytes, 0xff, sizeof bytes);
    bytes[0] = 1;
    bytes[1] = 15;
    REQUIRE(t, sid_set(&sid, bytes, sizeof bytes));
    sid_format(out, &sid);
    CHECK_INT(t, strlen("S-1-0xffffffffffff") + 15 * strlen("-4294967295"), strlen(out));
    CHECK_STR(t, "-4294967295", out + strlen(out) - strlen("-4294967295"));
}

static void sid_set_refuses_what_is_no_sid(struct test *t)
{
    struct sid sid;
    uint8_t bytes[SID_SIZE_MAX + 4] = {0};
    memcpy(bytes, local_system, sizeof local_system);
    REQUIRE(t, sid_set(&sid, local_system, sizeof local_system));
    const struct sid before = sid;
    for (size_t size = 0; size <= sizeof bytes; size++) {
        TEST_ROW(t, "size %zu", size);
        CHECK_INT(t, size == sizeof local_system, sid_set(&sid, bytes, size));
    }
    TEST_ROW(t, "NULL");
    CHECK(t, !sid_set(&sid, NULL, 0));
    TEST_ROW(t, "revision 2");
    bytes[0] = 2;
    CHECK(t, !sid_set(&sid, bytes, sizeof local_system));
    TEST_ROW(t, "16 sub-authorities");
    bytes[0] = 1;
    bytes[1] = 16;
    CHECK(t, !sid_set(&sid, bytes, sizeof bytes));
    CHECK(t, memcmp(&before, &sid, sizeof sid) == 0);
}

static void sid_unknown_equals_nothing_and_has_no_text(struct test *t)
{
    const struct sid unknown = {0};
    struct sid system;
    struct sid other;
    char out[SID_TEXT_CAPACITY] = "?";
    uint8_t bytes[sizeof local_system];
    memcpy(bytes, local_system, sizeof bytes);
    bytes[8] = 19;
    REQUIRE(t, sid_set(&system, local_system, sizeof local_system));
    REQUIRE(t, sid_set(&other, bytes, sizeof bytes));
    CHECK(t, sid_equal(&system, &system));
    CHECK(t, !sid_equal(&system, &other));
    CHECK(t, !sid_equal(&system, &unknown));
    CHECK(t, !sid_equal(&unknown, &system));
    CHECK(t, !sid_equal(&unknown, &unknown));
    sid_format(out, &unknown);
    CHECK_STR(t, "", out);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(sid_known_answers),
        TEST_CASE(sid_of_the_greatest_size_fits),
        TEST_CASE(sid_set_refuses_what_is_no_sid),
        TEST_CASE(sid_unknown_equals_nothing_and_has_no_text),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
