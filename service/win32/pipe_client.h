/* Who is at the other end of a pipe: the client's token, its facts, and what our access descriptor
 * grants it.
 *
 * It takes facts and decides nothing; service/policy.h does.
 */
#ifndef SERVICE_WIN32_PIPE_CLIENT_H
#define SERVICE_WIN32_PIPE_CLIENT_H

#include "caller.h"
#include "user_name.h"
#include "win.h"

/* What callers are held against; shared by all connections, read only. */
struct client_access {
    PSECURITY_DESCRIPTOR descriptor; /* of ACCESS_SDDL_*; owned by the server */
    struct user_name_self self;
};

/* Learns the client of a connected pipe. Works only after something was read from it: what Windows
 * impersonates is the sender of the last bytes read.
 *
 * The thread impersonates the client only while it opens the token; when it cannot revert, the
 * process ends at once, because the thread would go on with a stranger's rights.
 *
 * caller  Receives all facts. A client that hides its identity (SECURITY_ANONYMOUS) is no error: it
 *         has is_anonymous, and nothing else known.
 * Returns a Win32 error, `caller` untouched; then nothing is known and nothing may be granted. */
NODISCARD DWORD pipe_client_query(_In_ HANDLE pipe, _In_ const struct client_access *access,
                                  _Out_ struct caller *caller);

/* The same for a token that is at hand.
 * token  Impersonation token at identification level or above, TOKEN_QUERY. */
NODISCARD DWORD pipe_client_from_token(_In_ HANDLE token, _In_ const struct client_access *access,
                                       _Out_ struct caller *caller);

#endif
