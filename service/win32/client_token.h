/* Who a client of the pipe is: the facts of its token, and what our DACL grants to it and to its
 * elevated half. Decides nothing; service/policy.h does. */
#ifndef SERVICE_WIN32_CLIENT_TOKEN_H
#define SERVICE_WIN32_CLIENT_TOKEN_H

#include "common/win32/win.h"
#include "service/policy.h"

/* What callers are checked against; shared by all connections. */
struct client_access {
    SRWLOCK lock;                         /* guards what follows */
    PSECURITY_DESCRIPTOR descriptor;      /* with the DACL; owned by the server */
    enum filtered_admins filtered_admins; /* for who decides; not used here */
};

/* Replaces both.
 * descriptor  Ownership is taken; the former one is freed. */
void client_access_set(_Inout_ struct client_access *access, PSECURITY_DESCRIPTOR descriptor,
                       enum filtered_admins mode);

/* Identifies who wrote what was read last from a connected pipe.
 * access  Locked, shared or exclusive, here and below.
 * known   A caller whose identity may be the same: then it is copied. One with another identity gets
 *         no more facts than that. NULL: every fact is read.
 * caller  Receives the facts. A client that hides its identity (SECURITY_ANONYMOUS) is no error:
 *         its level is CALLER_LEVEL_ANONYMOUS, and nothing else is known.
 * Returns a Win32 error, `caller` untouched; then nothing is known and nothing may be granted. */
typedef DWORD client_query(HANDLE pipe, _In_ const struct client_access *access,
                           _In_opt_ const struct caller *known, _Out_ struct caller *caller);

/* By impersonation: Windows impersonates the sender of the last bytes read, if something was read. The
 * thread impersonates the client only while it asks for the token; if it cannot revert, the process ends
 * at once, because the thread would go on with a stranger's rights. */
NODISCARD client_query client_token_query;

/* Finds the process that opened the pipe: its identity and its membership of Administrators, what
 * cannot be read being unknown. Nothing here waits for the local security authority.
 * Returns its pid; 0: unknown. */
typedef DWORD client_opener_query(HANDLE pipe, _Out_ struct caller *opener);
client_opener_query client_token_opener;

/* The facts of a token at hand: an impersonation token at identification level or above, TOKEN_QUERY. */
NODISCARD DWORD client_token_facts(HANDLE token, _In_ const struct client_access *access,
                                   _Out_ struct caller *caller);

#endif
