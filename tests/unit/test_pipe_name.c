#include "tests/test.h"

#include "common/proto/protocol.h"

#define PREFIX "\\\\.\\pipe\\"

static void pipe_name_accepts(struct test *t)
{
    static const struct {
        const char *in;
        const char *out;
    } rows[] = {
        {"a", PREFIX "a"},
        {"lsmap-test", PREFIX "lsmap-test"},
        {PREFIX "a", PREFIX "a"},
        {"\\\\.\\PIPE\\a", PREFIX "a"}, /* Windows takes the prefix in any case */
        {"\\\\.\\Pipe\\A", PREFIX "A"}, /* the name is kept as it is */
        {PIPE_NAME_DEFAULT, PIPE_NAME_DEFAULT},
        {"ProtectedPrefix\\Administrators\\lsmap", PIPE_NAME_DEFAULT},
        {"pipe\\a", PREFIX "pipe\\a"},
        {"a b", PREFIX "a b"},
        {" a", PREFIX " a"},
        {".a", PREFIX ".a"},
        {"a.b", PREFIX "a.b"},
        {"caf\xC3\xA9", PREFIX "caf\xC3\xA9"},
        {"\xF0\x9F\x98\x80", PREFIX "\xF0\x9F\x98\x80"},
        {"a:b", PREFIX "a:b"},
        {"--console", PREFIX "--console"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char out[PIPE_NAME_CAPACITY];

        TEST_ROW(t, "%s", rows[i].in);
        REQUIRE(t, pipe_name_normalize(span_from_string(rows[i].in), out) == NULL);
        CHECK_STR(t, rows[i].out, out);
    }
}

static void pipe_name_refuses(struct test *t)
{
    static const char empty[] = "is empty";
    static const char foreign[] = "is not one of this machine: it must begin with " PREFIX;
    static const char part[] = "has an empty part";
    static const char end[] = "has a part that ends with a dot or a space";
    static const struct {
        const char *in;
        const char *error;
    } rows[] = {
        {"", empty},
        {PREFIX, empty},
        {"\\\\server\\pipe\\a", foreign},
        {"\\\\localhost\\pipe\\a", foreign},
        {"\\\\127.0.0.1\\pipe\\a", foreign},
        {"\\\\?\\pipe\\a", foreign},
        {"\\\\.\\pipe", foreign},
        {"\\\\.\\mailslot\\a", foreign},
        {"\\\\.\\C:", foreign},
        {"\\\\.\\PhysicalDrive0", foreign},
        {"\\\\", foreign},
        {"\\a", part},
        {"a\\", part},
        {"a\\\\b", part},
        {PREFIX "\\a", part},
        {".", end},
        {"..", end},
        {"..\\a", end},
        {PREFIX "..\\C:\\a", end},
        {"a\\.\\b", end},
        {"a.", end},
        {"a ", end},
        {"a \\b", end},
        {" ", end},
        {"a/b", "has a slash where a backslash belongs"},
        {"//./pipe/a", "has a slash where a backslash belongs"},
        {"a\nb", "has a control character"},
        {"a\x7f", "has a control character"},
        {"a*", "has a wildcard"},
        {"a?", "has a wildcard"},
        {"a\xff", "is not valid UTF-8"},
        {"\xED\xA0\x80", "is not valid UTF-8"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char out[PIPE_NAME_CAPACITY] = "untouched";

        TEST_ROW(t, "%s", rows[i].in);
        const char *error = pipe_name_normalize(span_from_string(rows[i].in), out);
        REQUIRE(t, error != NULL);
        CHECK_STR(t, rows[i].error, error);
        CHECK_STR(t, "untouched", out);
    }
}

static void pipe_name_refuses_nul(struct test *t)
{
    char out[PIPE_NAME_CAPACITY] = "untouched";
    const char *error = pipe_name_normalize(SPAN("a\0b"), out);

    REQUIRE(t, error != NULL);
    CHECK_STR(t, "has a control character", error);
    CHECK_STR(t, "untouched", out);
}

/* The bound counts UTF-16 units of the full name. */
static void pipe_name_bounds_the_length(struct test *t)
{
    enum { NAME_LENGTH = PIPE_NAME_LENGTH_MAX - (sizeof PREFIX - 1) };
    static const struct {
        const char *name;
        const char *character;
        size_t units; /* of one character */
    } rows[] = {{"one byte", "a", 1},
                {"three bytes", "\xE2\x82\xAC", 1},
                {"a pair", "\xF0\x9F\x98\x80", 2}};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char in[4 * PIPE_NAME_LENGTH_MAX];
        char out[PIPE_NAME_CAPACITY];
        size_t character_size = strlen(rows[i].character);
        size_t count = NAME_LENGTH / rows[i].units;

        TEST_ROW(t, "%s", rows[i].name);
        for (size_t k = 0; k <= count; k++)
            memcpy(in + k * character_size, rows[i].character, character_size);
        struct span longest = {in, count * character_size};
        struct span above = {in, (count + 1) * character_size};

        CHECK(t, pipe_name_normalize(longest, out) == NULL);
        CHECK_INT(t, sizeof PREFIX - 1 + longest.size, strlen(out));
        const char *error = pipe_name_normalize(above, out);
        REQUIRE(t, error != NULL);
        CHECK_STR(t, "is longer than 256 characters", error);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(pipe_name_accepts),
        TEST_CASE(pipe_name_refuses),
        TEST_CASE(pipe_name_refuses_nul),
        TEST_CASE(pipe_name_bounds_the_length),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
