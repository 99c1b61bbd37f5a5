#include "client/options.h"

#include <string.h>

#include "client/options_parser.h"

const struct option_entry option_table[OPTION_COUNT] = {
    [OPTION_ALL] = {"all", 'a', false, FOR_SCANS | FOR_DIFF},
    [OPTION_FILE] = {"file", 'f', true, FOR_MAPS},
    [OPTION_AT] = {"at", 0, true, FOR_MAPS},
    [OPTION_KIND] = {"kind", 'k', true, FOR_MAPS},
    [OPTION_REGIONS] = {"regions", 0, false, FOR_MAPS},
    [OPTION_PAGES] = {"pages", 0, false, FOR_MAPS},
    [OPTION_NOT_UNDER] = {"not-under", 0, true, FOR_MAPS},
    [OPTION_OUTSIDE_SYSTEM] = {"outside-system", 0, false, FOR_MAPS},
    [OPTION_SORT] = {"sort", 0, true, FOR_MAPS},
    [OPTION_TOP] = {"top", 0, true, FOR_MAPS},
    [OPTION_BY_FILE] = {"by-file", 0, false, FOR_MAPS},
    [OPTION_BYTES] = {"bytes", 0, false, FOR_MAPS | FOR_DIFF},
    [OPTION_JSON] = {"json", 0, false, FOR_ALL},
    [OPTION_CSV] = {"csv", 0, false, FOR_SCANS},
    [OPTION_PROMETHEUS] = {"prometheus", 0, false, FOR_SERVERS},
    [OPTION_HOST] = {"host", 0, false, FOR_SERVERS},
    [OPTION_OUT] = {"out", 'o', true, FOR_ALL},
    [OPTION_WIDE] = {"wide", 0, false, FOR_ALL},
    [OPTION_NO_HEADER] = {"no-header", 0, false, FOR_ALL},
    [OPTION_TIMEOUT] = {"timeout", 0, true, FOR_SERVERS},
    [OPTION_DIRECT] = {"direct", 0, false, FOR_SERVERS},
    [OPTION_PIPE] = {"pipe", 0, true, FOR_SERVERS},
    [OPTION_QUIET] = {"quiet", 'q', false, FOR_ALL},
    [OPTION_DEBUG] = {"debug", 0, false, FOR_SCANS},
    [OPTION_HELP] = {"help", 'h', false, FOR_ALL},
    [OPTION_VERSION] = {"version", 'V', false, FOR_ALL},
};

static const struct {
    const char *word;
    enum command command;
} command_table[] = {
    {"ps", COMMAND_PS},       {"info", COMMAND_INFO}, {"whoami", COMMAND_WHOAMI},
    {"stats", COMMAND_STATS}, {"diff", COMMAND_DIFF}, {"help", COMMAND_HELP},
};

struct span options_command_near(struct span word)
{
    struct suggestion suggestion;

    suggestion_init(&suggestion, word);
    for (size_t i = 0; i < sizeof command_table / sizeof command_table[0]; i++)
        suggestion_offer(&suggestion, span_from_string(command_table[i].word));
    return suggestion.best;
}

static bool apply(struct options_parser *parser, struct given *given, enum option_id id,
                  struct span value)
{
    /* Repeating a switch says the same again; a second value would silently win. */
    if (given->at[id] != 0 && option_table[id].takes_value && id != OPTION_KIND &&
        id != OPTION_NOT_UNDER)
        return options_refuse(parser, "--%s is given twice", option_table[id].name);
    given->at[id] = parser->index;
    switch (id) {
    case OPTION_FILE:
        return options_read_path(parser, value);
    case OPTION_AT:
        return options_read_address(parser, value);
    case OPTION_KIND:
        return options_read_kinds(parser, value);
    case OPTION_NOT_UNDER:
        return options_read_folder(parser, value);
    case OPTION_SORT:
        return options_read_order(parser, value);
    case OPTION_TOP:
        return options_read_top(parser, value);
    case OPTION_TIMEOUT:
        return options_read_timeout(parser, value);
    case OPTION_PIPE:
        return options_read_pipe(parser, value);
    case OPTION_OUT:
        return options_read_out(parser, value);
    case OPTION_ALL:
    case OPTION_REGIONS:
    case OPTION_PAGES:
    case OPTION_OUTSIDE_SYSTEM:
    case OPTION_BY_FILE:
    case OPTION_BYTES:
    case OPTION_JSON:
    case OPTION_CSV:
    case OPTION_PROMETHEUS:
    case OPTION_HOST:
    case OPTION_WIDE:
    case OPTION_NO_HEADER:
    case OPTION_DIRECT:
    case OPTION_QUIET:
    case OPTION_DEBUG:
    case OPTION_HELP:
    case OPTION_VERSION:
    case OPTION_COUNT:
        break; /* switches: `given` holds all there is to know */
    }
    return true;
}

/* Applies an option with the value attached to it, or else with the next argument. */
static bool apply_with_value(struct options_parser *parser, struct given *given, enum option_id id,
                             struct span attached, bool has_attached)
{
    if (!has_attached) {
        if (parser->index + 1 >= parser->argc)
            return options_refuse(parser, "--%s needs a value", option_table[id].name);
        parser->index++;
        attached = span_from_string(parser->argv[parser->index]);
    }
    return apply(parser, given, id, attached);
}

static bool refuse_option(struct options_parser *parser, struct span argument, struct span name)
{
    struct suggestion suggestion;

    suggestion_init(&suggestion, name);
    for (int i = 0; i < OPTION_COUNT; i++)
        suggestion_offer(&suggestion, span_from_string(option_table[i].name));
    return options_refuse(parser, "unknown option \"%s\"%s", options_quote(argument).text,
                          options_hint(&suggestion, "--").text);
}

/* --name, --name=value, --name value */
static bool read_long(struct options_parser *parser, struct given *given, struct span argument)
{
    struct span name = span_from(argument, 2), value = {NULL, 0};
    const char *equals = memchr(name.data, '=', name.size);

    if (equals != NULL) {
        size_t size = (size_t)(equals - name.data);
        value = span_from(name, size + 1);
        name.size = size;
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum option_id id = (enum option_id)i;
        if (!span_equal(name, span_from_string(option_table[id].name)))
            continue;
        if (option_table[id].takes_value)
            return apply_with_value(parser, given, id, value, equals != NULL);
        if (equals != NULL)
            return options_refuse(parser, "--%s takes no value", option_table[id].name);
        return apply(parser, given, id, value);
    }
    return refuse_option(parser, argument, name);
}

/* -a, -aq, -fPATTERN, -f PATTERN */
static bool read_short(struct options_parser *parser, struct given *given, struct span argument)
{
    for (size_t offset = 1; offset < argument.size; offset++) {
        int i = 0;
        while (i < OPTION_COUNT && option_table[i].letter != argument.data[offset])
            i++;
        if (i == OPTION_COUNT) /* perhaps a long one with one dash */
            return refuse_option(parser, argument, span_from(argument, 1));
        struct span rest = span_from(argument, offset + 1);
        if (option_table[i].takes_value)
            return apply_with_value(parser, given, (enum option_id)i, rest, rest.size > 0);
        if (!apply(parser, given, (enum option_id)i, rest))
            return false;
    }
    return true;
}

/* The first operand may be a command word; all others, and those behind `--`, are processes. */
static bool read_operand(struct options_parser *parser, struct given *given, struct span argument,
                         bool literal)
{
    bool first = given->command == 0 && given->process == 0;

    for (size_t i = 0; i < sizeof command_table / sizeof command_table[0] && first && !literal;
         i++) {
        if (span_equal(argument, span_from_string(command_table[i].word))) {
            parser->options->command = command_table[i].command;
            given->command = parser->index;
            return true;
        }
    }
    if (parser->options->command == COMMAND_HELP)
        return options_read_topic(parser, argument);
    if (parser->options->command == COMMAND_DIFF)
        return options_read_file(parser, argument);
    if (given->process == 0)
        given->process = parser->index;
    return options_read_process(parser, argument);
}

static bool read_arguments(struct options_parser *parser, struct given *given)
{
    bool literal = false;

    for (parser->index = 1; parser->index < parser->argc; parser->index++) {
        struct span argument = span_from_string(parser->argv[parser->index]);
        bool good;
        if (literal || argument.size < 2 || argument.data[0] != '-')
            good = !literal && span_equal(argument, SPAN("/?"))
                       ? apply(parser, given, OPTION_HELP, argument)
                       : read_operand(parser, given, argument, literal);
        else if (span_equal(argument, SPAN("--")))
            good = literal = true;
        else if (argument.data[1] == '-')
            good = read_long(parser, given, argument);
        else
            good = read_short(parser, given, argument);
        if (!good)
            return false;
    }
    return true;
}

static enum output_format format_of(const struct given *given)
{
    if (given->at[OPTION_CSV] != 0)
        return FORMAT_CSV;
    if (given->at[OPTION_PROMETHEUS] != 0)
        return FORMAT_PROMETHEUS;
    return given->at[OPTION_JSON] != 0 ? FORMAT_JSON : FORMAT_TABLE;
}

static void take_switches(struct options *options, const struct given *given)
{
    options->format = format_of(given);
    options->host = given->at[OPTION_HOST] != 0;
    options->outside_system = given->at[OPTION_OUTSIDE_SYSTEM] != 0;
    options->by_file = given->at[OPTION_BY_FILE] != 0;
    options->exact = given->at[OPTION_BYTES] != 0;
    options->no_header = given->at[OPTION_NO_HEADER] != 0;
    options->wide = given->at[OPTION_WIDE] != 0;
    options->quiet = given->at[OPTION_QUIET] != 0;
    options->debug = given->at[OPTION_DEBUG] != 0;
    options->direct = given->at[OPTION_DIRECT] != 0;
    options->all = options->pids_count == 0 && options->names_count == 0;
    if (options->command == COMMAND_DIFF)
        options->all = given->at[OPTION_ALL] != 0;
    if (options->top > 0 && given->at[OPTION_SORT] == 0)
        options->sort = ORDER_SIZE; /* the first ones by chance are of no use */
    if (given->at[OPTION_REGIONS] != 0)
        options->detail = DETAIL_REGIONS;
    if (given->at[OPTION_PAGES] != 0)
        options->detail = DETAIL_PAGES;
}

bool options_parse(int argc, char *const *argv, struct options *options, char *message)
{
    struct options read = {.command = COMMAND_MAPS, .timeout_s = TIMEOUT_DEFAULT_S};
    struct given given = {{0}, 0, 0};
    struct options_parser parser = {
        .argc = argc, .argv = argv, .options = &read, .message = message};

    if (argc <= 1) {
        read.command = COMMAND_USAGE;
    } else {
        if (!read_arguments(&parser, &given))
            return false;
        if (given.at[OPTION_HELP] != 0)
            read.command = COMMAND_HELP;
        else if (given.at[OPTION_VERSION] != 0)
            read.command = COMMAND_VERSION;
        else if (read.command != COMMAND_HELP && !options_check(&parser, &given))
            return false;
    }
    take_switches(&read, &given);
    *options = read;
    return true;
}
