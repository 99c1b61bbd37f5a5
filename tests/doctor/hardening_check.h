/* What a process has given up, compared with service/win32/hardening.h. */
#ifndef TESTS_DOCTOR_HARDENING_CHECK_H
#define TESTS_DOCTOR_HARDENING_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/win32/win.h"
#include "service/win32/hardening.h"

enum {
#define X(policy, flags, name, reason) +1
    POLICIES_COUNT = 0 HARDENING_LIST(X)
#undef X
};

const char *policy_name(size_t index);

/* True when this Windows knows the policy; applies it to this process. */
bool policy_is_known(size_t index);

/* Asks Windows whether a policy is on in a process (PROCESS_QUERY_INFORMATION).
 * Returns a Win32 error, *is_on untouched then. */
NODISCARD DWORD policy_query(_In_ HANDLE process, size_t index, _Out_ bool *is_on);

enum { PRIVILEGES_REASON_CAPACITY = 512 };

/* Compares the privileges of a token (TOKEN_QUERY) with PRIVILEGES_LIST.
 * is_good  Receives whether it has all of the list and no others.
 * reason   Receives those present, or those missing and too many, terminated UTF-8.
 * Returns a Win32 error; outputs untouched then. */
NODISCARD DWORD privileges_compare(_In_ HANDLE token, _Out_ bool *is_good,
                                   _Out_writes_(PRIVILEGES_REASON_CAPACITY) char *reason);

/* True when `names`, terminated names that end with an empty one, are PRIVILEGES_LIST in any order,
 * with or without PRIVILEGE_ALWAYS_PRESENT. */
bool privileges_are_listed(_In_opt_ const wchar_t *names);

#endif
