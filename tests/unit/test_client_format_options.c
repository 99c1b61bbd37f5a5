/* The options of formats, and what is said when one is mistyped. */
#include "client/options.h"
#include "client/show/help.h"
#include "tests/test.h"

enum { ARGUMENTS_MAX = 12 };

/* Splits at spaces; a word of `''` is the empty argument. */
static bool parse(const char *line, struct options *options, char *message)
{
    static char text[512], program[] = "lsmap";
    static char *argv[ARGUMENTS_MAX + 1];
    int argc = 1;

    argv[0] = program;
    (void)snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok(text, " "); word != NULL && argc < ARGUMENTS_MAX;
         word = strtok(NULL, " ")) {
        if (strcmp(word, "''") == 0)
            word[0] = '\0';
        argv[argc++] = word;
    }
    argv[argc] = NULL;
    return options_parse(argc, argv, options, message);
}

static void formats_are_chosen(struct test *t)
{
    static const struct {
        const char *line;
        enum output_format format;
        bool host;
        const char *out;
    } rows[] = {
        {"-a", FORMAT_TABLE, false, NULL},
        {"-a --csv", FORMAT_CSV, false, NULL},
        {"ps --csv --host --no-header", FORMAT_CSV, true, NULL},
        {"-a --json --host", FORMAT_JSON, true, NULL},
        {"whoami --host --json -o x", FORMAT_JSON, true, "x"},
        {"-a --prometheus --out=lsmap.prom", FORMAT_PROMETHEUS, false, "lsmap.prom"},
        {"ps --prometheus -olsmap.prom", FORMAT_PROMETHEUS, false, "lsmap.prom"},
        {"-a --pages --prometheus", FORMAT_PROMETHEUS, false, NULL},
        {"stats --prometheus", FORMAT_PROMETHEUS, false, NULL},
        {"-a --by-file --csv", FORMAT_CSV, false, NULL},
        {"-a --regions --csv", FORMAT_CSV, false, NULL},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options = {.format = FORMAT_TABLE};
        char message[OPTIONS_ERROR_CAPACITY] = "";
        TEST_ROW(t, "%s", rows[i].line);
        CHECK(t, parse(rows[i].line, &options, message));
        CHECK_STR(t, "", message);
        CHECK_INT(t, rows[i].format, options.format);
        CHECK_INT(t, rows[i].host, options.host);
        CHECK_INT(t, rows[i].out != NULL, options.out != NULL);
        if (rows[i].out != NULL && options.out != NULL)
            CHECK_STR(t, rows[i].out, options.out);
    }
}

static void what_does_not_go_together(struct test *t)
{
    static const struct {
        const char *line, *message;
    } rows[] = {
        {"-a --json --csv", "argument 3: --csv and --json exclude each other"},
        {"-a --csv --prometheus", "argument 3: --prometheus and --csv exclude each other"},
        {"-a --host", "argument 2: --host is for rows: add --json or --csv"},
        {"-a --host --prometheus", "argument 2: --host is for rows: add --json or --csv"},
        {"info --csv", "argument 2: info takes no --csv"},
        {"stats --csv", "argument 2: stats takes no --csv"},
        {"info --prometheus", "argument 2: info takes no --prometheus"},
        {"whoami --prometheus", "argument 2: whoami takes no --prometheus"},
        {"-a --prometheus --regions", "argument 3: --prometheus and --regions exclude each other"},
        {"-a --prometheus --top 3", "argument 4: --prometheus and --top exclude each other"},
        {"-a --by-file --prometheus", "argument 3: --prometheus and --by-file exclude each other"},
        {"-a --out ''", "argument 3: the name of the file is empty"},
        {"-a --out", "argument 2: --out needs a value: --out FILE"},
        {"-a -o x --out y", "argument 5: --out is given twice"},
        {"-a --openmetrics", "argument 2: unknown option \"--openmetrics\""},
        {"-a --jason", "argument 2: unknown option \"--jason\"; did you mean \"--json\"?"},
        {"-a --region", "argument 2: unknown option \"--region\"; did you mean \"--regions\"?"},
        {"-a --tiemout=3",
         "argument 2: unknown option \"--tiemout=3\"; did you mean \"--timeout\"?"},
        {"-json -a", "argument 1: unknown option \"-json\"; did you mean \"--json\"?"},
        {"-a --xyzzy", "argument 2: unknown option \"--xyzzy\""},
        {"-a -k imgae", "argument 3: --kind takes image, data, pagefile or all, not \"imgae\"; "
                        "did you mean \"image\"?"},
        {"help formast", "argument 2: no help on \"formast\"; did you mean \"formats\"?"},
        {"help me", "argument 2: no help on \"me\""},
        {"help formats output", "argument 3: help takes one topic"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options;
        char message[OPTIONS_ERROR_CAPACITY] = "";
        TEST_ROW(t, "%s", rows[i].line);
        CHECK(t, !parse(rows[i].line, &options, message));
        CHECK_STR(t, rows[i].message, message);
    }
}

static void help_has_topics(struct test *t)
{
    static const struct {
        const char *line, *topic;
    } rows[] = {
        {"help", ""},
        {"--help", ""},
        {"help formats", "formats"},
        {"help EXIT-CODES", "EXIT-CODES"},
        {"help formats --csv", "formats"}, /* nothing but the topic matters */
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options = {.format = FORMAT_TABLE};
        char message[OPTIONS_ERROR_CAPACITY] = "";
        TEST_ROW(t, "%s", rows[i].line);
        CHECK(t, parse(rows[i].line, &options, message));
        CHECK_INT(t, COMMAND_HELP, options.command);
        CHECK_MEM(t, rows[i].topic, strlen(rows[i].topic), options.topic.data, options.topic.size);
        CHECK(t, options.topic.size == 0 || help_topic(options.topic) != NULL);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(formats_are_chosen),
        TEST_CASE(what_does_not_go_together),
        TEST_CASE(help_has_topics),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
