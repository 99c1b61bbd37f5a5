#include "tests/doctor/hardening_check.h"

#include <stdio.h>
#include <wchar.h>

enum {
    PRIVILEGES_MAX = 64, /* of a token; Windows knows 36 */
    PRIVILEGE_LENGTH_MAX = 64,
    NAMES_MAX = 64 /* of a registered list */
};

static const struct {
    PROCESS_MITIGATION_POLICY policy;
    DWORD flags;
    const char *name;
} policies[] = {
#define X(policy, flags, name, reason) {policy, flags, name},
    HARDENING_LIST(X)
#undef X
};

static const wchar_t *const needed[] = {
#define X(name, reason) L"" name,
    PRIVILEGES_LIST(X)
#undef X
};

enum { NEEDED_COUNT = sizeof needed / sizeof needed[0] };

const char *policy_name(size_t index)
{
    return policies[index].name;
}

bool policy_is_known(size_t index)
{
    DWORD flags = policies[index].flags;

    return SetProcessMitigationPolicy(policies[index].policy, &flags, sizeof flags) ||
           GetLastError() != ERROR_INVALID_PARAMETER;
}

DWORD policy_query(HANDLE process, size_t index, bool *is_on)
{
    DWORD flags = 0;

    if (!GetProcessMitigationPolicy(process, policies[index].policy, &flags, sizeof flags))
        return GetLastError();
    *is_on = (flags & policies[index].flags) == policies[index].flags;
    return ERROR_SUCCESS;
}

/* Index in the list, or NEEDED_COUNT. */
static size_t find_needed(const wchar_t *name)
{
    size_t index = 0;

    while (index < NEEDED_COUNT && wcscmp(name, needed[index]) != 0)
        index++;
    return index;
}

static bool is_kept(const wchar_t *name)
{
    return find_needed(name) < NEEDED_COUNT || wcscmp(name, L"" PRIVILEGE_ALWAYS_PRESENT) == 0;
}

/* A text of names; names that do not fit are left out. */
struct names {
    char text[PRIVILEGES_REASON_CAPACITY];
    size_t size;
};

static void add_name(struct names *names, const char *before, const wchar_t *name)
{
    size_t room = sizeof names->text - names->size;
    int size = snprintf(names->text + names->size, room, "%s%s%ls", names->size > 0 ? ", " : "",
                        before, name);

    if (size > 0 && (size_t)size < room)
        names->size += (size_t)size;
    else
        names->text[names->size] = '\0';
}

DWORD privileges_compare(HANDLE token, bool *is_good, char *reason)
{
    union {
        TOKEN_PRIVILEGES list;
        BYTE bytes[sizeof(TOKEN_PRIVILEGES) + PRIVILEGES_MAX * sizeof(LUID_AND_ATTRIBUTES)];
    } answer;
    bool has[NEEDED_COUNT] = {false};
    struct names present = {.text = ""}, wrong = {.text = ""};
    DWORD size = 0;

    if (!GetTokenInformation(token, TokenPrivileges, &answer, sizeof answer, &size))
        return GetLastError();
    for (DWORD i = 0; i < answer.list.PrivilegeCount; i++) {
        LUID id = answer.list.Privileges[i].Luid;
        wchar_t name[PRIVILEGE_LENGTH_MAX];
        DWORD length = PRIVILEGE_LENGTH_MAX;
        if (!LookupPrivilegeNameW(NULL, &id, name, &length))
            (void)swprintf(name, PRIVILEGE_LENGTH_MAX, L"privilege %lu", (unsigned long)id.LowPart);
        size_t index = find_needed(name);
        if (index < NEEDED_COUNT)
            has[index] = true;
        if (!is_kept(name))
            add_name(&wrong, "has ", name);
        add_name(&present, "", name);
    }
    for (size_t i = 0; i < NEEDED_COUNT; i++) {
        if (!has[i])
            add_name(&wrong, "lacks ", needed[i]);
    }
    *is_good = wrong.size == 0;
    (void)snprintf(reason, PRIVILEGES_REASON_CAPACITY, "%s",
                   wrong.size == 0 ? present.text : wrong.text);
    return ERROR_SUCCESS;
}

bool privileges_are_listed(const wchar_t *names)
{
    bool has[NEEDED_COUNT] = {false};
    size_t missing = NEEDED_COUNT;

    for (int i = 0; i < NAMES_MAX && names != NULL && *names != L'\0'; i++) {
        size_t index = find_needed(names);
        if (!is_kept(names))
            return false;
        if (index < NEEDED_COUNT && !has[index]) {
            has[index] = true;
            missing--;
        }
        names += wcslen(names) + 1;
    }
    return missing == 0 && names != NULL && *names == L'\0';
}
