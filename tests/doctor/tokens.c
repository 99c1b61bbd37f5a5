#include "tests/doctor/tokens.h"

#include <stdlib.h>

#include "common/win32/handle.h"
#include "common/win32/ntdll.h"

enum { GROUPS_MAX = 1024 }; /* of a token; Windows allows 1,015 */

enum { TOKEN_USE = TOKEN_QUERY | TOKEN_IMPERSONATE | TOKEN_ADJUST_DEFAULT };

static DWORD well_known(WELL_KNOWN_SID_TYPE type, BYTE sid[SECURITY_MAX_SID_SIZE])
{
    DWORD size = SECURITY_MAX_SID_SIZE;

    return CreateWellKnownSid(type, NULL, sid, &size) ? ERROR_SUCCESS : GetLastError();
}

DWORD tokens_own(HANDLE *token)
{
    return OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, token)
               ? ERROR_SUCCESS
               : GetLastError();
}

void tokens_revert(void)
{
    /* As another user every later check would be meaningless. */
    if (!RevertToSelf())
        TerminateProcess(GetCurrentProcess(), 1);
}

static DWORD to_impersonation(HANDLE token, HANDLE *impersonation)
{
    return DuplicateTokenEx(token, TOKEN_USE, NULL, SecurityImpersonation, TokenImpersonation,
                            impersonation)
               ? ERROR_SUCCESS
               : GetLastError();
}

static DWORD set_integrity(HANDLE token, WELL_KNOWN_SID_TYPE level)
{
    BYTE sid[SECURITY_MAX_SID_SIZE];
    TOKEN_MANDATORY_LABEL label = {.Label = {.Sid = sid, .Attributes = SE_GROUP_INTEGRITY}};

    DWORD error = well_known(level, sid);
    if (error == ERROR_SUCCESS && !SetTokenInformation(token, TokenIntegrityLevel, &label,
                                                       (DWORD)sizeof label + GetLengthSid(sid)))
        error = GetLastError();
    return error;
}

DWORD tokens_low(HANDLE *token)
{
    HANDLE own = NULL, low = NULL;

    DWORD error = tokens_own(&own);
    if (error == ERROR_SUCCESS)
        error = to_impersonation(own, &low);
    if (error == ERROR_SUCCESS)
        error = set_integrity(low, WinLowLabelSid);
    if (error == ERROR_SUCCESS) {
        *token = low;
        low = NULL;
    }
    handle_close(&low);
    handle_close(&own);
    return error;
}

/* Our token with these SIDs deny-only, and without privileges. */
static DWORD restrict_own(HANDLE own, SID_AND_ATTRIBUTES *disabled, DWORD count, HANDLE *token)
{
    HANDLE restricted = NULL;

    DWORD error = CreateRestrictedToken(own, DISABLE_MAX_PRIVILEGE, count, disabled, 0, NULL, 0,
                                        NULL, &restricted)
                      ? ERROR_SUCCESS
                      : GetLastError();
    if (error == ERROR_SUCCESS)
        error = to_impersonation(restricted, token);
    handle_close(&restricted);
    return error;
}

/* Token information on the heap; NULL on failure. */
static void *query_alloc(HANDLE token, TOKEN_INFORMATION_CLASS information)
{
    DWORD size = 0;

    GetTokenInformation(token, information, NULL, 0, &size);
    void *answer = size > 0 ? malloc(size) : NULL;
    if (answer != NULL && !GetTokenInformation(token, information, answer, size, &size)) {
        free(answer);
        answer = NULL;
    }
    return answer;
}

DWORD tokens_stranger(HANDLE *token)
{
    SID_AND_ATTRIBUTES *disabled = malloc((GROUPS_MAX + 1) * sizeof *disabled);
    TOKEN_GROUPS *groups = NULL;
    TOKEN_USER *user = NULL;
    BYTE everyone[SECURITY_MAX_SID_SIZE];
    HANDLE own = NULL;
    DWORD count = 0;

    DWORD error = well_known(WinWorldSid, everyone);
    if (error == ERROR_SUCCESS)
        error = tokens_own(&own);
    if (error != ERROR_SUCCESS)
        goto cleanup;
    groups = query_alloc(own, TokenGroups);
    user = query_alloc(own, TokenUser);
    if (disabled == NULL || groups == NULL || user == NULL) {
        error = ERROR_NOT_ENOUGH_MEMORY;
        goto cleanup;
    }
    disabled[count++] = (SID_AND_ATTRIBUTES){.Sid = user->User.Sid};
    for (DWORD i = 0; i < groups->GroupCount && count <= GROUPS_MAX; i++) {
        /* Without Everyone the named pipe file system itself would refuse the client, which would
         * prove nothing about the pipe. */
        if ((groups->Groups[i].Attributes & SE_GROUP_INTEGRITY) == 0 &&
            !EqualSid(groups->Groups[i].Sid, everyone))
            disabled[count++] = (SID_AND_ATTRIBUTES){.Sid = groups->Groups[i].Sid};
    }
    error = restrict_own(own, disabled, count, token);

cleanup:
    handle_close(&own);
    free(user);
    free(groups);
    free(disabled);
    return error;
}

DWORD tokens_plain(HANDLE *token)
{
    BYTE users[SECURITY_MAX_SID_SIZE], administrators[SECURITY_MAX_SID_SIZE];
    SID_AND_ATTRIBUTES disabled[] = {{.Sid = users}, {.Sid = administrators}};
    HANDLE own = NULL;

    DWORD error = well_known(WinBuiltinUsersSid, users);
    if (error == ERROR_SUCCESS)
        error = well_known(WinBuiltinAdministratorsSid, administrators);
    if (error == ERROR_SUCCESS)
        error = tokens_own(&own);
    if (error == ERROR_SUCCESS)
        error = restrict_own(own, disabled, 2, token);
    handle_close(&own);
    return error;
}

DWORD tokens_filtered(HANDLE *token)
{
    BYTE administrators[SECURITY_MAX_SID_SIZE];
    SID_AND_ATTRIBUTES disabled = {.Sid = administrators};
    HANDLE own = NULL, filtered = NULL;

    DWORD error = well_known(WinBuiltinAdministratorsSid, administrators);
    if (error == ERROR_SUCCESS)
        error = tokens_own(&own);
    if (error == ERROR_SUCCESS)
        error = restrict_own(own, &disabled, 1, &filtered);
    if (error == ERROR_SUCCESS)
        error = set_integrity(filtered, WinMediumLabelSid);
    if (error == ERROR_SUCCESS) {
        *token = filtered;
        filtered = NULL;
    }
    handle_close(&filtered);
    handle_close(&own);
    return error;
}

/* Source: System Informer, phnt/ntseapi.h. */
typedef LONG(NTAPI *nt_create_low_box)(HANDLE *token, HANDLE existing, ACCESS_MASK access,
                                       void *attributes, PSID package, ULONG capabilities_count,
                                       SID_AND_ATTRIBUTES *capabilities, ULONG handles_count,
                                       HANDLE *handles);

DWORD tokens_app_container(HANDLE *token)
{
    /* S-1-15-2 and seven numbers: the shape of the SID of a package. */
    static const DWORD numbers[] = {2, 1, 2, 3, 4, 5, 6, 7};
    SID_IDENTIFIER_AUTHORITY authority = {SECURITY_APP_PACKAGE_AUTHORITY};
    const nt_create_low_box create =
        (nt_create_low_box)system_function(L"ntdll.dll", "NtCreateLowBoxToken");
    HANDLE own = NULL, box = NULL;
    PSID package = NULL;

    if (create == NULL)
        return ERROR_PROC_NOT_FOUND;
    if (!AllocateAndInitializeSid(&authority, 8, numbers[0], numbers[1], numbers[2], numbers[3],
                                  numbers[4], numbers[5], numbers[6], numbers[7], &package))
        return GetLastError();
    DWORD error = tokens_own(&own);
    if (error == ERROR_SUCCESS) {
        const LONG status = create(&box, own, MAXIMUM_ALLOWED, NULL, package, 0, NULL, 0, NULL);
        error = status < 0 ? ERROR_NOT_SUPPORTED : ERROR_SUCCESS;
    }
    if (error == ERROR_SUCCESS)
        error = to_impersonation(box, token);
    handle_close(&box);
    handle_close(&own);
    FreeSid(package);
    return error;
}

bool tokens_own_is_elevated(void)
{
    TOKEN_ELEVATION elevation = {0};
    HANDLE token = NULL;
    DWORD size = 0;

    bool is_known = tokens_own(&token) == ERROR_SUCCESS &&
                    GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &size);
    handle_close(&token);
    return is_known && elevation.TokenIsElevated != 0;
}

bool tokens_own_is_system(void)
{
    TOKEN_USER *user = NULL;
    HANDLE token = NULL;

    if (tokens_own(&token) == ERROR_SUCCESS)
        user = query_alloc(token, TokenUser);
    bool is_system = user != NULL && IsWellKnownSid(user->User.Sid, WinLocalSystemSid);
    free(user);
    handle_close(&token);
    return is_system;
}
