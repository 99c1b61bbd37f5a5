#include "options.h"

#include <stdio.h>
#include <string.h>

#include "protocol.h"
#include "span.h"

enum { SHOWN_SIZE_MAX = 64 }; /* bytes of an argument that an error repeats */

struct parser {
    const char *const *arguments;
    size_t count;
    size_t index; /* of the next argument */
    struct options options;
    bool has_command;
    size_t pipe_index;     /* of the argument behind --pipe, from 1; 0: not given */
    size_t quiet_index;    /* of --quiet */
    size_t no_start_index; /* of --no-start */
    struct options_error error;
    enum status status; /* the first failure sticks */
};

static bool is_continuation_byte(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Says what is wrong with an argument, and which it is: `index` counts from 1, as people do. */
static void fail_at(struct parser *parser, size_t index, const char *what)
{
    const char *argument = parser->arguments[index - 1];
    size_t size = strlen(argument);
    const char *cut = "";

    if (size > SHOWN_SIZE_MAX) {
        size = SHOWN_SIZE_MAX;
        while (size > 0 && is_continuation_byte(argument[size])) /* never half a character */
            size--;
        cut = "...";
    }
    (void)snprintf(parser->error.message, sizeof parser->error.message,
                   "argument %u, \"%.*s%s\": %s; see lsmapd --help", (unsigned)index, (int)size,
                   argument, cut, what);
    parser->status = STATUS_BAD_REQUEST;
}

/* The same for the argument that was taken last. */
static void fail(struct parser *parser, const char *what)
{
    fail_at(parser, parser->index, what);
}

static void take_command(struct parser *parser, enum options_command command)
{
    if (parser->has_command) {
        fail(parser, "there is a command already");
        return;
    }
    parser->has_command = true;
    parser->options.command = command;
}

static void take_pipe(struct parser *parser, struct span name)
{
    char what[96];

    if (parser->pipe_index != 0) {
        fail(parser, "--pipe is given twice");
        return;
    }
    parser->pipe_index = parser->index;
    const char *wrong = pipe_name_normalize(name, parser->options.pipe_name,
                                            sizeof parser->options.pipe_name, NULL);
    if (wrong != NULL) {
        (void)snprintf(what, sizeof what, "the pipe name %s", wrong);
        fail(parser, what);
    }
}

static bool is_one_of(const char *argument, const char *a, const char *b, const char *c)
{
    return strcmp(argument, a) == 0 || strcmp(argument, b) == 0 ||
           (c != NULL && strcmp(argument, c) == 0);
}

/* A word that is a command; false when it is none. */
static bool take_word(struct parser *parser, const char *argument)
{
    static const struct {
        const char *word;
        enum options_command command;
    } words[] = {
        {"--console", COMMAND_CONSOLE},   {"install", COMMAND_INSTALL},
        {"uninstall", COMMAND_UNINSTALL}, {"stop", COMMAND_STOP},
        {"status", COMMAND_STATUS},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(argument, words[i].word) == 0) {
            take_command(parser, words[i].command);
            return true;
        }
    }
    return false;
}

static void take_argument(struct parser *parser)
{
    const struct span pipe_equals = SPAN("--pipe=");
    const char *argument = parser->arguments[parser->index++];
    struct span text = span_from_string(argument);

    if (take_word(parser, argument))
        return;
    if (is_one_of(argument, "--quiet", "/quiet", NULL)) {
        parser->options.quiet = true;
        parser->quiet_index = parser->index;
    } else if (strcmp(argument, "--no-start") == 0) {
        parser->options.no_start = true;
        parser->no_start_index = parser->index;
    } else if (span_starts_with(text, pipe_equals)) {
        take_pipe(parser, span_from(text, pipe_equals.size));
    } else if (strcmp(argument, "--pipe") == 0) {
        if (parser->index == parser->count)
            fail(parser, "a pipe name must follow");
        else
            take_pipe(parser, span_from_string(parser->arguments[parser->index++]));
    } else {
        fail(parser,
             argument[0] == '-' || argument[0] == '/' ? "unknown option" : "unknown command");
    }
}

static bool is_quiet_command(enum options_command command)
{
    return command == COMMAND_INSTALL || command == COMMAND_UNINSTALL || command == COMMAND_STOP ||
           command == COMMAND_STATUS;
}

/* What fits each by itself but not together. */
static void check_together(struct parser *parser)
{
    const struct options *options = &parser->options;

    if (parser->pipe_index != 0 && options->command != COMMAND_CONSOLE)
        fail_at(parser, parser->pipe_index, "--pipe belongs to --console");
    else if (options->quiet && !is_quiet_command(options->command))
        fail_at(parser, parser->quiet_index,
                "--quiet belongs to install, uninstall, stop and status");
    else if (options->no_start && options->command != COMMAND_INSTALL)
        fail_at(parser, parser->no_start_index, "--no-start belongs to install");
}

/* --help and --version answer before anything else is looked at. */
static bool find_early(size_t count, const char *const *arguments, enum options_command *command)
{
    for (size_t i = 0; i < count; i++) {
        if (is_one_of(arguments[i], "--help", "-h", "/?")) {
            *command = COMMAND_HELP;
            return true;
        }
        if (strcmp(arguments[i], "--version") == 0) {
            *command = COMMAND_VERSION;
            return true;
        }
    }
    return false;
}

enum status options_parse(size_t count, const char *const *arguments, struct options *options,
                          struct options_error *error)
{
    struct parser parser = {.arguments = arguments, .count = count, .status = STATUS_OK};

    memcpy(parser.options.pipe_name, PIPE_NAME_DEFAULT, sizeof PIPE_NAME_DEFAULT);
    if (!find_early(count, arguments, &parser.options.command)) {
        while (parser.index < parser.count && parser.status == STATUS_OK)
            take_argument(&parser);
        if (parser.status == STATUS_OK)
            check_together(&parser);
    }
    if (parser.status == STATUS_OK)
        *options = parser.options;
    else
        *error = parser.error;
    return parser.status;
}

const char *options_help(void)
{
    return "lsmapd: the service that lists memory-mapped files for lsmap\n"
           "\n"
           "usage: lsmapd install [--no-start] [--quiet]\n"
           "       lsmapd uninstall | stop | status [--quiet]\n"
           "       lsmapd --console [--pipe NAME]\n"
           "       lsmapd --version | --help\n"
           "\n"
           "  install      register the service, or update it, and start it\n"
           "  uninstall    stop the service and remove it\n"
           "  stop         stop the service; success when there is none\n"
           "  status       say what is registered and whether it runs\n"
           "  --console    serve from this console until Ctrl+C\n"
           "  --no-start   leave the service stopped\n"
           "  --pipe NAME  \\\\.\\pipe\\NAME, or NAME alone, instead of the usual pipe\n"
           "  --quiet      print errors only (also /quiet)\n"
           "\n"
           "Without arguments it waits to be run by the service control manager.\n";
}
