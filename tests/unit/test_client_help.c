#include "client/show/help_text.h"

#include "tests/test.h"
#include "tests/unit/options_line.h"

/* Nothing scrolls away on the smallest console: 80 columns, 24 lines with the next prompt. */
static void check_screen(struct test *t, const char *text)
{
    size_t lines = 0, column = 0;

    for (const char *p = text; *p != '\0'; p++) {
        column = *p == '\n' ? 0 : column + 1;
        lines += *p == '\n';
        if (!CHECK(t, column < 80 && (*p == '\n' || (*p >= ' ' && *p < 0x7f))))
            return;
    }
    CHECK(t, lines > 0 && lines < 24 && column == 0);
}

/* What `lsmap help TOPIC` shows; NULL: it is refused. */
static const char *help_topic(const char *topic)
{
    static struct options options;
    char line[64], message[OPTIONS_ERROR_CAPACITY];

    (void)snprintf(line, sizeof line, "help %s", topic);
    return options_line_parse(line, &options, message) ? options.text : NULL;
}

static void every_topic_fits_a_screen(struct test *t)
{
    CHECK(t, HELP_TOPICS_COUNT >= 7);
    for (size_t i = 0; i < HELP_TOPICS_COUNT; i++) {
        TEST_ROW(t, "%s", help_topics[i]);
        check_screen(t, help_topic(help_topics[i]));
    }
    TEST_ROW(t, "usage");
    check_screen(t, HELP_USAGE);
    TEST_ROW(t, "--help");
    check_screen(t, HELP_OPTIONS);
}

static void topics_are_found_by_name(struct test *t)
{
    const char *topics = help_topic("topics");

    REQUIRE(t, topics != NULL);
    for (size_t i = 0; i < HELP_TOPICS_COUNT; i++) {
        TEST_ROW(t, "%s", help_topics[i]);
        CHECK(t, help_topic(help_topics[i]) != NULL);
        CHECK(t, strstr(topics, help_topics[i]) != NULL);
    }
    CHECK(t, help_topic("Exit-Codes") != NULL);
    CHECK(t, help_topic("''") == NULL);
    CHECK(t, help_topic("exit") == NULL);
}

/* --help names every option. */
static void every_option_is_named(struct test *t)
{
    for (int i = 0; i < (int)options_syntax.options_count; i++) {
        char name[40];
        (void)snprintf(name, sizeof name, "--%s", options_syntax.options[i].name);
        TEST_ROW(t, "%s", name);
        CHECK(t, strstr(HELP_OPTIONS, name) != NULL);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(every_topic_fits_a_screen),
        TEST_CASE(topics_are_found_by_name),
        TEST_CASE(every_option_is_named),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
