/* Another process owns the name of the pipe: lsmap must notice it before it sends a byte. */
#include "common/win32/win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "client/outcome.h"
#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "tests/test.h"
#include "tests/win32/child.h"
#include "tests/win32/lsmap_process.h"

#define FOREIGN_SID "S-1-5-21-1-2-3-1001"

enum {
    LINE_CAPACITY = 1024,
    SQUATTER_LINE_CAPACITY = 64,
    STATE_POLLS_MAX = 100,
    STATE_POLL_MS = 100
};

struct squatter {
    HANDLE process, thread; /* owned */
    HANDLE out;             /* owned: what it prints */
    DWORD pid;
    char line[SQUATTER_LINE_CAPACITY]; /* the last line it printed */
};

/* squatter.exe is in the folder of the test. */
static void squatter_path(wchar_t *path)
{
    DWORD length = GetModuleFileNameW(NULL, path, MAX_PATH);
    wchar_t *last = length > 0 ? wcsrchr(path, L'\\') : NULL;

    (void)swprintf(last != NULL ? last + 1 : path, 16, L"squatter.exe");
}

static bool read_line(struct squatter *squatter)
{
    size_t size = 0;
    DWORD got = 0;
    char c = '\0';

    while (ReadFile(squatter->out, &c, 1, &got, NULL) && got == 1 && c != '\n')
        if (c != '\r' && size + 1 < sizeof squatter->line)
            squatter->line[size++] = c;
    squatter->line[size] = '\0';
    return c == '\n';
}

static void squatter_end(struct squatter *squatter)
{
    if (squatter->process != NULL) {
        (void)TerminateProcess(squatter->process, 0);
        (void)WaitForSingleObject(squatter->process, LSMAP_TIMEOUT_MS);
    }
    handle_close(&squatter->process);
    handle_close(&squatter->thread);
    handle_close(&squatter->out);
}

/* Returns true when it owns the name. */
static bool squatter_start(struct squatter *squatter, const wchar_t *pipe, const char *sddl)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION child = {0};
    wchar_t path[MAX_PATH], line[LINE_CAPACITY];
    HANDLE write_end = NULL;

    memset(squatter, 0, sizeof *squatter);
    squatter_path(path);
    (void)swprintf(line, LINE_CAPACITY, L"\"%ls\" \"%ls\" \"%hs\"", path, pipe, sddl);
    if (!CreatePipe(&squatter->out, &write_end, &inherited, 0))
        return false;
    (void)SetHandleInformation(squatter->out, HANDLE_FLAG_INHERIT, 0);
    startup.hStdOutput = write_end;
    if (child_start(path, line, TRUE, 0, &startup, &child)) {
        squatter->process = child.hProcess;
        squatter->thread = child.hThread;
        squatter->pid = child.dwProcessId;
    }
    handle_close(&write_end);
    if (squatter->process != NULL && read_line(squatter) && strcmp(squatter->line, "ready") == 0)
        return true;
    printf("  no squatter: %s\n", squatter->line);
    squatter_end(squatter);
    return false;
}

/* lsmap against the squatter ends with 6, reports why, and sends nothing. */
static void check_refused(struct test *t, struct squatter *squatter, const wchar_t *arguments,
                          const char *why)
{
    struct lsmap_process lsmap = {0};

    if (CHECK(t, lsmap_process_run(&lsmap, arguments))) {
        CHECK_INT(t, OUTCOME_BROKEN, lsmap.exit_code);
        CHECK_INT(t, 6, lsmap.exit_code);
        CHECK_STR(t, "", lsmap.out);
        if (!CHECK(t, strstr(lsmap.error, why) != NULL &&
                          strstr(lsmap.error, "nothing was sent") != NULL))
            printf("  stderr: %s\n", lsmap.error);
        lsmap_process_release(&lsmap);
    }
    CHECK(t, read_line(squatter));
    CHECK_STR(t, "received 0", squatter->line);
    squatter_end(squatter);
}

static SC_HANDLE open_manager(void)
{
    return OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
}

/* Why this machine's name of the service cannot be used; NULL when it can. */
static const char *reason_to_skip(void)
{
    wchar_t allowed[2];
    SC_HANDLE manager = open_manager(), service = NULL;

    if (!system_is_wine() && GetEnvironmentVariableW(L"LSMAP_TEST_INSTALL", allowed, 2) != 1) {
        if (manager != NULL)
            CloseServiceHandle(manager);
        return "this uses the name of the service's pipe; set LSMAP_TEST_INSTALL=1 to allow it";
    }
    if (manager == NULL)
        return "needs an elevated prompt";
    service = OpenServiceW(manager, L"" SERVICE_NAME, SERVICE_QUERY_STATUS);
    if (service != NULL)
        CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return service != NULL ? "the lsmapd service is installed here" : NULL;
}

static void the_name_of_the_service_by_a_foreign_owner(struct test *t)
{
    static const struct {
        const char *name;
        const char *sddl;
        const char *why;
    } rows[] = {
        {"another user", "O:" FOREIGN_SID "D:(A;;GA;;;WD)", "it belongs to " FOREIGN_SID},
        {"administrators", "O:BAD:(A;;GA;;;WD)", "it belongs to S-1-5-32-544"},
        {"network service", "O:NSD:(A;;GA;;;WD)", "it belongs to S-1-5-20"},
        {"SYSTEM, but no service runs", "O:SYD:(A;;GA;;;WD)", "service is not running"},
    };
    const char *reason = reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct squatter squatter;
        TEST_ROW(t, "%s", rows[i].name);
        REQUIRE(t, squatter_start(&squatter, L"" PIPE_NAME_DEFAULT, rows[i].sddl));
        check_refused(t, &squatter, L"info", rows[i].why);
    }
}

static bool wait_for_state(SC_HANDLE service, DWORD state, DWORD *pid)
{
    for (int i = 0; i < STATE_POLLS_MAX; i++) {
        SERVICE_STATUS_PROCESS status = {0};
        DWORD size = 0;
        if (QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status,
                                 &size) &&
            status.dwCurrentState == state) {
            *pid = status.dwProcessId;
            return true;
        }
        Sleep(STATE_POLL_MS);
    }
    return false;
}

/* SYSTEM owns the pipe and the service runs, but as another process. */
static void the_name_of_the_service_by_another_process(struct test *t)
{
    const char *reason = reason_to_skip();
    wchar_t path[MAX_PATH], command[LINE_CAPACITY];
    struct squatter squatter = {0};
    SERVICE_STATUS status;
    char why[128];
    DWORD pid = 0;

    if (reason != NULL)
        TEST_SKIP(t, reason);
    SC_HANDLE manager = open_manager();
    REQUIRE(t, manager != NULL);
    squatter_path(path);
    (void)swprintf(command, LINE_CAPACITY, L"\"%ls\" --service", path);
    SC_HANDLE service = CreateServiceW(manager, L"" SERVICE_NAME, NULL, SERVICE_ALL_ACCESS,
                                       SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START,
                                       SERVICE_ERROR_NORMAL, command, NULL, NULL, NULL, NULL, NULL);
    CloseServiceHandle(manager);
    REQUIRE(t, service != NULL);
    CHECK(t, StartServiceW(service, 0, NULL));
    bool is_running = CHECK(t, wait_for_state(service, SERVICE_RUNNING, &pid));
    if (is_running &&
        CHECK(t, squatter_start(&squatter, L"" PIPE_NAME_DEFAULT, "O:SYD:(A;;GA;;;WD)"))) {
        CHECK(t, pid != squatter.pid);
        (void)snprintf(why, sizeof why, "process %lu serves it, the lsmapd service is process %lu",
                       (unsigned long)squatter.pid, (unsigned long)pid);
        check_refused(t, &squatter, L"info", why);
    }
    (void)ControlService(service, SERVICE_CONTROL_STOP, &status);
    CHECK(t, wait_for_state(service, SERVICE_STOPPED, &pid));
    CHECK(t, DeleteService(service));
    CloseServiceHandle(service);
}

static void a_user_chosen_name_by_a_foreign_owner(struct test *t)
{
    static const struct {
        const char *name;
        const char *sddl;
        const char *why;
    } rows[] = {
        {"another user", "O:" FOREIGN_SID "D:(A;;GA;;;WD)", "it belongs to " FOREIGN_SID},
        {"users", "O:BUD:(A;;GA;;;WD)", "it belongs to S-1-5-32-545"},
        {"everyone", "O:WDD:(A;;GA;;;WD)", "it belongs to S-1-1-0"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct squatter squatter;
        TEST_ROW(t, "%s", rows[i].name);
        if (!squatter_start(&squatter, L"\\\\.\\pipe\\lsmap-test-squatter", rows[i].sddl))
            TEST_SKIP(t, "a pipe with a foreign owner needs SeRestorePrivilege");
        check_refused(t, &squatter, L"--pipe lsmap-test-squatter info", rows[i].why);
    }
}

/* The check can succeed: owners that the user trusts anyway get the request. */
static void a_trusted_owner_gets_the_request(struct test *t)
{
    static const char *const owners[] = {"SY", "BA"};

    for (size_t i = 0; i < TEST_COUNT(owners); i++) {
        struct lsmap_process lsmap = {0};
        struct squatter squatter;
        char sddl[64];
        TEST_ROW(t, "%s", owners[i]);
        (void)snprintf(sddl, sizeof sddl, "O:%sD:(A;;GA;;;WD)", owners[i]);
        if (!squatter_start(&squatter, L"\\\\.\\pipe\\lsmap-test-squatter", sddl))
            TEST_SKIP(t, "a pipe with a foreign owner needs SeRestorePrivilege");
        CHECK(t, lsmap_process_run(&lsmap, L"--pipe lsmap-test-squatter --timeout 1 info"));
        CHECK_INT(t, OUTCOME_BUSY, lsmap.exit_code); /* it reads the request and never answers */
        lsmap_process_release(&lsmap);
        CHECK(t, read_line(&squatter));
        CHECK(t, strncmp(squatter.line, "received ", 9) == 0 &&
                     strcmp(squatter.line, "received 0") != 0);
        squatter_end(&squatter);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(the_name_of_the_service_by_a_foreign_owner),
        TEST_CASE(the_name_of_the_service_by_another_process),
        TEST_CASE(a_user_chosen_name_by_a_foreign_owner),
        TEST_CASE(a_trusted_owner_gets_the_request),
    };

    if (GetEnvironmentVariableW(L"LSMAP_EXE", NULL, 0) == 0) {
        puts("LSMAP_EXE must be the path of lsmap.exe");
        return 1;
    }
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
