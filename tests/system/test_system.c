/* The product as its users meet it: installed by the script, queried with the client and with a plain
 * program, upgraded, removed. The tests depend on each other and run in this order.
 *
 * Needs an elevated prompt on Windows, and a machine where lsmap is not installed. LSMAP_PACKAGE
 * names the folder that `cmake --install` has filled.
 */
#include "tests/test.h"

#include <stdlib.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/text/fold.h"
#include "common/version.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "service/win32/install.h"
#include "tests/system/command.h"
#include "tests/system/reply.h"
#include "tests/win32/child.h"
#include "tests/win32/fixture_run.h"

enum {
    PATH_LENGTH = 1024,
    LINE_LENGTH = 2048,
    MANY_PROCESSES = 5,
    REMOVAL_TIMEOUT_MS = 10000,
    WATCHING_MS = 1000
};

static wchar_t package[PATH_LENGTH]; /* the unpacked package */
static wchar_t target[PATH_LENGTH];  /* %ProgramFiles%\lsmap */
static bool was_clean;               /* lsmap was not installed before the tests */

static bool exists(const wchar_t *path)
{
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/* A script that runs from the folder removes it shortly after its own end. */
static bool goes_away(const wchar_t *path)
{
    for (DWORD waited_ms = 0; exists(path); waited_ms += 100) {
        if (waited_ms >= REMOVAL_TIMEOUT_MS)
            return false;
        Sleep(100);
    }
    return true;
}

/* The state of the service; 0 when there is none. config may be NULL. */
static DWORD query_service(QUERY_SERVICE_CONFIGW *config, DWORD capacity)
{
    DWORD size = 0;
    SERVICE_STATUS status = {0};
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service =
        OpenServiceW(manager, L"" SERVICE_NAME, SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);
    if (service != NULL) {
        QueryServiceStatus(service, &status);
        if (config != NULL && !QueryServiceConfigW(service, config, capacity, &size))
            memset(config, 0, sizeof *config);
        CloseServiceHandle(service);
    }
    if (manager != NULL)
        CloseServiceHandle(manager);
    return status.dwCurrentState;
}

/* Runs a script of the package with /quiet; prints its output if it fails. */
static int run_script(const wchar_t *folder, const wchar_t *script)
{
    wchar_t line[LINE_LENGTH];
    struct command command;
    swprintf(line, LINE_LENGTH, L"cmd.exe /d /c \"\"%ls\\%ls\" /quiet\"", folder, script);
    const DWORD error = command_run(&command, line);
    const int exit_code = error == ERROR_SUCCESS ? (int)command.exit_code : -1;
    if (exit_code != 0)
        printf("  %ls: error %lu, exit %d: %.*s\n", script, (unsigned long)error, exit_code,
               (int)command.output.size, command.output.size > 0 ? command.output.data : "");
    command_release(&command);
    return exit_code;
}

/* Runs the installed client, or the one of the package if it is not installed. */
static int run_client(const wchar_t *arguments, struct command *command)
{
    wchar_t line[LINE_LENGTH];
    wchar_t path[PATH_LENGTH];
    swprintf(path, PATH_LENGTH, L"%ls\\lsmap.exe", target);
    swprintf(line, LINE_LENGTH, L"\"%ls\\lsmap.exe\" %ls", exists(path) ? target : package,
             arguments);
    return command_run(command, line) == ERROR_SUCCESS ? (int)command->exit_code : -1;
}

static bool contains(const struct buffer *text, const char *part)
{
    const size_t size = strlen(part);
    for (size_t i = 0; i + size <= text->size; i++) {
        if (memcmp(text->data + i, part, size) == 0)
            return true;
    }
    return false;
}

/* How often the system's PATH has the folder, and whether "Installed apps" shows lsmap. */
static int entries(bool *is_shown)
{
    static wchar_t list[INSTALL_PATH_CAPACITY];
    wchar_t text[PATH_LENGTH];
    DWORD size = sizeof list;
    int count = 0;

    if (RegGetValueW(HKEY_LOCAL_MACHINE, INSTALL_PATH_KEY, L"Path",
                     RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, NULL, list,
                     &size) == ERROR_SUCCESS)
        for (const wchar_t *at = list; (at = wcsstr(at, target)) != NULL; at++)
            count++;
    size = sizeof text;
    *is_shown = RegGetValueW(HKEY_LOCAL_MACHINE, INSTALL_APPS_KEY, L"QuietUninstallString",
                             RRF_RT_REG_SZ, NULL, text, &size) == ERROR_SUCCESS &&
                wcsstr(text, L"uninstall.cmd\" /quiet") != NULL && wcsstr(text, target) != NULL;
    return count;
}

static void nothing_is_installed_before(struct test *t)
{
    was_clean = query_service(NULL, 0) == 0 && !exists(target);
    CHECK(t, was_clean);
}

static void script_installs_and_starts(struct test *t)
{
    REQUIRE(t, was_clean);
    CHECK_INT(t, 0, run_script(package, L"install.cmd"));
    CHECK_INT(t, SERVICE_RUNNING, query_service(NULL, 0));
}

static void service_is_registered_as_promised(struct test *t)
{
    union {
        QUERY_SERVICE_CONFIGW config;
        char space[8192];
    } answer = {0};
    wchar_t command[PATH_LENGTH];
    char account[64] = "";

    CHECK_INT(t, SERVICE_RUNNING, query_service(&answer.config, sizeof answer));
    REQUIRE(t, answer.config.lpBinaryPathName != NULL);
    swprintf(command, PATH_LENGTH, L"\"%ls\\lsmapd.exe\"", target);
    CHECK_INT(t, 0, _wcsicmp(command, answer.config.lpBinaryPathName));
    CHECK_INT(t, SERVICE_AUTO_START, answer.config.dwStartType);
    CHECK_INT(t, SERVICE_WIN32_OWN_PROCESS, answer.config.dwServiceType);
    CHECK(t, text_w_to_utf8(account, sizeof account, answer.config.lpServiceStartName) ==
                 ERROR_SUCCESS);
    CHECK_STR(t, "LocalSystem", account);
}

static void info_describes_the_server(struct test *t)
{
    struct command command;
    CHECK_INT(t, 0, run_client(L"info --json", &command));
    CHECK(t, contains(&command.output, "\"product\":\"lsmap\""));
    CHECK(t, contains(&command.output, "\"mode\":\"service\""));
    CHECK(t, contains(&command.output, "\"protocol\":1"));
    command_release(&command);
}

/* The list of services is renewed while the first answers are given. */
static void the_process_of_the_service_has_its_name(struct test *t)
{
    struct command command;
    bool is_named = false;

    for (int i = 0; i < 50 && !is_named; i++) {
        if (i > 0)
            Sleep(200);
        CHECK_INT(t, 0, run_client(L"ps lsmapd.exe --json", &command));
        is_named = contains(&command.output, "\"services\":[\"" SERVICE_NAME "\"]");
        command_release(&command);
    }
    CHECK(t, is_named);
    CHECK_INT(t, 0, run_client(L"ps lsmapd.exe --direct", &command)); /* which waits for the list */
    CHECK(t, contains(&command.output, "lsmapd.exe [" SERVICE_NAME "]"));
    command_release(&command);
}

static void whoami_describes_the_caller(struct test *t)
{
    struct command command;
    CHECK_INT(t, 0, run_client(L"whoami --json", &command));
    CHECK(t, contains(&command.output, "\"sid\":\"S-1-"));
    CHECK(t, contains(&command.output, "\"connect\""));
    command_release(&command);
}

static void windows_lists_it_and_finds_it(struct test *t)
{
    bool is_shown = false;
    REQUIRE(t, was_clean);
    CHECK_INT(t, 1, entries(&is_shown));
    CHECK(t, is_shown);
}

static void client_lists_processes(struct test *t)
{
    struct command command;
    struct reply_sums sums;
    CHECK_INT(t, 0, run_client(L"ps --json", &command));
    reply_check(t, buffer_span(&command.output), &sums, NULL, NULL);
    CHECK(t, sums.processes >= MANY_PROCESSES);
    CHECK_INT(t, 0, sums.maps);
    command_release(&command);
}

/* The views of the fixture that map rows have shown. */
struct hunt {
    struct test *t;
    const struct fixture_run *run;
    bool found[FIXTURE_VIEWS_MAX];
};

static void compare_view(struct hunt *hunt, const struct fixture_view *truth, const struct row *row)
{
    struct test *t = hunt->t;
    TEST_ROW(t, "%s", truth->label);
    CHECK_INT(t, hunt->run->pid, row_number(row, MEMBER_PID, 0));
    CHECK_INT(t, truth->size, row_number(row, MEMBER_SIZE, 0));
    CHECK(t, span_equal(span_from_string(truth->kind), row_text(row, MEMBER_KIND)));
    CHECK(t, span_equal(span_from_string(truth->protect), row_text(row, MEMBER_PROTECT)));
    if (truth->path[0] != '\0')
        CHECK(t, fold_equal(span_from_string(truth->path), row_text(row, MEMBER_PATH)));
    else
        CHECK(t, !row_knows(row, MEMBER_PATH));
    TEST_ROW(t, "%s", "");
}

static void hunt_row(void *context, const struct row *row)
{
    struct hunt *hunt = context;
    if (row->type != ROW_MAP)
        return;
    for (size_t i = 0; i < hunt->run->count; i++) {
        const struct fixture_view *truth = &hunt->run->views[i];
        if (truth->base != row_number(row, MEMBER_BASE, 0))
            continue;
        CHECK(hunt->t, strcmp(truth->kind, "private") != 0);
        CHECK(hunt->t, !hunt->found[i]); /* one row for each view */
        hunt->found[i] = true;
        compare_view(hunt, truth, row);
    }
}

static void client_lists_the_fixture_exactly(struct test *t)
{
    wchar_t arguments[128];
    struct command command;
    struct reply_sums sums;
    struct fixture_run run;
    struct hunt hunt = {.t = t, .run = &run};

    REQUIRE(t, fixture_run_start(&run) == ERROR_SUCCESS);
    swprintf(arguments, 128, L"--json -k image,data,pagefile %lu", (unsigned long)run.pid);
    CHECK_INT(t, 0, run_client(arguments, &command));
    reply_check(t, buffer_span(&command.output), &sums, hunt_row, &hunt);
    CHECK_INT(t, 1, sums.processes);
    CHECK(t, sums.is_complete);
    for (size_t i = 0; i < run.count; i++) {
        TEST_ROW(t, "%s", run.views[i].label);
        if (run.views[i].skipped == NULL && strcmp(run.views[i].kind, "private") != 0)
            CHECK(t, hunt.found[i]);
    }
    command_release(&command);
    fixture_run_stop(&run);
}

static void client_lists_every_process(struct test *t)
{
    struct command command;
    struct reply_sums sums;
    const int exit_code = run_client(L"-a --json", &command);
    reply_check(t, buffer_span(&command.output), &sums, NULL, NULL);
    CHECK_INT(t, sums.is_complete ? 0 : 1, exit_code);
    CHECK(t, sums.processes_with_both >= MANY_PROCESSES);
    printf("  %zu processes, %zu with images, %zu with data files, %zu rows, %zu errors\n",
           sums.processes, sums.processes_with_image, sums.processes_with_data, sums.rows,
           sums.errors);
    command_release(&command);
}

/* The C library alone: opens the pipe as a file, writes a line, reads lines. */
static void plain_program_gets_the_same_rows(struct test *t)
{
    static const char request[] = "{\"id\":\"plain\",\"op\":\"maps\",\"pid\":%lu}\n";
    static char line[1024 * 1024];
    struct fixture_run run;
    bool is_found = false, has_ended = false;

    REQUIRE(t, fixture_run_start(&run) == ERROR_SUCCESS);
    const struct fixture_view *data = fixture_run_view(&run, run.views[0].label);
    FILE *pipe = fopen(PIPE_NAME_DEFAULT, "r+b");
    CHECK(t, pipe != NULL && data != NULL);
    if (pipe != NULL && data != NULL) {
        char base[32];
        snprintf(base, sizeof base, "\"base\":\"0x%016llx\"", (unsigned long long)data->base);
        fprintf(pipe, request, (unsigned long)run.pid);
        fflush(pipe);
        while (!has_ended && fgets(line, (int)sizeof line, pipe) != NULL) {
            CHECK(t, strstr(line, "\"id\":\"plain\"") != NULL);
            is_found = is_found || strstr(line, base) != NULL;
            has_ended = strstr(line, "\"type\":\"end\"") != NULL;
        }
        fclose(pipe);
    }
    CHECK(t, is_found);
    CHECK(t, has_ended);
    fixture_run_stop(&run);
}

/* Also while somebody runs the installed client. */
static void installing_again_upgrades(struct test *t)
{
    /* What the script says at its end, when it is not to be quiet. */
    static const char *const said[] = {("lsmap " LSMAP_VERSION_STRING), " processes are visible.",
                                       "Next, in a new prompt: lsmap notepad"};
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION client = {.hProcess = NULL};
    wchar_t line[LINE_LENGTH];
    struct command command;

    REQUIRE(t, was_clean);
    swprintf(line, LINE_LENGTH, L"\"%ls\\lsmap.exe\" watch --interval 60 lsmapd", target);
    REQUIRE(t, child_start(NULL, line, FALSE, CREATE_NEW_PROCESS_GROUP, &startup, &client));
    CHECK_INT(t, WAIT_TIMEOUT, WaitForSingleObject(client.hProcess, WATCHING_MS));
    swprintf(line, LINE_LENGTH, L"cmd.exe /d /c \"\"%ls\\install.cmd\"\"", package);
    CHECK(t, command_run(&command, line) == ERROR_SUCCESS);
    CHECK_INT(t, 0, command.exit_code);
    (void)buffer_append(&command.output, (struct span){"", 1}); /* the terminator */
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        TEST_ROW(t, "%s", said[i]);
        CHECK(t, strstr(command.output.data, said[i]) != NULL);
    }
    CHECK(t, strstr(command.output.data, "\n0 processes are visible") == NULL);
    command_release(&command);
    CHECK_INT(t, SERVICE_RUNNING, query_service(NULL, 0));
    CHECK_INT(t, 0, run_client(L"info", &command));
    command_release(&command);
    windows_lists_it_and_finds_it(t);
    CHECK_INT(t, WAIT_TIMEOUT, WaitForSingleObject(client.hProcess, 0)); /* it ran all the time */
    CHECK(t, TerminateProcess(client.hProcess, 0));
    (void)WaitForSingleObject(client.hProcess, WATCHING_MS);
    (void)CloseHandle(client.hThread);
    (void)CloseHandle(client.hProcess);
}

/* A file of the package cannot be read: what was installed stays, and the service runs on. */
static void an_upgrade_that_fails_changes_nothing(struct test *t)
{
    wchar_t path[LINE_LENGTH];
    struct command command;
    WIN32_FIND_DATAW found;

    REQUIRE(t, was_clean);
    swprintf(path, LINE_LENGTH, L"%ls\\lsmap.exe", package);
    HANDLE file = CreateFileW(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE(t, file != INVALID_HANDLE_VALUE);
    CHECK_INT(t, 1, run_script(package, L"install.cmd"));
    CHECK(t, CloseHandle(file));
    CHECK_INT(t, SERVICE_RUNNING, query_service(NULL, 0));
    CHECK_INT(t, 0, run_client(L"info", &command));
    command_release(&command);
    swprintf(path, LINE_LENGTH, L"%ls\\lsmap.exe", target);
    CHECK(t, exists(path));
    swprintf(path, LINE_LENGTH, L"%ls\\*.old*", target);
    file = FindFirstFileW(path, &found);
    CHECK(t, file == INVALID_HANDLE_VALUE);
    (void)FindClose(file);
}

static void scripts_refuse_unknown_arguments(struct test *t)
{
    static const wchar_t *const scripts[] = {L"install.cmd", L"uninstall.cmd"};
    for (size_t i = 0; i < TEST_COUNT(scripts); i++) {
        wchar_t line[LINE_LENGTH];
        struct command command;
        TEST_ROW(t, "%ls", scripts[i]);
        swprintf(line, LINE_LENGTH, L"cmd.exe /d /c \"\"%ls\\%ls\" /nonsense\"", package,
                 scripts[i]);
        CHECK_INT(t, ERROR_SUCCESS, command_run(&command, line));
        CHECK_INT(t, 2, command.exit_code);
        CHECK(t, contains(&command.output, "/nonsense"));
        command_release(&command);
    }
    CHECK_INT(t, SERVICE_RUNNING, query_service(NULL, 0));
}

static void script_removes_everything(struct test *t)
{
    HKEY key = NULL;
    REQUIRE(t, was_clean);
    CHECK_INT(t, 0, run_script(target, L"uninstall.cmd"));
    CHECK_INT(t, 0, query_service(NULL, 0));
    CHECK(t, goes_away(target));
    CHECK(t,
          RegOpenKeyW(HKEY_LOCAL_MACHINE,
                      L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" SERVICE_NAME,
                      &key) == ERROR_FILE_NOT_FOUND);
    CHECK(t, !WaitNamedPipeA(PIPE_NAME_DEFAULT, 1));
    bool is_shown = true;
    CHECK_INT(t, 0, entries(&is_shown));
    CHECK(t, !is_shown);
}

static void removing_again_is_success(struct test *t)
{
    REQUIRE(t, was_clean);
    CHECK_INT(t, 0, run_script(package, L"uninstall.cmd"));
}

static void client_says_what_to_do_without_a_service(struct test *t)
{
    struct command command;
    CHECK_INT(t, 4, run_client(L"info", &command));
    CHECK(t, contains(&command.output, "lsmap: "));
    CHECK(t, contains(&command.output, "install"));
    command_release(&command);
}

static bool find_folders(void)
{
    wchar_t name[PATH_LENGTH], programs[PATH_LENGTH];
    if (GetEnvironmentVariableW(L"LSMAP_PACKAGE", name, PATH_LENGTH) == 0 ||
        GetFullPathNameW(name, PATH_LENGTH, package, NULL) == 0)
        return false;
    if (GetEnvironmentVariableW(L"ProgramFiles", programs, PATH_LENGTH) == 0)
        return false;
    return swprintf(target, PATH_LENGTH, L"%ls\\lsmap", programs) > 0;
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(nothing_is_installed_before),
        TEST_CASE(script_installs_and_starts),
        TEST_CASE(service_is_registered_as_promised),
        TEST_CASE(windows_lists_it_and_finds_it),
        TEST_CASE(info_describes_the_server),
        TEST_CASE(the_process_of_the_service_has_its_name),
        TEST_CASE(whoami_describes_the_caller),
        TEST_CASE(client_lists_processes),
        TEST_CASE(client_lists_the_fixture_exactly),
        TEST_CASE(client_lists_every_process),
        TEST_CASE(plain_program_gets_the_same_rows),
        TEST_CASE(installing_again_upgrades),
        TEST_CASE(an_upgrade_that_fails_changes_nothing),
        TEST_CASE(scripts_refuse_unknown_arguments),
        TEST_CASE(script_removes_everything),
        TEST_CASE(removing_again_is_success),
        TEST_CASE(client_says_what_to_do_without_a_service),
    };
    if (!system_is_wine() && GetEnvironmentVariableW(L"LSMAP_TEST_INSTALL", NULL, 0) == 0) {
        puts("skipped: this would install lsmap here; set LSMAP_TEST_INSTALL=1 to allow it");
        return 77; /* CTest counts it as skipped */
    }
    if (!find_folders()) {
        fputs("test_system: LSMAP_PACKAGE must name the folder with lsmapd.exe and install.cmd\n",
              stderr);
        return 1;
    }
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
