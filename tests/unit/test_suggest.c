#include "common/text/suggest.h"

#include "tests/test.h"

static const char *const words[] = {"all",  "file", "kind",    "json",  "csv",  "regions", "wide",
                                    "host", "out",  "timeout", "quiet", "info", "whoami",  "image"};

static void the_nearest_word_is_named(struct test *t)
{
    static const struct {
        const char *typed, *best; /* NULL: none */
    } rows[] = {
        {"", NULL},
        {"j", NULL},
        {"jason", "json"},
        {"jsno", "json"}, /* two letters swapped */
        {"JSON", "json"},
        {"josn", "json"},
        {"cvs", "csv"},
        {"regoins", "regions"},
        {"region", "regions"},
        {"reg", "regions"}, /* a beginning */
        {"re", NULL},
        {"whomai", "whoami"},
        {"who", "whoami"},
        {"timeut", "timeout"},
        {"imag", "image"},
        {"images", "image"},
        {"xyzzy", NULL},
        {"notepad", NULL},
        {"chrome.exe", NULL},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
        {"\xC3\xA9\xC3\xA9", NULL},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct suggestion suggestion;
        TEST_ROW(t, "%s", rows[i].typed);
        suggestion_init(&suggestion, span_from_string(rows[i].typed));
        for (size_t k = 0; k < TEST_COUNT(words); k++)
            suggestion_offer(&suggestion, span_from_string(words[k]));
        if (rows[i].best == NULL)
            CHECK(t, suggestion.best.data == NULL);
        else
            CHECK_MEM(t, rows[i].best, strlen(rows[i].best), suggestion.best.data,
                      suggestion.best.size);
    }
}

/* The first of two that are equally near stays; a nearer one takes its place. */
static void the_first_of_equals_stays(struct test *t)
{
    struct suggestion suggestion;

    suggestion_init(&suggestion, SPAN("bat"));
    suggestion_offer(&suggestion, SPAN("cat"));
    suggestion_offer(&suggestion, SPAN("bag"));
    CHECK(t, span_equal(suggestion.best, SPAN("cat")));
    suggestion_offer(&suggestion, SPAN("bat"));
    CHECK(t, span_equal(suggestion.best, SPAN("bat")));
    CHECK_INT(t, 0, suggestion.distance);
}

/* Words of any size within the bound and one above it: no overrun of the rows. */
static void sizes_at_the_bound(struct test *t)
{
    char a[SUGGEST_SIZE_MAX + 1], b[SUGGEST_SIZE_MAX + 1];

    memset(a, 'a', sizeof a);
    memset(b, 'a', sizeof b);
    for (size_t x = 0; x <= sizeof a; x++) {
        for (size_t y = 0; y <= sizeof b; y++) {
            struct suggestion suggestion;
            TEST_ROW(t, "%zu and %zu", x, y);
            suggestion_init(&suggestion, (struct span){a, x});
            suggestion_offer(&suggestion, (struct span){b, y});
            if (x > SUGGEST_SIZE_MAX || y > SUGGEST_SIZE_MAX || x == 0)
                CHECK(t, suggestion.best.data == NULL);
            else if (x == y)
                CHECK(t, suggestion.best.data != NULL || x == 0);
        }
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(the_nearest_word_is_named),
        TEST_CASE(the_first_of_equals_stays),
        TEST_CASE(sizes_at_the_bound),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
