#include "service/win32/privileges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/win32/handle.h"

enum {
    PRIVILEGES_MAX = 64, /* of a token; Windows knows 36 */
    NAME_LENGTH_MAX = 64,
    NAMES_MAX = 64 /* of a registered list */
};

#define ALWAYS_THERE L"SeChangeNotifyPrivilege"

static const wchar_t *const needed[] = {
#define X(name, reason) L"" name,
    PRIVILEGES_LIST(X)
#undef X
};

enum { NEEDED_COUNT = sizeof needed / sizeof needed[0] };

/* All names, each terminated, and the empty name that ends the list. */
static wchar_t needed_list[] =
#define X(name, reason) L"" name L"\0"
    PRIVILEGES_LIST(X)
#undef X
    ;

/* A token's privileges; the kernel writes the list into one block. */
union privileges_answer {
    TOKEN_PRIVILEGES list;
    BYTE bytes[sizeof(TOKEN_PRIVILEGES) + PRIVILEGES_MAX * sizeof(LUID_AND_ATTRIBUTES)];
};

/* Index in the list, or NEEDED_COUNT. */
static size_t find_needed(const wchar_t *name)
{
    for (size_t i = 0; i < NEEDED_COUNT; i++) {
        if (wcscmp(name, needed[i]) == 0)
            return i;
    }
    return NEEDED_COUNT;
}

static bool is_kept(const wchar_t *name)
{
    return find_needed(name) < NEEDED_COUNT || wcscmp(name, ALWAYS_THERE) == 0;
}

DWORD privileges_register(SC_HANDLE service)
{
    SERVICE_REQUIRED_PRIVILEGES_INFOW info = {.pmszRequiredPrivileges = needed_list};

    return ChangeServiceConfig2W(service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &info)
               ? ERROR_SUCCESS
               : GetLastError();
}

static DWORD query(HANDLE token, union privileges_answer *answer)
{
    DWORD size = 0;

    return GetTokenInformation(token, TokenPrivileges, answer, sizeof *answer, &size)
               ? ERROR_SUCCESS
               : GetLastError();
}

/* The name of a privilege; one that this system does not name gets its number, and false. */
static bool name_of(const LUID_AND_ATTRIBUTES *privilege, wchar_t name[NAME_LENGTH_MAX])
{
    LUID id = privilege->Luid;
    DWORD len = NAME_LENGTH_MAX;

    if (LookupPrivilegeNameW(NULL, &id, name, &len))
        return true;
    swprintf(name, NAME_LENGTH_MAX, L"privilege %lu", (unsigned long)id.LowPart);
    return false;
}

DWORD privileges_drop_others(void)
{
    union privileges_answer answer;
    wchar_t name[NAME_LENGTH_MAX];
    HANDLE token = NULL;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token))
        return GetLastError();
    DWORD error = query(token, &answer);
    if (error == ERROR_SUCCESS) {
        DWORD count = 0;
        for (DWORD i = 0; i < answer.list.PrivilegeCount; i++) {
            LUID_AND_ATTRIBUTES privilege = answer.list.Privileges[i];
            /* Removed is removed for good: never on the strength of a name that is missing. */
            if (!name_of(&privilege, name) || is_kept(name))
                continue;
            privilege.Attributes = SE_PRIVILEGE_REMOVED;
            answer.list.Privileges[count++] = privilege;
        }
        answer.list.PrivilegeCount = count;
        if (count > 0 && !AdjustTokenPrivileges(token, FALSE, &answer.list, 0, NULL, NULL))
            error = GetLastError();
    }
    handle_close(&token);
    return error;
}

/* Text that grows by names; what does not fit is left out. */
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
    union privileges_answer answer;
    wchar_t name[NAME_LENGTH_MAX];
    bool has[NEEDED_COUNT] = {false};
    struct names present = {.text = ""}, wrong = {.text = ""};

    DWORD error = query(token, &answer);
    if (error != ERROR_SUCCESS)
        return error;
    for (DWORD i = 0; i < answer.list.PrivilegeCount; i++) {
        name_of(&answer.list.Privileges[i], name);
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
