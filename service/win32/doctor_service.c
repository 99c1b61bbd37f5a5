/* What the service control manager has registered. */
#include <stdlib.h>
#include <wchar.h>

#include "common/win32/text_w.h"
#include "service/access.h"
#include "service/win32/doctor_checks.h"
#include "service/win32/privileges.h"
#include "service/win32/security_bytes.h"

enum { CONFIG_SIZE = 8 * 1024 }; /* source: the most that QueryServiceConfig returns */

/* Services have no generic rights in their descriptors. */
static const struct access_mapping no_mapping = {0, 0, 0, 0};

/* Reads what level asks for; adds SKIP and returns false when it cannot be read. */
static bool query(struct doctor_context *context, enum doctor_check check, DWORD level,
                  void *buffer)
{
    DWORD size = 0;

    if (QueryServiceConfig2W(context->service, level, buffer, CONFIG_SIZE, &size))
        return true;
    doctor_skip_error(context, check, NULL,
                      context->is_wine ? "Wine does not keep it" : "it cannot be read",
                      GetLastError());
    return false;
}

static void check_command(struct doctor_context *context, BYTE *buffer)
{
    const enum doctor_check check = DOCTOR_SERVICE_COMMAND;
    const QUERY_SERVICE_CONFIGW *config = (const void *)buffer;
    DWORD size = 0;

    if (!QueryServiceConfigW(context->service, (void *)buffer, CONFIG_SIZE, &size)) {
        doctor_skip_error(context, check, NULL, "it cannot be read", GetLastError());
        return;
    }
    char *command = text_w_to_utf8_alloc(config->lpBinaryPathName);
    size_t length = wcslen(config->lpBinaryPathName);
    bool is_quoted = length > 2 && config->lpBinaryPathName[0] == L'"' &&
                     config->lpBinaryPathName[length - 1] == L'"';
    bool is_system = wcscmp(config->lpServiceStartName, L"LocalSystem") == 0;
    doctor_add(context->report, check, is_quoted && is_system ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
               "%s%s%s", command != NULL ? command : "?",
               is_quoted ? "" : ", not quoted: Windows may run another program",
               is_system ? ", as LocalSystem" : ", not as LocalSystem");
    free(command);
}

static void check_privileges(struct doctor_context *context, BYTE *buffer)
{
    const enum doctor_check check = DOCTOR_SERVICE_PRIVILEGES;
    const SERVICE_REQUIRED_PRIVILEGES_INFOW *info = (const void *)buffer;

    if (!query(context, check, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, buffer))
        return;
    bool is_good = privileges_are_listed(info->pmszRequiredPrivileges);
    doctor_add(context->report, check, is_good ? DOCTOR_PASS : DOCTOR_FAIL, NULL, "%s",
               is_good ? "the list is registered" : "the registered list is another or empty");
}

static void check_sid(struct doctor_context *context, BYTE *buffer)
{
    const enum doctor_check check = DOCTOR_SERVICE_SID;
    const SERVICE_SID_INFO *info = (const void *)buffer;

    if (query(context, check, SERVICE_CONFIG_SERVICE_SID_INFO, buffer))
        doctor_add(context->report, check,
                   info->dwServiceSidType == SERVICE_SID_TYPE_UNRESTRICTED ? DOCTOR_PASS
                                                                           : DOCTOR_FAIL,
                   NULL, "type %lu (1 is unrestricted)", (unsigned long)info->dwServiceSidType);
}

static void check_failure(struct doctor_context *context, BYTE *buffer)
{
    const enum doctor_check check = DOCTOR_SERVICE_FAILURE;
    const SERVICE_FAILURE_ACTIONS_FLAG *flag = (const void *)buffer;
    const SERVICE_FAILURE_ACTIONSW *actions = (const void *)buffer;

    if (!query(context, check, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, buffer))
        return;
    bool is_flagged = flag->fFailureActionsOnNonCrashFailures != FALSE;
    if (!query(context, check, SERVICE_CONFIG_FAILURE_ACTIONS, buffer))
        return;
    bool is_restarted = actions->cActions > 0 && actions->lpsaActions != NULL &&
                        actions->lpsaActions[0].Type == SC_ACTION_RESTART;
    doctor_add(context->report, check, is_flagged && is_restarted ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
               "%s%s", is_restarted ? "restarted" : "not restarted",
               is_flagged ? ", also after an end with an error" : " after an end with an error");
}

static void check_descriptor(struct doctor_context *context)
{
    const enum doctor_check check = DOCTOR_SERVICE_DESCRIPTOR;
    struct security_bytes meant = {0}, found = {0};
    char reason[DESCRIPTOR_VIEW_REASON_CAPACITY] = "";

    if (doctor_skips_wine(context, check, "takes the descriptor of a service and forgets it"))
        return;
    DWORD error = security_bytes_of_sddl(SERVICE_SDDL, &meant);
    if (error == ERROR_SUCCESS)
        error = security_bytes_of_service(context->service, &found);
    if (error != ERROR_SUCCESS)
        doctor_skip_error(context, check, NULL, "the descriptor cannot be read", error);
    else if (descriptor_view_equal(&meant.view, &found.view, &no_mapping, reason))
        doctor_add(context->report, check, DOCTOR_PASS, NULL, SERVICE_SDDL);
    else
        doctor_add(context->report, check, DOCTOR_FAIL, NULL, "%s", reason);
    security_bytes_release(&found);
    security_bytes_release(&meant);
}

void doctor_check_service(struct doctor_context *context)
{
    /* Aligned for the structures that are read into it. */
    union {
        QUERY_SERVICE_CONFIGW config;
        BYTE bytes[CONFIG_SIZE];
    } buffer;

    for (int check = DOCTOR_SERVICE_COMMAND; check <= DOCTOR_SERVICE_DESCRIPTOR; check++) {
        if (doctor_skips_absent(context, (enum doctor_check)check) &&
            check == DOCTOR_SERVICE_DESCRIPTOR)
            return;
    }
    check_command(context, buffer.bytes);
    check_privileges(context, buffer.bytes);
    check_sid(context, buffer.bytes);
    check_failure(context, buffer.bytes);
    check_descriptor(context);
}
