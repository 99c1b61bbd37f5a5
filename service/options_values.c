#include "service/options_parser.h"

#include <stdio.h>
#include <string.h>

#include "service/settings.h"

enum { READERS_SIZE_MAX = 256 }; /* DOMAIN\name; Windows takes less */

/* `value` is NULL for options that take none. */
static void take_quiet(struct parser *parser, const char *value)
{
    (void)value;
    parser->options.quiet = true;
}

static void take_no_start(struct parser *parser, const char *value)
{
    (void)value;
    parser->options.no_start = true;
}

static void take_json(struct parser *parser, const char *value)
{
    (void)value;
    parser->options.json = true;
}

static void take_purge(struct parser *parser, const char *value)
{
    (void)value;
    parser->options.purge = true;
}

static void take_pipe(struct parser *parser, const char *value)
{
    char what[96];
    const char *wrong = pipe_name_normalize(span_from_string(value), parser->options.pipe_name,
                                            sizeof parser->options.pipe_name, NULL);

    if (wrong == NULL)
        return;
    (void)snprintf(what, sizeof what, "the pipe name %s", wrong);
    options_fail(parser, what);
}

static void take_readers(struct parser *parser, const char *value)
{
    size_t size = strlen(value);

    for (size_t i = 0; i < size; i++)
        if ((unsigned char)value[i] < 0x20)
            size = 0;
    if (size == 0 || size > READERS_SIZE_MAX)
        options_fail(parser,
                     "--readers needs the name of an account or a group, such as DOMAIN\\name");
    parser->options.readers = value;
}

static void take_filtered_admins(struct parser *parser, const char *value)
{
    if (!filtered_admins_parse(span_from_string(value), &parser->options.filtered_admins))
        options_fail(parser, "--filtered-admins is full, no-addresses or off");
    parser->options.has_filtered_admins = true;
}

static void take_limit(struct parser *parser, const char *value)
{
    struct options *options = &parser->options;
    struct settings settings; /* what it changes is the console's; here it is only looked at */
    struct settings_findings findings = {0};
    char what[SETTINGS_WHY_CAPACITY + 32];

    if (options->limits_count == OPTIONS_LIMITS_MAX) {
        options_fail(parser, "--limit is given too often");
        return;
    }
    settings_default(&settings, 1);
    const char *why = settings_apply_argument(&settings, &findings, span_from_string(value));
    if (why != NULL) {
        (void)snprintf(what, sizeof what, "the limit is %s", why);
        options_fail(parser, what);
        return;
    }
    options->limits[options->limits_count++] = value;
}

const struct option_rule option_rules[OPTIONS_COUNT] = {
    [OPTION_FILTERED_ADMINS] = {"--filtered-admins", "/filtered-admins",
                                "full, no-addresses or off must follow", false,
                                FOR(COMMAND_INSTALL), "--filtered-admins belongs to install",
                                take_filtered_admins},
    [OPTION_JSON] = {"--json", NULL, NULL, true, FOR(COMMAND_ACCESS), "--json belongs to access",
                     take_json},
    [OPTION_LIMIT] = {"--limit", NULL, "NAME=VALUE must follow", true, FOR(COMMAND_CONSOLE),
                      "--limit belongs to --console", take_limit},
    [OPTION_NO_START] = {"--no-start", NULL, NULL, true, FOR(COMMAND_INSTALL),
                         "--no-start belongs to install", take_no_start},
    [OPTION_PIPE] = {"--pipe", NULL, "a pipe name must follow", false, FOR(COMMAND_CONSOLE),
                     "--pipe belongs to --console", take_pipe},
    [OPTION_PURGE] = {"--purge", "/purge", NULL, true, FOR(COMMAND_UNINSTALL),
                      "--purge belongs to uninstall", take_purge},
    [OPTION_QUIET] = {"--quiet", "/quiet", NULL, true,
                      FOR(COMMAND_INSTALL) | FOR(COMMAND_UNINSTALL) | FOR(COMMAND_STOP) |
                          FOR(COMMAND_STATUS),
                      "--quiet belongs to install, uninstall, stop and status", take_quiet},
    [OPTION_READERS] = {"--readers", "/readers", "an account or a group must follow", false,
                        FOR(COMMAND_INSTALL), "--readers belongs to install", take_readers},
};
