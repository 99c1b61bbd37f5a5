#include "common/win32/token.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* WIN32_LEAN_AND_MEAN leaves it out of <windows.h>. */
#include <ntsecapi.h>

#include "common/win32/handle.h"
#include "common/win32/ntdll.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"

enum { NAME_W_CAPACITY = 257 }; /* DNLEN and UNLEN with their terminators */

/* A SID and the structure that points to it; the kernel writes both into one block. */
union sid_answer {
    TOKEN_USER user;
    TOKEN_MANDATORY_LABEL label;
    uint8_t bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
};

DWORD token_user(HANDLE token, struct sid *user)
{
    union sid_answer answer;
    DWORD size = 0;

    if (!GetTokenInformation(token, TokenUser, &answer, sizeof answer, &size))
        return GetLastError();
    PSID sid = answer.user.User.Sid;
    return sid_set(user, sid, GetLengthSid(sid)) ? ERROR_SUCCESS : ERROR_INVALID_SID;
}

DWORD token_integrity(HANDLE token, uint32_t *integrity)
{
    union sid_answer answer;
    DWORD size = 0;

    if (!GetTokenInformation(token, TokenIntegrityLevel, &answer, sizeof answer, &size))
        return GetLastError();
    PSID sid = answer.label.Label.Sid;
    UCHAR count = *GetSidSubAuthorityCount(sid);
    if (count == 0)
        return ERROR_INVALID_SID;
    *integrity = *GetSidSubAuthority(sid, (DWORD)count - 1);
    return ERROR_SUCCESS;
}

/* No fact of four bytes has this value. */
#define UNKNOWN_NUMBER ((DWORD)0xffffffff)

/* A fact of four bytes; `unknown` when it cannot be read. */
static DWORD query_number(HANDLE token, TOKEN_INFORMATION_CLASS information, DWORD unknown)
{
    DWORD value = unknown, size = 0;

    return GetTokenInformation(token, information, &value, sizeof value, &size) ? value : unknown;
}

/* Our values are those of Windows; any other is unknown. */
static_assert((int)ELEVATION_DEFAULT == (int)TokenElevationTypeDefault &&
                  (int)ELEVATION_FULL == (int)TokenElevationTypeFull &&
                  (int)ELEVATION_LIMITED == (int)TokenElevationTypeLimited,
              "TOKEN_ELEVATION_TYPE");

/* Whether the token has restricting SIDs. */
static enum caller_fact query_restricted(HANDLE token)
{
    TOKEN_GROUPS none;
    DWORD size = 0;

    /* There is room for an empty list only; a longer one does not fit. */
    if (GetTokenInformation(token, TokenRestrictedSids, &none, sizeof none, &size))
        return none.GroupCount > 0 ? FACT_YES : FACT_NO;
    const DWORD error = GetLastError();
    if (error == ERROR_INSUFFICIENT_BUFFER || error == ERROR_MORE_DATA)
        return FACT_YES;
    /* Wine has no restricting SIDs. */
    return error == ERROR_INVALID_FUNCTION && system_is_wine() ? FACT_NO : FACT_UNKNOWN;
}

static_assert((int)CALLER_LEVEL_ANONYMOUS == (int)SecurityAnonymous + 1 &&
                  (int)CALLER_LEVEL_IDENTIFICATION == (int)SecurityIdentification + 1 &&
                  (int)CALLER_LEVEL_IMPERSONATION == (int)SecurityImpersonation + 1 &&
                  (int)CALLER_LEVEL_DELEGATION == (int)SecurityDelegation + 1,
              "SECURITY_IMPERSONATION_LEVEL");

static enum caller_level query_level(HANDLE token)
{
    const DWORD type = query_number(token, TokenType, UNKNOWN_NUMBER);
    if (type == TokenPrimary)
        return CALLER_LEVEL_PRIMARY; /* the query for the level would fail */
    if (type != TokenImpersonation)
        return CALLER_LEVEL_UNKNOWN;
    const DWORD level = query_number(token, TokenImpersonationLevel, UNKNOWN_NUMBER);
    return level <= SecurityDelegation ? (enum caller_level)(level + 1) : CALLER_LEVEL_UNKNOWN;
}

/* Writes "DOMAIN\user", terminated; "" when it does not fit. The lengths are in UTF-16 units. */
static void join(char *name, size_t capacity, const wchar_t *domain, int domain_len,
                 const wchar_t *user, int user_len)
{
    wchar_t joined[2 * NAME_W_CAPACITY];
    const int len = swprintf(joined, 2 * NAME_W_CAPACITY, L"%.*ls%ls%.*ls", domain_len, domain,
                             domain_len > 0 ? L"\\" : L"", user_len, user);

    if (len < 0 || text_w_to_utf8(name, capacity, joined) != ERROR_SUCCESS)
        name[0] = '\0';
}

void token_account_name(const struct sid *sid, char *name, size_t capacity)
{
    wchar_t user[NAME_W_CAPACITY], domain[NAME_W_CAPACITY];
    DWORD user_len = NAME_W_CAPACITY, domain_len = NAME_W_CAPACITY;
    struct sid copy = *sid; /* the call takes no const pointer */
    SID_NAME_USE use;

    name[0] = '\0';
    if (LookupAccountSidW(NULL, copy.bytes, user, &user_len, domain, &domain_len, &use))
        join(name, capacity, domain, (int)wcslen(domain), user, (int)wcslen(user));
}

typedef NTSTATUS(NTAPI *lsa_get_session)(LUID *logon_id, SECURITY_LOGON_SESSION_DATA **session);
typedef NTSTATUS(NTAPI *lsa_free)(void *answer);

/* The names that were given at logon; the local security authority keeps them with the session. A service
 * that was started with other credentials has a session of another user, whose name is not taken. */
static void query_logon_name(const struct caller *caller, char *name)
{
    const lsa_get_session get =
        (lsa_get_session)system_function(L"secur32.dll", "LsaGetLogonSessionData");
    const lsa_free free_answer = (lsa_free)system_function(L"secur32.dll", "LsaFreeReturnBuffer");
    LUID logon_id = {.LowPart = (DWORD)caller->logon_id,
                     .HighPart = (LONG)(caller->logon_id >> 32)};
    SECURITY_LOGON_SESSION_DATA *session = NULL;
    struct sid user = {0};

    if (get == NULL || free_answer == NULL || get(&logon_id, &session) < 0 || session == NULL)
        return;
    if (session->UserName.Buffer != NULL && session->LogonDomain.Buffer != NULL &&
        session->Sid != NULL && sid_set(&user, session->Sid, GetLengthSid(session->Sid)) &&
        sid_equal(&user, &caller->user))
        join(name, CALLER_USER_CAPACITY, session->LogonDomain.Buffer,
             session->LogonDomain.Length / (int)sizeof(wchar_t), session->UserName.Buffer,
             session->UserName.Length / (int)sizeof(wchar_t));
    free_answer(session);
}

/* True for accounts that every machine knows (SYSTEM, services, ...): LookupAccountSid does not ask a
 * domain for them. */
static bool is_built_in(PSID sid)
{
    static const SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
    return memcmp(GetSidIdentifierAuthority(sid), &nt, sizeof nt) == 0 &&
           *GetSidSubAuthorityCount(sid) > 0 &&
           *GetSidSubAuthority(sid, 0) != SECURITY_NT_NON_UNIQUE;
}

void token_user_name(const struct caller *caller, char *name)
{
    struct sid user = caller->user;

    name[0] = '\0';
    /* Wine keeps no logon sessions and knows its accounts itself. */
    if (user.size > 0 && (is_built_in(user.bytes) || system_is_wine()))
        token_account_name(&user, name, CALLER_USER_CAPACITY);
    else
        query_logon_name(caller, name);
}

/* Not by CheckTokenMembership: for it a group that is deny-only and one that is absent are the same. */
enum caller_administrator token_administrator(HANDLE token)
{
    enum caller_administrator found = ADMINISTRATOR_UNKNOWN;
    struct sid administrators = sid_administrators;
    TOKEN_GROUPS *groups = NULL;
    DWORD size = 0;

    (void)GetTokenInformation(token, TokenGroups, NULL, 0, &size);
    if (size > 0)
        groups = malloc(size);
    if (groups != NULL && GetTokenInformation(token, TokenGroups, groups, size, &size)) {
        found = ADMINISTRATOR_NO;
        for (DWORD i = 0; i < groups->GroupCount; i++) {
            if (!EqualSid(groups->Groups[i].Sid, administrators.bytes))
                continue;
            if ((groups->Groups[i].Attributes & SE_GROUP_USE_FOR_DENY_ONLY) != 0)
                found = ADMINISTRATOR_DENY_ONLY;
            else if ((groups->Groups[i].Attributes & SE_GROUP_ENABLED) != 0)
                found = ADMINISTRATOR_ENABLED;
        }
    }
    free(groups);
    return found;
}

DWORD token_identity(HANDLE token, struct caller *caller)
{
    TOKEN_STATISTICS statistics;
    struct caller found = caller_unknown;
    DWORD size = 0;

    DWORD error = token_user(token, &found.user);
    if (error != ERROR_SUCCESS)
        return error;
    if (!GetTokenInformation(token, TokenStatistics, &statistics, sizeof statistics, &size))
        return GetLastError();
    found.logon_id = (uint64_t)(uint32_t)statistics.AuthenticationId.HighPart << 32 |
                     statistics.AuthenticationId.LowPart;
    (void)(token_integrity(token, &found.integrity) == ERROR_SUCCESS); /* or unknown */
    *caller = found;
    return ERROR_SUCCESS;
}

DWORD token_facts(HANDLE token, struct caller *caller)
{
    const DWORD elevation = query_number(token, TokenElevationType, ELEVATION_UNKNOWN);
    const DWORD is_container = query_number(token, TokenIsAppContainer, UNKNOWN_NUMBER);
    struct caller facts;

    DWORD error = token_identity(token, &facts);
    if (error != ERROR_SUCCESS)
        return error;
    if (elevation <= ELEVATION_LIMITED)
        facts.elevation = (enum caller_elevation)elevation;
    facts.administrator = token_administrator(token);
    facts.session_id = query_number(token, TokenSessionId, UINT32_MAX);
    facts.level = query_level(token);
    if (is_container != UNKNOWN_NUMBER)
        facts.app_container = is_container != 0 ? FACT_YES : FACT_NO;
    facts.restricted = query_restricted(token);
    *caller = facts;
    return ERROR_SUCCESS;
}

DWORD token_linked(HANDLE token, HANDLE *linked)
{
    TOKEN_LINKED_TOKEN answer = {NULL};
    DWORD size = 0;

    if (!GetTokenInformation(token, TokenLinkedToken, &answer, sizeof answer, &size))
        return GetLastError();
    /* without SeTcbPrivilege it is one already */
    if (query_number(answer.LinkedToken, TokenType, UNKNOWN_NUMBER) == TokenImpersonation) {
        *linked = answer.LinkedToken;
        return ERROR_SUCCESS;
    }
    DWORD error = DuplicateTokenEx(answer.LinkedToken, TOKEN_QUERY, NULL, SecurityIdentification,
                                   TokenImpersonation, linked)
                      ? ERROR_SUCCESS
                      : GetLastError();
    handle_close(&answer.LinkedToken);
    return error;
}
