#include "service/win32/client_token.h"

#include "common/win32/handle.h"
#include "common/win32/token.h"
#include "service/win32/access_cmd.h"
#include "service/win32/pipe.h"

/* Opens the client's token, as the process: an identification-level client could not even open its own.
 * token  NULL: reads its identity instead, by the thread's pseudo-handle, for each request of a client
 *        (source: GetCurrentThreadToken, TOKEN_QUERY since Windows 8). */
static DWORD ask_as_client(HANDLE pipe, HANDLE *token, struct caller *identity)
{
    DWORD error = ERROR_SUCCESS;

    if (!pipe_calls.impersonate_client(pipe))
        return GetLastError();
    if (token == NULL)
        error = token_identity(GetCurrentThreadToken(), identity);
    else if (!pipe_calls.open_thread_token(GetCurrentThread(), TOKEN_QUERY, TRUE, token))
        error = GetLastError();
    if (!RevertToSelf())
        pipe_end_process(EXIT_CODE_FAILED);
    return error;
}

/* AccessCheck with MAXIMUM_ALLOWED returns every bit at once. The mapping is empty: our bits are
 * specific ones and the descriptor names them as such. */
static DWORD query_granted(HANDLE token, const struct client_access *access, uint32_t *granted)
{
    GENERIC_MAPPING mapping = {0};
    PRIVILEGE_SET privileges = {0};
    DWORD privileges_size = sizeof privileges, mask = 0;
    BOOL is_allowed = FALSE;

    if (!AccessCheck(access->descriptor, token, MAXIMUM_ALLOWED, &mapping, &privileges,
                     &privileges_size, &mask, &is_allowed))
        return GetLastError();
    *granted = is_allowed ? mask & RIGHTS_ALL : 0;
    return ERROR_SUCCESS;
}

/* What the caller would be if elevated. When something fails this stays unknown, and counts for
 * nothing. */
static void query_linked(HANDLE token, const struct client_access *access, struct caller *facts)
{
    struct caller_linked linked = {0};
    struct sid user;
    HANDLE elevated = NULL;

    if (token_linked(token, &elevated) != ERROR_SUCCESS)
        return;
    if (token_user(elevated, &user) == ERROR_SUCCESS &&
        query_granted(elevated, access, &linked.granted) == ERROR_SUCCESS) {
        linked.is_same_user = sid_equal(&user, &facts->user);
        linked.is_admin = token_administrator(elevated) == ADMINISTRATOR_ENABLED;
        linked.is_known = true;
        facts->linked = linked;
    }
    handle_close(&elevated);
}

DWORD client_token_facts(HANDLE token, const struct client_access *access, struct caller *caller)
{
    struct caller facts;

    DWORD error = token_facts(token, &facts);
    if (error == ERROR_SUCCESS)
        error = query_granted(token, access, &facts.granted);
    if (error != ERROR_SUCCESS)
        return error;
    if (facts.elevation == ELEVATION_LIMITED)
        query_linked(token, access, &facts);
    *caller = facts;
    return ERROR_SUCCESS;
}

void client_access_set(struct client_access *access, PSECURITY_DESCRIPTOR descriptor,
                       enum filtered_admins mode)
{
    AcquireSRWLockExclusive(&access->lock);
    PSECURITY_DESCRIPTOR former = access->descriptor;
    access->descriptor = descriptor;
    access->filtered_admins = mode;
    ReleaseSRWLockExclusive(&access->lock);
    descriptor_free(&former);
}

DWORD client_token_query(HANDLE pipe, const struct client_access *access,
                         const struct caller *known, struct caller *caller)
{
    const bool has_user = known != NULL && known->user.size > 0;
    struct caller identity = caller_unknown;
    HANDLE token = NULL;

    DWORD error = ask_as_client(pipe, has_user ? NULL : &token, &identity);
    if (error == ERROR_CANT_OPEN_ANONYMOUS) {
        identity.level = CALLER_LEVEL_ANONYMOUS;
        *caller = identity;
        return ERROR_SUCCESS;
    }
    if (error == ERROR_SUCCESS && has_user)
        *caller = caller_is_same(known, &identity) ? *known : identity;
    else if (error == ERROR_SUCCESS)
        error = client_token_facts(token, access, caller);
    handle_close(&token);
    return error;
}

DWORD client_token_opener(HANDLE pipe, struct caller *opener)
{
    HANDLE process = NULL, token = NULL;
    ULONG pid = 0;

    *opener = caller_unknown;
    if (GetNamedPipeClientProcessId(pipe, &pid))
        process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    if (process != NULL && OpenProcessToken(process, TOKEN_QUERY, &token) &&
        token_identity(token, opener) == ERROR_SUCCESS)
        opener->administrator = token_administrator(token);
    handle_close(&token);
    handle_close(&process);
    return pid;
}
