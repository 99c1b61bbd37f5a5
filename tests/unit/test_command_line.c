#include "tests/test.h"

#include "common/proto/protocol.h"
#include "service/command_line.h"

enum { ARGUMENTS_MAX = 6 };

static size_t count_arguments(const char *const *arguments)
{
    size_t count = 0;

    while (count < ARGUMENTS_MAX && arguments[count] != NULL)
        count++;
    return count;
}

static void command_line_accepts(struct test *t)
{
    static const struct {
        const char *arguments[ARGUMENTS_MAX];
        enum lsmapd_command command;
        bool quiet;
        const char *pipe_name;
        bool no_start;
    } rows[] = {
        {{NULL}, LSMAPD_SERVICE, false, PIPE_NAME_DEFAULT, false},
        {{"--console"}, LSMAPD_CONSOLE, false, PIPE_NAME_DEFAULT, false},
        {{"--console", "--pipe", "a"}, LSMAPD_CONSOLE, false, PIPE_PREFIX "a", false},
        {{"--pipe", "a", "--console"}, LSMAPD_CONSOLE, false, PIPE_PREFIX "a", false},
        {{"--console", "--pipe=a"}, LSMAPD_CONSOLE, false, PIPE_PREFIX "a", false},
        {{"--console", "--pipe", PIPE_PREFIX "a\\b"},
         LSMAPD_CONSOLE,
         false,
         PIPE_PREFIX "a\\b",
         false},
        {{"--console", "--pipe", "--console"},
         LSMAPD_CONSOLE,
         false,
         PIPE_PREFIX "--console",
         false},
        {{"install"}, LSMAPD_INSTALL, false, PIPE_NAME_DEFAULT, false},
        {{"install", "--quiet"}, LSMAPD_INSTALL, true, PIPE_NAME_DEFAULT, false},
        {{"install", "/quiet"}, LSMAPD_INSTALL, true, PIPE_NAME_DEFAULT, false},
        {{"--quiet", "install"}, LSMAPD_INSTALL, true, PIPE_NAME_DEFAULT, false},
        {{"install", "/quiet", "--quiet"}, LSMAPD_INSTALL, true, PIPE_NAME_DEFAULT, false},
        {{"install", "--no-start"}, LSMAPD_INSTALL, false, PIPE_NAME_DEFAULT, true},
        {{"--no-start", "/quiet", "install"}, LSMAPD_INSTALL, true, PIPE_NAME_DEFAULT, true},
        {{"uninstall"}, LSMAPD_UNINSTALL, false, PIPE_NAME_DEFAULT, false},
        {{"uninstall", "/quiet"}, LSMAPD_UNINSTALL, true, PIPE_NAME_DEFAULT, false},
        {{"stop"}, LSMAPD_STOP, false, PIPE_NAME_DEFAULT, false},
        {{"stop", "/quiet"}, LSMAPD_STOP, true, PIPE_NAME_DEFAULT, false},
        {{"status"}, LSMAPD_STATUS, false, PIPE_NAME_DEFAULT, false},
        {{"status", "--quiet"}, LSMAPD_STATUS, true, PIPE_NAME_DEFAULT, false},
        {{"access"}, LSMAPD_ACCESS, false, PIPE_NAME_DEFAULT, false},
        {{"access", "--json"}, LSMAPD_ACCESS, false, PIPE_NAME_DEFAULT, false},
        {{"--version"}, LSMAPD_VERSION, false, PIPE_NAME_DEFAULT, false},
        {{"--help"}, LSMAPD_HELP, false, PIPE_NAME_DEFAULT, false},
        {{"-h"}, LSMAPD_HELP, false, PIPE_NAME_DEFAULT, false},
        {{"/?"}, LSMAPD_HELP, false, PIPE_NAME_DEFAULT, false},
        {{"install", "--help"}, LSMAPD_HELP, false, PIPE_NAME_DEFAULT, false},
        {{"--nonsense", "--help"}, LSMAPD_HELP, false, PIPE_NAME_DEFAULT, false},
        {{"--version", "--help"}, LSMAPD_VERSION, false, PIPE_NAME_DEFAULT, false},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct command_line line;
        char message[CLI_MESSAGE_CAPACITY] = "untouched";
        size_t count = count_arguments(rows[i].arguments);

        TEST_ROW(t, "row %u: %s", (unsigned)i, count > 0 ? rows[i].arguments[0] : "nothing");
        memset(&line, 0xff, sizeof line);
        REQUIRE(t, command_line_parse(count, rows[i].arguments, 2, &line, message));
        CHECK_INT(t, rows[i].command, line.command);
        CHECK_STR(t, "untouched", message);
        if (line.command == LSMAPD_HELP || line.command == LSMAPD_VERSION)
            continue;
        CHECK_INT(t, rows[i].quiet, line.quiet);
        CHECK_INT(t, rows[i].no_start, line.no_start);
        CHECK_STR(t, rows[i].pipe_name, line.pipe_name);
    }
}

static void command_line_refuses(struct test *t)
{
    static const struct {
        const char *arguments[ARGUMENTS_MAX];
        const char *message;
    } rows[] = {
        {{""}, "argument 1: unknown command \"\""},
        {{"start"}, "argument 1: unknown command \"start\""},
        {{"INSTALL"}, "argument 1: unknown command \"INSTALL\"; did you mean \"install\"?"},
        {{"--instal"}, "argument 1: unknown option \"--instal\""},
        {{"/silent"}, "argument 1: unknown option \"/silent\""},
        {{"-"}, "argument 1: unknown option \"-\""},
        {{"install", "now"}, "argument 2: unknown command \"now\""},
        {{"doctor"}, "argument 1: unknown command \"doctor\""}, /* a program of its own */
        {{"install", "uninstall"}, "argument 2: there is a command already"},
        {{"--console", "--console"}, "argument 2: there is a command already"},
        {{"--quiet"}, "argument 1: --quiet belongs to install, uninstall, stop and status"},
        {{"/quiet", "--console"}, "argument 1: --console takes no --quiet"},
        {{"uninstall", "--no-start"}, "argument 2: uninstall takes no --no-start"},
        {{"--no-start"}, "argument 1: --no-start belongs to install"},
        {{"access", "--quiet"}, "argument 2: access takes no --quiet"},
        {{"status", "--json"}, "argument 2: status takes no --json"},
        {{"install", "--purge"}, "argument 2: install takes no --purge"},
        {{"uninstall", "/readers:x"}, "argument 2: uninstall takes no --readers"},
        {{"install", "--readers"}, "argument 2: --readers needs a value: --readers NAME"},
        {{"install", "/readers"}, "argument 2: --readers needs a value: --readers NAME"},
        {{"install", "/readers:"},
         "argument 2: --readers takes the name of an account or a group, such as DOMAIN\\name"},
        {{"install", "--readers", "a\nb"},
         "argument 3: --readers takes the name of an account or a group, such as DOMAIN\\name"},
        {{"install", "--readers=a", "--readers=b"}, "argument 3: --readers is given twice"},
        {{"install", "--filtered-admins", "on"},
         "argument 3: --filtered-admins takes full, no-addresses or off, not \"on\""},
        {{"uninstall", "--filtered-admins=off"},
         "argument 2: uninstall takes no --filtered-admins"},
        {{"install", "--purges"},
         "argument 2: unknown option \"--purges\"; did you mean \"--purge\"?"},
        {{"install", "--limit=Connections=5"}, "argument 2: install takes no --limit"},
        {{"--console", "--limit", "Connections=0"},
         "argument 3: the limit \"Connections=0\" is not between 1 and 1024"},
        {{"--console", "--limit=Nothing=1"}, "argument 2: the limit \"Nothing=1\" is unknown"},
        {{"--console", "--limit", "x"}, "argument 3: the limit \"x\" is not NAME=VALUE"},
        {{"--pipe", "a"}, "argument 2: --pipe belongs to --console"},
        {{"--pipe=a", "install"}, "argument 1: install takes no --pipe"},
        {{"--console", "--pipe"}, "argument 2: --pipe needs a value: --pipe NAME"},
        {{"--console", "--pipe", "a", "--pipe", "b"}, "argument 5: --pipe is given twice"},
        {{"--console", "--pipe", ""}, "argument 3: the pipe name is empty"},
        {{"--console", "--pipe="}, "argument 2: the pipe name is empty"},
        {{"--console", "--pipe", "\\\\server\\pipe\\a"},
         "argument 3: the pipe name is not one of this machine: it must begin with "
         "\\\\.\\pipe\\"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct command_line line, before;
        char message[CLI_MESSAGE_CAPACITY] = "";
        size_t count = count_arguments(rows[i].arguments);

        TEST_ROW(t, "row %u: %s", (unsigned)i, rows[i].arguments[0]);
        memset(&line, 0xff, sizeof line);
        memset(&before, 0xff, sizeof before);
        CHECK(t, !command_line_parse(count, rows[i].arguments, 2, &line, message));
        CHECK_STR(t, rows[i].message, message);
        CHECK_MEM(t, &before, sizeof before, &line, sizeof line);
    }
}

static void install_and_uninstall_have_options(struct test *t)
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
        struct command_line line;
        char message[CLI_MESSAGE_CAPACITY];
        size_t count = count_arguments(rows[i].arguments);

        TEST_ROW(t, "row %u", (unsigned)i);
        REQUIRE(t, command_line_parse(count, rows[i].arguments, 2, &line, message));
        CHECK_INT(t, rows[i].readers != NULL, line.readers != NULL);
        if (rows[i].readers != NULL && line.readers != NULL)
            CHECK_STR(t, rows[i].readers, line.readers);
        CHECK_INT(t, rows[i].filtered_admins >= 0, line.has_filtered_admins);
        CHECK_INT(t,
                  rows[i].filtered_admins >= 0 ? rows[i].filtered_admins
                                               : (int)FILTERED_ADMINS_DEFAULT,
                  line.settings.filtered_admins);
        CHECK_INT(t, rows[i].purge, line.purge);
    }
}

static void install_has_switches(struct test *t)
{
    static const char *const words[] = {"install",   "--enable", "/trust-folder",
                                        "/no-start", "--check",  "--packaged"};
    struct command_line line;
    char message[CLI_MESSAGE_CAPACITY];

    for (size_t count = 1; count <= TEST_COUNT(words); count++) {
        TEST_ROW(t, "%s", words[count - 1]);
        REQUIRE(t, command_line_parse(count, words, 2, &line, message));
        CHECK_INT(t, count > 1, line.enable);
        CHECK_INT(t, count > 2, line.trust_folder);
        CHECK_INT(t, count > 3, line.no_start);
        CHECK_INT(t, count > 4, line.check);
        CHECK_INT(t, count > 5, line.packaged);
    }
}

static void limits_change_the_settings(struct test *t)
{
    static const char *const arguments[] = {
        "--console", "--limit=Connections=7", "--limit=FilteredAdmins=off", "--limit",
        "scans=3",   "--limit=Connections=5"};
    struct command_line line;
    struct settings expected;
    char message[CLI_MESSAGE_CAPACITY];

    settings_default(&expected, 2);
    REQUIRE(t, command_line_parse(1, arguments, 2, &line, message));
    CHECK_MEM(t, &expected.limits, sizeof expected.limits, &line.settings.limits,
              sizeof line.settings.limits);
    REQUIRE(t, command_line_parse(TEST_COUNT(arguments), arguments, 2, &line, message));
    expected.limits.connections = 5; /* the last one counts */
    expected.limits.scans = 3;
    CHECK_MEM(t, &expected.limits, sizeof expected.limits, &line.settings.limits,
              sizeof line.settings.limits);
    CHECK_INT(t, FILTERED_ADMINS_OFF, line.settings.filtered_admins);
}

/* What the registry would refuse is refused here, with the same words. */
static void limits_are_taken_or_refused(struct test *t)
{
    static const struct {
        const char *argument;
        const char *why; /* NULL: it is good */
    } rows[] = {
        {"Connections=5", NULL},
        {"connections=1024", NULL},
        {"Connections=0005", NULL},
        {"FilteredAdmins=off", NULL},
        {"AccessSddl=", NULL},
        {"Connections=1025", "not between 1 and 1024"},
        {"Connections=99999999999", "not between 1 and 1024"},
        {"Connections=99999999999999999999", "not a number (REG_DWORD)"},
        {"Connections=4294967297", "not between 1 and 1024"},
        {"Connections=", "not a number (REG_DWORD)"},
        {"Connections=-5", "not a number (REG_DWORD)"},
        {"Connections=5 ", "not a number (REG_DWORD)"},
        {"Connections=0x5", "not a number (REG_DWORD)"},
        {"Connections", "not NAME=VALUE"},
        {"", "not NAME=VALUE"},
        {"=5", "unknown"},
        {"Nothing=5", "unknown"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const char *const arguments[] = {"--console", "--limit", rows[i].argument};
        char message[CLI_MESSAGE_CAPACITY] = "", expected[CLI_MESSAGE_CAPACITY] = "";
        struct command_line line;

        TEST_ROW(t, "%s", rows[i].argument);
        if (rows[i].why != NULL)
            (void)snprintf(expected, sizeof expected, "argument 3: the limit \"%s\" is %s",
                           rows[i].argument, rows[i].why);
        CHECK_INT(t, rows[i].why == NULL, command_line_parse(3, arguments, 1, &line, message));
        CHECK_STR(t, expected, message);
        if (i == 0)
            CHECK_INT(t, 5, line.settings.limits.connections);
    }
}

static void a_long_argument_is_cut_at_a_character(struct test *t)
{
    /* 63 bytes, then a character of two: the 64th byte is its first */
    static const char argument[] = "123456789012345678901234567890123456789012345678901234567890123"
                                   "\xC3\xA9 and much more";
    static const char expected[] = "argument 1: unknown command \"1234567890123456789012345678901"
                                   "23456789012345678901234567890123...\"";
    const char *const arguments[] = {argument};
    struct command_line line;
    char message[CLI_MESSAGE_CAPACITY] = "";

    CHECK(t, !command_line_parse(1, arguments, 2, &line, message));
    CHECK_STR(t, expected, message);
}

static void help_names_every_command(struct test *t)
{
    static const char *const words[] = {"install", "uninstall", "status",           "--console",
                                        "--pipe",  "--quiet",   "--no-start",       "--version",
                                        "--help",  "access",    "--json",           "--readers",
                                        "--purge", "--limit",   "--filtered-admins"};
    const char *help = command_line_help;

    for (size_t i = 0; i < TEST_COUNT(words); i++) {
        TEST_ROW(t, "%s", words[i]);
        CHECK(t, strstr(help, words[i]) != NULL);
    }
    CHECK_INT(t, '\n', help[strlen(help) - 1]);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(command_line_accepts),
        TEST_CASE(command_line_refuses),
        TEST_CASE(install_and_uninstall_have_options),
        TEST_CASE(install_has_switches),
        TEST_CASE(limits_change_the_settings),
        TEST_CASE(limits_are_taken_or_refused),
        TEST_CASE(a_long_argument_is_cut_at_a_character),
        TEST_CASE(help_names_every_command),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
