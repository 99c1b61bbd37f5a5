#include "service/win32/service_control.h"

#include <stdlib.h>
#include <string.h>

#include "common/proto/protocol.h"
#include "common/win32/handle.h"

enum {
    POLL_INTERVAL_MS = 50,
    POLLS_MAX = SERVICE_WAIT_MS / POLL_INTERVAL_MS,
    CONFIG_ATTEMPTS_MAX = 4 /* the configuration may grow between asking its size and reading it */
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

DWORD service_change(SC_HANDLE service, const wchar_t *command)
{
    return ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
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

/* A service in the middle of its start takes no control: it is waited for first. */
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

DWORD service_stop(SC_HANDLE service)
{
    SERVICE_STATUS_PROCESS status = {0};
    HANDLE process = NULL;

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
    if (error == ERROR_SUCCESS && process != NULL &&
        WaitForSingleObject(process, SERVICE_WAIT_MS) != WAIT_OBJECT_0)
        error = ERROR_TIMEOUT;
    handle_close(&process);
    return error;
}

DWORD service_wait_gone(SC_HANDLE manager)
{
    for (int poll = 0; poll < POLLS_MAX; poll++) {
        SC_HANDLE service = NULL;
        DWORD error = service_open(manager, SERVICE_QUERY_STATUS, &service);
        service_close(&service); /* before the wait: our handle keeps it as well */
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
    QUERY_SERVICE_CONFIGW *config = NULL;
    DWORD size = 0;
    DWORD error = ERROR_INSUFFICIENT_BUFFER;

    for (int attempt = 0; attempt < CONFIG_ATTEMPTS_MAX && error == ERROR_INSUFFICIENT_BUFFER;
         attempt++) {
        free(config);
        config = size > 0 ? malloc(size) : NULL;
        if (size > 0 && config == NULL)
            return ERROR_NOT_ENOUGH_MEMORY;
        error = QueryServiceConfigW(service, config, size, &size) ? ERROR_SUCCESS : GetLastError();
    }
    if (error != ERROR_SUCCESS)
        goto cleanup;
    wchar_t *copy = _wcsdup(config->lpBinaryPathName);
    if (copy == NULL)
        error = ERROR_NOT_ENOUGH_MEMORY;
    else
        *command = copy;

cleanup:
    free(config);
    return error;
}
