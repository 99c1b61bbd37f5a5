#include "common/win32/token_linked.h"

#include <stdint.h>

#include "common/win32/handle.h"

static bool is_impersonation(HANDLE token)
{
    TOKEN_TYPE type = TokenPrimary;
    DWORD size = 0;

    return GetTokenInformation(token, TokenType, &type, sizeof type, &size) &&
           type == TokenImpersonation;
}

DWORD token_linked(HANDLE token, HANDLE *linked)
{
    TOKEN_LINKED_TOKEN answer = {NULL};
    HANDLE usable = NULL;
    DWORD size = 0;

    if (!GetTokenInformation(token, TokenLinkedToken, &answer, sizeof answer, &size))
        return GetLastError();
    if (is_impersonation(answer.LinkedToken)) { /* what a process without SeTcbPrivilege is given */
        *linked = answer.LinkedToken;
        return ERROR_SUCCESS;
    }
    DWORD error = DuplicateTokenEx(answer.LinkedToken, TOKEN_QUERY, NULL, SecurityIdentification,
                                   TokenImpersonation, &usable)
                      ? ERROR_SUCCESS
                      : GetLastError();
    handle_close(&answer.LinkedToken);
    if (error == ERROR_SUCCESS)
        *linked = usable;
    return error;
}

DWORD token_is_admin(HANDLE token, bool *is_admin)
{
    uint8_t administrators[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof administrators;
    BOOL is_member = FALSE;

    if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, administrators, &size) ||
        !CheckTokenMembership(token, administrators, &is_member))
        return GetLastError();
    *is_admin = is_member != FALSE;
    return ERROR_SUCCESS;
}
