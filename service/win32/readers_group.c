#include "service/win32/readers_group.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include <lm.h>

#include "common/win32/ntdll.h"
#include "common/win32/text_w.h"
#include "service/access.h"

enum { NAME_LENGTH_MAX = 512 }; /* COMPUTER\group, DOMAIN\account */

static wchar_t group_name[] = L"" READERS_GROUP_NAME;
static wchar_t group_comment[] = L"May ask lsmap for the mapped files of every process";

bool readers_group_is_shared(void)
{
    OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof version,
                                .wProductType = VER_NT_DOMAIN_CONTROLLER};

    return VerifyVersionInfoW(&version, VER_PRODUCT_TYPE,
                              VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL)) != 0;
}

/* "COMPUTER\lsmap Readers": without the computer's name Windows would ask the domain when there is no
 * such group, and wait for the answer. */
static DWORD qualified_name(wchar_t name[NAME_LENGTH_MAX])
{
    wchar_t computer[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD length = MAX_COMPUTERNAME_LENGTH + 1;

    if (readers_group_is_shared()) {
        memcpy(name, group_name, sizeof group_name);
        return ERROR_SUCCESS;
    }
    if (!GetComputerNameW(computer, &length))
        return GetLastError();
    (void)swprintf(name, NAME_LENGTH_MAX, L"%ls\\%ls", computer, group_name);
    return ERROR_SUCCESS;
}

static DWORD look_up(const wchar_t *name, struct sid *sid, SID_NAME_USE *use)
{
    wchar_t domain[NAME_LENGTH_MAX];
    BYTE bytes[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof bytes, domain_length = NAME_LENGTH_MAX;

    if (!LookupAccountNameW(NULL, name, bytes, &size, domain, &domain_length, use))
        return GetLastError();
    return sid_set(sid, bytes, GetLengthSid(bytes)) ? ERROR_SUCCESS : ERROR_INVALID_SID;
}

DWORD readers_group_query(struct sid *sid)
{
    wchar_t name[NAME_LENGTH_MAX];
    SID_NAME_USE use = SidTypeUnknown;
    struct sid found;

    DWORD error = qualified_name(name);
    if (error == ERROR_SUCCESS)
        error = look_up(name, &found, &use);
    if (error == ERROR_SUCCESS && use != SidTypeAlias)
        error = ERROR_NONE_MAPPED; /* an account of that name is not the group */
    if (error == ERROR_SUCCESS)
        *sid = found;
    return error;
}

DWORD readers_group_create(void)
{
    typedef NET_API_STATUS(NET_API_FUNCTION * function)(LPCWSTR, DWORD, LPBYTE, LPDWORD);
    LOCALGROUP_INFO_1 info = {.lgrpi1_name = group_name, .lgrpi1_comment = group_comment};

    function add = (function)system_function(L"netapi32.dll", "NetLocalGroupAdd");
    if (add == NULL)
        return ERROR_PROC_NOT_FOUND;
    DWORD error = add(NULL, 1, (BYTE *)&info, NULL);
    return error == ERROR_ALIAS_EXISTS || error == NERR_GroupExists ? ERROR_SUCCESS : error;
}

DWORD readers_group_add(const char *name)
{
    typedef NET_API_STATUS(NET_API_FUNCTION * function)(LPCWSTR, LPCWSTR, DWORD, LPBYTE, DWORD);
    wchar_t name_w[NAME_LENGTH_MAX];
    LOCALGROUP_MEMBERS_INFO_3 member = {.lgrmi3_domainandname = name_w};

    DWORD error = text_w_from_utf8(name_w, NAME_LENGTH_MAX, span_from_string(name));
    if (error != ERROR_SUCCESS)
        return error;
    function add = (function)system_function(L"netapi32.dll", "NetLocalGroupAddMembers");
    if (add == NULL)
        return ERROR_PROC_NOT_FOUND;
    error = add(NULL, group_name, 3, (BYTE *)&member, 1);
    return error == ERROR_MEMBER_IN_ALIAS ? ERROR_SUCCESS : error;
}

DWORD readers_group_check(const char *name)
{
    wchar_t name_w[NAME_LENGTH_MAX];
    SID_NAME_USE use;
    struct sid sid;

    DWORD error = text_w_from_utf8(name_w, NAME_LENGTH_MAX, span_from_string(name));
    return error == ERROR_SUCCESS ? look_up(name_w, &sid, &use) : error;
}

DWORD readers_group_remove(void)
{
    typedef NET_API_STATUS(NET_API_FUNCTION * function)(LPCWSTR, LPCWSTR);

    function remove_group = (function)system_function(L"netapi32.dll", "NetLocalGroupDel");
    if (remove_group == NULL)
        return ERROR_PROC_NOT_FOUND;
    DWORD error = remove_group(NULL, group_name);
    return error == ERROR_NO_SUCH_ALIAS || error == NERR_GroupNotFound ? ERROR_SUCCESS : error;
}
