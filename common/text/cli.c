#include "common/text/cli.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/text/number.h"

/* --- messages --- */

/* The letters to insert, drop, change or swap with their neighbour, in any case, to turn a into b.
 * Three rows of the usual table are enough: a swap looks two back. */
static size_t distance(struct span a, struct span b)
{
    size_t rows[3][CLI_NEAR_SIZE_MAX + 1];
    for (size_t j = 0; j <= b.size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t *row = rows[i % 3];
        const size_t *before = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            char x = ascii_lower(a.data[i - 1]), y = ascii_lower(b.data[j - 1]);
            size_t other = before[j] < row[j - 1] ? before[j] : row[j - 1];
            size_t same = before[j - 1] + (x != y);
            row[j] = other + 1 < same ? other + 1 : same;
            if (i > 1 && j > 1 && x == ascii_lower(b.data[j - 2]) &&
                y == ascii_lower(a.data[i - 2]) && rows[(i - 2) % 3][j - 2] + 1 < row[j])
                row[j] = rows[(i - 2) % 3][j - 2] + 1;
        }
    }
    return rows[a.size % 3][b.size];
}

struct cli_text cli_hint(struct span word, const char *const *words, size_t count,
                         const char *prefix)
{
    struct cli_text hint = {""};
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < count && word.size > 0 && word.size <= CLI_NEAR_SIZE_MAX; i++) {
        const struct span known = span_from_string(words[i] != NULL ? words[i] : "");
        if (known.size == 0 || known.size > CLI_NEAR_SIZE_MAX)
            continue;
        const size_t longer = word.size > known.size ? word.size : known.size;
        size_t found = distance(word, known);
        if (word.size >= 3 && word.size <= known.size &&
            span_equal_ascii_nocase(word, (struct span){known.data, word.size}))
            found = found > 0; /* a beginning: the rest was not typed */
        if (found > (longer < 3 ? 0 : (longer + 1) / 3) || found >= best)
            continue;
        best = found;
        (void)snprintf(hint.text, sizeof hint.text, "; did you mean \"%s%s\"?", prefix, words[i]);
    }
    return hint;
}

/* "a, b or c" */
static struct cli_text join(const char *const *words, size_t count, const char *last)
{
    struct cli_text list = {""};
    for (size_t i = 0; i < count; i++) {
        const size_t size = strlen(list.text);
        const char *before = i == 0 ? "" : i + 1 < count ? ", " : last;
        (void)snprintf(list.text + size, sizeof list.text - size, "%s%s", before, words[i]);
    }
    return list;
}

int cli_fail_at(struct cli *cli, size_t index, const char *format, ...)
{
    va_list arguments;
    int size = 0;
    if (cli->failed)
        return CLI_NOTHING;
    cli->failed = true;
    if (index > 0)
        size = snprintf(cli->message, sizeof cli->message, "argument %u: ", (unsigned)index);
    va_start(arguments, format);
    (void)vsnprintf(cli->message + size, sizeof cli->message - (size_t)size, format, arguments);
    va_end(arguments);
    return CLI_NOTHING;
}

/* --- reading --- */

/* "; " and what an alias says, or the nearest word. */
static struct cli_text hint_of(const struct cli *cli, struct span alias, struct span word,
                               const char *const *words, size_t count, const char *prefix)
{
    const struct cli_syntax *syntax = cli->syntax;
    struct cli_text hint;
    for (size_t i = 0; i < syntax->aliases_count; i++) {
        if (!span_equal_ascii_nocase(alias, span_from_string(syntax->aliases[i].word)))
            continue;
        (void)snprintf(hint.text, sizeof hint.text, "; %s", syntax->aliases[i].clause);
        return hint;
    }
    return cli_hint(word, words, count, prefix);
}

/* name  A part of the argument, without dashes and value. */
static int refuse_option(struct cli *cli, struct span argument, struct span name)
{
    const size_t end = (size_t)(name.data - argument.data) + name.size;
    const bool has_number = end > 2 && number_is_digit(argument.data[2]); /* -p1234 */
    const struct span alias = {argument.data, has_number ? 2 : end};
    const char *names[CLI_OPTIONS_MAX];
    const size_t count = cli->syntax->options_count;
    const bool is_slash = argument.data[0] == '/';
    for (size_t i = 0; i < count; i++)
        names[i] = is_slash ? cli->syntax->options[i].slash_name : cli->syntax->options[i].name;
    return cli_fail(cli, "unknown option \"%s\"%s", cli_quote(argument).text,
                    hint_of(cli, alias, name, names, count, is_slash ? "/" : "--").text);
}

/* attached  data NULL: no value is attached. */
static int take_option(struct cli *cli, size_t id, struct span attached)
{
    const struct cli_option *option = &cli->syntax->options[id];
    if (option->value == NULL && attached.data != NULL)
        return cli_fail(cli, "--%s takes no value", option->name);
    if (option->value != NULL && attached.data == NULL) {
        if (cli->index == cli->count)
            return cli_fail(cli, "--%s needs a value: --%s %s", option->name, option->name,
                            option->value);
        attached = span_from_string(cli->arguments[cli->index++]);
    }
    if (option->value != NULL && !option->is_repeatable && cli->given[id] != 0)
        return cli_fail(cli, "--%s is given twice", option->name);
    cli->given[id] = cli->index;
    cli->value = attached;
    cli->option = (int)id;
    return cli->option;
}

/* --name, --name=VALUE, /name or /name:VALUE */
static int read_name(struct cli *cli, struct span argument)
{
    const bool is_slash = argument.data[0] == '/';
    struct span name = span_from(argument, is_slash ? 1 : 2);
    struct span value = {NULL, 0};
    const char *end = name.size > 0 ? memchr(name.data, is_slash ? ':' : '=', name.size) : NULL;
    if (end != NULL) {
        value = span_from(name, (size_t)(end - name.data) + 1);
        name.size -= value.size + 1;
    }
    for (size_t i = 0; i < cli->syntax->options_count; i++) {
        const struct cli_option *option = &cli->syntax->options[i];
        const char *known = is_slash ? option->slash_name : option->name;
        if (known != NULL && span_equal(name, span_from_string(known)))
            return take_option(cli, i, value);
    }
    return is_slash && cli->syntax->has_operands ? CLI_OPERAND : refuse_option(cli, argument, name);
}

static int read_letter(struct cli *cli)
{
    const char letter = cli->letters.data[0];
    const struct span rest = span_from(cli->letters, 1);
    const struct span none = {NULL, 0};
    for (size_t i = 0; i < cli->syntax->options_count; i++) {
        const struct cli_option *option = &cli->syntax->options[i];
        if (option->letter != letter)
            continue;
        cli->letters = option->value == NULL ? rest : none;
        return take_option(cli, i, option->value != NULL && rest.size > 0 ? rest : none);
    }
    cli->letters = none; /* perhaps a long name after one dash */
    struct span argument = span_from_string(cli->arguments[cli->index - 1]);
    return refuse_option(cli, argument, span_from(argument, 1));
}

/* Returns CLI_OPERAND when the argument is not a command, or no command is expected. */
static int read_command(struct cli *cli, struct span argument)
{
    const bool is_first = cli->command_index == 0 && cli->operand_index == 0;
    for (size_t i = 0; i < cli->syntax->commands_count; i++) {
        const char *word = cli->syntax->commands[i];
        if (word == NULL || !span_equal(argument, span_from_string(word)) ||
            (!is_first && cli->syntax->has_operands))
            continue;
        cli->command_index = cli->index;
        if (!is_first)
            return cli_fail(cli, "there is a command already");
        cli->command = (unsigned)i;
        return CLI_NOTHING;
    }
    return CLI_OPERAND;
}

static int read_option(struct cli *cli, struct span argument)
{
    const char first = argument.size > 0 ? argument.data[0] : '\0';
    if (first == '/' || (span_starts_with(argument, SPAN("--")) && argument.size > 2))
        return read_name(cli, argument);
    if (first != '-' || (argument.size == 1 && cli->syntax->has_operands))
        return CLI_OPERAND;
    if (argument.size == 1)
        return refuse_option(cli, argument, span_from(argument, 1));
    if (argument.data[1] == '-')
        cli->is_literal = true;
    else
        cli->letters = span_from(argument, 1);
    return CLI_NOTHING;
}

static int read_argument(struct cli *cli)
{
    const struct cli_syntax *syntax = cli->syntax;
    struct span argument = span_from_string(cli->arguments[cli->index++]);
    int found = cli->is_literal ? CLI_OPERAND : read_command(cli, argument);
    if (found == CLI_OPERAND && !cli->is_literal)
        found = read_option(cli, argument);
    if (found != CLI_OPERAND)
        return found;
    if (!syntax->has_operands)
        return cli_fail(cli, "unknown command \"%s\"%s", cli_quote(argument).text,
                        cli_hint(argument, syntax->commands, syntax->commands_count, "").text);
    if (cli->operand_index == 0)
        cli->operand_index = cli->index;
    cli->value = argument;
    return CLI_OPERAND;
}

void cli_init(struct cli *cli, const struct cli_syntax *syntax, size_t count,
              const char *const *arguments)
{
    ASSERT(syntax->options_count <= CLI_OPTIONS_MAX && syntax->commands_count <= CLI_COMMANDS_MAX);
    *cli = (struct cli){.syntax = syntax,
                        .arguments = arguments,
                        .count = count,
                        .command = syntax->command_default};
}

int cli_next(struct cli *cli)
{
    while (cli->letters.size > 0 || cli->index < cli->count) { /* each round reads at least one */
        int found = cli->letters.size > 0 ? read_letter(cli) : read_argument(cli);
        if (found != CLI_NOTHING)
            return found;
    }
    return CLI_END;
}

/* --- checks and values --- */

void cli_exclude(struct cli *cli, int a, int b)
{
    const size_t at_a = cli->given[a], at_b = cli->given[b];
    if (at_a != 0 && at_b != 0)
        cli_fail_at(cli, at_a > at_b ? at_a : at_b, "--%s and --%s exclude each other",
                    cli->syntax->options[a].name, cli->syntax->options[b].name);
}

void cli_check_command(struct cli *cli)
{
    const struct cli_syntax *syntax = cli->syntax;
    for (size_t i = 0; i < syntax->options_count; i++) {
        const struct cli_option *option = &syntax->options[i];
        const char *words[CLI_COMMANDS_MAX];
        size_t count = 0;
        if (cli->given[i] == 0 || (option->commands & CLI_FOR(cli->command)) != 0)
            continue;
        if (cli->command_index != 0)
            cli_fail_at(cli, cli->given[i], "%s takes no --%s", syntax->commands[cli->command],
                        option->name);
        for (size_t k = 0; k < syntax->commands_count; k++)
            if (syntax->commands[k] != NULL && (option->commands & CLI_FOR(k)) != 0)
                words[count++] = syntax->commands[k];
        cli_fail_at(cli, cli->given[i], "--%s belongs to %s", option->name,
                    join(words, count, " and ").text);
    }
}

uint64_t cli_number(struct cli *cli, uint64_t min, uint64_t max)
{
    char to[32] = "on";
    uint64_t number;
    if (number_from_decimal(cli->value, &number) && number >= min && number <= max)
        return number;
    if (max < UINT64_MAX)
        (void)snprintf(to, sizeof to, "to %" PRIu64, max);
    cli_fail(cli, "--%s takes a number from %" PRIu64 " %s, not \"%s\"",
             cli->syntax->options[cli->option].name, min, to, cli_quote(cli->value).text);
    return min;
}

int cli_choice(struct cli *cli, struct span word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_equal_ascii_nocase(word, span_from_string(words[i])))
            return (int)i;
    cli_fail(cli, "--%s takes %s, not \"%s\"%s", cli->syntax->options[cli->option].name,
             join(words, count, " or ").text, cli_quote(word).text,
             hint_of(cli, word, word, words, count, "").text);
    return -1;
}
