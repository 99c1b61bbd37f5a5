/* The privileges of the service: the shortest list, each with its reason, and nothing else.
 *
 * Windows gives a LocalSystem service some two dozen. The list is registered at install, so that
 * the service control manager removes the rest before the process begins; the process removes the
 * rest itself too, for a service that was registered by other means.
 */
#ifndef SERVICE_WIN32_PRIVILEGES_H
#define SERVICE_WIN32_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/win32/win.h"

/* Columns: name, why the service needs it. Not in it, though one may think of them:
 * SeTcbPrivilege    makes TokenLinkedToken a primary token; without it we get one at identification
 *                   level, which is all that a membership check takes.
 * SeSecurityPrivilege, SeRelabelPrivilege    a label not above our own needs neither.
 * SeRestorePrivilege    the pipe is owned by the user we are.
 * SeAuditPrivilege    it is for the security log; we write to the application log.
 * SeChangeNotifyPrivilege    everybody has it, and the service control manager never removes it. */
#define PRIVILEGES_LIST(X)                                                         \
    X("SeDebugPrivilege", "opens processes whose access lists do not name SYSTEM") \
    X("SeImpersonatePrivilege", "impersonates clients, to open their tokens")

enum { PRIVILEGES_REASON_CAPACITY = 512 };

/* Tells the service control manager which the service needs; effective at its next start.
 * Returns a Win32 error. */
NODISCARD DWORD privileges_register(_In_ SC_HANDLE service);

/* Removes from this process, for good, all that is not in the list; SeChangeNotifyPrivilege stays.
 * Returns a Win32 error. */
NODISCARD DWORD privileges_drop_others(void);

/* Compares the privileges of a token (TOKEN_QUERY) with the list.
 * is_good  Receives whether it has all of the list and no others.
 * reason   Receives what it has, or which are missing or too many, terminated UTF-8.
 * Returns a Win32 error; outputs untouched then. */
NODISCARD DWORD privileges_compare(_In_ HANDLE token, _Out_ bool *is_good,
                                   _Out_writes_(PRIVILEGES_REASON_CAPACITY) char *reason);

/* True when `names`, a list of terminated names that ends with an empty one, is the list, in any
 * order; SeChangeNotifyPrivilege in it makes no difference. */
bool privileges_are_listed(_In_opt_ const wchar_t *names);

#endif
