#include "client/options.h"

#include <stdio.h>
#include <string.h>

#include "client/show/help_text.h"
#include "client/spelling.h"
#include "common/text/number.h"
#include "common/text/utf.h"
#include "common/version.h"

#define FOR_MAPS CLI_FOR(COMMAND_MAPS)
#define FOR_DIFF CLI_FOR(COMMAND_DIFF)
#define FOR_WATCH CLI_FOR(COMMAND_WATCH)
#define FOR_LISTS (FOR_MAPS | CLI_FOR(COMMAND_PS))
#define FOR_SCANS (FOR_LISTS | CLI_FOR(COMMAND_STALE))
#define FOR_TABLES (FOR_SCANS | CLI_FOR(COMMAND_SECTIONS))
#define FOR_SIZES (FOR_MAPS | FOR_WATCH | FOR_DIFF | CLI_FOR(COMMAND_SECTIONS))
#define FOR_SUMS (FOR_LISTS | CLI_FOR(COMMAND_STATS))
#define FOR_SERVERS (FOR_TABLES | FOR_SUMS | CLI_FOR(COMMAND_INFO) | CLI_FOR(COMMAND_WHOAMI))
#define FOR_ASKS (FOR_SERVERS | FOR_WATCH)
#define FOR_ENDS (FOR_SERVERS | FOR_DIFF)
#define FOR_ALL (FOR_ENDS | FOR_WATCH)

/* Columns: symbol, then struct cli_option. */
#define OPTION_LIST(X)                                                             \
    X(OPTION_ALL, "all", NULL, NULL, 'a', false, FOR_SCANS | FOR_DIFF | FOR_WATCH) \
    X(OPTION_OWN, "own", NULL, NULL, 0, false, FOR_SCANS | FOR_WATCH)              \
    X(OPTION_FILE, "file", "FILE", NULL, 'f', true, FOR_MAPS | FOR_WATCH)          \
    X(OPTION_PIDS, "pids", NULL, NULL, 0, false, FOR_SCANS)                        \
    X(OPTION_WAIT, "wait", NULL, NULL, 0, false, FOR_MAPS)                         \
    X(OPTION_INTERVAL, "interval", "SECONDS", NULL, 0, false, FOR_WATCH)           \
    X(OPTION_INITIAL, "initial", NULL, NULL, 0, false, FOR_WATCH)                  \
    X(OPTION_AT, "at", "ADDRESS", NULL, 0, false, FOR_MAPS)                        \
    X(OPTION_KIND, "kind", "KIND", NULL, 'k', true, FOR_MAPS | FOR_WATCH)          \
    X(OPTION_REGIONS, "regions", NULL, NULL, 0, false, FOR_MAPS)                   \
    X(OPTION_PAGES, "pages", NULL, NULL, 0, false, FOR_MAPS)                       \
    X(OPTION_NOT_UNDER, "not-under", "DIR", NULL, 0, true, FOR_MAPS)               \
    X(OPTION_OUTSIDE_SYSTEM, "outside-system", NULL, NULL, 0, false, FOR_MAPS)     \
    X(OPTION_SORT, "sort", "WORD", NULL, 0, false, FOR_MAPS)                       \
    X(OPTION_TOP, "top", "N", NULL, 0, false, FOR_MAPS)                            \
    X(OPTION_BY_FILE, "by-file", NULL, NULL, 0, false, FOR_MAPS)                   \
    X(OPTION_BYTES, "bytes", NULL, NULL, 0, false, FOR_SIZES)                      \
    X(OPTION_JSON, "json", NULL, NULL, 0, false, FOR_ALL)                          \
    X(OPTION_CSV, "csv", NULL, NULL, 0, false, FOR_TABLES)                         \
    X(OPTION_ASCII, "ascii", NULL, NULL, 0, false, FOR_ALL)                        \
    X(OPTION_BOM, "bom", NULL, NULL, 0, false, FOR_ENDS)                           \
    X(OPTION_PROMETHEUS, "prometheus", NULL, NULL, 0, false, FOR_SUMS)             \
    X(OPTION_HOST, "host", NULL, NULL, 0, false, FOR_SERVERS)                      \
    X(OPTION_OUT, "out", "FILE", NULL, 'o', false, FOR_ENDS)                       \
    X(OPTION_WIDE, "wide", NULL, NULL, 0, false, FOR_ALL)                          \
    X(OPTION_NO_HEADER, "no-header", NULL, NULL, 0, false, FOR_ALL)                \
    X(OPTION_TIMEOUT, "timeout", "SECONDS", NULL, 0, false, FOR_ASKS)              \
    X(OPTION_DIRECT, "direct", NULL, NULL, 0, false, FOR_ASKS)                     \
    X(OPTION_PIPE, "pipe", "NAME", NULL, 0, false, FOR_ASKS)                       \
    X(OPTION_QUIET, "quiet", NULL, NULL, 'q', false, FOR_ALL)                      \
    X(OPTION_DEBUG, "debug", NULL, NULL, 0, false, FOR_TABLES)                     \
    X(OPTION_HELP, "help", NULL, "?", 'h', false, FOR_ALL)                         \
    X(OPTION_VERSION, "version", NULL, NULL, 'V', false, FOR_ALL)

enum option {
#define X(symbol, ...) symbol,
    OPTION_LIST(X)
#undef X
        OPTION_COUNT
};

static const struct cli_option table[OPTION_COUNT] = {
#define X(symbol, ...) [symbol] = {__VA_ARGS__},
    OPTION_LIST(X)
#undef X
};

static const char *const commands[] = {
    [COMMAND_HELP] = "help", [COMMAND_STALE] = "stale",       [COMMAND_PS] = "ps",
    [COMMAND_INFO] = "info", [COMMAND_WHOAMI] = "whoami",     [COMMAND_STATS] = "stats",
    [COMMAND_DIFF] = "diff", [COMMAND_SECTIONS] = "sections", [COMMAND_WATCH] = "watch",
};

#define NO_OPTION "a process needs no option: lsmap notepad, lsmap 1234"
#define MEANT(text) "did you mean \"" text "\"?"

static const struct cli_alias aliases[] = {
    {"-p", NO_OPTION},
    {"-pid", NO_OPTION},
    {"--pid", NO_OPTION},
    {"-name", NO_OPTION},
    {"--name", NO_OPTION},
    {"--process", NO_OPTION},
    {"-n", NO_OPTION "; the first N rows: --top N"},
    {"-?", MEANT("--help")},
    {"-j", MEANT("--json")},
    {"--format", "there are --json, --csv and --prometheus"},
    {"--openmetrics", MEANT("--prometheus")},
    {"--output", MEANT("--out")},
    {"--verbose", "there are --debug for what it costs and --version"},
    {"-v", "there are --version and --debug"},
    {"dll", MEANT("image")},
    {"exe", MEANT("image")},
    {"file", MEANT("data")},
    {"mapped", MEANT("data")},
    {"section", MEANT("pagefile")},
    {"shared", MEANT("pagefile")},
};

const struct cli_syntax options_syntax = {
    .options = table,
    .options_count = OPTION_COUNT,
    .commands = commands,
    .commands_count = sizeof commands / sizeof commands[0],
    .aliases = aliases,
    .aliases_count = sizeof aliases / sizeof aliases[0],
    .command_default = COMMAND_MAPS,
    .has_operands = true,
};

const char *const help_topics[HELP_TOPICS_COUNT] = {
    "topics",  "examples", "filters", "stale",      "output",
    "formats", "access",   "scripts", "exit-codes",
};

static const char *const topic_texts[HELP_TOPICS_COUNT] = {
    HELP_TOPICS,  HELP_EXAMPLES, HELP_FILTERS, HELP_STALE,      HELP_OUTPUT,
    HELP_FORMATS, HELP_ACCESS,   HELP_SCRIPTS, HELP_EXIT_CODES,
};

/* --- values --- */

static void read_kinds(struct cli *cli, struct options *options)
{
    static const char *const words[] = {"image", "data", "pagefile", "all"};
    static const uint32_t kinds[] = {KIND_IMAGE, KIND_DATA, KIND_PAGEFILE,
                                     KIND_IMAGE | KIND_DATA | KIND_PAGEFILE};

    for (const char *word = cli->value.data, *end = ","; *end == ','; word = end + 1) {
        end = word + strcspn(word, ",");
        int kind = cli_choice(cli, (struct span){word, (size_t)(end - word)}, words,
                              sizeof words / sizeof words[0]);
        if (kind >= 0)
            options->request.kinds |= kinds[kind];
    }
}

static void read_order(struct cli *cli, struct options *options)
{
    static const char *const words[] = {"size", "path", "address", "processes"};
    int order = cli_choice(cli, cli->value, words, sizeof words / sizeof words[0]);

    if (order >= 0)
        options->sort = (enum order)(ORDER_SIZE + order);
}

/* A text that must not be empty; size_max 0: not bounded. No name has a quotation mark: there was one
 * after a backslash, as in "C:\dir\", where it is a character and does not end the argument. */
static bool check_text(struct cli *cli, const char *what, int size_max)
{
    if (cli->value.size == 0)
        cli_fail(cli, "the %s is empty", what);
    else if (memchr(cli->value.data, '"', cli->value.size) != NULL)
        cli_fail(
            cli,
            "the %s has a quotation mark in it: leave out the backslash before the closing one, "
            "as in \"C:\\dir\"",
            what);
    else if (size_max > 0 && cli->value.size > (size_t)size_max)
        cli_fail(cli, "the %s is longer than %d bytes", what, size_max);
    else
        return true;
    return false;
}

static void read_folder(struct cli *cli, struct options *options)
{
    if (!check_text(cli, "folder", 0))
        return;
    if (spelling_has_wildcard(cli->value))
        cli_fail(cli, "--not-under takes a folder, no wildcards");
    else if (options->not_under_count == OPTIONS_FOLDERS_MAX)
        cli_fail(cli, "more than %d folders", OPTIONS_FOLDERS_MAX);
    else
        options->not_under[options->not_under_count++] = cli->value;
}

static void read_path(struct cli *cli, struct options *options)
{
    const bool is_pattern = spelling_has_wildcard(cli->value);
    const struct span path = is_pattern ? spelling_of_pattern(cli->value) : cli->value;

    if (utf16_from_utf8(NULL, 0, cli->value) > REQUEST_PATH_LEN_MAX)
        cli_fail(cli, "the path is longer than %d characters", REQUEST_PATH_LEN_MAX);
    else if (!check_text(cli, "path", 0))
        return;
    else if (is_pattern && !spelling_can_match(path))
        cli_fail(cli, "no path begins with \"%s\": a pattern begins with C:\\, \\\\SERVER\\ or *",
                 cli_quote(cli->value).text);
    else if (options->paths_count == REQUEST_PATHS_MAX)
        cli_fail(cli, "more than %d paths", REQUEST_PATHS_MAX);
    else
        options->paths[options->paths_count++] = path;
}

static void read_value(struct cli *cli, struct options *options, int option)
{
    struct request *request = &options->request;
    const char *wrong = NULL;

    if (option == OPTION_FILE)
        read_path(cli, options);
    else if (option == OPTION_AT)
        request->has_address = number_from_address(cli->value, &request->address);
    else if (option == OPTION_KIND)
        read_kinds(cli, options);
    else if (option == OPTION_NOT_UNDER)
        read_folder(cli, options);
    else if (option == OPTION_SORT)
        read_order(cli, options);
    else if (option == OPTION_TOP)
        options->top = cli_number(cli, 1, UINT64_MAX);
    else if (option == OPTION_TIMEOUT)
        options->timeout_s = (unsigned)cli_number(cli, 1, TIMEOUT_MAX_S);
    else if (option == OPTION_INTERVAL)
        options->interval_s = (unsigned)cli_number(cli, 1, INTERVAL_MAX_S);
    else if (option == OPTION_PIPE)
        wrong = pipe_name_normalize(cli->value, options->pipe);
    else if (option == OPTION_OUT && check_text(cli, "name of the file", 0))
        /* Terminated, because its argument ends there; "-" is stdout, as in other programs. */
        options->out = span_equal(cli->value, SPAN("-")) ? NULL : cli->value.data;
    if (wrong != NULL)
        cli_fail(cli, "the pipe name \"%s\" %s", cli_quote(cli->value).text, wrong);
    if (option == OPTION_AT && !request->has_address)
        cli_fail(cli, "\"%s\" is not a hexadecimal address, such as 0x7ffb3c0a0000",
                 cli_quote(cli->value).text);
}

/* --- operands --- */

static void add_pid(struct cli *cli, struct options *options, uint64_t pid)
{
    if (pid > UINT32_MAX) {
        cli_fail(cli, "\"%s\" is too large for a process identifier", cli_quote(cli->value).text);
        return;
    }
    for (size_t i = 0; i < options->request.pids_count; i++)
        if (options->request.pids[i] == pid)
            return;
    if (options->request.pids_count == REQUEST_PIDS_MAX)
        cli_fail(cli, "more than %d process identifiers", REQUEST_PIDS_MAX);
    else
        options->request.pids[options->request.pids_count++] = (uint32_t)pid;
}

static void add_name(struct cli *cli, struct options *options)
{
    bool is_path =
        cli->command != COMMAND_SECTIONS && !cli->is_literal && !spelling_is_bare(cli->value);

    if (!check_text(cli, "process name", is_path ? 0 : REQUEST_NAME_SIZE_MAX))
        return;
    if (is_path && spelling_has_wildcard(cli->value))
        cli_fail(cli, "the path of a program has no wildcards; a name may have: lsmap \"demo*\"");
    else if (options->request.names_count + options->images_count == REQUEST_NAMES_MAX)
        cli_fail(cli, "more than %d process names", REQUEST_NAMES_MAX);
    else if (is_path)
        options->images[options->images_count++] = cli->value;
    else
        options->request.names[options->request.names_count++] = cli->value;
}

/* Digits alone, or 0x and hexadecimal ones, are a process identifier; what has a separator or a drive
 * is the path of a program, all else a name. */
static void read_process(struct cli *cli, struct options *options)
{
    const struct span value = cli->value;
    const bool is_number = !cli->is_literal && number_is_digit(value.data[0]); /* terminated */
    uint64_t pid = 0;

    if (is_number && strspn(value.data, "0123456789") == value.size)
        add_pid(cli, options, number_from_decimal(value, &pid) ? pid : UINT64_MAX);
    else if (is_number && value.size > 2 && value.data[0] == '0' &&
             ascii_lower(value.data[1]) == 'x' && number_from_hex(span_from(value, 2), &pid))
        add_pid(cli, options, pid);
    else if (is_number && strspn(value.data, "0123456789,") == value.size)
        cli_fail(cli,
                 "\"%s\" is no process identifier: put spaces between several, and none into one",
                 cli_quote(value).text);
    else
        add_name(cli, options);
}

static void read_topic(struct cli *cli, struct options *options)
{
    size_t i = 0;

    while (i < HELP_TOPICS_COUNT &&
           !span_equal_ascii_nocase(cli->value, span_from_string(help_topics[i])))
        i++;
    if (options->text != NULL)
        cli_fail(cli, "help takes one topic");
    else if (i < HELP_TOPICS_COUNT)
        options->text = topic_texts[i];
    else
        cli_fail(cli, "no help on \"%s\"%s", cli_quote(cli->value).text,
                 cli_hint(cli->value, help_topics, HELP_TOPICS_COUNT, "").text);
}

static void read_operand(struct cli *cli, struct options *options)
{
    struct span *files = options->files;

    if (cli->command == COMMAND_HELP)
        read_topic(cli, options);
    else if (cli->command != COMMAND_DIFF)
        read_process(cli, options);
    else if (files[1].data != NULL)
        cli_fail(cli, "diff takes two files");
    else if (check_text(cli, "name of the file", 0))
        files[files[0].data != NULL ? 1 : 0] = cli->value;
}

/* --- what goes together --- */

static void check_pairs(struct cli *cli)
{
    /* The first of each row excludes the others. */
    static const int rows[][10] = {
        /* The rows of regions belong below their view; what sorts takes the views apart. */
        {OPTION_REGIONS, OPTION_PAGES, OPTION_SORT, OPTION_TOP, OPTION_BY_FILE, OPTION_COUNT},
        {OPTION_PAGES, OPTION_BY_FILE, OPTION_COUNT},
        {OPTION_DIRECT, OPTION_PIPE, OPTION_COUNT},
        {OPTION_CSV, OPTION_JSON, OPTION_COUNT},
        {OPTION_PIDS, OPTION_JSON, OPTION_CSV, OPTION_PROMETHEUS, OPTION_REGIONS, OPTION_PAGES,
         OPTION_BY_FILE, OPTION_SORT, OPTION_TOP, OPTION_COUNT},
        {OPTION_WAIT, OPTION_ALL, OPTION_JSON, OPTION_CSV, OPTION_PIDS, OPTION_PROMETHEUS,
         OPTION_OUT, OPTION_COUNT},
        /* Sums over processes have no order and no files. */
        {OPTION_PROMETHEUS, OPTION_JSON, OPTION_CSV, OPTION_REGIONS, OPTION_SORT, OPTION_TOP,
         OPTION_BY_FILE, OPTION_COUNT},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 1; rows[i][k] != OPTION_COUNT; k++)
            cli_exclude(cli, rows[i][0], rows[i][k]);
}

bool options_is_scan(const struct options *options)
{
    return ((FOR_TABLES | FOR_WATCH) & CLI_FOR(options->command)) != 0;
}

static void check(struct cli *cli, const struct options *options)
{
    const size_t *given = cli->given;
    bool is_scan = options_is_scan(options);

    check_pairs(cli);
    cli_check_command(cli);
    if (options->by_file && options->sort == ORDER_ADDRESS)
        cli_fail_at(cli, given[OPTION_SORT], "--by-file has no addresses to sort by");
    if (!options->by_file && options->sort == ORDER_PROCESSES)
        cli_fail_at(cli, given[OPTION_SORT], "--sort processes is for --by-file");
    if (options->by_file && options->request.kinds == KIND_PAGEFILE)
        cli_fail_at(cli, given[OPTION_KIND],
                    "--by-file lists files, pagefile-backed memory has none");
    if (options->host && given[OPTION_JSON] == 0 && given[OPTION_CSV] == 0)
        cli_fail_at(cli, given[OPTION_HOST], "--host is for rows: add --json or --csv");
    if (options->ascii && given[OPTION_JSON] == 0)
        cli_fail_at(cli, given[OPTION_ASCII], "--ascii is for JSON: add --json");
    if (options->bom && given[OPTION_CSV] == 0 && given[OPTION_OUT] == 0)
        cli_fail_at(cli, given[OPTION_BOM], "--bom is for files: add --csv or --out FILE");
    if (cli->command == COMMAND_DIFF && options->files[1].data == NULL)
        cli_fail_at(cli, 0, "diff needs two files: lsmap diff OLD NEW");
    if (!is_scan && cli->command != COMMAND_DIFF && cli->operand_index != 0)
        cli_fail_at(cli, cli->operand_index, "%s takes no process", commands[cli->command]);
    if (is_scan && given[OPTION_ALL] != 0 && cli->operand_index != 0)
        cli_fail_at(cli, cli->operand_index,
                    "--all means every process: name processes or give --all");
    if (cli->command == COMMAND_WATCH && options->images_count > 0)
        cli_fail_at(cli, cli->operand_index, "watch takes names and pids, not paths of programs");
    if (options->wait && !options->who)
        cli_fail_at(cli, given[OPTION_WAIT],
                    "--wait is for files, until nobody has them: lsmap -f FILE --wait");
    if (given[OPTION_AT] != 0 && cli->operand_index == 0)
        cli_fail_at(cli, given[OPTION_AT], "--at needs the process: lsmap --at ADDRESS PID");
    if (cli->command == COMMAND_MAPS && cli->operand_index == 0 && given[OPTION_ALL] == 0 &&
        given[OPTION_OWN] == 0 && given[OPTION_FILE] == 0)
        cli_fail_at(cli, 0, "no process is named: give a PID, a NAME, or --all");
}

static void take_switches(const struct cli *cli, struct options *options)
{
    const size_t *given = cli->given;

    options->format = given[OPTION_PIDS] != 0         ? FORMAT_PIDS
                      : given[OPTION_PROMETHEUS] != 0 ? FORMAT_PROMETHEUS
                      : given[OPTION_CSV] != 0        ? FORMAT_CSV
                      : given[OPTION_JSON] != 0       ? FORMAT_JSON
                                                      : FORMAT_TABLE;
    options->request.detail = given[OPTION_PAGES] != 0     ? DETAIL_PAGES
                              : given[OPTION_REGIONS] != 0 ? DETAIL_REGIONS
                                                           : DETAIL_VIEWS;
    options->request.own = given[OPTION_OWN] != 0;
    options->ascii = given[OPTION_ASCII] != 0;
    options->bom = given[OPTION_BOM] != 0;
    options->wait = given[OPTION_WAIT] != 0;
    options->initial = given[OPTION_INITIAL] != 0;
    if (options->wait && given[OPTION_TIMEOUT] != 0) { /* of all questions, not of one */
        options->wait_s = options->timeout_s;
        options->timeout_s = TIMEOUT_DEFAULT_S;
    }
    options->host = given[OPTION_HOST] != 0;
    options->outside_system = given[OPTION_OUTSIDE_SYSTEM] != 0;
    options->by_file = given[OPTION_BY_FILE] != 0;
    options->exact = given[OPTION_BYTES] != 0;
    options->no_header = given[OPTION_NO_HEADER] != 0;
    options->wide = given[OPTION_WIDE] != 0;
    options->quiet = given[OPTION_QUIET] != 0;
    options->request.debug = given[OPTION_DEBUG] != 0;
    options->direct = given[OPTION_DIRECT] != 0;
    options->request.all =
        options->command == COMMAND_DIFF
            ? given[OPTION_ALL] != 0
            : options->request.pids_count + options->request.names_count + options->images_count ==
                  0;
    options->who = options->command == COMMAND_MAPS && options->paths_count > 0 &&
                   options->request.all && given[OPTION_ALL] == 0 && options->request.kinds == 0 &&
                   options->sort == ORDER_NONE && options->top == 0 && !options->by_file &&
                   options->format != FORMAT_PROMETHEUS && options->request.detail == DETAIL_VIEWS;
    if (options->top > 0 && options->sort == ORDER_NONE)
        options->sort = ORDER_SIZE; /* the first ones by chance are of no use */
}

/* Adds an option or operand that selects rows as a line, the lines in order: `diff` compares answers to
 * the same question, in whatever order its options were given, by their short or long names. */
static void add_question(struct options *options, const char *name, struct span value)
{
    char line[OPTIONS_QUESTION_CAPACITY], lines[2 * OPTIONS_QUESTION_CAPACITY] = "";
    char *at = options->question;

    (void)snprintf(line, sizeof line, "%s%s%s%s\n", name[0] != '\0' ? "--" : "", name,
                   name[0] != '\0' && value.size > 0 ? " " : "", value.size > 0 ? value.data : "");
    while (*at != '\0' && strncmp(line, at, strlen(line)) >= 0)
        at += strcspn(at, "\n") + (strchr(at, '\n') != NULL);
    (void)snprintf(lines, sizeof lines, "%.*s%s%s", (int)(at - options->question),
                   options->question, line, at);
    memcpy(options->question, lines, OPTIONS_QUESTION_CAPACITY - 1); /* the rest is cut */
}

/* Makes the lines one. what  Kind of the rows. */
static void finish_question(struct options *options, const char *what)
{
    char *end = options->question;

    for (; *end != '\0'; end++)
        *end = *end == '\n' ? ' ' : *end;
    (void)snprintf(end, sizeof options->question - (size_t)(end - options->question), "(%s)", what);
}

bool options_parse(int argc, char *const *argv, struct options *options, char *message)
{
    struct options read = {.timeout_s = TIMEOUT_DEFAULT_S,
                           .interval_s = INTERVAL_DEFAULT_S,
                           .pipe = PIPE_NAME_DEFAULT};
    struct span order = SPAN("");
    struct cli cli;

    cli_init(&cli, &options_syntax, argc > 0 ? (size_t)argc - 1 : 0, (const char *const *)argv + 1);
    for (int id; (id = cli_next(&cli)) != CLI_END;) {
        if (id == CLI_OPERAND)
            read_operand(&cli, &read);
        else
            read_value(&cli, &read, id);
        if (id == OPTION_SORT)
            order = cli.value;
        else if (id == CLI_OPERAND || (id >= OPTION_OWN && id <= OPTION_TOP &&
                                       id != OPTION_REGIONS && id != OPTION_PAGES))
            add_question(&read, id == CLI_OPERAND ? "" : table[id].name, cli.value);
    }
    if (read.top > 0 && order.size > 0) /* it decides which rows are the first */
        add_question(&read, table[OPTION_SORT].name, order);
    read.command = (enum command)cli.command;
    finish_question(&read, read.command == COMMAND_PS ? "processes" : "mappings");
    if (argc <= 1)
        read.command = COMMAND_USAGE;
    bool is_asked = cli.given[OPTION_HELP] != 0 || cli.given[OPTION_VERSION] != 0;
    if (is_asked) /* whatever else is wrong */
        read.command = cli.given[OPTION_HELP] != 0 ? COMMAND_HELP : COMMAND_VERSION;
    if (read.command == COMMAND_USAGE)
        read.text = HELP_USAGE;
    else if (read.command == COMMAND_VERSION)
        read.text = PRODUCT_NAME " " LSMAP_VERSION_STRING "\n";
    else if (read.text == NULL)
        read.text = HELP_OPTIONS;
    take_switches(&cli, &read);
    if (read.command >= COMMAND_MAPS)
        check(&cli, &read);
    if (cli.failed && !is_asked) {
        (void)snprintf(message, OPTIONS_ERROR_CAPACITY, "%s", cli.message);
        return false;
    }
    *options = read;
    return true;
}
