#include "service/options_parser.h"

#include <stdio.h>
#include <string.h>

#include "common/proto/protocol.h"
#include "common/text/span.h"

enum { SHOWN_SIZE_MAX = 64 }; /* bytes of an argument that an error repeats */

static bool is_continuation_byte(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

void options_fail_at(struct parser *parser, size_t index, const char *what)
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

void options_fail(struct parser *parser, const char *what)
{
    options_fail_at(parser, parser->index, what);
}

static void take_option(struct parser *parser, enum option option, const char *value)
{
    char what[64];

    if (parser->given[option] != 0 && !option_rules[option].is_repeatable) {
        (void)snprintf(what, sizeof what, "%s is given twice", option_rules[option].name);
        options_fail(parser, what);
        return;
    }
    parser->given[option] = parser->index;
    option_rules[option].take(parser, value);
}

/* "name" alone, whose value is the next argument. */
static void take_bare_option(struct parser *parser, enum option option)
{
    if (option_rules[option].value == NULL)
        take_option(parser, option, NULL);
    else if (parser->index == parser->count)
        options_fail(parser, option_rules[option].value);
    else
        take_option(parser, option, parser->arguments[parser->index++]);
}

/* The value of "name=value", where `separator` is '='; NULL when it is none of this option. */
static const char *attached_value(const char *argument, const char *name, char separator)
{
    size_t size = strlen(name);

    return strncmp(argument, name, size) == 0 && argument[size] == separator ? argument + size + 1
                                                                             : NULL;
}

static bool take_as_option(struct parser *parser, const char *argument)
{
    for (int i = 0; i < OPTIONS_COUNT; i++) {
        const char *slash_name = option_rules[i].slash_name;
        const char *value = NULL;

        if (strcmp(argument, option_rules[i].name) == 0 ||
            (slash_name != NULL && option_rules[i].value == NULL &&
             strcmp(argument, slash_name) == 0)) {
            take_bare_option(parser, (enum option)i);
            return true;
        }
        if (option_rules[i].value == NULL)
            continue;
        value = attached_value(argument, option_rules[i].name, '=');
        if (value == NULL && slash_name != NULL)
            value = attached_value(argument, slash_name, ':');
        if (value != NULL) {
            take_option(parser, (enum option)i, value);
            return true;
        }
    }
    return false;
}

/* --- commands --- */

/* A word that is a command; false when it is none. */
static bool take_as_command(struct parser *parser, const char *argument)
{
    static const struct {
        const char *word;
        enum options_command command;
    } words[] = {
        {"--console", COMMAND_CONSOLE},   {"install", COMMAND_INSTALL},
        {"uninstall", COMMAND_UNINSTALL}, {"stop", COMMAND_STOP},
        {"status", COMMAND_STATUS},       {"access", COMMAND_ACCESS},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(argument, words[i].word) != 0)
            continue;
        if (parser->has_command)
            options_fail(parser, "there is a command already");
        parser->has_command = true;
        parser->options.command = words[i].command;
        return true;
    }
    return false;
}

static void take_argument(struct parser *parser)
{
    const char *argument = parser->arguments[parser->index++];

    if (take_as_command(parser, argument) || take_as_option(parser, argument))
        return;
    options_fail(parser,
                 argument[0] == '-' || argument[0] == '/' ? "unknown option" : "unknown command");
}

/* What fits each by itself but not together. */
static void check_together(struct parser *parser)
{
    const unsigned command = FOR(parser->options.command);

    for (int i = 0; i < OPTIONS_COUNT; i++) {
        if (parser->given[i] != 0 && (option_rules[i].commands & command) == 0) {
            options_fail_at(parser, parser->given[i], option_rules[i].belongs);
            return;
        }
    }
}

/* --help and --version answer before anything else is looked at. */
static bool find_early(size_t count, const char *const *arguments, enum options_command *command)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0 ||
            strcmp(arguments[i], "/?") == 0) {
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
    struct parser parser = {.arguments = arguments,
                            .count = count,
                            .options.filtered_admins = FILTERED_ADMINS_DEFAULT,
                            .status = STATUS_OK};

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
