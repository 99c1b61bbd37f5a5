/* The command line of both programs, driven by a table of options.
 *
 * cli_next() returns one option or operand after the other. Options come before, between or after
 * operands: --name, --name=VALUE, --name VALUE, -x, -xVALUE, -x VALUE, switches joined as -xyz, and
 * where the table says so /name or /name:VALUE. What follows `--` is an operand.
 *
 * Nothing is allocated. The first failure sticks and reading goes on to the end, so that a program
 * looks for --help and checks for failure once, after the loop. A message names the argument and
 * its position; the user's text in it is fit to be shown. */
#ifndef COMMON_TEXT_CLI_H
#define COMMON_TEXT_CLI_H

#include "common/text/utf.h"

enum {
    CLI_END = -1,     /* all arguments are read */
    CLI_OPERAND = -2, /* cli->value is neither an option nor the command */
    CLI_NOTHING = -3, /* nothing yet; cli_next() never returns it */
    CLI_OPTIONS_MAX = 48,
    CLI_COMMANDS_MAX = 32,
    CLI_NEAR_SIZE_MAX = 24, /* a longer word is near to none */
    CLI_TEXT_CAPACITY = 196,
    CLI_MESSAGE_CAPACITY = 400
};

struct cli_option {
    const char *name;       /* without its dashes */
    const char *value;      /* the value's name in messages, such as "FILE"; NULL: a switch */
    const char *slash_name; /* without its slash; NULL: none */
    char letter;            /* '\0': none */
    bool is_repeatable;     /* the value may be given more than once; a switch always may */
    uint32_t commands;      /* CLI_FOR() of the commands that take it, joined by | */
};

/* A word that other programs use, and the clause that says what to write here. An option is written
 * with its dashes, a value without. */
struct cli_alias {
    const char *word, *clause;
};

#define CLI_FOR(command) (UINT32_C(1) << (command))

/* What a program understands; all of it static. */
struct cli_syntax {
    const struct cli_option *options;
    size_t options_count;
    const char *const *commands; /* words, by the program's number of the command; NULL: no word */
    size_t commands_count;
    const struct cli_alias *aliases;
    size_t aliases_count;
    unsigned command_default; /* without a word */
    bool has_operands; /* the first operand may be the command, all others are the program's; else
                          every argument is the command or an option, maybe after a slash */
};

struct cli {
    const struct cli_syntax *syntax;
    const char *const *arguments;
    size_t count;
    size_t index;      /* arguments read: the position, from 1, of the last one */
    struct span value; /* of the option or operand; terminated, because its argument ends there */
    int option;        /* the last one returned */
    unsigned command;  /* number */
    size_t command_index;          /* position of its word; 0: none */
    size_t operand_index;          /* position of the first operand; 0: none */
    size_t given[CLI_OPTIONS_MAX]; /* position where each option was read last; 0: not given */
    struct span letters;           /* left of a group such as -xyz */
    bool is_literal;               /* `--` was read */
    bool failed;
    char message[CLI_MESSAGE_CAPACITY]; /* terminated, one line; "" without a failure */
};

/* arguments  `count` terminated texts, without the program's name; must outlive the parser. */
void cli_init(struct cli *cli, const struct cli_syntax *syntax, size_t count,
              const char *const *arguments);

/* Reads on. Returns the index of an option, its value in cli->value; CLI_OPERAND or CLI_END. */
int cli_next(_Inout_ struct cli *cli);

/* Fails at the argument with this position; 0: at none. Returns CLI_NOTHING. */
PRINTF_FORMAT(3, 4)
int cli_fail_at(_Inout_ struct cli *cli, size_t index, const char *format, ...);

/* Fails at the argument read last. */
#define cli_fail(cli, ...) cli_fail_at(cli, (cli)->index, __VA_ARGS__)

void cli_exclude(_Inout_ struct cli *cli, int a, int b); /* fails when both options were given */
void cli_check_command(_Inout_ struct cli *cli);         /* when one is not of the command */

/* Reads cli->value as a decimal number; max UINT64_MAX: no limit. Fails outside min to max, and
 * returns min then. */
uint64_t cli_number(_Inout_ struct cli *cli, uint64_t min, uint64_t max);

/* Reads `word`, cli->value or a part of it, as one of `count` words in any case. Returns its index,
 * or fails and returns -1. */
int cli_choice(_Inout_ struct cli *cli, struct span word, const char *const *words, size_t count);

/* The user's text in a message; it may be a compound literal. */
#define cli_quote(...) utf8_quote((__VA_ARGS__), UTF8_QUOTE_SIZE_MAX)

struct cli_text {
    char text[CLI_TEXT_CAPACITY]; /* terminated */
};

/* `; did you mean "--json"?` with a prefix such as "--" and the word nearest to a mistyped one, by
 * letters to insert, drop, change or swap, in any case; "" when none is near, that is within a third of
 * its letters. The beginning of a word is always near. NULL words are skipped. */
struct cli_text cli_hint(struct span word, const char *const *words, size_t count,
                         const char *prefix);

#endif
