#include "service/win32/readers_group.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include <lm.h>

#include "common/win32/text_w.h"
#include "service/access.h"

enum { NAME_LENGTH_MAX = 512 }; /* COMPUTER\group, DOMAIN\account */

static wchar_t group_name[] = L"" READERS_GROUP_NAME;
static wchar_t group_comment[] = L"May ask lsmap for the mapped files of every process";

/* netapi32.dll is loaded by `install` and `uninstall --purge` alone, from System32. */
struct group_functions {
    HMODULE module;
    NET_API_STATUS(NET_API_FUNCTION *add)(LPCWSTR, DWORD, LPBYTE, LPDWORD);
    NET_API_STATUS(NET_API_FUNCTION *remove)(LPCWSTR, LPCWSTR);
    NET_API_STATUS(NET_API_FUNCTION *add_members)(LPCWSTR, LPCWSTR, DWORD, LPBYTE, DWORD);
};

static DWORD functions_load(struct group_functions *functions)
{
    typedef void (*generic_function)(void);

    HMODULE module = LoadLibraryExW(L"netapi32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (module == NULL)
        return GetLastError();
    functions->module = module;
    functions->add = (NET_API_STATUS(NET_API_FUNCTION *)(LPCWSTR, DWORD, LPBYTE, LPDWORD))(
        generic_function)GetProcAddress(module, "NetLocalGroupAdd");
    functions->remove = (NET_API_STATUS(NET_API_FUNCTION *)(LPCWSTR, LPCWSTR))(
        generic_function)GetProcAddress(module, "NetLocalGroupDel");
    functions->add_members =
        (NET_API_STATUS(NET_API_FUNCTION *)(LPCWSTR, LPCWSTR, DWORD, LPBYTE, DWORD))(
            generic_function)GetProcAddress(module, "NetLocalGroupAddMembers");
    if (functions->add != NULL && functions->remove != NULL && functions->add_members != NULL)
        return ERROR_SUCCESS;
    FreeLibrary(module);
    return ERROR_PROC_NOT_FOUND;
}

static bool is_domain_controller(void)
{
    OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof version,
                                .wProductType = VER_NT_DOMAIN_CONTROLLER};

    return VerifyVersionInfoW(&version, VER_PRODUCT_TYPE,
                              VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL)) != 0;
}

/* "COMPUTER\lsmap Readers": without the computer's name Windows would ask the domain when the group
 * is not there, and wait for it. */
static DWORD qualified_name(wchar_t name[NAME_LENGTH_MAX])
{
    wchar_t computer[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD length = MAX_COMPUTERNAME_LENGTH + 1;

    if (is_domain_controller()) {
        memcpy(name, group_name, sizeof group_name);
        return ERROR_SUCCESS;
    }
    if (!GetComputerNameW(computer, &length))
        return GetLastError();
    (void)swprintf(name, NAME_LENGTH_MAX, L"%ls\\%ls", computer, group_name);
    return ERROR_SUCCESS;
}

DWORD readers_group_query(struct sid *sid)
{
    wchar_t name[NAME_LENGTH_MAX], domain[NAME_LENGTH_MAX];
    BYTE bytes[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof bytes, domain_length = NAME_LENGTH_MAX;
    SID_NAME_USE use;

    DWORD error = qualified_name(name);
    if (error != ERROR_SUCCESS)
        return error;
    if (!LookupAccountNameW(NULL, name, bytes, &size, domain, &domain_length, &use))
        return GetLastError();
    /* An account that only has the name of the group is not it. */
    if (use != SidTypeAlias)
        return ERROR_NONE_MAPPED;
    return sid_set(sid, bytes, GetLengthSid(bytes)) ? ERROR_SUCCESS : ERROR_INVALID_SID;
}

DWORD readers_group_create(void)
{
    LOCALGROUP_INFO_1 info = {.lgrpi1_name = group_name, .lgrpi1_comment = group_comment};
    struct group_functions functions;

    DWORD error = functions_load(&functions);
    if (error != ERROR_SUCCESS)
        return error;
    error = functions.add(NULL, 1, (BYTE *)&info, NULL);
    FreeLibrary(functions.module);
    return error == ERROR_ALIAS_EXISTS || error == NERR_GroupExists ? ERROR_SUCCESS : error;
}

DWORD readers_group_add(const char *name)
{
    wchar_t name_w[NAME_LENGTH_MAX];
    LOCALGROUP_MEMBERS_INFO_3 member = {.lgrmi3_domainandname = name_w};
    struct group_functions functions;

    DWORD error = text_w_from_utf8(name_w, NAME_LENGTH_MAX, span_from_string(name));
    if (error == ERROR_SUCCESS)
        error = functions_load(&functions);
    if (error != ERROR_SUCCESS)
        return error;
    error = functions.add_members(NULL, group_name, 3, (BYTE *)&member, 1);
    FreeLibrary(functions.module);
    return error == ERROR_MEMBER_IN_ALIAS ? ERROR_SUCCESS : error;
}

DWORD readers_group_remove(void)
{
    struct group_functions functions;

    DWORD error = functions_load(&functions);
    if (error != ERROR_SUCCESS)
        return error;
    error = functions.remove(NULL, group_name);
    FreeLibrary(functions.module);
    return error == ERROR_NO_SUCH_ALIAS || error == NERR_GroupNotFound ? ERROR_SUCCESS : error;
}
