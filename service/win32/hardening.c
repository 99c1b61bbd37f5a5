#include "service/win32/hardening.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "service/win32/events.h"

enum {
    REFUSED_CAPACITY = 256,
    PRIVILEGES_MAX = 64, /* of a token; Windows knows 36 */
    PRIVILEGE_LENGTH_MAX = 64
};

static char refused[REFUSED_CAPACITY];

const char *hardening_apply(void)
{
    static const struct {
        PROCESS_MITIGATION_POLICY policy;
        DWORD flags;
        const char *name;
    } policies[] = {
#define X(policy, flags, name, reason) {policy, flags, name},
        HARDENING_LIST(X)
#undef X
    };

    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        DWORD flags = policies[i].flags;
        size_t size = strlen(refused);
        if (SetProcessMitigationPolicy(policies[i].policy, &flags, sizeof flags))
            continue;
        DWORD error = GetLastError();
        if (!system_is_wine())
            (void)snprintf(refused + size, sizeof refused - size, "%s%s (%lu)",
                           size > 0 ? ", " : "", policies[i].name, (unsigned long)error);
    }
    return refused;
}

static bool is_kept(const wchar_t *name)
{
#define X(needed, reason) wcscmp(name, L"" needed) == 0 ||
    return PRIVILEGES_LIST(X) wcscmp(name, L"" PRIVILEGE_ALWAYS_PRESENT) == 0;
#undef X
}

/* Marks each privilege that is not kept as removed. One whose name is unknown is kept, because the
 * removal is final. */
static void select_others(TOKEN_PRIVILEGES *list)
{
    wchar_t name[PRIVILEGE_LENGTH_MAX];
    DWORD count = 0;

    for (DWORD i = 0; i < list->PrivilegeCount; i++) {
        LUID id = list->Privileges[i].Luid;
        DWORD length = PRIVILEGE_LENGTH_MAX;
        if (LookupPrivilegeNameW(NULL, &id, name, &length) && !is_kept(name))
            list->Privileges[count++] = (LUID_AND_ATTRIBUTES){id, SE_PRIVILEGE_REMOVED};
    }
    list->PrivilegeCount = count;
}

DWORD hardening_drop_privileges(void)
{
    union {
        TOKEN_PRIVILEGES list;
        BYTE bytes[sizeof(TOKEN_PRIVILEGES) + PRIVILEGES_MAX * sizeof(LUID_AND_ATTRIBUTES)];
    } answer;
    HANDLE token = NULL;
    DWORD size = 0, error = ERROR_SUCCESS;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token))
        return GetLastError();
    if (!GetTokenInformation(token, TokenPrivileges, &answer, sizeof answer, &size))
        error = GetLastError();
    if (error == ERROR_SUCCESS) {
        select_others(&answer.list);
        if (answer.list.PrivilegeCount > 0 &&
            !AdjustTokenPrivileges(token, FALSE, &answer.list, 0, NULL, NULL))
            error = GetLastError();
    }
    handle_close(&token);
    return error;
}

void hardening_finish(void)
{
    if (refused[0] != '\0')
        event_hardening_refused(refused);
    DWORD error = hardening_drop_privileges();
    if (error != ERROR_SUCCESS)
        event_privileges_kept(error);
}
