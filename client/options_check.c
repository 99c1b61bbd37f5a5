#include "options_parser.h"

#include <stdio.h>

static bool refuse_pair(struct options_parser *parser, const struct given *given, enum option_id a,
                        enum option_id b)
{
    parser->index = given->at[a] > given->at[b] ? given->at[a] : given->at[b];
    return options_refuse(parser, "--%s and --%s exclude each other", option_table[a].name,
                          option_table[b].name);
}

/* What the command does not take. */
static bool check_command(struct options_parser *parser, const struct given *given)
{
    enum command command = parser->options->command;
    const char *word = given->command > 0 ? parser->argv[given->command] : "";

    if (command == COMMAND_MAPS)
        return true;
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (given->at[i] == 0 || option_table[i].scope == 0 ||
            (option_table[i].scope == FOR_SCANS && command == COMMAND_PS))
            continue;
        parser->index = given->at[i];
        return options_refuse(parser, "%s takes no --%s", word, option_table[i].name);
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
    if (given->at[OPTION_REGIONS] != 0 && given->at[OPTION_PAGES] != 0)
        return refuse_pair(parser, given, OPTION_REGIONS, OPTION_PAGES);
    if (given->at[OPTION_DIRECT] != 0 && given->at[OPTION_PIPE] != 0)
        return refuse_pair(parser, given, OPTION_DIRECT, OPTION_PIPE);
    return check_command(parser, given) && check_selection(parser, given);
}
