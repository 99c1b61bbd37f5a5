/* Tokens with less than our own rights, to try what they may do. */
#ifndef TESTS_DOCTOR_TOKENS_H
#define TESTS_DOCTOR_TOKENS_H

#include <stdbool.h>

#include "common/win32/win.h"

/* The token of this process, TOKEN_QUERY | TOKEN_DUPLICATE. */
NODISCARD DWORD tokens_own(_Out_ HANDLE *token);

/* Impersonation tokens made from our own; release them with handle_close(). Win32 errors. */
NODISCARD DWORD tokens_low(_Out_ HANDLE *token);      /* low integrity */
NODISCARD DWORD tokens_stranger(_Out_ HANDLE *token); /* no user, no group but Everyone */
NODISCARD DWORD tokens_plain(_Out_ HANDLE *token);    /* neither Users nor Administrators */

NODISCARD DWORD tokens_filtered(_Out_ HANDLE *token); /* medium, Administrators deny-only */
/* In an AppContainer that no program has. ERROR_PROC_NOT_FOUND before Windows 8. */
NODISCARD DWORD tokens_app_container(_Out_ HANDLE *token);

/* Ends impersonation; ends the process when that fails. */
void tokens_revert(void);

bool tokens_own_is_elevated(void);
bool tokens_own_is_system(void);

#endif
