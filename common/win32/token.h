/* The facts of tokens. The service uses it for its clients, `lsmap --direct` for itself. */
#ifndef COMMON_WIN32_TOKEN_H
#define COMMON_WIN32_TOKEN_H

#include "common/proto/caller.h"
#include "common/win32/win.h"

/* All functions take a token with TOKEN_QUERY, GetCurrentProcessToken() too, and return a Win32 error. */

/* Reads the facts of a token; what was granted to it, and the linked token, are left 0. Only the
 * kernel is asked.
 * token  Primary, or impersonation at identification level or above.
 * A fact that this system cannot read is not an error and has its unknown value. */
NODISCARD DWORD token_facts(_In_ HANDLE token, _Out_ struct caller *caller);

/* Reads user, logon session and integrity, and leaves the rest unknown: three calls of the kernel. */
NODISCARD DWORD token_identity(_In_ HANDLE token, _Out_ struct caller *caller);

/* The user a token runs as; the RID of its integrity level. */
NODISCARD DWORD token_user(_In_ HANDLE token, _Out_ struct sid *user);
NODISCARD DWORD token_integrity(_In_ HANDLE token, _Out_ uint32_t *integrity);

/* The elevated half of an administrator's filtered token (UAC).
 * linked  Receives an impersonation token with TOKEN_QUERY, fit for AccessCheck; close it.
 * Returns ERROR_NO_SUCH_LOGON_SESSION when the token is not split. */
NODISCARD DWORD token_linked(_In_ HANDLE token, _Out_ HANDLE *linked);

/* "DOMAIN\user" of an account, terminated UTF-8; "" when it is not known. May ask a domain. */
void token_account_name(_In_ const struct sid *sid, _Out_writes_(capacity) char *name,
                        size_t capacity);

/* The same for the user of a token whose facts were read. It asks the local security authority of
 * this machine, which may hang, and never a domain: "" where only that would know the name. */
void token_user_name(_In_ const struct caller *caller,
                     _Out_writes_(CALLER_USER_CAPACITY) char *name);

enum caller_administrator token_administrator(_In_ HANDLE token);

#endif
