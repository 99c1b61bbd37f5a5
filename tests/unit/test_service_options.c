#include "tests/test.h"

#include "common/proto/protocol.h"
#include "service/options.h"

enum { ARGUMENTS_MAX = 6 };

static size_t count_arguments(const char *const *arguments)
{
    size_t count = 0;

    while (count < ARGUMENTS_MAX && arguments[count] != NULL)
        count++;
    return count;
}

static void options_accepts(struct test *t)
{
    static const struct {
        const char *arguments[ARGUMENTS_MAX];
        enum options_command command;
        bool quiet;
        const char *pipe_name;
        bool no_start;
    } rows[] = {
        {{NULL}, COMMAND_SERVICE, false, PIPE_NAME_DEFAULT, false},
        {{"--console"}, COMMAND_CONSOLE, false, PIPE_NAME_DEFAULT, false},
        {{"--console", "--pipe", "a"}, COMMAND_CONSOLE, false, PIPE_PREFIX "a", false},
        {{"--pipe", "a", "--console"}, COMMAND_CONSOLE, false, PIPE_PREFIX "a", false},
        {{"--console", "--pipe=a"}, COMMAND_CONSOLE, false, PIPE_PREFIX "a", false},
        {{"--console", "--pipe", PIPE_PREFIX "a\\b"},
         COMMAND_CONSOLE,
         false,
         PIPE_PREFIX "a\\b",
         false},
        {{"--console", "--pipe", "--console"},
         COMMAND_CONSOLE,
         false,
         PIPE_PREFIX "--console",
         false},
        {{"install"}, COMMAND_INSTALL, false, PIPE_NAME_DEFAULT, false},
        {{"install", "--quiet"}, COMMAND_INSTALL, true, PIPE_NAME_DEFAULT, false},
        {{"install", "/quiet"}, COMMAND_INSTALL, true, PIPE_NAME_DEFAULT, false},
        {{"--quiet", "install"}, COMMAND_INSTALL, true, PIPE_NAME_DEFAULT, false},
        {{"install", "/quiet", "--quiet"}, COMMAND_INSTALL, true, PIPE_NAME_DEFAULT, false},
        {{"install", "--no-start"}, COMMAND_INSTALL, false, PIPE_NAME_DEFAULT, true},
        {{"--no-start", "/quiet", "install"}, COMMAND_INSTALL, true, PIPE_NAME_DEFAULT, true},
        {{"uninstall"}, COMMAND_UNINSTALL, false, PIPE_NAME_DEFAULT, false},
        {{"uninstall", "/quiet"}, COMMAND_UNINSTALL, true, PIPE_NAME_DEFAULT, false},
        {{"stop"}, COMMAND_STOP, false, PIPE_NAME_DEFAULT, false},
        {{"stop", "/quiet"}, COMMAND_STOP, true, PIPE_NAME_DEFAULT, false},
        {{"status"}, COMMAND_STATUS, false, PIPE_NAME_DEFAULT, false},
        {{"status", "--quiet"}, COMMAND_STATUS, true, PIPE_NAME_DEFAULT, false},
        {{"access"}, COMMAND_ACCESS, false, PIPE_NAME_DEFAULT, false},
        {{"access", "--json"}, COMMAND_ACCESS, false, PIPE_NAME_DEFAULT, false},
        {{"--version"}, COMMAND_VERSION, false, PIPE_NAME_DEFAULT, false},
        {{"--help"}, COMMAND_HELP, false, PIPE_NAME_DEFAULT, false},
        {{"-h"}, COMMAND_HELP, false, PIPE_NAME_DEFAULT, false},
        {{"/?"}, COMMAND_HELP, false, PIPE_NAME_DEFAULT, false},
        {{"install", "--help"}, COMMAND_HELP, false, PIPE_NAME_DEFAULT, false},
        {{"--nonsense", "--help"}, COMMAND_HELP, false, PIPE_NAME_DEFAULT, false},
        {{"--version", "--help"}, COMMAND_VERSION, false, PIPE_NAME_DEFAULT, false},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options;
        struct options_error error = {"untouched"};
        size_t count = count_arguments(rows[i].arguments);

        TEST_ROW(t, "row %u: %s", (unsigned)i, count > 0 ? rows[i].arguments[0] : "nothing");
        memset(&options, 0xff, sizeof options);
        REQUIRE(t, options_parse(count, rows[i].arguments, &options, &error) == STATUS_OK);
        CHECK_INT(t, rows[i].command, options.command);
        CHECK_INT(t, rows[i].quiet, options.quiet);
        CHECK_INT(t, rows[i].no_start, options.no_start);
        CHECK_STR(t, rows[i].pipe_name, options.pipe_name);
        CHECK_STR(t, "untouched", error.message);
    }
}

static void options_refuses(struct test *t)
{
    static const struct {
        const char *arguments[ARGUMENTS_MAX];
        const char *message;
    } rows[] = {
        {{""}, "argument 1, \"\": unknown command; see lsmapd --help"},
        {{"start"}, "argument 1, \"start\": unknown command; see lsmapd --help"},
        {{"INSTALL"}, "argument 1, \"INSTALL\": unknown command; see lsmapd --help"},
        {{"--instal"}, "argument 1, \"--instal\": unknown option; see lsmapd --help"},
        {{"/silent"}, "argument 1, \"/silent\": unknown option; see lsmapd --help"},
        {{"-"}, "argument 1, \"-\": unknown option; see lsmapd --help"},
        {{"install", "now"}, "argument 2, \"now\": unknown command; see lsmapd --help"},
        {{"install", "uninstall"},
         "argument 2, \"uninstall\": there is a command already; see lsmapd --help"},
        {{"--console", "--console"},
         "argument 2, \"--console\": there is a command already; see lsmapd --help"},
        {{"--quiet"},
         "argument 1, \"--quiet\": --quiet belongs to install, uninstall, stop and status; "
         "see lsmapd --help"},
        {{"/quiet", "--console"},
         "argument 1, \"/quiet\": --quiet belongs to install, uninstall, stop and status; "
         "see lsmapd --help"},
        {{"uninstall", "--no-start"},
         "argument 2, \"--no-start\": --no-start belongs to install; see lsmapd --help"},
        {{"--no-start"},
         "argument 1, \"--no-start\": --no-start belongs to install; see lsmapd --help"},
        {{"access", "--quiet"},
         "argument 2, \"--quiet\": --quiet belongs to install, uninstall, stop and status; "
         "see lsmapd --help"},
        {{"status", "--json"},
         "argument 2, \"--json\": --json belongs to access; see lsmapd --help"},
        {{"install", "--purge"},
         "argument 2, \"--purge\": --purge belongs to uninstall; see lsmapd --help"},
        {{"uninstall", "/readers:x"},
         "argument 2, \"/readers:x\": --readers belongs to install; see lsmapd --help"},
        {{"install", "--readers"},
         "argument 2, \"--readers\": an account or a group must follow; see lsmapd --help"},
        {{"install", "/readers"}, "argument 2, \"/readers\": unknown option; see lsmapd --help"},
        {{"install", "/readers:"},
         "argument 2, \"/readers:\": --readers needs the name of an account or a group, such as "
         "DOMAIN\\name; see lsmapd --help"},
        {{"install", "--readers", "a\nb"},
         "argument 3, \"a\nb\": --readers needs the name of an account or a group, such as "
         "DOMAIN\\name; see lsmapd --help"},
        {{"install", "--readers=a", "--readers=b"},
         "argument 3, \"--readers=b\": --readers is given twice; see lsmapd --help"},
        {{"install", "--filtered-admins", "on"},
         "argument 3, \"on\": --filtered-admins is full, no-addresses or off; "
         "see lsmapd --help"},
        {{"uninstall", "--filtered-admins=off"},
         "argument 2, \"--filtered-admins=off\": --filtered-admins belongs to install; "
         "see lsmapd --help"},
        {{"install", "--purges"}, "argument 2, \"--purges\": unknown option; see lsmapd --help"},
        {{"install", "--limit=Connections=5"},
         "argument 2, \"--limit=Connections=5\": --limit belongs to --console; see lsmapd --help"},
        {{"--pipe", "a"}, "argument 2, \"a\": --pipe belongs to --console; see lsmapd --help"},
        {{"--pipe=a", "install"},
         "argument 1, \"--pipe=a\": --pipe belongs to --console; see lsmapd --help"},
        {{"--console", "--pipe"},
         "argument 2, \"--pipe\": a pipe name must follow; see lsmapd --help"},
        {{"--console", "--pipe", "a", "--pipe", "b"},
         "argument 5, \"b\": --pipe is given twice; see lsmapd --help"},
        {{"--console", "--pipe", ""},
         "argument 3, \"\": the pipe name is empty; see lsmapd --help"},
        {{"--console", "--pipe="},
         "argument 2, \"--pipe=\": the pipe name is empty; see lsmapd --help"},
        {{"--console", "--pipe", "\\\\server\\pipe\\a"},
         "argument 3, \"\\\\server\\pipe\\a\": the pipe name is not one of this machine: "
         "it must begin with \\\\.\\pipe\\; see lsmapd --help"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options;
        struct options before;
        struct options_error error = {""};
        size_t count = count_arguments(rows[i].arguments);

        TEST_ROW(t, "row %u: %s", (unsigned)i, rows[i].arguments[0]);
        memset(&options, 0xff, sizeof options);
        memset(&before, 0xff, sizeof before);
        CHECK_INT(t, STATUS_BAD_REQUEST, options_parse(count, rows[i].arguments, &options, &error));
        CHECK_STR(t, rows[i].message, error.message);
        CHECK_MEM(t, &before, sizeof before, &options, sizeof options);
    }
}

static void options_of_install_and_uninstall(struct test *t)
{
    static const struct {
        const char *arguments[ARGUMENTS_MAX];
        const char *readers;
        int filtered_admins; /* -1: not given */
        bool purge;
    } rows[] = {
        {{"install"}, NULL, -1, false},
        {{"install", "--readers", "DOM\\agents"}, "DOM\\agents", -1, false},
        {{"install", "--readers=a b"}, "a b", -1, false},
        {{"install", "/readers:NT AUTHORITY\\NETWORK SERVICE"},
         "NT AUTHORITY\\NETWORK SERVICE",
         -1,
         false},
        {{"/filtered-admins:off", "install"}, NULL, FILTERED_ADMINS_OFF, false},
        {{"install", "--filtered-admins", "no-addresses"},
         NULL,
         FILTERED_ADMINS_NO_ADDRESSES,
         false},
        {{"install", "--filtered-admins=FULL", "/quiet", "/readers:x"},
         "x",
         FILTERED_ADMINS_FULL,
         false},
        {{"uninstall", "--purge"}, NULL, -1, true},
        {{"/purge", "uninstall", "/purge"}, NULL, -1, true},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options;
        struct options_error error;
        size_t count = count_arguments(rows[i].arguments);

        TEST_ROW(t, "row %u", (unsigned)i);
        REQUIRE(t, options_parse(count, rows[i].arguments, &options, &error) == STATUS_OK);
        CHECK_INT(t, rows[i].readers != NULL, options.readers != NULL);
        if (rows[i].readers != NULL && options.readers != NULL)
            CHECK_STR(t, rows[i].readers, options.readers);
        CHECK_INT(t, rows[i].filtered_admins >= 0, options.has_filtered_admins);
        CHECK_INT(t,
                  rows[i].filtered_admins >= 0 ? rows[i].filtered_admins
                                               : (int)FILTERED_ADMINS_DEFAULT,
                  options.filtered_admins);
        CHECK_INT(t, rows[i].purge, options.purge);
    }
}

static void options_collects_limits(struct test *t)
{
    const char *arguments[OPTIONS_LIMITS_MAX + 2] = {"--console"};
    struct options options;
    struct options_error error = {""};

    for (size_t i = 1; i < TEST_COUNT(arguments); i++)
        arguments[i] = i % 2 == 0 ? "--limit=Connections=5" : "--limit=FilteredAdmins=off";
    REQUIRE(t, options_parse(OPTIONS_LIMITS_MAX + 1, arguments, &options, &error) == STATUS_OK);
    REQUIRE(t, options.limits_count == OPTIONS_LIMITS_MAX);
    CHECK_STR(t, "FilteredAdmins=off", options.limits[0]);
    CHECK_STR(t, "Connections=5", options.limits[OPTIONS_LIMITS_MAX - 1]);
    CHECK_INT(t, STATUS_BAD_REQUEST,
              options_parse(OPTIONS_LIMITS_MAX + 2, arguments, &options, &error));
    CHECK(t, strstr(error.message, "--limit is given too often") != NULL);
}

static void options_shows_a_long_argument_cut_at_a_character(struct test *t)
{
    /* 63 bytes, then a character of two: the 64th byte is its first */
    static const char argument[] = "123456789012345678901234567890123456789012345678901234567890123"
                                   "\xC3\xA9 and much more";
    static const char expected[] =
        "argument 1, \"123456789012345678901234567890123456789012345678901234567890123...\": "
        "unknown command; see lsmapd --help";
    const char *const arguments[] = {argument};
    struct options options;
    struct options_error error = {""};

    CHECK_INT(t, STATUS_BAD_REQUEST, options_parse(1, arguments, &options, &error));
    CHECK_STR(t, expected, error.message);
}

static void options_help_names_every_command(struct test *t)
{
    static const char *const words[] = {"install", "uninstall", "status",           "--console",
                                        "--pipe",  "--quiet",   "--no-start",       "--version",
                                        "--help",  "access",    "--json",           "--readers",
                                        "--purge", "--limit",   "--filtered-admins"};
    const char *help = options_help();

    for (size_t i = 0; i < TEST_COUNT(words); i++) {
        TEST_ROW(t, "%s", words[i]);
        CHECK(t, strstr(help, words[i]) != NULL);
    }
    CHECK_INT(t, '\n', help[strlen(help) - 1]);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(options_accepts),
        TEST_CASE(options_refuses),
        TEST_CASE(options_of_install_and_uninstall),
        TEST_CASE(options_collects_limits),
        TEST_CASE(options_shows_a_long_argument_cut_at_a_character),
        TEST_CASE(options_help_names_every_command),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
