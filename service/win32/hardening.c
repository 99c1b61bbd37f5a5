#include "service/win32/hardening.h"

#include <stdio.h>

#include "common/win32/system_info.h"

enum { REFUSED_CAPACITY = 256 };

static const struct {
    PROCESS_MITIGATION_POLICY policy;
    DWORD flags;
    const char *name;
} policies[] = {
#define X(symbol, policy, flags, name, reason) {policy, flags, name},
    HARDENING_LIST(X)
#undef X
};

static DWORD errors[HARDENING_COUNT];
static char refused[REFUSED_CAPACITY];

const char *hardening_name(enum hardening_policy policy)
{
    return policies[policy].name;
}

static void note_refused(const char *name, DWORD error)
{
    size_t size = 0;

    while (refused[size] != '\0')
        size++;
    (void)snprintf(refused + size, sizeof refused - size, "%s%s (%lu)", size > 0 ? ", " : "", name,
                   (unsigned long)error);
}

void hardening_apply(void)
{
    for (int i = 0; i < HARDENING_COUNT; i++) {
        DWORD flags = policies[i].flags;
        if (SetProcessMitigationPolicy(policies[i].policy, &flags, sizeof flags))
            continue;
        errors[i] = GetLastError();
        if (!system_is_wine()) /* which knows none of them, and says so or not */
            note_refused(policies[i].name, errors[i]);
    }
}

DWORD hardening_error(enum hardening_policy policy)
{
    return errors[policy];
}

const char *hardening_refused(void)
{
    return refused;
}

DWORD hardening_query(HANDLE process, enum hardening_policy policy, bool *is_on)
{
    DWORD flags = 0;

    if (!GetProcessMitigationPolicy(process, policies[policy].policy, &flags, sizeof flags))
        return GetLastError();
    *is_on = (flags & policies[policy].flags) == policies[policy].flags;
    return ERROR_SUCCESS;
}
