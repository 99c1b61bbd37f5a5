/* The other half of a split token: UAC gives an administrator two, and his programs the filtered
 * one.
 */
#ifndef COMMON_WIN32_TOKEN_LINKED_H
#define COMMON_WIN32_TOKEN_LINKED_H

#include <stdbool.h>

#include "common/base/annotations.h"
#include "common/win32/win.h"

/* The elevated half of a filtered token, as an impersonation token that AccessCheck takes.
 * token   TOKEN_QUERY.
 * linked  Receives a handle with TOKEN_QUERY; close it.
 * Returns a Win32 error: ERROR_NO_SUCH_LOGON_SESSION when the token is not split. */
NODISCARD DWORD token_linked(_In_ HANDLE token, _Out_ HANDLE *linked);

/* Whether Administrators is an enabled group of a token.
 * token  Impersonation token, TOKEN_QUERY. */
NODISCARD DWORD token_is_admin(_In_ HANDLE token, _Out_ bool *is_admin);

#endif
