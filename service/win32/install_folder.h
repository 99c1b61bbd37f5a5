/* The folder of the programs: locked at install, looked at by install, at each start and by doctor.
 *
 * Who can replace lsmapd.exe, put a DLL beside it, or rename a folder above it, is SYSTEM after the
 * next start of the service.
 */
#ifndef SERVICE_WIN32_INSTALL_FOLDER_H
#define SERVICE_WIN32_INSTALL_FOLDER_H

#include <stdbool.h>

#include "common/win32/win.h"
#include "service/descriptor_view.h"

enum { INSTALL_FOLDER_REASON_CAPACITY = 1024 };

/* Full path of this process' program, on the heap; NULL without memory or when Windows does not
 * tell it. */
wchar_t *install_folder_program(void);

/* Gives the folder of `exe` FOLDER_SDDL of access.h, and through it what lies in it. Only a folder
 * below Program Files: another may hold more than ours, and is left as it is. On Wine nothing is
 * changed: its access lists are the modes of the host's files.
 * exe        Full path.
 * is_locked  Receives whether it was.
 * Returns a Win32 error. */
NODISCARD DWORD install_folder_lock(_In_ const wchar_t *exe, _Out_ bool *is_locked);

/* Looks who could change the program, its folder, or move a folder above, other than SYSTEM,
 * Administrators and TrustedInstaller.
 * exe     Full path.
 * reason  "" when nobody; else which thing and who, terminated UTF-8. Untouched on failure.
 * Returns a Win32 error. */
NODISCARD DWORD install_folder_check(_In_ const wchar_t *exe,
                                     _Out_writes_(INSTALL_FOLDER_REASON_CAPACITY) char *reason);

#endif
