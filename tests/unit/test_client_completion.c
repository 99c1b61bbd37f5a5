/* install/lsmap-completion.ps1 knows every option, command and topic, and no others. */
#include <stdlib.h>

#include "client/options.h"
#include "tests/test.h"

enum { SCRIPT_CAPACITY = 64 * 1024, WORD_CAPACITY = 40 };

static char script[SCRIPT_CAPACITY];

static bool read_script(void)
{
    FILE *file = fopen(COMPLETION_SCRIPT, "rb");

    if (file == NULL)
        return false;
    size_t size = fread(script, 1, sizeof script - 1, file);
    script[size] = '\0';
    return fclose(file) == 0 && size > 0 && size < sizeof script - 1;
}

/* The word between quotes, as the script writes its words. */
static bool has_word(const char *dashes, const char *word)
{
    char quoted[WORD_CAPACITY];

    (void)snprintf(quoted, sizeof quoted, "'%s%s'", dashes, word);
    return strstr(script, quoted) != NULL;
}

static void every_option_is_completed(struct test *t)
{
    REQUIRE(t, read_script());
    for (int i = 0; i < (int)options_syntax.options_count; i++) {
        const char letter[] = {options_syntax.options[i].letter, '\0'};
        TEST_ROW(t, "--%s", options_syntax.options[i].name);
        CHECK(t, has_word("--", options_syntax.options[i].name));
        CHECK(t, letter[0] == '\0' || has_word("-", letter));
    }
}

static bool is_option(const char *word, size_t size)
{
    for (int i = 0; i < (int)options_syntax.options_count; i++) {
        if (size == 2 && word[1] == options_syntax.options[i].letter)
            return true;
        if (size == strlen(options_syntax.options[i].name) + 2 &&
            strncmp(word + 2, options_syntax.options[i].name, size - 2) == 0)
            return true;
    }
    return false;
}

static void it_completes_no_other(struct test *t)
{
    unsigned words = 0;

    REQUIRE(t, read_script());
    for (const char *word = script; (word = strstr(word, "'-")) != NULL; word++) {
        size_t size = strcspn(word + 1, "'");
        if (size < 2)
            continue; /* a dash alone, which the script itself uses */
        TEST_ROW(t, "%.*s", (int)size, word + 1);
        CHECK(t, is_option(word + 1, size));
        words++;
    }
    CHECK(t, words >= options_syntax.options_count);
}

/* Options that take a value and have no words of their own leave the rest to PowerShell. */
static void values_are_left_to_powershell(struct test *t)
{
    char line[512];
    REQUIRE(t, read_script());
    const char *values = strstr(script, "$values = ");
    REQUIRE(t, values != NULL);
    (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(values, "\r\n"), values);
    for (int i = 0; i < (int)options_syntax.options_count; i++) {
        char quoted[WORD_CAPACITY];
        const char *name = options_syntax.options[i].name;
        bool has_words = strcmp(name, "kind") == 0 || strcmp(name, "sort") == 0;
        (void)snprintf(quoted, sizeof quoted, "'--%s'", options_syntax.options[i].name);
        TEST_ROW(t, "%s", quoted);
        CHECK_INT(t, options_syntax.options[i].value != NULL && !has_words,
                  strstr(line, quoted) != NULL);
    }
}

static void topics_and_commands_are_completed(struct test *t)
{
    static const char *const commands[] = {"ps",       "info", "whoami", "stats",
                                           "sections", "diff", "help"};

    REQUIRE(t, read_script());
    for (size_t i = 0; i < HELP_TOPICS_COUNT; i++) {
        TEST_ROW(t, "%s", help_topics[i]);
        CHECK(t, has_word("", help_topics[i]));
    }
    for (size_t i = 0; i < TEST_COUNT(commands); i++) {
        char hint[64];
        TEST_ROW(t, "%s", commands[i]);
        CHECK(t, has_word("", commands[i]));
        (void)snprintf(hint, sizeof hint, "; did you mean \"%s\"?", commands[i]);
        CHECK_STR(t, hint,
                  cli_hint(span_from_string(commands[i]), options_syntax.commands,
                           options_syntax.commands_count, "")
                      .text);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(every_option_is_completed),
        TEST_CASE(it_completes_no_other),
        TEST_CASE(values_are_left_to_powershell),
        TEST_CASE(topics_and_commands_are_completed),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
