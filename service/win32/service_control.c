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
    POLLS_MAX = (int)SERVICE_WAIT_MS / POLL_INTERVAL_MS,
    CONFIG_SIZE_MAX = 8 * 1024 /* source: the most that QueryServiceConfig returns */
};

void service_close(SC_HANDLE *handle)
{
    if (*handle != NULL)
        CloseServiceHandle(*handle);
    *handle = NULL;
}

DWORD service_open(DWORD access, SC_HANDLE *service)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);

    *service = manager != NULL ? OpenServiceW(manager, L"" SERVICE_NAME, access) : NULL;
    DWORD error = *service != NULL ? ERROR_SUCCESS : GetLastError();
    service_close(&manager);
    return error;
}

DWORD service_create(SC_HANDLE manager, const wchar_t *command, SC_HANDLE *service)
{
    DWORD error = ERROR_SERVICE_MARKED_FOR_DELETE;

    for (int poll = 0; poll < POLLS_MAX && error == ERROR_SERVICE_MARKED_FOR_DELETE; poll++) {
        if (poll > 0)
            Sleep(POLL_INTERVAL_MS);
        *service =
            CreateServiceW(manager, L"" SERVICE_NAME, L"" SERVICE_DISPLAY_NAME, SERVICE_ALL_ACCESS,
                           SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                           command, NULL, NULL, NULL, NULL, NULL); /* no account: LocalSystem */
        error = *service != NULL ? ERROR_SUCCESS : GetLastError();
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
    DWORD size = 0;

    return QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)status, sizeof *status,
                                &size)
               ? ERROR_SUCCESS
               : GetLastError();
}

/* Waits while the service is in a state, or, with `until`, until it is. */
static DWORD wait_for(SC_HANDLE service, bool until, DWORD state, SERVICE_STATUS_PROCESS *status)
{
    for (int poll = 0; poll < POLLS_MAX; poll++) {
        DWORD error = service_query_status(service, status);
        if (error != ERROR_SUCCESS || (status->dwCurrentState == state) == until)
            return error;
        Sleep(POLL_INTERVAL_MS);
    }
    return ERROR_TIMEOUT;
}

DWORD service_start(SC_HANDLE service)
{
    SERVICE_STATUS_PROCESS status = {0};

    DWORD error = StartServiceW(service, 0, NULL) ? ERROR_SUCCESS : GetLastError();
    if (error != ERROR_SUCCESS && error != ERROR_SERVICE_ALREADY_RUNNING)
        return error;
    error = wait_for(service, false, SERVICE_START_PENDING, &status);
    if (error != ERROR_SUCCESS || status.dwCurrentState == SERVICE_RUNNING)
        return error;
    return status.dwWin32ExitCode != NO_ERROR ? status.dwWin32ExitCode : ERROR_SERVICE_NOT_ACTIVE;
}

DWORD service_stop(SC_HANDLE service, bool quiet)
{
    SERVICE_STATUS_PROCESS status = {0};
    SERVICE_STATUS last;
    HANDLE process = NULL;

    DWORD error = service_query_status(service, &status);
    if (error != ERROR_SUCCESS || status.dwCurrentState == SERVICE_STOPPED)
        return error;
    if (status.dwProcessId != 0)
        process = OpenProcess(SYNCHRONIZE, FALSE, status.dwProcessId);
    /* A service that is starting accepts no controls. */
    error = wait_for(service, false, SERVICE_START_PENDING, &status);
    if (error == ERROR_SUCCESS && status.dwCurrentState != SERVICE_STOPPED &&
        status.dwCurrentState != SERVICE_STOP_PENDING &&
        !ControlService(service, SERVICE_CONTROL_STOP, &last))
        error = GetLastError();
    if (error == ERROR_SUCCESS || error == ERROR_SERVICE_NOT_ACTIVE)
        error = wait_for(service, true, SERVICE_STOPPED, &status);
    if (error == ERROR_SUCCESS && process != NULL &&
        WaitForSingleObject(process, SERVICE_PROCESS_WAIT_MS) != WAIT_OBJECT_0)
        service_warn(quiet,
                     "the service is stopped, but its process has not ended: a call into Windows "
                     "does not return. Its program cannot be deleted until it does, at the "
                     "latest at the next restart");
    handle_close(&process);
    return error;
}

DWORD service_wait_gone(void)
{
    for (int poll = 0; poll < POLLS_MAX; poll++) {
        SC_HANDLE service = NULL;
        DWORD error = service_open(SERVICE_QUERY_STATUS, &service);
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
    *command = _wcsdup(answer.config.lpBinaryPathName);
    return *command != NULL ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
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

enum exit_code stop_run(bool quiet)
{
    SC_HANDLE service = NULL;

    DWORD error = service_open(SERVICE_QUERY_STATUS | SERVICE_STOP, &service);
    if (error == ERROR_SUCCESS)
        error = service_stop(service, quiet);
    service_close(&service);
    if (error != ERROR_SUCCESS && error != ERROR_SERVICE_DOES_NOT_EXIST)
        return service_fail("cannot stop the service", error);
    service_say(quiet, "%s",
                error == ERROR_SUCCESS ? "The service " SERVICE_NAME " is stopped.\n"
                                       : SERVICE_NOT_INSTALLED);
    return EXIT_CODE_OK;
}

enum exit_code status_run(bool quiet)
{
    static const char *const states[] = {"unknown", "stopped",  "starting", "stopping",
                                         "running", "resuming", "pausing",  "paused"};
    SERVICE_STATUS_PROCESS status = {0};
    SC_HANDLE service = NULL;
    wchar_t *command = NULL;

    DWORD error = service_open(SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG, &service);
    if (error == ERROR_SERVICE_DOES_NOT_EXIST) {
        service_say(quiet, SERVICE_NOT_INSTALLED);
        return EXIT_CODE_NOT_INSTALLED;
    }
    if (error == ERROR_SUCCESS)
        error = service_query_status(service, &status);
    if (error == ERROR_SUCCESS)
        error = service_query_command(service, &command);
    service_close(&service);
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
