#include "tests/test.h"

#include "tests/documents/transcript.h"

static void sessions_are_found(struct test *t)
{
    static const char document[] = "# Title\n"
                                   "```sh\n> not a session\n```\n"
                                   "```console\n> one\n> two words\nout 1\n\nout 2\n```\n"
                                   "text\n"
                                   "```console\r\n> three\r\nout\r\n```\r\n"
                                   "```console\nno command\n```\n"
                                   "```console\n> open\nend";
    static const struct {
        const char *command, *expected;
        unsigned line;
    } rows[] = {
        {"one", "", 6},           {"two words", "out 1\n\nout 2\n", 7},
        {"three", "out\r\n", 14}, {"", "", 18},
        {"open", "end", 21},
    };
    struct transcript transcript;
    struct transcript_step step;

    transcript_init(&transcript, span_from_string(document));
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s", rows[i].command);
        REQUIRE(t, transcript_next(&transcript, &step));
        CHECK_MEM(t, rows[i].command, strlen(rows[i].command), step.command.data,
                  step.command.size);
        CHECK_MEM(t, rows[i].expected, strlen(rows[i].expected), step.expected.data,
                  step.expected.size);
        CHECK_INT(t, rows[i].line, step.line);
    }
    TEST_ROW(t, "%s", "");
    CHECK(t, !transcript_next(&transcript, &step));
}

static void only_what_may_differ_may_differ(struct test *t)
{
    static const struct {
        const char *expected, *actual;
        bool matches;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"a", "a\r\n\r\n", true},
        {"a\n\nb", "a\nb", false},
        {"a\nb", "a\nb\nc", false},
        {"a\nb\nc", "a\nb", false},
        {"a b", "a    b  ", true},
        {"a b", "ab", false},
        {"  a", "a", true},
        {"pid 12", "pid 3456", true},
        {"pid 12", "pid none", false},
        {"68K data", "3.2M data", true},
        {"68 Kilo", "68 kilo", false},
        {"0x000000010000 a", "0x7ffb3c0a0000 a", true},
        {"x64", "x86", false},
        {"c_437.nls", "c_1252.nls", false},
        {"run-12\\a", "run-7\\a", true},
        {"2026-11-22T11:07:16.8614502Z", "2027-01-02T03:04:05Z", true},
        {"5 s", "5 m", false},
        {"a ... c", "a b c", true},
        {"a ... c", "a b d", false},
        {"a...", "abc", true},
        {"a...", "bbc", false},
        {"...c...d", "abcabd", true},
        {"...c...e", "abcabd", false},
        {"...", "", true},
        {"...", "a\nb", true},
        {"a\n...\nd", "a\nb\nc\nd", true},
        {"a\n...\nd", "a\nd", true},
        {"a\n...\nd", "a\nd\ne", false},
        {"a\n...\nd\n...\nf", "a\nd\nd\ne\nf", true},
        {"...\nb", "a\nb\nb", true},
        {"...\nb", "a\nb\nc", false},
        {"a\n...", "a", true},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "\"%s\" \"%s\"", rows[i].expected, rows[i].actual);
        CHECK_INT(t, rows[i].matches,
                  transcript_matches(span_from_string(rows[i].expected),
                                     span_from_string(rows[i].actual)));
    }
}

static void mentions_are_found(struct test *t)
{
    static const char document[] = "`lsmap a` and `lsmapd b`, `lsmap -f \"C:\\T\"`, `lsmap FILE`\n"
                                   "`lsmap ... x` `lsmap not\nclosed` `x` `lsmap last`";
    static const char *const rows[] = {"lsmap a", "lsmap -f \"C:\\T\"", "lsmap last"};
    struct span text = span_from_string(document), command;

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        REQUIRE(t, transcript_next_mention(&text, &command));
        CHECK_MEM(t, rows[i], strlen(rows[i]), command.data, command.size);
    }
    CHECK(t, !transcript_next_mention(&text, &command));
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(sessions_are_found),
        TEST_CASE(mentions_are_found),
        TEST_CASE(only_what_may_differ_may_differ),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
