/* Who is at the other end of a pipe: the client's token, its facts, and what our access descriptor
 * grants it and the elevated half of it.
 *
 * It takes facts and decides nothing; service/policy.h does.
 */
#ifndef SERVICE_WIN32_CLIENT_TOKEN_H
#define SERVICE_WIN32_CLIENT_TOKEN_H

#include "common/proto/caller.h"
#include "common/win32/win.h"
#include "service/policy.h"

/* What callers are held against; shared by all connections. All zero but for the descriptor is
 * valid. */
struct client_access {
    SRWLOCK lock;                    /* guards descriptor and policy */
    PSECURITY_DESCRIPTOR descriptor; /* of the access list; owned by the server */
    struct policy policy;            /* for who decides; not read here */
};

/* The policy of this moment. */
struct policy client_access_policy(_Inout_ struct client_access *access);

/* Takes another list and policy; who is connected keeps what he was granted.
 * descriptor  Ownership is taken; the former one is freed. */
void client_access_set(_Inout_ struct client_access *access, PSECURITY_DESCRIPTOR descriptor,
                       _In_ const struct policy *policy);

/* Learns the client of a connected pipe. Works only after something was read from it: what Windows
 * impersonates is the sender of the last bytes read.
 *
 * The thread impersonates the client only while it opens the token; when it cannot revert, the
 * process ends at once, because the thread would go on with a stranger's rights.
 *
 * caller  Receives all facts. A client that hides its identity (SECURITY_ANONYMOUS) is no error:
 * its level is CALLER_LEVEL_ANONYMOUS, and nothing else is known. Returns a Win32 error, `caller`
 * untouched; then nothing is known and nothing may be granted. */
NODISCARD DWORD pipe_client_query(_In_ HANDLE pipe, _Inout_ struct client_access *access,
                                  _Out_ struct caller *caller);

/* The same for a token that is at hand.
 * token  Impersonation token at identification level or above, TOKEN_QUERY. */
NODISCARD DWORD pipe_client_from_token(_In_ HANDLE token, _Inout_ struct client_access *access,
                                       _Out_ struct caller *caller);

#endif
