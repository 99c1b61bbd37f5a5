#include "service/win32/service_control.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/text_w.h"

enum {
    POLL_INTERVAL_MS = 50,
    POLLS_MAX = SERVICE_WAIT_MS / POLL_INTERVAL_MS,
    CONFIG_SIZE_MAX = 8 * 1024 /* source: the most that QueryServiceConfig returns */
};

static const wchar_t service_name[] = L"" SERVICE_NAME;

void service_close(SC_HANDLE *handle)
{
    if (*handle != NULL)
        CloseServiceHandle(*handle);
    *handle = NULL;
}

DWORD service_manager_open(DWORD access, SC_HANDLE *manager)
{
    SC_HANDLE opened = OpenSCManagerW(NULL, NULL, access);

    if (opened == NULL)
        return GetLastError();
    *manager = opened;
    return ERROR_SUCCESS;
}

DWORD service_open(SC_HANDLE manager, DWORD access, SC_HANDLE *service)
{
    SC_HANDLE opened = OpenServiceW(manager, service_name, access);

    if (opened == NULL)
        return GetLastError();
    *service = opened;
    return ERROR_SUCCESS;
}

DWORD service_create(SC_HANDLE manager, const wchar_t *command, SC_HANDLE *service)
{
    DWORD error = ERROR_SERVICE_MARKED_FOR_DELETE;

    for (int poll = 0; poll < POLLS_MAX && error == ERROR_SERVICE_MARKED_FOR_DELETE; poll++) {
        if (poll > 0)
            Sleep(POLL_INTERVAL_MS);
        SC_HANDLE created =
            CreateServiceW(manager, service_name, L"" SERVICE_DISPLAY_NAME, SERVICE_ALL_ACCESS,
                           SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                           command, NULL, NULL, NULL, NULL, NULL); /* no account: LocalSystem */
        if (created != NULL) {
            *service = created;
            return ERROR_SUCCESS;
        }
        error = GetLastError();
    }
    return error;
}

DWORD service_change(SC_HANDLE service, const wchar_t *command, bool enable)
{
    return ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS,
                                enable ? SERVICE_AUTO_START : SERVICE_NO_CHANGE,
                                SERVICE_ERROR_NORMAL, command, NULL, NULL, NULL, L"LocalSystem",
                                L"", L"" SERVICE_DISPLAY_NAME)
               ? ERROR_SUCCESS
               : GetLastError();
}

DWORD service_query_status(SC_HANDLE service, SERVICE_STATUS_PROCESS *status)
{
    SERVICE_STATUS_PROCESS answer;
    DWORD size = 0;

    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&answer, sizeof answer,
                              &size))
        return GetLastError();
    *status = answer;
    return ERROR_SUCCESS;
}

/* Waits while the service is in the state `passing`. */
static DWORD wait_while(SC_HANDLE service, DWORD passing, SERVICE_STATUS_PROCESS *status)
{
    for (int poll = 0; poll < POLLS_MAX; poll++) {
        DWORD error = service_query_status(service, status);
        if (error != ERROR_SUCCESS || status->dwCurrentState != passing)
            return error;
        Sleep(POLL_INTERVAL_MS);
    }
    return ERROR_TIMEOUT;
}

DWORD service_start(SC_HANDLE service)
{
    SERVICE_STATUS_PROCESS status = {0};

    if (!StartServiceW(service, 0, NULL)) {
        DWORD error = GetLastError();
        if (error != ERROR_SERVICE_ALREADY_RUNNING)
            return error;
    }
    DWORD error = wait_while(service, SERVICE_START_PENDING, &status);
    if (error != ERROR_SUCCESS)
        return error;
    if (status.dwCurrentState == SERVICE_RUNNING)
        return ERROR_SUCCESS;
    return status.dwWin32ExitCode != NO_ERROR ? status.dwWin32ExitCode : ERROR_SERVICE_NOT_ACTIVE;
}

/* A service that is starting accepts no controls, so its start is waited for first. */
static DWORD send_stop(SC_HANDLE service, SERVICE_STATUS_PROCESS *status)
{
    SERVICE_STATUS last;

    DWORD error = wait_while(service, SERVICE_START_PENDING, status);
    if (error != ERROR_SUCCESS || status->dwCurrentState == SERVICE_STOPPED ||
        status->dwCurrentState == SERVICE_STOP_PENDING)
        return error;
    if (ControlService(service, SERVICE_CONTROL_STOP, &last))
        return ERROR_SUCCESS;
    error = GetLastError();
    return error == ERROR_SERVICE_NOT_ACTIVE ? ERROR_SUCCESS : error;
}

DWORD service_stop(SC_HANDLE service, bool *process_remains)
{
    SERVICE_STATUS_PROCESS status = {0};
    HANDLE process = NULL;

    *process_remains = false;
    DWORD error = service_query_status(service, &status);
    if (error != ERROR_SUCCESS || status.dwCurrentState == SERVICE_STOPPED)
        return error;
    if (status.dwProcessId != 0)
        process = OpenProcess(SYNCHRONIZE, FALSE, status.dwProcessId);
    error = send_stop(service, &status);
    for (int poll = 0; poll < POLLS_MAX && error == ERROR_SUCCESS; poll++) {
        error = service_query_status(service, &status);
        if (error != ERROR_SUCCESS || status.dwCurrentState == SERVICE_STOPPED)
            break;
        Sleep(POLL_INTERVAL_MS);
    }
    if (error == ERROR_SUCCESS && status.dwCurrentState != SERVICE_STOPPED)
        error = ERROR_TIMEOUT;
    *process_remains = error == ERROR_SUCCESS && process != NULL &&
                       WaitForSingleObject(process, SERVICE_PROCESS_WAIT_MS) != WAIT_OBJECT_0;
    handle_close(&process);
    return error;
}

DWORD service_wait_gone(SC_HANDLE manager)
{
    for (int poll = 0; poll < POLLS_MAX; poll++) {
        SC_HANDLE service = NULL;
        DWORD error = service_open(manager, SERVICE_QUERY_STATUS, &service);
        service_close(&service); /* before the wait: our handle keeps the service, too */
        if (error == ERROR_SERVICE_DOES_NOT_EXIST)
            return ERROR_SUCCESS;
        if (error != ERROR_SUCCESS && error != ERROR_SERVICE_MARKED_FOR_DELETE)
            return error;
        Sleep(POLL_INTERVAL_MS);
    }
    return ERROR_TIMEOUT;
}

DWORD service_query_command(SC_HANDLE service, wchar_t **command)
{
    union {
        QUERY_SERVICE_CONFIGW config;
        BYTE bytes[CONFIG_SIZE_MAX];
    } answer;
    DWORD size = 0;

    if (!QueryServiceConfigW(service, &answer.config, sizeof answer, &size))
        return GetLastError();
    wchar_t *copy = _wcsdup(answer.config.lpBinaryPathName);
    if (copy == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    *command = copy;
    return ERROR_SUCCESS;
}

/* --- messages --- */

void service_say(bool quiet, const char *format, ...)
{
    va_list arguments;

    if (quiet)
        return;
    va_start(arguments, format);
    vfprintf(stdout, format, arguments);
    va_end(arguments);
}

void service_warn(bool quiet, const char *format, ...)
{
    va_list arguments;

    if (quiet)
        return;
    fputs(SERVICE_NAME ": warning: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs("\n", stderr);
}

enum exit_code service_fail(const char *what, DWORD error)
{
    char text[256];

    if (error == ERROR_ACCESS_DENIED) {
        fputs(SERVICE_NAME ": run this from an elevated prompt\n", stderr);
        return EXIT_CODE_DENIED;
    }
    if (error == ERROR_SERVICE_MARKED_FOR_DELETE) {
        fprintf(stderr,
                SERVICE_NAME ": %s: Windows is still removing the former service; close the "
                             "Services window and Task Manager, then try again\n",
                what);
        return EXIT_CODE_TIMED_OUT;
    }
    fprintf(stderr, SERVICE_NAME ": %s: %s\n", what, text_w_error(text, sizeof text, error));
    return error == ERROR_TIMEOUT ? EXIT_CODE_TIMED_OUT : EXIT_CODE_FAILED;
}

/* --- commands --- */

static enum exit_code say_not_installed(bool quiet, enum exit_code code)
{
    service_say(quiet, "The service " SERVICE_NAME " is not installed.\n");
    return code;
}

void service_warn_remains(bool quiet)
{
    service_warn(quiet,
                 "the service is stopped, but its process has not ended: a call into Windows "
                 "does not return. Its program cannot be deleted until it does, at the "
                 "latest at the next restart");
}

enum exit_code stop_run(bool quiet)
{
    SC_HANDLE manager = NULL, service = NULL;
    enum exit_code code = EXIT_CODE_OK;
    bool process_remains = false;

    DWORD error = service_manager_open(SC_MANAGER_CONNECT, &manager);
    if (error == ERROR_SUCCESS)
        error = service_open(manager, SERVICE_QUERY_STATUS | SERVICE_STOP, &service);
    if (error == ERROR_SUCCESS)
        error = service_stop(service, &process_remains);
    if (process_remains)
        service_warn_remains(quiet);
    if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        code = say_not_installed(quiet, EXIT_CODE_OK);
    else if (error != ERROR_SUCCESS)
        code = service_fail("cannot stop the service", error);
    else
        service_say(quiet, "The service " SERVICE_NAME " is stopped.\n");
    service_close(&service);
    service_close(&manager);
    return code;
}

static enum exit_code print_status(SC_HANDLE service, bool quiet)
{
    static const char *const states[] = {"unknown", "stopped",  "starting", "stopping",
                                         "running", "resuming", "pausing",  "paused"};
    SERVICE_STATUS_PROCESS status = {0};
    wchar_t *command = NULL;

    DWORD error = service_query_status(service, &status);
    if (error == ERROR_SUCCESS)
        error = service_query_command(service, &command);
    if (error != ERROR_SUCCESS)
        return service_fail("cannot query the service", error);
    const DWORD state = status.dwCurrentState;
    char *command_utf8 = text_w_to_utf8_alloc(command);
    service_say(quiet, "state: %s\n", states[state < sizeof states / sizeof states[0] ? state : 0]);
    if (status.dwProcessId != 0)
        service_say(quiet, "pid: %lu\n", (unsigned long)status.dwProcessId);
    if (command_utf8 != NULL)
        service_say(quiet, "path: %s\n", command_utf8);
    free(command_utf8);
    free(command);
    return state == SERVICE_RUNNING ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

enum exit_code status_run(bool quiet)
{
    SC_HANDLE manager = NULL, service = NULL;
    enum exit_code code;

    DWORD error = service_manager_open(SC_MANAGER_CONNECT, &manager);
    if (error == ERROR_SUCCESS)
        error = service_open(manager, SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG, &service);
    if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        code = say_not_installed(quiet, EXIT_CODE_NOT_INSTALLED);
    else if (error != ERROR_SUCCESS)
        code = service_fail("cannot open the service", error);
    else
        code = print_status(service, quiet);
    service_close(&service);
    service_close(&manager);
    return code;
}
