/* The real platform: what a scan needs, from Windows itself.
 *
 * Opens processes with PROCESS_QUERY_INFORMATION, else with PROCESS_QUERY_LIMITED_INFORMATION, and
 * reads them through NtQueryVirtualMemory; opens directories of the object manager and sections
 * with DIRECTORY_QUERY and SECTION_QUERY. A DACL that refuses these rights is respected. It copies
 * answers and decides nothing. It never opens a file. */
#ifndef COMMON_WIN32_PLATFORM_NT_H
#define COMMON_WIN32_PLATFORM_NT_H

#include "common/scan/platform.h"
#include "common/win32/ntdll.h"
#include "common/win32/win.h"

/* Creates the platform; asks Windows nothing yet but for its services, on another thread. Any thread
 * may use it until it is destroyed.
 * wait_ms  Until the services are known, at most: for a program that scans once; else 0.
 * Returns a Win32 error. */
NODISCARD DWORD platform_nt_create(_Out_ struct platform *platform, DWORD wait_ms);

/* Destroys what create made; accepts a zeroed platform. No scan may be running. */
void platform_nt_destroy(_Inout_ struct platform *platform);

/* Enables SeDebugPrivilege in this process if its token holds it, so that OpenProcess skips the
 * targets' DACLs. It does not lift process protection. Returns ERROR_SUCCESS,
 * ERROR_NOT_ALL_ASSIGNED when the token does not hold it, or another Win32 error. */
NODISCARD DWORD platform_nt_enable_debug(void);

/* An open process. */
struct address_space {
    HANDLE process; /* owned */
    union {
        struct nt_string name;
        uint8_t bytes[NT_NAME_ANSWER_SIZE_MAX];
    } answer; /* of name queries: room for the longest */
};

/* Asks for a name: a struct nt_string, then its text, in `size` bytes. */
typedef nt_result (*name_query)(HANDLE process, const void *address, void *answer, ULONG size);

/* Makes a name query, first in little room, then with all there is.
 * name   Cleared, then receives UTF-8.
 * lossy  Receives true when the name contained an unpaired surrogate.
 * Returns an NTSTATUS; NTSTATUS_INFO_LENGTH_MISMATCH also for an answer that points outside of
 * itself. */
uint32_t platform_nt_query_name(_Inout_ struct address_space *space, name_query query,
                                const void *address, _Inout_ struct buffer *name,
                                _Out_ bool *lossy);

#endif
