#include "client/options.h"

#include "client/show/help_text.h"
#include "common/scan/regions.h"
#include "common/version.h"
#include "tests/test.h"
#include "tests/unit/options_line.h"

#include <stdlib.h>
#include <string.h>

static bool good(struct test *t, const char *line, struct options *options)
{
    char message[OPTIONS_ERROR_CAPACITY] = "";

    TEST_ROW(t, "%s", line);
    bool parsed = options_line_parse(line, options, message);
    CHECK_STR(t, "", message);
    return CHECK(t, parsed);
}

static void commands(struct test *t)
{
    static const struct {
        const char *line;
        enum command command;
        size_t pids, names;
        bool all;
    } rows[] = {
        {"", COMMAND_USAGE, 0, 0, true},
        {"--help", COMMAND_HELP, 0, 0, true},
        {"-h", COMMAND_HELP, 0, 0, true},
        {"/?", COMMAND_HELP, 0, 0, true},
        {"info --help 12", COMMAND_HELP, 1, 0, false}, /* help whatever else is wrong */
        {"--version", COMMAND_VERSION, 0, 0, true},
        {"-V", COMMAND_VERSION, 0, 0, true},
        {"-a", COMMAND_MAPS, 0, 0, true},
        {"--all", COMMAND_MAPS, 0, 0, true},
        {"-f x.dll", COMMAND_MAPS, 0, 0, true},
        {"-a -f x.dll", COMMAND_MAPS, 0, 0, true},
        {"1234", COMMAND_MAPS, 1, 0, false},
        {"0 4294967295", COMMAND_MAPS, 2, 0, false},
        {"7 7 8 07", COMMAND_MAPS, 2, 0, false}, /* repeats dropped */
        {"notepad.exe 12 chrome*", COMMAND_MAPS, 1, 2, false},
        {"-f x.dll notepad", COMMAND_MAPS, 0, 1, false},
        {"--at 0x1000 12", COMMAND_MAPS, 1, 0, false},
        {"ps", COMMAND_PS, 0, 0, true},
        {"ps -a", COMMAND_PS, 0, 0, true},
        {"ps chrome*", COMMAND_PS, 0, 1, false},
        {"stale", COMMAND_STALE, 0, 0, true},
        {"stale --own", COMMAND_STALE, 0, 0, true},
        {"stale 12 chrome*", COMMAND_STALE, 1, 1, false},
        {"--json ps 12", COMMAND_PS, 1, 0, false},
        {"info", COMMAND_INFO, 0, 0, true},
        {"--direct whoami", COMMAND_WHOAMI, 0, 0, true},
        {"stats --json", COMMAND_STATS, 0, 0, true},
        {"diff old new", COMMAND_DIFF, 0, 0, false},
        {"diff -a old new --bytes --json", COMMAND_DIFF, 0, 0, true},
        {"diff -- -old ps", COMMAND_DIFF, 0, 0, false},
        {"-- diff", COMMAND_MAPS, 0, 1, false},
        {"-- ps", COMMAND_MAPS, 0, 1, false}, /* a process of that name */
        {"--own", COMMAND_MAPS, 0, 0, true},
        {"--own 12 a*", COMMAND_MAPS, 1, 1, false},
        {"ps --own", COMMAND_PS, 0, 0, true},
        {"sections", COMMAND_SECTIONS, 0, 0, true},
        {"sections Global\\* 1234 x --csv --bytes", COMMAND_SECTIONS, 1, 2, false},
        {"--direct sections 12", COMMAND_SECTIONS, 1, 0, false},
        {"-h --bogus -f", COMMAND_HELP, 0, 0, true},
        {"--bogus --version", COMMAND_VERSION, 0, 0, true},
        {"ps -- ps", COMMAND_PS, 0, 1, false},
        {"ps ps", COMMAND_PS, 0, 1, false}, /* only the first operand is a command */
        {"12 info", COMMAND_MAPS, 1, 1, false},
        {"-- -a", COMMAND_MAPS, 0, 1, false},
        {"-- -- /?", COMMAND_MAPS, 0, 2, false},
        {"-", COMMAND_MAPS, 0, 1, false},
        {"12ab", COMMAND_MAPS, 0, 1, false},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options;
        if (!good(t, rows[i].line, &options))
            continue;
        CHECK_INT(t, rows[i].command, options.command);
        CHECK_INT(t, rows[i].pids, options.request.pids_count);
        CHECK_INT(t, rows[i].names, options.request.names_count);
        CHECK_INT(t, rows[i].all, options.request.all);
    }
}

static void values(struct test *t)
{
    struct options options;

    REQUIRE(t, good(t, "-a", &options));
    CHECK_INT(t, 0, options.request.kinds);
    CHECK_INT(t, DETAIL_VIEWS, options.request.detail);
    CHECK_INT(t, FORMAT_TABLE, options.format);
    CHECK_INT(t, TIMEOUT_DEFAULT_S, options.timeout_s);
    CHECK_STR(t, PIPE_NAME_DEFAULT, options.pipe);
    CHECK(t, !options.wide && !options.quiet && !options.request.debug && !options.direct &&
                 !options.no_header && !options.request.has_address && options.paths_count == 0 &&
                 options.wait_s == 0 && !options.wait && !options.who);

    REQUIRE(t, good(t, "-aq --wide --no-header --debug --json --timeout 5 --pipe my --regions",
                    &options));
    CHECK(t, options.wide && options.quiet && options.request.debug && options.no_header &&
                 options.request.all);
    CHECK_INT(t, DETAIL_REGIONS, options.request.detail);
    CHECK_INT(t, FORMAT_JSON, options.format);
    CHECK_INT(t, 5, options.timeout_s);
    CHECK_STR(t, "\\\\.\\pipe\\my", options.pipe);

    REQUIRE(t, good(t, "-k image --kind=DATA,pagefile --pages --direct 12", &options));
    CHECK_INT(t, VIEW_IMAGE | VIEW_DATA | VIEW_PAGEFILE, options.request.kinds);
    CHECK_INT(t, DETAIL_PAGES, options.request.detail);
    CHECK(t, options.direct);
    REQUIRE(t, good(t, "-kall -a", &options));
    CHECK_INT(t, VIEW_IMAGE | VIEW_DATA | VIEW_PAGEFILE, options.request.kinds);

    REQUIRE(t, good(t, "--at=7ffb`3c0a0000 12 -f--odd --timeout=86400", &options));
    CHECK(t, options.request.has_address && options.request.address == UINT64_C(0x7ffb3c0a0000));
    CHECK_INT(t, 1, options.paths_count);
    CHECK_MEM(t, "--odd", 5, options.paths[0].data, options.paths[0].size);
    CHECK_INT(t, 86400, options.timeout_s);
}

static void choices(struct test *t)
{
    struct options options;

    REQUIRE(t, good(t, "-a", &options));
    CHECK(t, options.sort == ORDER_NONE && options.top == 0 && !options.by_file &&
                 !options.outside_system && options.not_under_count == 0 && !options.exact);
    REQUIRE(t, good(t, "-a --sort SIZE --by-file --outside-system --bytes", &options));
    CHECK(t, options.sort == ORDER_SIZE && options.top == 0 && options.by_file &&
                 options.outside_system && options.exact);
    REQUIRE(t, good(t, "-a --own", &options));
    CHECK(t, options.request.own && options.request.all);
    REQUIRE(t, good(t, "12", &options));
    CHECK(t, !options.request.own && !options.request.all);
    REQUIRE(t, good(t, "-a --top 18446744073709551615", &options));
    CHECK(t, options.sort == ORDER_SIZE && options.top == UINT64_MAX); /* the largest by default */
    REQUIRE(t, good(t, "-a --top=1 --sort=path", &options));
    CHECK(t, options.sort == ORDER_PATH && options.top == 1);
    REQUIRE(t, good(t, "-a --not-under C:\\a --not-under d:/ --not-under \\\\s\\x", &options));
    CHECK_INT(t, 3, options.not_under_count);
    CHECK_MEM(t, "d:/", 3, options.not_under[1].data, options.not_under[1].size);
    REQUIRE(t, good(t, "diff old new", &options));
    CHECK_MEM(t, "old", 3, options.files[0].data, options.files[0].size);
    CHECK_MEM(t, "new", 3, options.files[1].data, options.files[1].size);
}

/* --wait has no time-out but its own; what lists mappings is no question who has a file. */
static void who_has_a_file(struct test *t)
{
    static const struct {
        const char *line;
        bool who, wait;
        unsigned wait_s;
    } rows[] = {
        {"-f x", true, false, 0},
        {"-f x -f y --json", true, false, 0},
        {"-f x --pids", true, false, 0},
        {"-f x --own --not-under d", true, false, 0},
        {"-f x --wait", true, true, 0},
        {"-f x --wait --timeout 7", true, true, 7},
        {"-f x -a", false, false, 0},
        {"-f x demo", false, false, 0},
        {"-f x 12", false, false, 0},
        {"-f x C:\\demo.exe", false, false, 0},
        {"-f x -k image", false, false, 0},
        {"-f x --sort path", false, false, 0},
        {"-f x --top 1", false, false, 0},
        {"-f x --by-file", false, false, 0},
        {"-f x --pages", false, false, 0},
        {"-f x --regions", false, false, 0},
        {"-f x --prometheus", false, false, 0},
        {"-a", false, false, 0},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options;
        TEST_ROW(t, "%s", rows[i].line);
        REQUIRE(t, good(t, rows[i].line, &options));
        CHECK_INT(t, rows[i].who, options.who);
        CHECK_INT(t, rows[i].wait, options.wait);
        if (options.wait)
            CHECK_INT(t, rows[i].wait_s, options.wait_s);
    }
}

/* As people have them: from a debugger, a path, a name with dots. */
static void processes_are_named_in_many_ways(struct test *t)
{
    static const struct {
        const char *line;
        size_t pids, names, images;
        uint32_t pid;
    } rows[] = {
        {"684", 1, 0, 0, 684},
        {"0x284", 1, 0, 0, 644},
        {"0X284", 1, 0, 0, 644},
        {"-- 684", 0, 1, 0, 0},
        {"-- 0x284", 0, 1, 0, 0},
        {"-- 684,684", 0, 1, 0, 0},
        {"-- C:\\x.exe", 0, 1, 0, 0},
        {"0x", 0, 1, 0, 0},
        {"0xg", 0, 1, 0, 0},
        {"C:\\Demo\\demo.exe", 0, 0, 1, 0},
        {".\\demo.exe", 0, 0, 1, 0},
        {"C:demo.exe", 0, 0, 1, 0},
        {"a/b.exe", 0, 0, 1, 0},
        {"microsoft.sharepoint", 0, 1, 0, 0},
        {"684 C:\\x.exe a*", 1, 1, 1, 684},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options;
        TEST_ROW(t, "%s", rows[i].line);
        REQUIRE(t, good(t, rows[i].line, &options));
        CHECK_INT(t, rows[i].pids, options.request.pids_count);
        CHECK_INT(t, rows[i].names, options.request.names_count);
        CHECK_INT(t, rows[i].images, options.images_count);
        CHECK(t, !options.request.all);
        if (rows[i].pids > 0)
            CHECK_INT(t, rows[i].pid, options.request.pids[0]);
    }
}

static void what_is_refused(struct test *t)
{
    static const struct {
        const char *line;
        const char *message; /* its beginning */
    } rows[] = {
        {"--cvs", "argument 1: unknown option \"--cvs\"; did you mean \"--csv\"?"},
        {"-a -x", "argument 2: unknown option \"-x\""},
        {"-ax", "argument 1: unknown option \"-ax\""},
        {"--", "no process is named"},
        {"--json", "no process is named"},
        {"-k data", "no process is named"},
        {"''", "argument 1: the process name is empty"},
        {"4294967296", "argument 1: \"4294967296\" is too large for a process identifier"},
        {"99999999999999999999999", "argument 1: \"99999999999999999999999\" is too large"},
        {"-5", "argument 1: unknown option \"-5\""},
        {"-f", "argument 1: --file needs a value"},
        {"-f ''", "argument 2: the path is empty"},
        {"--file=", "argument 1: the path is empty"},
        {"-f .\\*.dll",
         "argument 2: no path begins with \".\\*.dll\": a pattern begins with C:\\, "},
        {"-f C:x*", "argument 2: no path begins with \"C:x*\""},
        {"-f \\\\?\\C:x*", "argument 2: no path begins with \"\\\\?\\C:x*\""},
        {"-f \\x*", "argument 2: no path begins with \"\\x*\""},
        {"-f /x*", "argument 2: no path begins with \"/x*\""},
        {"-a --pids --sort path", "argument 4: --pids and --sort exclude each other"},
        {"-a --pids --top 3", "argument 4: --pids and --top exclude each other"},
        {"-a --pids --pages", "argument 3: --pids and --pages exclude each other"},
        {"-f sub/x?", "argument 2: no path begins with \"sub/x?\""},
        /* a backslash before the closing quote makes it a character */
        {"-f C:\\dir\"",
         "argument 2: the path has a quotation mark in it: leave out the backslash"},
        {"-a --not-under C:\\dir\"", "argument 3: the folder has a quotation mark in it"},
        {"-a -o C:\\x\"", "argument 3: the name of the file has a quotation mark in it"},
        {"C:\\dir\"", "argument 1: the process name has a quotation mark in it"},
        {"diff a\" b", "argument 2: the name of the file has a quotation mark in it"},
        {"684,684", "argument 1: \"684,684\" is no process identifier: put spaces between several"},
        {"1,048", "argument 1: \"1,048\" is no process identifier"},
        {"0x1ffffffff", "argument 1: \"0x1ffffffff\" is too large for a process identifier"},
        {"C:\\Demo\\*.exe", "argument 1: the path of a program has no wildcards"},
        {"-a --wait", "argument 2: --wait and --all exclude each other"},
        {"demo -f x --wait", "argument 4: --wait is for files"},
        {"-f x --wait -k data", "argument 3: --wait is for files"},
        {"-f x --wait --json", "argument 4: --wait and --json exclude each other"},
        {"-f x --pids --csv", "argument 4: --pids and --csv exclude each other"},
        {"info --pids", "argument 2: info takes no --pids"},
        {"--all=yes", "argument 1: --all takes no value"},
        {"-a -k exe", "argument 3: --kind takes image, data, pagefile or all, not \"exe\""},
        {"-a -k image,", "argument 3: --kind takes image, data, pagefile or all, not \"\""},
        {"-a -k ''", "argument 3: --kind takes image, data, pagefile or all, not \"\""},
        {"--at xyz 12", "argument 2: \"xyz\" is not a hexadecimal address"},
        {"--at 0x 12", "argument 2: \"0x\" is not a hexadecimal address"},
        {"--at 12345678123456781 12",
         "argument 2: \"12345678123456781\" is not a hexadecimal address"},
        {"--at 0x1000", "argument 2: --at needs the process"},
        {"--at 0x1000 -a", "argument 2: --at needs the process"},
        {"-a --sort name",
         "argument 3: --sort takes size, path, address or processes, not \"name\""},
        {"-a --sort size --sort path", "argument 5: --sort is given twice"},
        {"-a --top 0", "argument 3: --top takes a number from 1 on"},
        {"-a --top -1", "argument 3: --top takes a number from 1 on"},
        {"-a --top 1e9", "argument 3: --top takes a number from 1 on"},
        {"-a --not-under ''", "argument 3: the folder is empty"},
        {"-a --not-under C:\\Win*", "argument 3: --not-under takes a folder, no wildcards"},
        {"-a --not-under C:\\Win?", "argument 3: --not-under takes a folder, no wildcards"},
        {"-a --regions --top 3", "argument 4: --regions and --top exclude each other"},
        {"-a --by-file --regions", "argument 3: --regions and --by-file exclude each other"},
        {"-a --by-file --pages", "argument 3: --pages and --by-file exclude each other"},
        {"-a --by-file --sort address", "argument 4: --by-file has no addresses to sort by"},
        {"ps --sort size", "argument 3: ps takes no --sort"},
        {"info --bytes", "argument 2: info takes no --bytes"},
        {"info --own", "argument 2: info takes no --own"},
        {"diff a b --own", "argument 4: diff takes no --own"},
        {"--by-file", "no process is named"},
        {"diff", "diff needs two files"},
        {"diff old", "diff needs two files"},
        {"diff old ''", "argument 3: the name of the file is empty"},
        {"diff a b c", "argument 4: diff takes two files"},
        {"diff a b --pipe x", "argument 5: diff takes no --pipe"},
        {"diff a b -k data", "argument 5: diff takes no --kind"},
        {"--timeout 0 -a", "argument 2: --timeout takes a number from 1 to 86400"},
        {"--timeout 86401 -a", "argument 2: --timeout takes a number from 1 to 86400"},
        {"--timeout 1.5 -a", "argument 2: --timeout takes a number from 1 to 86400"},
        {"--timeout -1 -a", "argument 2: --timeout takes a number from 1 to 86400"},
        {"--pipe \\\\host\\pipe\\x -a", "argument 2: the pipe name \"\\\\host\\pipe\\x\" "},
        {"--pipe '' -a", "argument 2: the pipe name \"\" is empty"},
        {"-a 12", "argument 2: --all means every process"},
        {"-a --regions --pages", "argument 3: --regions and --pages exclude each other"},
        {"--pipe x --direct -a", "argument 3: --direct and --pipe exclude each other"},
        {"info 12", "argument 2: info takes no process"},
        {"info -a", "argument 2: info takes no --all"},
        {"-a whoami", "argument 1: whoami takes no --all"},
        {"stats --debug", "argument 2: stats takes no --debug"},
        {"ps -k data", "argument 3: ps takes no --kind"},
        {"ps --regions", "argument 2: ps takes no --regions"},
        {"ps -f x", "argument 3: ps takes no --file"},
        {"ps -a 12", "argument 3: --all means every process"},
        {"--\x1b[2J", "argument 1: unknown option \"--\xEF\xBF\xBD[2J\""},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options = {.command = COMMAND_STATS};
        char message[OPTIONS_ERROR_CAPACITY] = "";
        TEST_ROW(t, "%s", rows[i].line);
        CHECK(t, !options_line_parse(rows[i].line, &options, message));
        CHECK_INT(t, COMMAND_STATS, options.command); /* untouched */
        size_t size = strlen(rows[i].message);
        size_t shown = strlen(message) < size ? strlen(message) : size;
        CHECK_MEM(t, rows[i].message, size, message, shown);
        CHECK(t, strchr(message, '\n') == NULL);
    }
}

static void long_arguments_are_cut_in_messages(struct test *t)
{
    static char argument[4096], program[] = "lsmap";
    char *argv[] = {program, argument, NULL};
    struct options options;
    char message[OPTIONS_ERROR_CAPACITY];

    /* every byte a control character, then wide characters that must not be split */
    memset(argument, '\x01', sizeof argument - 1);
    memcpy(argument, "--", 2);
    CHECK(t, !options_parse(2, argv, &options, message));
    CHECK(t, strlen(message) < sizeof message && strstr(message, "...\"") != NULL);
    for (size_t i = 2; i + 3 < sizeof argument; i += 3)
        memcpy(argument + i, "\xE6\x97\xA5", 3);
    CHECK(t, !options_parse(2, argv, &options, message));
    CHECK(t, strstr(message, "\xE6\x97\xA5...\"") != NULL);
    CHECK(t, strstr(message, "\xEF\xBF\xBD") == NULL);
}

static void too_many_processes_are_refused(struct test *t)
{
    static char texts[REQUEST_PIDS_MAX + 1][8], name[] = "a", program[] = "lsmap";
    static char *argv[REQUEST_PIDS_MAX + 2];
    struct options options;
    char message[OPTIONS_ERROR_CAPACITY];

    argv[0] = program;
    for (int i = 0; i <= REQUEST_PIDS_MAX; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%d", i * 4);
        argv[i + 1] = texts[i];
    }
    CHECK(t, options_parse(REQUEST_PIDS_MAX + 1, argv, &options, message));
    CHECK_INT(t, REQUEST_PIDS_MAX, options.request.pids_count);
    CHECK(t, !options_parse(REQUEST_PIDS_MAX + 2, argv, &options, message));
    CHECK_STR(t, "argument 1025: more than 1024 process identifiers", message);
    for (int i = 0; i <= REQUEST_NAMES_MAX; i++)
        argv[i + 1] = name;
    CHECK(t, options_parse(REQUEST_NAMES_MAX + 1, argv, &options, message));
    CHECK(t, !options_parse(REQUEST_NAMES_MAX + 2, argv, &options, message));
}

static void too_many_folders_are_refused(struct test *t)
{
    static char name[] = "--not-under", folder[] = "C:\\x", all[] = "-a", program[] = "lsmap";
    static char *argv[2 * OPTIONS_FOLDERS_MAX + 5];
    struct options options;
    char message[OPTIONS_ERROR_CAPACITY];
    int argc = 0;

    argv[argc++] = program;
    argv[argc++] = all;
    for (int i = 0; i <= OPTIONS_FOLDERS_MAX; i++) {
        CHECK(t, options_parse(argc, argv, &options, message));
        argv[argc++] = name;
        argv[argc++] = folder;
    }
    CHECK(t, !options_parse(argc, argv, &options, message));
    CHECK_STR(t, "argument 67: more than 32 folders", message);
}

static void globs_have_a_longest_size(struct test *t)
{
    static char pattern[3 * REQUEST_PATH_LEN_MAX + 4], f[] = "-f", program[] = "lsmap";
    char *path[] = {program, f, pattern, NULL}, *name[] = {program, pattern, NULL};
    struct options options;
    char message[OPTIONS_ERROR_CAPACITY];

    memset(pattern, 'x', REQUEST_PATH_LEN_MAX);
    CHECK(t, options_parse(3, path, &options, message));
    pattern[REQUEST_PATH_LEN_MAX] = 'x';
    CHECK(t, !options_parse(3, path, &options, message));
    CHECK_STR(t, "argument 2: the path is longer than 32767 characters", message);
    for (size_t i = 0; i < REQUEST_PATH_LEN_MAX; i++)
        memcpy(pattern + 3 * i, "\xE6\x97\xA5", 3);
    CHECK(t, options_parse(3, path, &options, message));
    memcpy(pattern + 3 * (size_t)REQUEST_PATH_LEN_MAX, "x", 2);
    CHECK(t, !options_parse(3, path, &options, message));
    memset(pattern, '\0', sizeof pattern);
    memset(pattern, 'x', REQUEST_NAME_SIZE_MAX);
    CHECK(t, options_parse(2, name, &options, message));
    pattern[REQUEST_NAME_SIZE_MAX] = 'x';
    CHECK(t, !options_parse(2, name, &options, message));
    CHECK_STR(t, "argument 1: the process name is longer than 1024 bytes", message);
}

static void formats_are_chosen(struct test *t)
{
    static const struct {
        const char *line;
        enum output_format format;
        bool host;
        const char *out;
    } rows[] = {
        {"-a", FORMAT_TABLE, false, NULL},
        {"-a --csv", FORMAT_CSV, false, NULL},
        {"ps --csv --host --no-header", FORMAT_CSV, true, NULL},
        {"sections --json --host --debug --timeout 1 --pipe x", FORMAT_JSON, true, NULL},
        {"-a --json --host", FORMAT_JSON, true, NULL},
        {"whoami --host --json -o x", FORMAT_JSON, true, "x"},
        {"-a --prometheus --out=lsmap.prom", FORMAT_PROMETHEUS, false, "lsmap.prom"},
        {"ps --prometheus -olsmap.prom", FORMAT_PROMETHEUS, false, "lsmap.prom"},
        {"-a --pages --prometheus", FORMAT_PROMETHEUS, false, NULL},
        {"stats", FORMAT_TABLE, false, NULL},
        {"stats --json", FORMAT_JSON, false, NULL},
        {"--prometheus stats", FORMAT_PROMETHEUS, false, NULL},
        {"-a --by-file --csv", FORMAT_CSV, false, NULL},
        {"-a --json --ascii", FORMAT_JSON, false, NULL},
        {"-a --csv --bom", FORMAT_CSV, false, NULL},
        {"-a --bom -o x", FORMAT_TABLE, false, "x"},
        {"-a --regions --csv", FORMAT_CSV, false, NULL},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options = {.format = FORMAT_TABLE};
        char message[OPTIONS_ERROR_CAPACITY] = "";
        TEST_ROW(t, "%s", rows[i].line);
        CHECK(t, options_line_parse(rows[i].line, &options, message));
        CHECK_STR(t, "", message);
        CHECK_INT(t, rows[i].format, options.format);
        CHECK_INT(t, rows[i].host, options.host);
        CHECK_INT(t, rows[i].out != NULL, options.out != NULL);
        if (rows[i].out != NULL && options.out != NULL)
            CHECK_STR(t, rows[i].out, options.out);
    }
}

static void what_does_not_go_together(struct test *t)
{
    static const struct {
        const char *line, *message;
    } rows[] = {
        {"-a --ascii", "argument 2: --ascii is for JSON: add --json"},
        {"-a --csv --ascii", "argument 3: --ascii is for JSON: add --json"},
        {"-a --json --bom", "argument 3: --bom is for files: add --csv or --out FILE"},
        {"-a --json --csv", "argument 3: --csv and --json exclude each other"},
        {"-a --csv --prometheus", "argument 3: --prometheus and --csv exclude each other"},
        {"-a --host", "argument 2: --host is for rows: add --json or --csv"},
        {"-a --host --prometheus", "argument 2: --host is for rows: add --json or --csv"},
        {"info --csv", "argument 2: info takes no --csv"},
        {"stats --csv", "argument 2: stats takes no --csv"},
        {"stats --prometheus --json", "argument 3: --prometheus and --json exclude each other"},
        {"info --prometheus", "argument 2: info takes no --prometheus"},
        {"whoami --prometheus", "argument 2: whoami takes no --prometheus"},
        {"-a --prometheus --regions", "argument 3: --prometheus and --regions exclude each other"},
        {"-a --prometheus --top 3", "argument 4: --prometheus and --top exclude each other"},
        {"-a --by-file --prometheus", "argument 3: --prometheus and --by-file exclude each other"},
        {"-a --out ''", "argument 3: the name of the file is empty"},
        {"-a --out", "argument 2: --out needs a value: --out FILE"},
        {"-a -o x --out y", "argument 5: --out is given twice"},
        {"-a --openmetrics",
         "argument 2: unknown option \"--openmetrics\"; did you mean \"--prometheus\"?"},
        {"-a --jason", "argument 2: unknown option \"--jason\"; did you mean \"--json\"?"},
        {"-a --region", "argument 2: unknown option \"--region\"; did you mean \"--regions\"?"},
        {"-a --tiemout=3",
         "argument 2: unknown option \"--tiemout=3\"; did you mean \"--timeout\"?"},
        {"-json -a", "argument 1: unknown option \"-json\"; did you mean \"--json\"?"},
        {"-a --xyzzy", "argument 2: unknown option \"--xyzzy\""},
        {"-a -k imgae", "argument 3: --kind takes image, data, pagefile or all, not \"imgae\"; "
                        "did you mean \"image\"?"},
        {"help formast", "argument 2: no help on \"formast\"; did you mean \"formats\"?"},
        {"help me", "argument 2: no help on \"me\""},
        {"help formats output", "argument 3: help takes one topic"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options;
        char message[OPTIONS_ERROR_CAPACITY] = "";
        TEST_ROW(t, "%s", rows[i].line);
        CHECK(t, !options_line_parse(rows[i].line, &options, message));
        CHECK_STR(t, rows[i].message, message);
    }
}

/* What selects rows, and nothing else. */
static void the_question_is_kept(struct test *t)
{
    static const struct {
        const char *line, *question;
    } rows[] = {
        {"-a --json", "(mappings)"},
        {"ps -q", "(processes)"},
        {"--json demo 12 -k data --pages", "--kind data 12 demo (mappings)"},
        {"12 -k data demo", "--kind data 12 demo (mappings)"},
        {"demo --sort size", "demo (mappings)"},
        {"demo --sort path --top 3", "--sort path --top 3 demo (mappings)"},
        {"-f b -f a", "--file a --file b (mappings)"},
        {"--own --not-under C:\\x --top 3 --outside-system",
         "--not-under C:\\x --outside-system --own --top 3 (mappings)"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options;
        if (good(t, rows[i].line, &options))
            CHECK_STR(t, rows[i].question, options.question);
    }
}

/* What other programs use leads to what to write here. */
static void habits_lead_to_the_right_words(struct test *t)
{
    static const struct {
        const char *line;
        const char *part;
    } rows[] = {
        {"-p 12", "\"-p\"; a process needs no option: lsmap notepad, lsmap 1234"},
        {"-p12", "\"-p12\"; a process needs no option"},
        {"-pid 12", "a process needs no option"},
        {"--pid=12", "a process needs no option"},
        {"--name x", "a process needs no option"},
        {"-n x", "a process needs no option"},
        {"-n 5", "the first N rows: --top N"},
        {"--format json", "there are --json, --csv and --prometheus"},
        {"--format=csv", "there are --json, --csv and --prometheus"},
        {"-a -j", "did you mean \"--json\"?"},
        {"-v", "there are --version and --debug"},
        {"-?", "did you mean \"--help\"?"},
        {"--openmetrics -a", "did you mean \"--prometheus\"?"},
        {"-a --output x", "did you mean \"--out\"?"},
        {"-a -k dll", "not \"dll\"; did you mean \"image\"?"},
        {"-a -k data,EXE", "not \"EXE\"; did you mean \"image\"?"},
        {"-a -k shared", "did you mean \"pagefile\"?"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options;
        char message[OPTIONS_ERROR_CAPACITY] = "";
        TEST_ROW(t, "%s", rows[i].line);
        CHECK(t, !options_line_parse(rows[i].line, &options, message));
        if (!CHECK(t, strstr(message, rows[i].part) != NULL))
            puts(message);
    }
    struct options options;
    REQUIRE(t, good(t, "-a -o -", &options));
    CHECK(t, options.out == NULL);
}

static void help_has_topics(struct test *t)
{
    static const struct {
        const char *line, *text;
        enum command command;
    } rows[] = {
        {"", HELP_USAGE, COMMAND_USAGE},
        {"--version", PRODUCT_NAME " " LSMAP_VERSION_STRING "\n", COMMAND_VERSION},
        {"help", HELP_OPTIONS, COMMAND_HELP},
        {"--help", HELP_OPTIONS, COMMAND_HELP},
        {"help formats", HELP_FORMATS, COMMAND_HELP},
        {"help EXIT-CODES", HELP_EXIT_CODES, COMMAND_HELP},
        {"help formats --csv", HELP_FORMATS, COMMAND_HELP}, /* nothing but the topic matters */
        {"help formats --help", HELP_FORMATS, COMMAND_HELP},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct options options = {.format = FORMAT_TABLE};
        char message[OPTIONS_ERROR_CAPACITY] = "";
        TEST_ROW(t, "%s", rows[i].line);
        CHECK(t, options_line_parse(rows[i].line, &options, message));
        CHECK_INT(t, rows[i].command, options.command);
        CHECK_STR(t, rows[i].text, options.text);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(commands),
        TEST_CASE(values),
        TEST_CASE(choices),
        TEST_CASE(who_has_a_file),
        TEST_CASE(processes_are_named_in_many_ways),
        TEST_CASE(what_is_refused),
        TEST_CASE(long_arguments_are_cut_in_messages),
        TEST_CASE(too_many_processes_are_refused),
        TEST_CASE(too_many_folders_are_refused),
        TEST_CASE(globs_have_a_longest_size),
        TEST_CASE(formats_are_chosen),
        TEST_CASE(what_does_not_go_together),
        TEST_CASE(the_question_is_kept),
        TEST_CASE(habits_lead_to_the_right_words),
        TEST_CASE(help_has_topics),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
