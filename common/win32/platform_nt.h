/* The real platform: what a scan needs, from Windows itself.
 *
 * Reads other processes with the rights ladder PROCESS_QUERY_INFORMATION,
 * PROCESS_QUERY_LIMITED_INFORMATION and asks NtQuerySystemInformation and NtQueryVirtualMemory
 * (declared in ntdll.h). It copies answers and decides nothing. It opens no file, ever.
 */
#ifndef COMMON_WIN32_PLATFORM_NT_H
#define COMMON_WIN32_PLATFORM_NT_H

#include "common/scan/platform.h"
#include "common/win32/win.h"

struct platform_nt; /* opaque: platform_nt.c */

/* Makes the platform and loads the device table. Any thread may use `platform` until it is
 * destroyed. platform  Receives the table of calls; its context is the returned object. Returns a
 * Win32 error; ERROR_SUCCESS when all is set. */
NODISCARD DWORD platform_nt_create(_Out_ struct platform_nt **out, _Out_ struct platform *platform);

/* No scan may be running. Accepts NULL. */
void platform_nt_destroy(_Inout_opt_ struct platform_nt *platform);

/* Enables SeDebugPrivilege in this process when the token holds it, so that OpenProcess skips the
 * targets' DACLs. It does not lift process protection. Returns ERROR_SUCCESS,
 * ERROR_NOT_ALL_ASSIGNED when the token does not hold it, or another Win32 error. */
NODISCARD DWORD platform_nt_enable_debug(void);

#endif
