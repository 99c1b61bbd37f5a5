#include "service/command_line.h"

#include <string.h>

#include "common/proto/protocol.h"
#include "common/text/number.h"
#include "service/help_text.h"

enum { READERS_SIZE_MAX = 256 }; /* DOMAIN\name; Windows allows less */

enum option_id {
    OPTION_CHECK,
    OPTION_ENABLE,
    OPTION_FILTERED_ADMINS,
    OPTION_HELP,
    OPTION_JSON,
    OPTION_LIMIT,
    OPTION_NO_START,
    OPTION_PACKAGED,
    OPTION_PIPE,
    OPTION_PURGE,
    OPTION_QUIET,
    OPTION_READERS,
    OPTION_TRUST_FOLDER,
    OPTION_VERSION,
    OPTIONS_COUNT
};

#define FOR_CONSOLE CLI_FOR(LSMAPD_CONSOLE)
#define FOR_INSTALL CLI_FOR(LSMAPD_INSTALL)
#define FOR_UNINSTALL CLI_FOR(LSMAPD_UNINSTALL)
#define FOR_QUIET (FOR_INSTALL | FOR_UNINSTALL | CLI_FOR(LSMAPD_STOP) | CLI_FOR(LSMAPD_STATUS))

static const struct cli_option options[OPTIONS_COUNT] = {
    [OPTION_CHECK] = {"check", NULL, NULL, 0, false, FOR_INSTALL},
    [OPTION_ENABLE] = {"enable", NULL, "enable", 0, false, FOR_INSTALL},
    [OPTION_FILTERED_ADMINS] = {"filtered-admins", "MODE", "filtered-admins", 0, false,
                                FOR_INSTALL},
    [OPTION_HELP] = {"help", NULL, "?", 'h', false, UINT32_MAX},
    [OPTION_JSON] = {"json", NULL, NULL, 0, false, CLI_FOR(LSMAPD_ACCESS)},
    [OPTION_LIMIT] = {"limit", "NAME=VALUE", NULL, 0, true, FOR_CONSOLE},
    [OPTION_NO_START] = {"no-start", NULL, "no-start", 0, false, FOR_INSTALL},
    [OPTION_PACKAGED] = {"packaged", NULL, NULL, 0, false, FOR_INSTALL},
    [OPTION_PIPE] = {"pipe", "NAME", NULL, 0, false, FOR_CONSOLE},
    [OPTION_PURGE] = {"purge", NULL, "purge", 0, false, FOR_UNINSTALL},
    [OPTION_QUIET] = {"quiet", NULL, "quiet", 0, false, FOR_QUIET},
    [OPTION_READERS] = {"readers", "NAME", "readers", 0, false, FOR_INSTALL},
    [OPTION_TRUST_FOLDER] = {"trust-folder", NULL, "trust-folder", 0, false, FOR_INSTALL},
    [OPTION_VERSION] = {"version", NULL, NULL, 0, false, UINT32_MAX},
};

static const char *const commands[] = {
    [LSMAPD_CONSOLE] = "--console", [LSMAPD_INSTALL] = "install", [LSMAPD_UNINSTALL] = "uninstall",
    [LSMAPD_STOP] = "stop",         [LSMAPD_STATUS] = "status",   [LSMAPD_ACCESS] = "access",
};

static const struct cli_syntax syntax = {
    .options = options,
    .options_count = OPTIONS_COUNT,
    .commands = commands,
    .commands_count = sizeof commands / sizeof commands[0],
    .command_default = LSMAPD_SERVICE,
};

static void take_readers(struct cli *cli, struct command_line *line)
{
    bool is_good = cli->value.size > 0 && cli->value.size <= READERS_SIZE_MAX;

    for (size_t i = 0; i < cli->value.size; i++)
        is_good = is_good && (unsigned char)cli->value.data[i] >= 0x20;
    if (!is_good)
        cli_fail(cli, "--readers takes the name of an account or a group, such as DOMAIN\\name");
    line->readers = cli->value.data;
}

/* NAME=VALUE, where a number is one, as REG_DWORD is in the registry. */
static void take_limit(struct cli *cli, struct command_line *line)
{
    const char *const text = cli->value.data, *const equals = strchr(text, '=');
    struct settings_raw raw = {0};

    if (equals != NULL) {
        raw.text = span_from_string(equals + 1);
        raw.is_number = number_from_decimal(raw.text, &raw.number);
        raw.is_text = !raw.is_number;
        settings_apply(&line->settings, (struct span){text, (size_t)(equals - text)}, &raw);
    }
    if (equals == NULL || line->settings.findings_count > 0)
        cli_fail(cli, "the limit \"%s\" is %s", cli_quote(cli->value).text,
                 equals == NULL ? "not NAME=VALUE" : line->settings.findings[0].why);
}

static void take_values(struct cli *cli, struct command_line *line)
{
    for (int id = cli_next(cli); id != CLI_END; id = cli_next(cli)) {
        if (id == OPTION_PIPE) {
            const char *wrong = pipe_name_normalize(cli->value, line->pipe_name);
            if (wrong != NULL)
                cli_fail(cli, "the pipe name %s", wrong);
        } else if (id == OPTION_READERS) {
            take_readers(cli, line);
        } else if (id == OPTION_LIMIT) {
            take_limit(cli, line);
        } else if (id == OPTION_FILTERED_ADMINS &&
                   !filtered_admins_parse(cli->value, &line->settings.filtered_admins)) {
            cli_fail(cli, "--filtered-admins takes full, no-addresses or off, not \"%s\"",
                     cli_quote(cli->value).text);
        }
    }
}

bool command_line_parse(size_t count, const char *const *arguments, unsigned processors,
                        struct command_line *line, char *message)
{
    struct command_line read = {.pipe_name = PIPE_NAME_DEFAULT};
    struct cli cli;

    settings_default(&read.settings, processors);
    cli_init(&cli, &syntax, count, arguments);
    take_values(&cli, &read);
    const size_t help = cli.given[OPTION_HELP], version = cli.given[OPTION_VERSION];
    if (help != 0 || version != 0) {
        read.command = help != 0 && (version == 0 || help < version) ? LSMAPD_HELP : LSMAPD_VERSION;
    } else {
        cli_check_command(&cli);
        if (cli.failed) {
            memcpy(message, cli.message, CLI_MESSAGE_CAPACITY);
            return false;
        }
        read.command = (enum lsmapd_command)cli.command;
    }
    read.has_filtered_admins = cli.given[OPTION_FILTERED_ADMINS] != 0;
    read.check = cli.given[OPTION_CHECK] != 0;
    read.enable = cli.given[OPTION_ENABLE] != 0;
    read.trust_folder = cli.given[OPTION_TRUST_FOLDER] != 0;
    read.packaged = cli.given[OPTION_PACKAGED] != 0;
    read.no_start = cli.given[OPTION_NO_START] != 0;
    read.quiet = cli.given[OPTION_QUIET] != 0;
    read.json = cli.given[OPTION_JSON] != 0;
    read.purge = cli.given[OPTION_PURGE] != 0;
    *line = read;
    return true;
}

const char command_line_help[] = HELP_LSMAPD;
