#include "client/options_parser.h"

#include <stdio.h>

static bool refuse_pair(struct options_parser *parser, const struct given *given, enum option_id a,
                        enum option_id b)
{
    parser->index = given->at[a] > given->at[b] ? given->at[a] : given->at[b];
    return options_refuse(parser, "--%s and --%s exclude each other", option_table[a].name,
                          option_table[b].name);
}

/* Which formats go together, and with what. */
static bool check_format(struct options_parser *parser, const struct given *given)
{
    static const enum option_id formats[] = {OPTION_JSON, OPTION_CSV, OPTION_PROMETHEUS};
    /* Sums over processes have no order and no files. */
    static const enum option_id not_summed[] = {OPTION_REGIONS, OPTION_SORT, OPTION_TOP,
                                                OPTION_BY_FILE};
    enum command command = parser->options->command;

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        for (size_t k = 0; k < i; k++)
            if (given->at[formats[i]] != 0 && given->at[formats[k]] != 0)
                return refuse_pair(parser, given, formats[i], formats[k]);
    for (size_t i = 0; i < sizeof not_summed / sizeof not_summed[0]; i++)
        if (given->at[OPTION_PROMETHEUS] != 0 && given->at[not_summed[i]] != 0)
            return refuse_pair(parser, given, OPTION_PROMETHEUS, not_summed[i]);
    parser->index = given->at[OPTION_PROMETHEUS];
    if (parser->index != 0 && (command == COMMAND_INFO || command == COMMAND_WHOAMI))
        return options_refuse(parser, "%s takes no --prometheus", parser->argv[given->command]);
    parser->index = given->at[OPTION_HOST];
    if (parser->index != 0 && given->at[OPTION_JSON] == 0 && given->at[OPTION_CSV] == 0)
        return options_refuse(parser, "--host is for rows: add --json or --csv");
    return true;
}

static int scope_of(enum command command)
{
    switch (command) {
    case COMMAND_PS:
        return FOR_PS;
    case COMMAND_DIFF:
        return FOR_DIFF;
    case COMMAND_INFO:
    case COMMAND_WHOAMI:
    case COMMAND_STATS:
        return FOR_FACTS;
    case COMMAND_MAPS:
    case COMMAND_USAGE:
    case COMMAND_HELP:
    case COMMAND_VERSION:
        break;
    }
    return FOR_MAPS;
}

/* What the command does not take. */
static bool check_command(struct options_parser *parser, const struct given *given)
{
    enum command command = parser->options->command;
    const char *word = given->command > 0 ? parser->argv[given->command] : "";

    if (command == COMMAND_MAPS)
        return true;
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (given->at[i] == 0 || (option_table[i].scope & scope_of(command)) != 0)
            continue;
        parser->index = given->at[i];
        return options_refuse(parser, "%s takes no --%s", word, option_table[i].name);
    }
    if (command == COMMAND_DIFF && parser->options->files[1].data == NULL) {
        (void)snprintf(parser->message, OPTIONS_ERROR_CAPACITY,
                       "diff needs two files: lsmap diff OLD NEW");
        return false;
    }
    if (given->process != 0 && command != COMMAND_PS) {
        parser->index = given->process;
        return options_refuse(parser, "%s takes no process", word);
    }
    return true;
}

static bool check_selection(struct options_parser *parser, const struct given *given)
{
    if (given->at[OPTION_ALL] != 0 && given->process != 0) {
        parser->index = given->process;
        return options_refuse(parser, "--all means every process: name processes or give --all");
    }
    if (given->at[OPTION_AT] != 0 && given->process == 0) {
        parser->index = given->at[OPTION_AT];
        return options_refuse(parser, "--at needs the process: lsmap --at ADDRESS PID");
    }
    if (parser->options->command == COMMAND_MAPS && given->process == 0 &&
        given->at[OPTION_ALL] == 0 && given->at[OPTION_FILE] == 0) {
        (void)snprintf(parser->message, OPTIONS_ERROR_CAPACITY,
                       "no process is named: give a PID, a NAME, or --all");
        return false;
    }
    return true;
}

bool options_check(struct options_parser *parser, const struct given *given)
{
    /* Region rows belong below their view; these take the views apart. */
    static const enum option_id flat[] = {OPTION_SORT, OPTION_TOP, OPTION_BY_FILE};

    if (given->at[OPTION_REGIONS] != 0 && given->at[OPTION_PAGES] != 0)
        return refuse_pair(parser, given, OPTION_REGIONS, OPTION_PAGES);
    for (size_t i = 0; i < sizeof flat / sizeof flat[0]; i++)
        if (given->at[OPTION_REGIONS] != 0 && given->at[flat[i]] != 0)
            return refuse_pair(parser, given, OPTION_REGIONS, flat[i]);
    if (given->at[OPTION_PAGES] != 0 && given->at[OPTION_BY_FILE] != 0)
        return refuse_pair(parser, given, OPTION_PAGES, OPTION_BY_FILE);
    if (given->at[OPTION_BY_FILE] != 0 && parser->options->sort == ORDER_ADDRESS) {
        parser->index = given->at[OPTION_SORT];
        return options_refuse(parser, "--by-file has no addresses to sort by");
    }
    if (given->at[OPTION_DIRECT] != 0 && given->at[OPTION_PIPE] != 0)
        return refuse_pair(parser, given, OPTION_DIRECT, OPTION_PIPE);
    return check_command(parser, given) && check_format(parser, given) &&
           check_selection(parser, given);
}
