#include "user_name.h"

#include <stdbool.h>
#include <string.h>

#define SECURITY_WIN32
#include <ntsecapi.h>
#include <security.h>

#include "text_w.h"
#include "token.h"

enum { NAME_PART_LENGTH_MAX = 256 };

/* secur32.dll is no known DLL of Windows: imported, a file of that name in our folder would be
 * loaded before main() can forbid it. So it is taken from System32 when it is needed. */
struct logon_calls {
    HMODULE module;
    BOOLEAN(WINAPI *get_user_name)(EXTENDED_NAME_FORMAT format, wchar_t *name, ULONG *length);
    NTSTATUS(NTAPI *get_session)(LUID *id, SECURITY_LOGON_SESSION_DATA **session);
    NTSTATUS(NTAPI *free_session)(void *session);
};

static void logon_calls_unload(struct logon_calls *calls)
{
    if (calls->module != NULL)
        FreeLibrary(calls->module);
    memset(calls, 0, sizeof *calls);
}

static bool logon_calls_load(struct logon_calls *calls)
{
    typedef void (*generic_function)(void);

    memset(calls, 0, sizeof *calls);
    calls->module = LoadLibraryExW(L"secur32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (calls->module == NULL)
        return false;
    calls->get_user_name = (BOOLEAN(WINAPI *)(EXTENDED_NAME_FORMAT, wchar_t *, ULONG *))(
        generic_function)GetProcAddress(calls->module, "GetUserNameExW");
    calls->get_session = (NTSTATUS(NTAPI *)(LUID *, SECURITY_LOGON_SESSION_DATA **))(
        generic_function)GetProcAddress(calls->module, "LsaGetLogonSessionData");
    calls->free_session = (NTSTATUS(NTAPI *)(void *))(generic_function)GetProcAddress(
        calls->module, "LsaFreeReturnBuffer");
    if (calls->get_user_name != NULL && calls->get_session != NULL && calls->free_session != NULL)
        return true;
    logon_calls_unload(calls);
    return false;
}

static bool query_own_name(wchar_t *name, ULONG length)
{
    struct logon_calls calls;

    if (!logon_calls_load(&calls))
        return false;
    bool is_known = calls.get_user_name(NameSamCompatible, name, &length) != 0;
    logon_calls_unload(&calls);
    return is_known;
}

static bool is_local_system(const struct sid *user)
{
    static const uint8_t bytes[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}; /* S-1-5-18 */

    return user->size == sizeof bytes && memcmp(user->bytes, bytes, sizeof bytes) == 0;
}

/* SYSTEM's logon session is named after the computer, which says nothing to a reader; its SID is
 * well known, so looking it up stays on this machine. */
static bool query_system_name(const struct sid *user, wchar_t *name, size_t capacity)
{
    wchar_t account[NAME_PART_LENGTH_MAX], domain[NAME_PART_LENGTH_MAX];
    DWORD account_length = NAME_PART_LENGTH_MAX, domain_length = NAME_PART_LENGTH_MAX;
    struct sid copy = *user; /* the call wants it writable */
    SID_NAME_USE use;

    if (!LookupAccountSidW(NULL, copy.bytes, account, &account_length, domain, &domain_length,
                           &use))
        return false;
    if (account_length + domain_length + 2 > capacity)
        return false;
    memcpy(name, domain, domain_length * sizeof *name);
    name[domain_length] = L'\\';
    memcpy(name + domain_length + 1, account, (account_length + 1) * sizeof *name);
    return true;
}

void user_name_query_self(struct user_name_self *self)
{
    wchar_t name[NAME_PART_LENGTH_MAX * 2];
    struct caller facts;

    memset(self, 0, sizeof *self);
    if (token_facts_self(&facts) != ERROR_SUCCESS)
        return;
    self->user = facts.user;
    bool is_known = is_local_system(&self->user)
                        ? query_system_name(&self->user, name, NAME_PART_LENGTH_MAX * 2)
                        : query_own_name(name, NAME_PART_LENGTH_MAX * 2);
    if (!is_known || text_w_to_utf8(self->name, sizeof self->name, name) != ERROR_SUCCESS)
        self->name[0] = '\0';
}

static size_t string_length(const LSA_UNICODE_STRING *string)
{
    return string->Buffer == NULL ? 0 : string->Length / sizeof(wchar_t);
}

static bool join_names(const LSA_UNICODE_STRING *domain, const LSA_UNICODE_STRING *user, char *name)
{
    wchar_t joined[NAME_PART_LENGTH_MAX * 2 + 2];
    size_t domain_length = string_length(domain), user_length = string_length(user);

    if (user_length == 0 || user_length > NAME_PART_LENGTH_MAX ||
        domain_length > NAME_PART_LENGTH_MAX)
        return false;
    size_t length = 0;
    if (domain_length > 0) {
        memcpy(joined, domain->Buffer, domain_length * sizeof *joined);
        length = domain_length;
        joined[length++] = L'\\';
    }
    memcpy(joined + length, user->Buffer, user_length * sizeof *joined);
    joined[length + user_length] = L'\0';
    return text_w_to_utf8(name, CALLER_USER_CAPACITY, joined) == ERROR_SUCCESS;
}

/* The name of the session, when it is the user's own: one that lends its name to a token of
 * somebody else (a service started with other credentials) would name the wrong man. */
static void take_session_name(const SECURITY_LOGON_SESSION_DATA *session, const struct sid *user,
                              char *name)
{
    struct sid session_user = {0};

    bool is_same = session->Sid != NULL &&
                   sid_set(&session_user, session->Sid, GetLengthSid(session->Sid)) &&
                   sid_equal(&session_user, user);
    if (!is_same || !join_names(&session->LogonDomain, &session->UserName, name))
        name[0] = '\0';
}

void user_name_query(HANDLE token, const struct sid *user, const struct user_name_self *self,
                     char *name)
{
    TOKEN_STATISTICS statistics;
    DWORD size = 0;
    SECURITY_LOGON_SESSION_DATA *session = NULL;
    struct logon_calls calls;

    name[0] = '\0';
    if (sid_equal(user, &self->user)) {
        memcpy(name, self->name, CALLER_USER_CAPACITY);
        return;
    }
    if (!GetTokenInformation(token, TokenStatistics, &statistics, sizeof statistics, &size) ||
        !logon_calls_load(&calls))
        return;
    if (calls.get_session(&statistics.AuthenticationId, &session) == 0 && session != NULL) {
        take_session_name(session, user, name);
        calls.free_session(session);
    }
    logon_calls_unload(&calls);
}
