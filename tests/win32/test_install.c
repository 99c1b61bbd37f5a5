/* lsmapd.exe as a user runs it: install, status, uninstall, each twice, and its exit codes. */
#include "win.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "exit_codes.h"
#include "handle.h"
#include "lsmapd_path.h"
#include "protocol.h"
#include "service_control.h"
#include "system_info.h"
#include "test.h"

#define EVENT_KEY L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\lsmapd"

enum { RUN_TIMEOUT_MS = 60 * 1000, EXIT_NONE = 0xffff };

/* Runs `lsmapd arguments`.
 * output  Receives what it prints on both streams, terminated, cut at `capacity`.
 * Returns its exit code, EXIT_NONE when it did not run or did not end. */
static DWORD run(const wchar_t *arguments, char *output, DWORD capacity)
{
    wchar_t path[MAX_PATH], command[MAX_PATH + 128];
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof inherit, .bInheritHandle = TRUE};
    STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process = {0};
    HANDLE reader = NULL, writer = NULL;
    DWORD code = EXIT_NONE, size = 0, total = 0;

    output[0] = '\0';
    if (!lsmapd_path(path) || !CreatePipe(&reader, &writer, &inherit, 0))
        return code;
    SetHandleInformation(reader, HANDLE_FLAG_INHERIT, 0);
    swprintf(command, MAX_PATH + 128, L"\"%ls\" %ls", path, arguments);
    startup.hStdOutput = writer;
    startup.hStdError = writer;
    BOOL is_started = CreateProcessW(path, command, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL,
                                     &startup, &process);
    handle_close(&writer);
    while (is_started && total + 1 < capacity &&
           ReadFile(reader, output + total, capacity - 1 - total, &size, NULL) && size > 0)
        total += size;
    output[total] = '\0';
    if (is_started && WaitForSingleObject(process.hProcess, RUN_TIMEOUT_MS) == WAIT_OBJECT_0)
        GetExitCodeProcess(process.hProcess, &code);
    handle_close(&process.hProcess);
    handle_close(&process.hThread);
    handle_close(&reader);
    return code;
}

/* A step and what must come of it. */
static void check_run(struct test *t, const wchar_t *arguments, DWORD code, const char *text)
{
    char output[2048];

    TEST_ROW(t, "lsmapd %ls", arguments);
    DWORD actual = run(arguments, output, sizeof output);
    CHECK_INT(t, code, actual);
    bool is_said = text[0] != '\0' ? strstr(output, text) != NULL : output[0] == '\0';
    if (!CHECK(t, is_said))
        printf("  wanted \"%s\", printed: %s\n", text, output);
}

/* Why the service of this machine may not be touched; NULL when it may. */
static const char *reason_to_skip(void)
{
    static wchar_t path[MAX_PATH];
    wchar_t allowed[2];
    SC_HANDLE manager = NULL, service = NULL;

    if (!lsmapd_path(path))
        return "lsmapd.exe was not found; name it in LSMAPD_EXE";
    if (!system_is_wine() && GetEnvironmentVariableW(L"LSMAP_TEST_INSTALL", allowed, 2) != 1)
        return "this would install the service here; set LSMAP_TEST_INSTALL=1 to allow it";
    if (service_manager_open(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE, &manager) !=
        ERROR_SUCCESS)
        return "needs an elevated prompt";
    bool is_installed = service_open(manager, SERVICE_QUERY_STATUS, &service) == ERROR_SUCCESS;
    service_close(&service);
    service_close(&manager);
    return is_installed ? "the service is installed already" : NULL;
}

static bool event_source_exists(void)
{
    HKEY key = NULL;
    bool exists = RegOpenKeyExW(HKEY_LOCAL_MACHINE, EVENT_KEY, 0, KEY_READ, &key) == ERROR_SUCCESS;

    if (exists)
        RegCloseKey(key);
    return exists;
}

/* What Windows has registered: quoted path, LocalSystem, automatic start, restart on failure. */
static void check_registration(struct test *t)
{
    static BYTE buffer[8192];
    QUERY_SERVICE_CONFIGW *config = (QUERY_SERVICE_CONFIGW *)(void *)buffer;
    wchar_t path[MAX_PATH], quoted[MAX_PATH + 2];
    SC_HANDLE manager = NULL, service = NULL;
    DWORD size = 0;

    TEST_ROW(t, "registration");
    REQUIRE(t, lsmapd_path(path));
    swprintf(quoted, MAX_PATH + 2, L"\"%ls\"", path);
    CHECK_INT(t, ERROR_SUCCESS, service_manager_open(SC_MANAGER_CONNECT, &manager));
    CHECK_INT(t, ERROR_SUCCESS, service_open(manager, SERVICE_QUERY_CONFIG, &service));
    if (CHECK(t, QueryServiceConfigW(service, config, sizeof buffer, &size))) {
        CHECK_INT(t, 0, _wcsicmp(quoted, config->lpBinaryPathName));
        CHECK_INT(t, 0, wcscmp(L"LocalSystem", config->lpServiceStartName));
        CHECK_INT(t, SERVICE_AUTO_START, config->dwStartType);
        CHECK_INT(t, SERVICE_WIN32_OWN_PROCESS, config->dwServiceType);
        CHECK_INT(t, 0, wcscmp(L"" SERVICE_DISPLAY_NAME, config->lpDisplayName));
    }
    if (CHECK(t, QueryServiceConfig2W(service, SERVICE_CONFIG_DESCRIPTION, buffer, sizeof buffer,
                                      &size))) {
        const SERVICE_DESCRIPTIONW *description = (const void *)buffer;
        CHECK(t, description->lpDescription != NULL && description->lpDescription[0] != L'\0');
    }
    service_close(&service);
    service_close(&manager);
    CHECK(t, event_source_exists());
}

static DWORD running_pid(void)
{
    SC_HANDLE manager = NULL, service = NULL;
    SERVICE_STATUS_PROCESS status = {0};

    DWORD error = service_manager_open(SC_MANAGER_CONNECT, &manager);
    if (error == ERROR_SUCCESS)
        error = service_open(manager, SERVICE_QUERY_STATUS, &service);
    if (error == ERROR_SUCCESS)
        error = service_query_status(service, &status);
    service_close(&service);
    service_close(&manager);
    return error == ERROR_SUCCESS && status.dwCurrentState == SERVICE_RUNNING ? status.dwProcessId
                                                                              : 0;
}

static void install_and_uninstall_may_be_repeated(struct test *t)
{
    const char *reason = reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    check_run(t, L"status", EXIT_CODE_NOT_INSTALLED, "not installed");
    check_run(t, L"uninstall", EXIT_CODE_OK, "not installed");
    check_run(t, L"stop", EXIT_CODE_OK, "not installed");
    check_run(t, L"install", EXIT_CODE_OK, "It is running.");
    check_registration(t);
    check_run(t, L"status", EXIT_CODE_OK, "state: running");
    DWORD first = running_pid();
    CHECK(t, first != 0);
    check_run(t, L"install", EXIT_CODE_OK, "is updated");
    check_registration(t);
    CHECK(t, running_pid() != 0 && running_pid() != first); /* the former one was stopped */
    check_run(t, L"status --quiet", EXIT_CODE_OK, "");
    check_run(t, L"stop", EXIT_CODE_OK, "is stopped");
    check_run(t, L"stop --quiet", EXIT_CODE_OK, "");
    check_run(t, L"status", EXIT_CODE_FAILED, "state: stopped");
    check_run(t, L"uninstall", EXIT_CODE_OK, "is removed");
    check_run(t, L"status", EXIT_CODE_NOT_INSTALLED, "not installed");
    CHECK(t, !event_source_exists());
    check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
}

static void install_may_leave_it_stopped(struct test *t)
{
    const char *reason = reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    check_run(t, L"install --no-start --quiet", EXIT_CODE_OK, "");
    check_registration(t);
    check_run(t, L"status", EXIT_CODE_FAILED, "state: stopped");
    check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
    check_run(t, L"status --quiet", EXIT_CODE_NOT_INSTALLED, "");
}

static void the_service_answers_and_stops(struct test *t)
{
    const char *reason = reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    check_run(t, L"install --quiet", EXIT_CODE_OK, "");
    HANDLE pipe = CreateFileA(PIPE_NAME_DEFAULT, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
    if (CHECK(t, pipe != INVALID_HANDLE_VALUE)) {
        static const char request[] = "{\"op\":\"info\"}\n";
        char answer[4096];
        DWORD size = 0;
        CHECK(t, WriteFile(pipe, request, sizeof request - 1, &size, NULL));
        CHECK(t, ReadFile(pipe, answer, sizeof answer - 1, &size, NULL));
        answer[size] = '\0';
        CHECK(t, strstr(answer, "\"mode\":\"service\"") != NULL);
    }
    /* The client stays connected while the service stops. */
    check_run(t, L"uninstall", EXIT_CODE_OK, "is removed");
    if (pipe != INVALID_HANDLE_VALUE)
        CloseHandle(pipe);
}

static void the_command_line_is_checked(struct test *t)
{
    wchar_t path[MAX_PATH];

    if (!lsmapd_path(path))
        TEST_SKIP(t, "lsmapd.exe was not found; name it in LSMAPD_EXE");
    check_run(t, L"--version", EXIT_CODE_OK, SERVICE_NAME " ");
    check_run(t, L"--help", EXIT_CODE_OK, "usage:");
    check_run(t, L"nonsense", EXIT_CODE_USAGE, "see lsmapd --help");
    check_run(t, L"", EXIT_CODE_USAGE, "lsmapd install");
    check_run(t, L"--console --pipe \\\\other\\pipe\\name", EXIT_CODE_USAGE, "pipe name");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(the_command_line_is_checked),
        TEST_CASE(install_and_uninstall_may_be_repeated),
        TEST_CASE(install_may_leave_it_stopped),
        TEST_CASE(the_service_answers_and_stops),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
