/* The command line of both programs: the first byte chooses which, the rest are arguments, each
 * with its terminator. */
#include <string.h>

#include "common/text/cli.h"
#include "common/text/utf.h"
#include "tests/fuzz/script.h"

enum { ARGUMENTS_MAX = 64, TEXT_SIZE_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const commands[] = {NULL, "ps", "--console", "diff"};
static const char *const words[] = {"image", "data", "all"};
static const struct cli_option options[] = {
    {.name = "all", .letter = 'a', .slash_name = "all", .commands = 3},
    {.name = "file", .letter = 'f', .value = "FILE", .slash_name = "file", .commands = 1},
    {.name = "kind", .letter = 'k', .value = "KIND", .is_repeatable = true, .commands = 15},
    {.name = "top", .value = "COUNT", .is_repeatable = true, .commands = 8},
};
enum { ALL, FILE_PATTERN, KIND, TOP, OPTIONS_COUNT };

static const struct cli_alias aliases[] = {{"-p", "there is --file"}, {"--all=", "no"}, {"", ""}};

static const struct cli_syntax syntaxes[] = {
    {options, OPTIONS_COUNT, commands, 4, aliases, 3, 0, true},
    {options, OPTIONS_COUNT, commands, 4, NULL, 0, 0, false},
};

static size_t split(char *text, size_t size, const char **arguments)
{
    size_t count = 0;

    for (size_t begin = 0; begin < size && count < ARGUMENTS_MAX; begin += strlen(text + begin) + 1)
        arguments[count++] = text + begin;
    return count;
}

static void check_value(const struct cli *cli)
{
    const char *argument = cli->arguments[cli->index - 1];

    FUZZ_CHECK(cli->value.data >= argument);
    FUZZ_CHECK(cli->value.data + cli->value.size == argument + strlen(argument));
}

static void check_message(const struct cli *cli)
{
    struct span message = span_from_string(cli->message);

    FUZZ_CHECK(message.size < CLI_MESSAGE_CAPACITY);
    FUZZ_CHECK(cli->failed == (message.size > 0));
    FUZZ_CHECK(utf8_is_valid(message, NULL));
    for (size_t offset = 0; offset < message.size;)
        FUZZ_CHECK(!utf_is_unsafe(utf8_next(message, &offset)));
}

static void read_all(struct cli *cli)
{
    size_t steps = 0;
    int read;

    while ((read = cli_next(cli)) != CLI_END) {
        FUZZ_CHECK(++steps <= TEXT_SIZE_MAX);
        FUZZ_CHECK(cli->index > 0 && cli->index <= cli->count);
        if (read == CLI_OPERAND) {
            FUZZ_CHECK(cli->syntax->has_operands && cli->operand_index > 0);
            check_value(cli);
            continue;
        }
        FUZZ_CHECK(read >= 0 && read < OPTIONS_COUNT && read == cli->option);
        FUZZ_CHECK(cli->given[read] == cli->index);
        if (options[read].value != NULL)
            check_value(cli);
        if (read == KIND)
            FUZZ_CHECK(cli_choice(cli, cli->value, words, 3) < 3);
        if (read == TOP)
            FUZZ_CHECK(cli_number(cli, 1, 10) <= 10);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[TEXT_SIZE_MAX + 1];
    const char *arguments[ARGUMENTS_MAX];
    struct cli cli;

    if (size == 0 || size > TEXT_SIZE_MAX)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    cli_init(&cli, &syntaxes[data[0] % 2], split(text, size - 1, arguments), arguments);
    read_all(&cli);
    cli_exclude(&cli, ALL, FILE_PATTERN);
    cli_check_command(&cli);
    FUZZ_CHECK(cli.letters.size == 0 && cli.index == cli.count && cli.command < 4);
    check_message(&cli);
    return 0;
}
