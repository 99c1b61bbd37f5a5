#include "pipe_client.h"

#include <string.h>

#include "event_log.h"
#include "exit_codes.h"
#include "handle.h"
#include "rights.h"
#include "token.h"

/* Opens the client's token. It is opened as the process, not as the client: an identification-level
 * client could not open even his own. */
static DWORD open_client_token(HANDLE pipe, HANDLE *token)
{
    if (!ImpersonateNamedPipeClient(pipe))
        return GetLastError();
    DWORD error = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, token) ? ERROR_SUCCESS
                                                                                : GetLastError();
    if (!RevertToSelf())
        TerminateProcess(GetCurrentProcess(), EXIT_CODE_FAILED);
    return error;
}

/* AccessCheck with MAXIMUM_ALLOWED tells every bit at once. The mapping is empty: our bits are
 * specific ones and the descriptor names them as such. */
static DWORD query_granted(HANDLE token, const struct client_access *access, uint32_t *granted)
{
    GENERIC_MAPPING mapping = {0};
    PRIVILEGE_SET privileges = {0};
    DWORD privileges_size = sizeof privileges;
    DWORD mask = 0;
    BOOL is_allowed = FALSE;

    if (!AccessCheck(access->descriptor, token, MAXIMUM_ALLOWED, &mapping, &privileges,
                     &privileges_size, &mask, &is_allowed))
        return GetLastError();
    *granted = is_allowed ? mask & RIGHTS_ALL : 0;
    return ERROR_SUCCESS;
}

DWORD pipe_client_from_token(HANDLE token, const struct client_access *access,
                             struct caller *caller)
{
    struct caller facts;
    uint32_t granted = 0;

    memset(&facts, 0, sizeof facts);
    DWORD error = token_facts(token, &facts);
    if (error != ERROR_SUCCESS)
        return error;
    error = query_granted(token, access, &granted);
    if (error != ERROR_SUCCESS)
        return error;
    facts.granted = granted;
    if (facts.name[0] == '\0')
        user_name_query(token, &facts.user, &access->self, facts.name);
    *caller = facts;
    return ERROR_SUCCESS;
}

static void set_anonymous(struct caller *caller)
{
    memset(caller, 0, sizeof *caller);
    caller->integrity = INTEGRITY_UNKNOWN;
    caller->session_id = UINT32_MAX;
    caller->is_anonymous = true;
}

DWORD pipe_client_query(HANDLE pipe, const struct client_access *access, struct caller *caller)
{
    HANDLE token = NULL;

    DWORD error = open_client_token(pipe, &token);
    if (error == ERROR_CANT_OPEN_ANONYMOUS) {
        set_anonymous(caller);
        return ERROR_SUCCESS;
    }
    if (error == ERROR_SUCCESS)
        error = pipe_client_from_token(token, access, caller);
    handle_close(&token);
    return error;
}
