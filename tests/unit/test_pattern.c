#include "common/text/pattern.h"

#include <stdlib.h>
#include <time.h>

#include "tests/test.h"

struct glob_row {
    const char *pattern;
    const char *text;
    bool matches;
};

typedef bool (*glob_function)(struct span pattern, struct span text, size_t *work);

static void check_rows(struct test *t, glob_function function, const struct glob_row *rows,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        TEST_ROW(t, "%s ~ %s", rows[i].pattern, rows[i].text);
        CHECK_INT(
            t, rows[i].matches,
            function(span_from_string(rows[i].pattern), span_from_string(rows[i].text), NULL));
    }
}

static void glob_match_known_answers(struct test *t)
{
    static const struct glob_row rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"**", "", true},
        {"?", "", false},
        {"*?", "", false},
        {"a", "", false},
        {"*", "anything", true},
        {"?", "a", true},
        {"?", "ab", false},
        {"??", "ab", true},
        {"?*", "a", true},
        {"*?", "a", true},
        {"*??*", "a", false},
        {"*??*", "ab", true},
        {"abc", "abc", true},
        {"abc", "ABC", true},
        {"abc", "abcd", false},
        {"abcd", "abc", false},
        {"a*", "abc", true},
        {"*c", "abc", true},
        {"*b", "abc", false},
        {"a*c", "ac", true},
        {"a*c", "abcabc", true},
        {"a*c", "abcab", false},
        {"a*b*c", "abbc", true},
        {"a*b*c", "acbc", true},
        {"a*b*c", "acb", false},
        {"*ab", "aab", true},
        {"*aab", "aaaab", true},
        {"*aba", "ababa", true}, /* overlaps itself */
        {"*a?b", "aaab", true},
        {"*.dll", "a.dll.dll", true},
        {"*.dll", "a.dll.dl", false},
        {"chrome*.exe", "chrome_proxy.exe", true},
        {"a**b", "ab", true},
        {"a*?*b", "ab", false},
        {"a*?*b", "axb", true},
        {"[a]", "a", false}, /* no character classes */
        {"[a]", "[a]", true},
        {"\\*", "*", false}, /* no escapes: the backslash is itself */
        {"\\*", "\\dir", true},
        {"/", "\\", false},
        {"?", "*", true},
        {"*", "?", true},
    };
    check_rows(t, glob_match, rows, TEST_COUNT(rows));
}

static void glob_match_counts_characters_not_bytes(struct test *t)
{
    static const struct glob_row rows[] = {
        {"?", "\xC3\xA9", true},
        {"??", "\xC3\xA9", false},
        {"?", "\xF0\x9F\x98\x80", true},
        {"\xC3\x89t\xC3\xA9", "\xC3\xA9T\xC3\x89", true}, /* e with acute */
        {"*\xC3\xA9", "\xC3\xA8\xC3\xA9", true},          /* e with grave before it */
        {"*\xE2\xB1\xA5", "xx\xC8\xBA", true},            /* a pair of different sizes */
        {"stra\xC3\x9F"
         "e",
         "strasse", false},
        {"\xF0\x9F\x98\x80*", "\xF0\x9F\x98\x81", false},
    };
    check_rows(t, glob_match, rows, TEST_COUNT(rows));
}

static void glob_match_path_takes_all_or_the_last_component(struct test *t)
{
    static const struct glob_row rows[] = {
        {"ntdll.dll", "C:\\Windows\\System32\\ntdll.dll", true},
        {"NTDLL*", "C:\\Windows\\System32\\ntdll.dll", true},
        {"ntdll.dll", "ntdll.dll", true},
        {"ntdll.dll", "C:\\ntdll.dll\\x", false},
        {"tdll.dll", "C:\\Windows\\ntdll.dll", false},
        {"System32", "C:\\Windows\\System32\\ntdll.dll", false},
        {"*.nls", "\\Device\\HarddiskVolume3\\Windows\\locale.nls", true},
        {"C:*", "C:\\Windows\\a.dll", true}, /* no separator, and it matches all of the path */
        {"*", "", true},
        {"a", "", false},
        {"C:\\Temp\\*", "C:\\Temp\\a\\b.txt", true}, /* a separator is an ordinary character */
        {"c:/temp/*", "C:\\Temp\\a\\b.txt", true},
        {"C:\\Temp\\*", "D:\\C:\\Temp\\x", false},
        {"Temp\\a.dll", "C:\\Temp\\a.dll", false}, /* with a separator only the complete path */
        {"*/a.dll", "C:\\Temp\\a.dll", true},
        {"/a", "/a", false}, /* `/` in a pattern is always a backslash */
        {"?", "C:\\x", true},
    };
    check_rows(t, glob_match_path, rows, TEST_COUNT(rows));
}

static void glob_match_process_ignores_exe(struct test *t)
{
    static const struct glob_row rows[] = {
        {"notepad.exe", "notepad.exe", true},
        {"notepad", "notepad.exe", true},
        {"NOTEPAD", "Notepad.EXE", true},
        {"note???", "notepad.exe", true},
        {"notepad", "notepad", true},
        {"notepad", "notepad.com", false},
        {"notepad", "notepad.exe.exe", false},
        {"notepad.", "notepad.exe", false},
        {"notepad.e", "notepad.exe", false},
        {"svc*", "svchost.exe", true},
        {"*host", "svchost.exe", true},
        {"exe", "exe", true},
        {"", ".exe", true},
        {"x", ".exe", false},
        {"System", "System", true},
        {"memory compression", "Memory Compression", true},
    };
    check_rows(t, glob_match_process, rows, TEST_COUNT(rows));
}

/* A comparison that costs more than may be spent matches nothing, and is not begun again. */
static void glob_match_spends_what_it_may(struct test *t)
{
    static const struct {
        const char *pattern, *text;
        size_t work, left;
        bool matches;
    } rows[] = {
        {"abc", "abc", 3, 0, true},      {"abc", "abc", 2, 0, false},  {"abc", "abd", 9, 6, false},
        {"*?c", "aaab", 100, 92, false}, {"*?c", "aaab", 5, 0, false}, {"", "", 0, 0, true},
        {"*", "", 0, 0, true},           {"*", "a", 0, 0, false},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        size_t work = rows[i].work;

        TEST_ROW(t, "%s ~ %s with %zu", rows[i].pattern, rows[i].text, rows[i].work);
        CHECK_INT(
            t, rows[i].matches,
            glob_match(span_from_string(rows[i].pattern), span_from_string(rows[i].text), &work));
        CHECK_INT(t, rows[i].left, work);
    }
}

/* Backtracking would never finish these. The bound of time is generous: the work is ten million
 * steps at most. */
static void glob_match_is_linear_for_hostile_patterns(struct test *t)
{
    enum { TEXT_SIZE = 32 * 1024, PATTERN_SIZE = 256 };
    static const struct {
        const char *head;
        const char *piece; /* repeated */
        const char *tail;
    } rows[] = {
        {"", "*a", "b"},   {"", "*a", "*b"}, {"", "*?", "b"}, {"", "a*", "b"},  {"", "*aa", "b"},
        {"", "*a?", "b*"}, {"", "**", "b"},  {"*", "a", "b"}, {"*", "a", "b*"}, {"*", "?", "b*"},
    };
    char *text = malloc(TEXT_SIZE);
    REQUIRE(t, text != NULL);
    memset(text, 'a', TEXT_SIZE);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char pattern[PATTERN_SIZE + 8] = "";
        size_t size = strlen(rows[i].head);
        TEST_ROW(t, "%s%s...%s", rows[i].head, rows[i].piece, rows[i].tail);
        memcpy(pattern, rows[i].head, size);
        for (; size < PATTERN_SIZE; size += strlen(rows[i].piece))
            memcpy(pattern + size, rows[i].piece, strlen(rows[i].piece) + 1);
        memcpy(pattern + size, rows[i].tail, strlen(rows[i].tail) + 1);
        clock_t begin = clock();
        CHECK(t, !glob_match(span_from_string(pattern), (struct span){text, TEXT_SIZE}, NULL));
        CHECK(t, clock() - begin < 2 * CLOCKS_PER_SEC);
        text[TEXT_SIZE - 1] = 'b'; /* and now it matches */
        CHECK(t, glob_match(span_from_string(pattern), (struct span){text, TEXT_SIZE}, NULL));
        text[TEXT_SIZE - 1] = 'a';
    }
    free(text);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(glob_match_known_answers),
        TEST_CASE(glob_match_counts_characters_not_bytes),
        TEST_CASE(glob_match_path_takes_all_or_the_last_component),
        TEST_CASE(glob_match_process_ignores_exe),
        TEST_CASE(glob_match_spends_what_it_may),
        TEST_CASE(glob_match_is_linear_for_hostile_patterns),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
