#include "service/win32/install_service.h"

#include <stdbool.h>

#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "service/access.h"
#include "service/win32/descriptor.h"
#include "service/win32/privileges.h"

enum { RESTART_RESET_S = 24 * 60 * 60 };

static const char description[] =
    "Tells lsmap which files are mapped into the memory of processes. Answers local callers only, "
    "over a named pipe; every caller gets what his rights allow.";

static DWORD change(SC_HANDLE service, DWORD level, void *info)
{
    return ChangeServiceConfig2W(service, level, info) ? ERROR_SUCCESS : GetLastError();
}

static DWORD set_description(SC_HANDLE service)
{
    wchar_t text[sizeof description];
    SERVICE_DESCRIPTIONW info = {.lpDescription = text};

    DWORD error = text_w_from_utf8(text, sizeof description, span_from_string(description));
    return error == ERROR_SUCCESS ? change(service, SERVICE_CONFIG_DESCRIPTION, &info) : error;
}

/* Again in 5 s, in 30 s, then each minute. */
static DWORD set_failure_actions(SC_HANDLE service)
{
    SC_ACTION actions[] = {{SC_ACTION_RESTART, 5 * 1000},
                           {SC_ACTION_RESTART, 30 * 1000},
                           {SC_ACTION_RESTART, 60 * 1000}};
    SERVICE_FAILURE_ACTIONSW failure = {
        .dwResetPeriod = RESTART_RESET_S, .cActions = 3, .lpsaActions = actions};

    return change(service, SERVICE_CONFIG_FAILURE_ACTIONS, &failure);
}

/* Without it only a crash counts as a failure, and a service whose name is taken would stay down.
 */
static DWORD set_failure_flag(SC_HANDLE service)
{
    SERVICE_FAILURE_ACTIONS_FLAG flag = {.fFailureActionsOnNonCrashFailures = TRUE};

    return change(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &flag);
}

/* The group NT SERVICE\lsmapd in its token, so that an administrator can name the service in an
 * access list. Unrestricted: a restricted one could not open other processes. */
static DWORD set_sid(SC_HANDLE service)
{
    SERVICE_SID_INFO info = {.dwServiceSidType = SERVICE_SID_TYPE_UNRESTRICTED};

    return change(service, SERVICE_CONFIG_SERVICE_SID_INFO, &info);
}

static DWORD set_descriptor(SC_HANDLE service)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;

    DWORD error = descriptor_create(SERVICE_SDDL, &descriptor);
    if (error != ERROR_SUCCESS)
        return error;
    if (!SetServiceObjectSecurity(service, DACL_SECURITY_INFORMATION, descriptor))
        error = GetLastError();
    descriptor_free(&descriptor);
    return error;
}

/* What Wine says of a level that it does not keep. */
static bool is_unknown(DWORD error)
{
    return error == ERROR_INVALID_PARAMETER || error == ERROR_INVALID_LEVEL;
}

DWORD install_service_configure(SC_HANDLE service, const char **what)
{
    static const struct {
        const char *name;
        DWORD (*set)(SC_HANDLE service);
    } steps[] = {
        {"the description", set_description},
        {"the failure actions", set_failure_actions},
        {"the flag of the failure actions", set_failure_flag},
        {"the required privileges", privileges_register},
        {"the type of the service's SID", set_sid},
        {"who may control the service", set_descriptor},
    };

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        DWORD error = steps[i].set(service);
        if (error == ERROR_SUCCESS || (is_unknown(error) && system_is_wine()))
            continue;
        *what = steps[i].name;
        return error;
    }
    return ERROR_SUCCESS;
}
