/* Tokens to caller facts. Both ends use it: the service for its clients, `lsmap --direct` for
 * itself. */
#ifndef COMMON_WIN32_TOKEN_H
#define COMMON_WIN32_TOKEN_H

#include "common/proto/caller.h"
#include "common/win32/win.h"

/* Reads all facts of a token; what is granted to it, and the linked half, are left 0. Asks this
 * machine only: no domain controller is ever waited for, so caller->name stays "" where only one of
 * those could tell. token   TOKEN_QUERY; primary, or impersonation at identification level or
 * above. Returns a Win32 error; a fact that this system cannot tell is not an error and has its
 * unknown value. */
NODISCARD DWORD token_facts(_In_ HANDLE token, _Out_ struct caller *caller);

/* The user a token runs as. */
NODISCARD DWORD token_user(_In_ HANDLE token, _Out_ struct sid *user);

/* The RID of a token's integrity level. */
NODISCARD DWORD token_integrity(_In_ HANDLE token, _Out_ uint32_t *integrity);

/* The facts of this process. */
NODISCARD DWORD token_facts_self(_Out_ struct caller *caller);

#endif
