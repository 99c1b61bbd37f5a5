#include "common/text/cli.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/text/number.h"
#include "common/text/suggest.h"
#include "common/text/utf.h"

enum { CLI_NOTHING = -3 }; /* nothing to return; reading goes on */

/* --- messages --- */

PRINTF_FORMAT(2, 0)
static void add_arguments(struct cli *cli, const char *format, va_list arguments)
{
    size_t size = strlen(cli->message);
    (void)vsnprintf(cli->message + size, sizeof cli->message - size, format, arguments);
}

PRINTF_FORMAT(2, 3)
static void add(struct cli *cli, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_arguments(cli, format, arguments);
    va_end(arguments);
}

/* Returns false when there is a message already. */
static bool begin_failure(struct cli *cli, size_t index)
{
    if (cli->failed)
        return false;
    cli->failed = true;
    if (index > 0)
        add(cli, "argument %u: ", (unsigned)index);
    return true;
}

void cli_fail(struct cli *cli, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (begin_failure(cli, cli->index))
        add_arguments(cli, format, arguments);
    va_end(arguments);
}

void cli_fail_at(struct cli *cli, size_t index, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (begin_failure(cli, index))
        add_arguments(cli, format, arguments);
    va_end(arguments);
}

struct cli_quoted cli_quote(struct span text)
{
    struct cli_quoted quoted = {""};
    size_t size = 0;
    size_t cut = utf8_cut(text, CLI_QUOTED_SIZE_MAX);
    for (size_t offset = 0; offset < cut;) {
        struct span shown = utf8_next_shown((struct span){text.data, cut}, &offset);
        memcpy(quoted.text + size, shown.data, shown.size);
        size += shown.size;
    }
    if (cut < text.size)
        memcpy(quoted.text + size, "...", 4);
    return quoted;
}

static void add_suggestion(struct cli *cli, const struct suggestion *suggestion, const char *prefix)
{
    if (suggestion->best.data != NULL)
        add(cli, "; did you mean \"%s%.*s\"?", prefix, (int)suggestion->best.size,
            suggestion->best.data);
}

static void suggest_command(const struct cli_syntax *syntax, struct suggestion *suggestion,
                            struct span word)
{
    suggestion_init(suggestion, word);
    for (size_t i = 0; i < syntax->commands_count; i++) {
        if (syntax->commands[i] != NULL)
            suggestion_offer(suggestion, span_from_string(syntax->commands[i]));
    }
}

/* "a, b or c" */
static void add_list(struct cli *cli, const char *const *words, size_t count, const char *last)
{
    for (size_t i = 0; i < count; i++) {
        const char *separator = i == 0 ? "" : i + 1 < count ? ", " : last;
        add(cli, "%s%s", separator, words[i]);
    }
}

/* --- reading --- */

static const struct cli_option *option_at(const struct cli *cli, int option)
{
    ASSERT(option >= 0 && (size_t)option < cli->syntax->options_count);
    return &cli->syntax->options[option];
}

static int refuse_option(struct cli *cli, struct span argument, struct span name)
{
    struct suggestion suggestion;
    bool is_slash = argument.data[0] == '/';

    suggestion_init(&suggestion, name);
    for (size_t i = 0; i < cli->syntax->options_count; i++) {
        const struct cli_option *option = &cli->syntax->options[i];
        const char *offered = is_slash ? option->slash_name : option->name;
        if (offered != NULL)
            suggestion_offer(&suggestion, span_from_string(offered));
    }
    if (begin_failure(cli, cli->index)) {
        add(cli, "unknown option \"%s\"", cli_quote(argument).text);
        add_suggestion(cli, &suggestion, is_slash ? "/" : "--");
    }
    return CLI_NOTHING;
}

/* attached  data NULL: no value is attached. */
static int take_option(struct cli *cli, int id, struct span attached)
{
    const struct cli_option *option = option_at(cli, id);
    if (option->value == NULL && attached.data != NULL) {
        cli_fail(cli, "--%s takes no value", option->name);
        return CLI_NOTHING;
    }
    if (option->value != NULL && attached.data == NULL) {
        if (cli->index == cli->count) {
            cli_fail(cli, "--%s needs a value: --%s %s", option->name, option->name, option->value);
            return CLI_NOTHING;
        }
        attached = span_from_string(cli->arguments[cli->index++]);
    }
    if (option->value != NULL && !option->is_repeatable && cli->given[id] != 0) {
        cli_fail(cli, "--%s is given twice", option->name);
        return CLI_NOTHING;
    }
    cli->given[id] = cli->index;
    cli->value = attached;
    cli->option = id;
    return id;
}

/* Splits text into a name and, after the separator, a value, with data NULL when there is none. */
static struct span split(struct span text, char separator, struct span *value)
{
    const char *found = text.size > 0 ? memchr(text.data, separator, text.size) : NULL;
    *value = (struct span){NULL, 0};
    if (found == NULL)
        return text;
    size_t size = (size_t)(found - text.data);
    *value = span_from(text, size + 1);
    return (struct span){text.data, size};
}

static int read_long(struct cli *cli, struct span argument)
{
    struct span value;
    struct span name = split(span_from(argument, 2), '=', &value);
    for (size_t i = 0; i < cli->syntax->options_count; i++) {
        if (span_equal(name, span_from_string(cli->syntax->options[i].name)))
            return take_option(cli, (int)i, value);
    }
    return refuse_option(cli, argument, name);
}

/* Returns CLI_OPERAND when the argument is not an option of this form. */
static int read_slash(struct cli *cli, struct span argument)
{
    struct span value;
    struct span name = split(span_from(argument, 1), ':', &value);
    for (size_t i = 0; i < cli->syntax->options_count; i++) {
        const struct cli_option *option = &cli->syntax->options[i];
        if (option->slash_name == NULL || !span_equal(name, span_from_string(option->slash_name)))
            continue;
        if (option->value != NULL && value.data == NULL) {
            cli_fail(cli, "/%s needs a value: /%s:%s", option->slash_name, option->slash_name,
                     option->value);
            return CLI_NOTHING;
        }
        return take_option(cli, (int)i, value);
    }
    return cli->syntax->has_operands ? CLI_OPERAND : refuse_option(cli, argument, name);
}

static int read_letter(struct cli *cli)
{
    const char letter = cli->letters.data[0];
    struct span rest = span_from(cli->letters, 1);
    cli->letters = rest;
    for (size_t i = 0; i < cli->syntax->options_count; i++) {
        const struct cli_option *option = &cli->syntax->options[i];
        if (option->letter != letter)
            continue;
        if (option->value == NULL)
            return take_option(cli, (int)i, (struct span){NULL, 0});
        cli->letters.size = 0;
        return take_option(cli, (int)i, rest.size > 0 ? rest : (struct span){NULL, 0});
    }
    cli->letters.size = 0; /* perhaps a long name after one dash */
    struct span argument = span_from_string(cli->arguments[cli->index - 1]);
    return refuse_option(cli, argument, span_from(argument, 1));
}

static bool find_command(const struct cli_syntax *syntax, struct span word, unsigned *command)
{
    for (size_t i = 0; i < syntax->commands_count; i++) {
        if (syntax->commands[i] != NULL &&
            span_equal(word, span_from_string(syntax->commands[i]))) {
            *command = (unsigned)i;
            return true;
        }
    }
    return false;
}

/* Returns CLI_OPERAND when the argument is not the command. */
static int read_command(struct cli *cli, struct span argument)
{
    unsigned command;
    bool is_first = cli->command_index == 0 && cli->operand_index == 0;
    if (!(is_first || !cli->syntax->has_operands) || !find_command(cli->syntax, argument, &command))
        return CLI_OPERAND;
    if (!is_first) {
        cli_fail(cli, "there is a command already");
        return CLI_NOTHING;
    }
    cli->command = command;
    cli->command_index = cli->index;
    return CLI_NOTHING;
}

static int read_option(struct cli *cli, struct span argument)
{
    if (argument.size > 0 && argument.data[0] == '/')
        return read_slash(cli, argument);
    if (argument.size == 0 || argument.data[0] != '-')
        return CLI_OPERAND;
    if (argument.size == 1)
        return cli->syntax->has_operands ? CLI_OPERAND : refuse_option(cli, argument, SPAN(""));
    if (span_starts_with(argument, SPAN("--")) && argument.size > 2)
        return read_long(cli, argument);
    if (span_starts_with(argument, SPAN("--")))
        cli->is_literal = true;
    else
        cli->letters = span_from(argument, 1);
    return CLI_NOTHING;
}

static int take_operand(struct cli *cli, struct span argument)
{
    struct suggestion suggestion;

    if (cli->syntax->has_operands) {
        if (cli->operand_index == 0)
            cli->operand_index = cli->index;
        cli->value = argument;
        return CLI_OPERAND;
    }
    suggest_command(cli->syntax, &suggestion, argument);
    if (begin_failure(cli, cli->index)) {
        add(cli, "unknown command \"%s\"", cli_quote(argument).text);
        add_suggestion(cli, &suggestion, "");
    }
    return CLI_NOTHING;
}

static int read_argument(struct cli *cli)
{
    struct span argument = span_from_string(cli->arguments[cli->index++]);
    int found = cli->is_literal ? CLI_OPERAND : read_command(cli, argument);
    if (found == CLI_OPERAND && !cli->is_literal)
        found = read_option(cli, argument);
    return found == CLI_OPERAND ? take_operand(cli, argument) : found;
}

void cli_init(struct cli *cli, const struct cli_syntax *syntax, size_t count,
              const char *const *arguments)
{
    ASSERT(syntax->options_count <= CLI_OPTIONS_MAX);
    *cli = (struct cli){.syntax = syntax,
                        .arguments = arguments,
                        .count = count,
                        .command = syntax->command_default};
}

int cli_next(struct cli *cli)
{
    while (cli->letters.size > 0 ||
           cli->index < cli->count) { /* every round reads a letter or an argument */
        int found = cli->letters.size > 0 ? read_letter(cli) : read_argument(cli);
        if (found != CLI_NOTHING)
            return found;
    }
    return CLI_END;
}

/* --- checks and values --- */

void cli_exclude(struct cli *cli, int a, int b)
{
    size_t first = cli->given[a], second = cli->given[b];
    if (first != 0 && second != 0)
        cli_fail_at(cli, first > second ? first : second, "--%s and --%s exclude each other",
                    option_at(cli, a)->name, option_at(cli, b)->name);
}

/* "--json belongs to access and doctor" */
static void refuse_without_command(struct cli *cli, const struct cli_option *option, size_t index)
{
    const struct cli_syntax *syntax = cli->syntax;
    const char *words[CLI_COMMANDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < syntax->commands_count; i++) {
        if (syntax->commands[i] != NULL && (option->commands & CLI_FOR(i)) != 0)
            words[count++] = syntax->commands[i];
    }
    if (!begin_failure(cli, index))
        return;
    add(cli, "--%s belongs to ", option->name);
    add_list(cli, words, count, " and ");
}

void cli_check_command(struct cli *cli)
{
    for (size_t i = 0; i < cli->syntax->options_count; i++) {
        const struct cli_option *option = &cli->syntax->options[i];
        if (cli->given[i] == 0 || (option->commands & CLI_FOR(cli->command)) != 0)
            continue;
        if (cli->command_index != 0)
            cli_fail_at(cli, cli->given[i], "%s takes no --%s", cli->syntax->commands[cli->command],
                        option->name);
        else
            refuse_without_command(cli, option, cli->given[i]);
    }
}

uint64_t cli_number(struct cli *cli, uint64_t min, uint64_t max)
{
    uint64_t number;
    if (number_from_decimal(cli->value, &number) && number >= min && number <= max)
        return number;
    if (begin_failure(cli, cli->index)) {
        add(cli, "--%s takes a number from %" PRIu64, option_at(cli, cli->option)->name, min);
        if (max < UINT64_MAX)
            add(cli, " to %" PRIu64, max);
        add(cli, max < UINT64_MAX ? ", not \"%s\"" : " on, not \"%s\"", cli_quote(cli->value).text);
    }
    return min;
}

int cli_choice(struct cli *cli, struct span word, const char *const *words, size_t count)
{
    struct suggestion suggestion;

    suggestion_init(&suggestion, word);
    for (size_t i = 0; i < count; i++) {
        struct span known = span_from_string(words[i]);
        if (span_equal_ascii_nocase(word, known))
            return (int)i;
        suggestion_offer(&suggestion, known);
    }
    if (begin_failure(cli, cli->index)) {
        add(cli, "--%s takes ", option_at(cli, cli->option)->name);
        add_list(cli, words, count, " or ");
        add(cli, ", not \"%s\"", cli_quote(word).text);
        add_suggestion(cli, &suggestion, "");
    }
    return -1;
}

struct span cli_command_near(const struct cli_syntax *syntax, struct span word)
{
    struct suggestion suggestion;
    suggest_command(syntax, &suggestion, word);
    return suggestion.best;
}
