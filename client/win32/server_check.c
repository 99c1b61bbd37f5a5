#include "client/win32/server_check.h"

#include <aclapi.h>

#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/token.h"

/* The state of the lsmapd service. Returns a Win32 error, such as ERROR_SERVICE_DOES_NOT_EXIST. */
static DWORD query_service(SERVICE_STATUS_PROCESS *status)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT), service = NULL;
    DWORD error = ERROR_SUCCESS, size = 0;

    if (manager != NULL)
        service = OpenServiceW(manager, L"" SERVICE_NAME, SERVICE_QUERY_STATUS);
    if (service == NULL || !QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)status,
                                                 sizeof *status, &size))
        error = GetLastError();
    if (service != NULL)
        (void)CloseServiceHandle(service);
    if (manager != NULL)
        (void)CloseServiceHandle(manager);
    return error;
}

static void query_owner(HANDLE pipe, struct sid *owner)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID sid = NULL;
    DWORD error = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &sid, NULL,
                                  NULL, NULL, &descriptor);

    /* An owner that does not fit a struct sid stays unknown. */
    if (error == ERROR_SUCCESS && sid != NULL && IsValidSid(sid) &&
        !sid_set(owner, sid, GetLengthSid(sid)))
        owner->size = 0;
    if (descriptor != NULL)
        (void)LocalFree(descriptor);
}

static void query_self(struct sid *user)
{
    HANDLE token = NULL;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return;
    if (token_user(token, user) != ERROR_SUCCESS)
        user->size = 0;
    handle_close(&token);
}

static bool has_ended(DWORD pid)
{
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);

    if (process == NULL)
        return GetLastError() == ERROR_INVALID_PARAMETER; /* else it exists and is not ours */
    bool is_over = WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
    handle_close(&process);
    return is_over;
}

void server_check_facts(HANDLE pipe, bool is_default, struct trust_facts *facts)
{
    struct trust_facts found = {.is_default = is_default};
    SERVICE_STATUS_PROCESS status = {0};
    ULONG server_pid = 0;

    query_owner(pipe, &found.owner);
    query_self(&found.user);
    if (GetNamedPipeServerProcessId(pipe, &server_pid)) {
        found.server_pid = server_pid;
        found.has_server_ended = server_pid != 0 && has_ended(server_pid);
    }
    if (is_default && query_service(&status) == ERROR_SUCCESS)
        found.service_pid = status.dwProcessId;
    *facts = found;
}

enum failure_kind server_check_absence(void)
{
    SERVICE_STATUS_PROCESS status = {0};
    DWORD error = query_service(&status);

    if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        return FAILURE_NOT_INSTALLED;
    if (error != ERROR_SUCCESS) /* probably the cause, and the advice is the same */
        return FAILURE_NOT_RUNNING;
    switch (status.dwCurrentState) {
    case SERVICE_RUNNING:
    case SERVICE_PAUSED:
        return FAILURE_NO_PIPE;
    case SERVICE_STOPPED:
        return FAILURE_NOT_RUNNING;
    default:
        return FAILURE_STARTING;
    }
}
