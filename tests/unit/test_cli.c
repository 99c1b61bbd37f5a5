#include "common/text/cli.h"

#include <stdlib.h>

#include "common/text/buffer.h"
#include "common/text/utf.h"
#include "tests/test.h"

enum { ARGUMENTS_MAX = 12 };

/* Two programs: one takes operands, as lsmap does, the other only commands, as lsmapd does. */
enum reader_command { READER_LIST, READER_PS, READER_DIFF, READER_COMMANDS };
enum { READER_BOTH = CLI_FOR(READER_LIST) | CLI_FOR(READER_PS) };

static const char *const reader_commands[READER_COMMANDS] = {NULL, "ps", "diff"};
static const struct cli_option reader_options[] = {
    {.name = "all", .letter = 'a', .commands = READER_BOTH},
    {.name = "file", .letter = 'f', .value = "PATTERN", .commands = CLI_FOR(READER_LIST)},
    {.name = "kind",
     .letter = 'k',
     .value = "KIND",
     .is_repeatable = true,
     .commands = READER_BOTH},
    {.name = "quiet", .letter = 'q', .commands = READER_BOTH | CLI_FOR(READER_DIFF)},
    {.name = "top", .value = "COUNT", .commands = READER_BOTH},
    {.name = "help", .letter = 'h', .slash_name = "?", .commands = UINT32_MAX},
};
static const struct cli_syntax reader = {.options = reader_options,
                                         .options_count = TEST_COUNT(reader_options),
                                         .commands = reader_commands,
                                         .commands_count = READER_COMMANDS,
                                         .command_default = READER_LIST,
                                         .has_operands = true};

enum server_command { SERVER_RUN, SERVER_CONSOLE, SERVER_INSTALL, SERVER_STOP, SERVER_COMMANDS };

static const char *const server_commands[SERVER_COMMANDS] = {NULL, "--console", "install", "stop"};
static const struct cli_option server_options[] = {
    {.name = "pipe", .value = "NAME", .commands = CLI_FOR(SERVER_CONSOLE)},
    {.name = "quiet",
     .slash_name = "quiet",
     .commands = CLI_FOR(SERVER_CONSOLE) | CLI_FOR(SERVER_INSTALL) | CLI_FOR(SERVER_STOP)},
    {.name = "readers",
     .slash_name = "readers",
     .value = "NAME",
     .commands = CLI_FOR(SERVER_INSTALL)},
    {.name = "help", .letter = 'h', .slash_name = "?", .commands = UINT32_MAX},
};
static const struct cli_syntax server = {.options = server_options,
                                         .options_count = TEST_COUNT(server_options),
                                         .commands = server_commands,
                                         .commands_count = SERVER_COMMANDS,
                                         .command_default = SERVER_RUN};

static const char *arguments[ARGUMENTS_MAX];

/* Splits at spaces; a word of `''` is the empty argument. */
static size_t split(const char *line)
{
    static char text[512];
    size_t count = 0;

    (void)snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok(text, " "); word != NULL && count < ARGUMENTS_MAX;
         word = strtok(NULL, " ")) {
        if (strcmp(word, "''") == 0)
            word[0] = '\0';
        arguments[count++] = word;
    }
    return count;
}

/* Reads the line to its end. `out` receives what was read, such as "all file=x <operand>". */
static void read_line(struct cli *cli, const struct cli_syntax *syntax, const char *line,
                      struct buffer *out)
{
    int read;

    buffer_clear(out);
    cli_init(cli, syntax, split(line), arguments);
    while ((read = cli_next(cli)) != CLI_END) {
        buffer_text(out, out->size > 0 ? " " : "");
        if (read == CLI_OPERAND)
            buffer_format(out, "<%s>", cli->value.data);
        else if (syntax->options[read].value != NULL)
            buffer_format(out, "%s=%s", syntax->options[read].name, cli->value.data);
        else
            buffer_text(out, syntax->options[read].name);
    }
    cli_check_command(cli);
    buffer_append(out, (struct span){"", 1});
}

struct row {
    const char *line;
    const char *read;
    const char *message;
    unsigned command;
};

static void check_rows(struct test *t, const struct cli_syntax *syntax, const struct row *rows,
                       size_t count)
{
    struct buffer out;

    buffer_init(&out, 4096);
    for (size_t i = 0; i < count; i++) {
        struct cli cli;
        TEST_ROW(t, "%s", rows[i].line);
        read_line(&cli, syntax, rows[i].line, &out);
        CHECK_STR(t, rows[i].read, out.data);
        CHECK_STR(t, rows[i].message, cli.message);
        CHECK_INT(t, rows[i].message[0] != '\0', cli.failed);
        CHECK_INT(t, rows[i].command, cli.command);
        CHECK_INT(t, CLI_END, cli_next(&cli));
    }
    buffer_release(&out);
}

static void cli_with_operands(struct test *t)
{
    static const struct row rows[] = {
        {"", "", "", READER_LIST},
        {"12 notepad", "<12> <notepad>", "", READER_LIST},
        {"--all", "all", "", READER_LIST},
        {"-a", "all", "", READER_LIST},
        {"-aq", "all quiet", "", READER_LIST},
        {"-a -a --all", "all all all", "", READER_LIST}, /* a switch says the same again */
        {"-f x", "file=x", "", READER_LIST},
        {"-fx", "file=x", "", READER_LIST},
        {"-qfx 1", "quiet file=x <1>", "", READER_LIST},
        {"-f -a", "file=-a", "", READER_LIST},
        {"-f --", "file=--", "", READER_LIST},
        {"--file x", "file=x", "", READER_LIST},
        {"--file=x=y", "file=x=y", "", READER_LIST},
        {"--file=", "file=", "", READER_LIST},
        {"--file ''", "file=", "", READER_LIST},
        {"-k a --kind=b -kc", "kind=a kind=b kind=c", "", READER_LIST},
        {"1 -a 2", "<1> all <2>", "", READER_LIST},
        {"-- -a -- /?", "<-a> <--> </?>", "", READER_LIST},
        {"- ''", "<-> <>", "", READER_LIST},
        {"/?", "help", "", READER_LIST},
        {"/all /", "</all> </>", "", READER_LIST},
        {"ps", "", "", READER_PS},
        {"-a ps 12", "all <12>", "", READER_PS},
        {"ps ps", "<ps>", "", READER_PS},
        {"12 ps", "<12> <ps>", "", READER_LIST},
        {"-- ps", "<ps>", "", READER_LIST},
        {"ps -- diff", "<diff>", "", READER_PS},
        /* refused */
        {"--al", "", "argument 1: unknown option \"--al\"; did you mean \"--all\"?", READER_LIST},
        {"-a --flie=x", "all", "argument 2: unknown option \"--flie=x\"; did you mean \"--file\"?",
         READER_LIST},
        {"-quiet", "quiet", "argument 1: unknown option \"-quiet\"; did you mean \"--quiet\"?",
         READER_LIST},
        {"-ax 1", "all <1>", "argument 1: unknown option \"-ax\"", READER_LIST},
        {"-5", "", "argument 1: unknown option \"-5\"", READER_LIST},
        {"--xyzzy", "", "argument 1: unknown option \"--xyzzy\"", READER_LIST},
        {"--=x", "", "argument 1: unknown option \"--=x\"", READER_LIST},
        {"--all=yes", "", "argument 1: --all takes no value", READER_LIST},
        {"1 -f", "<1>", "argument 2: --file needs a value: --file PATTERN", READER_LIST},
        {"-f a -f b", "file=a", "argument 4: --file is given twice", READER_LIST},
        {"-f a --file=b", "file=a", "argument 3: --file is given twice", READER_LIST},
        {"ps --file=a", "file=a", "argument 2: ps takes no --file", READER_PS},
        {"-a diff", "all", "argument 1: diff takes no --all", READER_DIFF},
        /* the first failure is reported, and all else is read */
        {"--nonsense --other --help", "help", "argument 1: unknown option \"--nonsense\"",
         READER_LIST},
        {"--\x1b[2J\xE2\x80\xAE", "",
         "argument 1: unknown option \"--\xEF\xBF\xBD[2J\xEF\xBF\xBD\"", READER_LIST},
    };
    check_rows(t, &reader, rows, TEST_COUNT(rows));
}

static void cli_without_operands(struct test *t)
{
    static const struct row rows[] = {
        {"", "", "", SERVER_RUN},
        {"install --quiet", "quiet", "", SERVER_INSTALL},
        {"/quiet install /quiet", "quiet quiet", "", SERVER_INSTALL},
        {"--console --pipe --console", "pipe=--console", "", SERVER_CONSOLE},
        {"--pipe=a --console", "pipe=a", "", SERVER_CONSOLE},
        {"install /readers:a:b", "readers=a:b", "", SERVER_INSTALL},
        {"install /readers x", "readers=x", "", SERVER_INSTALL},
        {"install --readers /quiet", "readers=/quiet", "", SERVER_INSTALL},
        {"-h", "help", "", SERVER_RUN},
        {"/?", "help", "", SERVER_RUN},
        /* refused */
        {"''", "", "argument 1: unknown command \"\"", SERVER_RUN},
        {"INSTALL", "", "argument 1: unknown command \"INSTALL\"; did you mean \"install\"?",
         SERVER_RUN},
        {"install now", "", "argument 2: unknown command \"now\"", SERVER_INSTALL},
        {"install stop", "", "argument 2: there is a command already", SERVER_INSTALL},
        {"--console --console", "", "argument 2: there is a command already", SERVER_CONSOLE},
        {"-", "", "argument 1: unknown option \"-\"", SERVER_RUN},
        {"/", "", "argument 1: unknown option \"/\"", SERVER_RUN},
        {"/quite", "", "argument 1: unknown option \"/quite\"; did you mean \"/quiet\"?",
         SERVER_RUN},
        {"/pipe:a", "", "argument 1: unknown option \"/pipe:a\"", SERVER_RUN},
        {"install /quiet:yes", "", "argument 2: --quiet takes no value", SERVER_INSTALL},
        {"install /readers", "", "argument 2: --readers needs a value: --readers NAME",
         SERVER_INSTALL},
        {"install /readers:", "readers=", "", SERVER_INSTALL},
        {"stop --readers=x", "readers=x", "argument 2: stop takes no --readers", SERVER_STOP},
        {"--quiet", "quiet", "argument 1: --quiet belongs to --console, install and stop",
         SERVER_RUN},
        {"/readers:x", "readers=x", "argument 1: --readers belongs to install", SERVER_RUN},
        {"--nonsense -h", "help", "argument 1: unknown option \"--nonsense\"", SERVER_RUN},
    };
    check_rows(t, &server, rows, TEST_COUNT(rows));
}

static void cli_remembers_positions(struct test *t)
{
    struct cli cli;
    struct buffer out;

    buffer_init(&out, 4096);
    read_line(&cli, &reader, "-a ps -k x 12 --kind=y 13 -a", &out);
    CHECK_INT(t, 8, cli.given[0]);
    CHECK_INT(t, 0, cli.given[1]);
    CHECK_INT(t, 6, cli.given[2]); /* where the value stands */
    CHECK_INT(t, 2, cli.command_index);
    CHECK_INT(t, 5, cli.operand_index);
    cli_exclude(&cli, 0, 1);
    CHECK(t, !cli.failed);
    cli_exclude(&cli, 0, 2);
    CHECK_STR(t, "argument 8: --all and --kind exclude each other", cli.message);
    cli_fail_at(&cli, 1, "not %s", "shown");
    CHECK_STR(t, "argument 8: --all and --kind exclude each other", cli.message);

    read_line(&cli, &reader, "-a", &out);
    cli_fail_at(&cli, 0, "no %s", "process");
    CHECK_STR(t, "no process", cli.message);
    buffer_release(&out);
}

static void cli_reads_numbers(struct test *t)
{
    static const struct {
        const char *value;
        uint64_t max, number;
        const char *message;
    } rows[] = {
        {"1", 10, 1, ""},
        {"10", 10, 10, ""},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX, ""},
        {"0", 10, 1, "argument 1: --top takes a number from 1 to 10, not \"0\""},
        {"11", 10, 1, "argument 1: --top takes a number from 1 to 10, not \"11\""},
        {"-1", 10, 1, "argument 1: --top takes a number from 1 to 10, not \"-1\""},
        {"1.5", 10, 1, "argument 1: --top takes a number from 1 to 10, not \"1.5\""},
        {"", 10, 1, "argument 1: --top takes a number from 1 to 10, not \"\""},
        {"18446744073709551616", UINT64_MAX, 1,
         "argument 1: --top takes a number from 1 on, not \"18446744073709551616\""},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct cli cli;
        char argument[64];
        const char *const list[] = {argument};
        TEST_ROW(t, "%s", rows[i].value);
        (void)snprintf(argument, sizeof argument, "--top=%s", rows[i].value);
        cli_init(&cli, &reader, 1, list);
        REQUIRE(t, cli_next(&cli) == 4);
        CHECK(t, cli_number(&cli, 1, rows[i].max) == rows[i].number);
        CHECK_STR(t, rows[i].message, cli.message);
    }
}

static void cli_reads_words(struct test *t)
{
    static const char *const words[] = {"image", "data", "all"};
    static const struct {
        const char *value;
        int choice;
        const char *message;
    } rows[] = {
        {"image", 0, ""},
        {"ALL", 2, ""},
        {"dat", -1,
         "argument 1: --kind takes image, data or all, not \"dat\"; did you mean \"data\"?"},
        {"exe", -1, "argument 1: --kind takes image, data or all, not \"exe\""},
        {"", -1, "argument 1: --kind takes image, data or all, not \"\""},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct cli cli;
        char argument[64];
        const char *const list[] = {argument};
        TEST_ROW(t, "%s", rows[i].value);
        (void)snprintf(argument, sizeof argument, "--kind=%s", rows[i].value);
        cli_init(&cli, &reader, 1, list);
        REQUIRE(t, cli_next(&cli) == 2);
        CHECK_INT(t, rows[i].choice, cli_choice(&cli, cli.value, words, TEST_COUNT(words)));
        CHECK_STR(t, rows[i].message, cli.message);
    }
}

static void cli_quotes_what_may_be_shown(struct test *t)
{
    enum { MANY = 500 };
    static char controls[MANY], wide[MANY];
    char argument[MANY + 3] = "--";
    const char *const list[] = {argument};
    struct cli cli;

    CHECK_STR(t, "", cli_quote((struct span){NULL, 0}).text);
    CHECK_STR(t,
              "a\xEF\xBF\xBD"
              "b\xC3\xA9",
              cli_quote(SPAN("a\xFF"
                             "b\xC3\xA9"))
                  .text);
    memset(controls, '\x01', sizeof controls);
    memset(wide, 'x', sizeof wide);
    for (size_t i = 0; i + 3 <= sizeof wide; i += 3)
        memcpy(wide + i, "\xE6\x97\xA5", 3);
    for (size_t size = 0; size < sizeof controls; size++) {
        struct utf8_quoted quoted = cli_quote((struct span){controls, size});
        size_t shown = size < UTF8_QUOTE_SIZE_MAX ? size : UTF8_QUOTE_SIZE_MAX;
        TEST_ROW(t, "%zu", size);
        CHECK_INT(t, shown * 3 + (shown < size ? 3 : 0), strlen(quoted.text));
        CHECK(t, size <= UTF8_QUOTE_SIZE_MAX || strstr(quoted.text, "\xBD...") != NULL);
        quoted = cli_quote((struct span){wide, size / 3 * 3});
        CHECK(t, utf8_is_valid(span_from_string(quoted.text), NULL));
        CHECK(t, strstr(quoted.text, "\xEF\xBF\xBD") == NULL);
    }
    memcpy(argument + 2, controls, sizeof controls); /* the longest message is not cut */
    argument[sizeof argument - 1] = '\0';
    cli_init(&cli, &reader, 1, list);
    CHECK_INT(t, CLI_END, cli_next(&cli));
    CHECK(t, strstr(cli.message, "\xBD...\"") != NULL);
}

/* word  The one that is expected; NULL: none. */
static void check_hint(struct test *t, const char *word, struct span typed,
                       const char *const *words, size_t count)
{
    char expected[64] = "";

    if (word != NULL)
        (void)snprintf(expected, sizeof expected, "; did you mean \"-%s\"?", word);
    CHECK_STR(t, expected, cli_hint(typed, words, count, "-").text);
}

static void cli_nearest_is_the_word_that_was_meant(struct test *t)
{
    static const char *const words[] = {"all",     "file", "kind",   "json", "csv",
                                        "regions", "wide", "host",   "out",  "timeout",
                                        "quiet",   "info", "whoami", "image"};
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
        TEST_ROW(t, "%s", rows[i].typed);
        check_hint(t, rows[i].best, span_from_string(rows[i].typed), words, TEST_COUNT(words));
    }
}

/* The first of two that are equally near stays; a nearer one takes its place. */
static void cli_nearest_is_the_first_of_equals(struct test *t)
{
    static const char *const words[] = {NULL, "cat", "", "bag", "bat"};
    check_hint(t, "cat", SPAN("bat"), words, 4);
    check_hint(t, "bat", SPAN("bat"), words, 5);
    check_hint(t, NULL, SPAN("bat"), words, 1);
}

/* Words of any size up to the bound and one above it: nothing is overrun. */
static void cli_nearest_takes_words_up_to_its_bound(struct test *t)
{
    for (size_t x = 0; x <= CLI_NEAR_SIZE_MAX + 1; x++) {
        for (size_t y = 0; y <= CLI_NEAR_SIZE_MAX + 1; y++) {
            char typed[CLI_NEAR_SIZE_MAX + 2], word[CLI_NEAR_SIZE_MAX + 2];
            const char *const words[] = {word};
            memset(typed, 'a', sizeof typed);
            memset(word, 'a', sizeof word);
            word[y] = '\0';
            TEST_ROW(t, "%zu and %zu", x, y);
            if (x > CLI_NEAR_SIZE_MAX || y > CLI_NEAR_SIZE_MAX || x == 0)
                check_hint(t, NULL, (struct span){typed, x}, words, 1);
            else if (x == y)
                check_hint(t, word, (struct span){typed, x}, words, 1);
            else
                (void)cli_hint((struct span){typed, x}, words, 1, "");
        }
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(cli_with_operands),
        TEST_CASE(cli_without_operands),
        TEST_CASE(cli_remembers_positions),
        TEST_CASE(cli_reads_numbers),
        TEST_CASE(cli_reads_words),
        TEST_CASE(cli_quotes_what_may_be_shown),
        TEST_CASE(cli_nearest_is_the_word_that_was_meant),
        TEST_CASE(cli_nearest_is_the_first_of_equals),
        TEST_CASE(cli_nearest_takes_words_up_to_its_bound),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
