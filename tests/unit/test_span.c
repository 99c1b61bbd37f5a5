#include "common/text/span.h"

#include "tests/test.h"

static void span_from_string_leaves_out_the_terminator(struct test *t)
{
    CHECK_INT(t, 0, span_from_string("").size);
    CHECK_INT(t, 3, span_from_string("abc").size);
    CHECK_INT(t, 0, SPAN("").size);
    CHECK_INT(t, 3, SPAN("a\0b").size);
}

static void span_equal_compares_bytes(struct test *t)
{
    const struct span empty = {NULL, 0};
    CHECK(t, span_equal(empty, empty));
    CHECK(t, span_equal(empty, SPAN("")));
    CHECK(t, !span_equal(empty, SPAN("a")));
    CHECK(t, span_equal(SPAN("a\0b"), SPAN("a\0b")));
    CHECK(t, !span_equal(SPAN("a\0b"), SPAN("a\0c")));
    CHECK(t, !span_equal(SPAN("ab"), SPAN("abc")));
    CHECK(t, !span_equal(SPAN("a"), SPAN("A")));
}

static void span_compare_orders_by_bytes(struct test *t)
{
    static const struct span ordered[] = {{NULL, 0},  {"A", 1},  {"a", 1},
                                          {"a\0", 2}, {"ab", 2}, {"\xC3", 1}};

    for (size_t i = 0; i < TEST_COUNT(ordered); i++) {
        for (size_t k = 0; k < TEST_COUNT(ordered); k++) {
            int order = span_compare(ordered[i], ordered[k]);
            TEST_ROW(t, "%zu and %zu", i, k);
            CHECK_INT(t, (i > k) - (i < k), (order > 0) - (order < 0));
        }
    }
}

static void span_starts_with_its_prefixes(struct test *t)
{
    const struct span empty = {NULL, 0};
    CHECK(t, span_starts_with(SPAN("abc"), empty));
    CHECK(t, span_starts_with(empty, empty));
    CHECK(t, span_starts_with(SPAN("abc"), SPAN("ab")));
    CHECK(t, span_starts_with(SPAN("abc"), SPAN("abc")));
    CHECK(t, !span_starts_with(SPAN("abc"), SPAN("abcd")));
    CHECK(t, !span_starts_with(SPAN("abc"), SPAN("b")));
    CHECK(t, !span_starts_with(empty, SPAN("a")));
}

static void span_from_takes_the_rest(struct test *t)
{
    const struct span empty = {NULL, 0};
    CHECK_INT(t, 0, span_from(empty, 0).size);
    CHECK(t, span_equal(SPAN("abc"), span_from(SPAN("abc"), 0)));
    CHECK(t, span_equal(SPAN("c"), span_from(SPAN("abc"), 2)));
    CHECK_INT(t, 0, span_from(SPAN("abc"), 3).size);
}

static void span_equal_ascii_nocase_folds_letters_only(struct test *t)
{
    static const struct {
        const char *a;
        const char *b;
        bool equal;
    } rows[] = {
        {"", "", true},
        {"a", "", false},
        {"AZaz", "azAZ", true},
        {"maps", "Maps", true},
        {"@", "`", false}, /* 0x40 and 0x60, beside the letters */
        {"[", "{", false}, /* 0x5b and 0x7b */
        {"a1", "A1", true},
        {"\xC3\xA9", "\xC3\x89", false}, /* e with acute, small and capital */
        {"\xC3\xA9", "\xC3\xA9", true},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "%s = %s", rows[i].a, rows[i].b);
        CHECK_INT(
            t, rows[i].equal,
            span_equal_ascii_nocase(span_from_string(rows[i].a), span_from_string(rows[i].b)));
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(span_from_string_leaves_out_the_terminator),
        TEST_CASE(span_equal_compares_bytes),
        TEST_CASE(span_compare_orders_by_bytes),
        TEST_CASE(span_starts_with_its_prefixes),
        TEST_CASE(span_from_takes_the_rest),
        TEST_CASE(span_equal_ascii_nocase_folds_letters_only),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
