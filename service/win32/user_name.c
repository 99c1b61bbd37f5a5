#include "user_name.h"

#include <stdio.h>
#include <string.h>

#define SECURITY_WIN32
#include <ntsecapi.h>
#include <security.h>

#include "text_w.h"
#include "token.h"

enum { NAME_PART_LENGTH_MAX = 256 };

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
    ULONG length = NAME_PART_LENGTH_MAX * 2;
    struct caller facts;

    memset(self, 0, sizeof *self);
    if (token_facts_self(&facts) != ERROR_SUCCESS)
        return;
    self->user = facts.user;
    bool is_known = is_local_system(&self->user)
                        ? query_system_name(&self->user, name, NAME_PART_LENGTH_MAX * 2)
                        : GetUserNameExW(NameSamCompatible, name, &length) != 0;
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

void user_name_query(HANDLE token, const struct sid *user, const struct user_name_self *self,
                     char *name)
{
    TOKEN_STATISTICS statistics;
    DWORD size = 0;
    PSECURITY_LOGON_SESSION_DATA session = NULL;

    name[0] = '\0';
    if (sid_equal(user, &self->user)) {
        memcpy(name, self->name, CALLER_USER_CAPACITY);
        return;
    }
    if (!GetTokenInformation(token, TokenStatistics, &statistics, sizeof statistics, &size))
        return;
    /* The session must be the user's: one that lends its name to a token of somebody else (a
     * service started with other credentials) would name the wrong man. */
    if (LsaGetLogonSessionData(&statistics.AuthenticationId, &session) != 0 || session == NULL)
        return;
    struct sid session_user = {0};
    bool is_same = session->Sid != NULL &&
                   sid_set(&session_user, session->Sid, GetLengthSid(session->Sid)) &&
                   sid_equal(&session_user, user);
    if (!is_same || !join_names(&session->LogonDomain, &session->UserName, name))
        name[0] = '\0';
    LsaFreeReturnBuffer(session);
}
