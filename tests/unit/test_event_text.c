#include "tests/test.h"

#include "service/event_text.h"

static void event_text_makes_texts_harmless(struct test *t)
{
    static const struct {
        const char *name;
        const char *in;
        const char *out;
    } rows[] = {
        {"empty", "", ""},
        {"plain", "HOST\\user (5)", "HOST\\user (5)"},
        {"other scripts", "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80",
         "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"},
        {"a reference to a string", "%1", "?1"},
        {"a reference to a parameter", "%%4096", "??4096"},
        {"a lone percent at the end", "100%", "100?"},
        {"a line break", "a\nb", "a?b"},
        {"the other line break", "a\r\nb", "a??b"},
        {"a tab", "a\tb", "a?b"},
        {"an escape sequence", "\x1b[2J", "?[2J"},
        {"DEL", "\x7f", "?"},
        {"a C1 control", "\xC2\x85", "?"},
        {"a line separator", "\xE2\x80\xA8", "?"},
        {"a paragraph separator", "\xE2\x80\xA9", "?"},
        {"text from right to left",
         "a\xE2\x80\xAE"
         "b",
         "a?b"},
        {"an isolate",
         "\xE2\x81\xA6"
         "b",
         "?b"},
        {"the Arabic mark", "\xD8\x9C", "?"},
        {"a byte order mark",
         "\xEF\xBB\xBF"
         "a",
         "?a"},
        {"a wide percent sign",
         "\xEF\xBC\x85"
         "1",
         "?1"},
        {"a small percent sign",
         "\xEF\xB9\xAA"
         "1",
         "?1"},
        {"a malformed byte",
         "a\xFF"
         "b",
         "a\xEF\xBF\xBD"
         "b"},
        {"an overlong percent sign", "\xC0\xA5", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"a question mark stays", "?", "?"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char out[EVENT_TEXT_CLEAN_CAPACITY];
        TEST_ROW(t, "%s", rows[i].name);
        event_text_clean(out, span_from_string(rows[i].in));
        CHECK_STR(t, rows[i].out, out);
    }
}

static void event_text_replaces_a_nul(struct test *t)
{
    char out[EVENT_TEXT_CLEAN_CAPACITY];

    event_text_clean(out, (struct span){"a\0b", 3});
    CHECK_STR(t, "a?b", out);
}

/* length  Of the input, all of the same character. */
static void check_length(struct test *t, const char *character, size_t length, size_t shown,
                         bool is_cut)
{
    char in[4 * (EVENT_TEXT_LENGTH_MAX + 2)], out[EVENT_TEXT_CLEAN_CAPACITY];
    char expected[EVENT_TEXT_CLEAN_CAPACITY];
    size_t size = strlen(character), expected_size = 0;

    for (size_t i = 0; i < length; i++)
        memcpy(in + i * size, character, size);
    for (size_t i = 0; i < shown; i++, expected_size += size)
        memcpy(expected + expected_size, character, size);
    if (is_cut) {
        memcpy(expected + expected_size, "\xE2\x80\xA6", 3);
        expected_size += 3;
    }
    expected[expected_size] = '\0';
    event_text_clean(out, (struct span){in, length * size});
    CHECK_STR(t, expected, out);
}

static void event_text_cuts_with_an_ellipsis(struct test *t)
{
    static const char *const characters[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};

    for (size_t i = 0; i < TEST_COUNT(characters); i++) {
        TEST_ROW(t, "%u bytes", (unsigned)strlen(characters[i]));
        check_length(t, characters[i], EVENT_TEXT_LENGTH_MAX - 1, EVENT_TEXT_LENGTH_MAX - 1, false);
        check_length(t, characters[i], EVENT_TEXT_LENGTH_MAX, EVENT_TEXT_LENGTH_MAX, false);
        check_length(t, characters[i], EVENT_TEXT_LENGTH_MAX + 1, EVENT_TEXT_LENGTH_MAX - 1, true);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(event_text_makes_texts_harmless),
        TEST_CASE(event_text_replaces_a_nul),
        TEST_CASE(event_text_cuts_with_an_ellipsis),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
