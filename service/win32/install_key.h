/* The registry key of the service's settings: made, locked, and looked at.
 *
 * Who may write it can decide who is served; the key above it holds the path of the program that
 * runs as SYSTEM. So both are looked at.
 */
#ifndef SERVICE_WIN32_INSTALL_KEY_H
#define SERVICE_WIN32_INSTALL_KEY_H

#include "common/win32/win.h"
#include "service/descriptor_view.h"

/* Makes the key of the settings when it is not there, and gives it KEY_SDDL of access.h in any
 * case. The service must be registered. Needs elevation. Returns a Win32 error. */
NODISCARD DWORD install_key_lock(void);

/* Looks who could change the settings or the service's registration, other than SYSTEM and
 * Administrators. A missing key of settings is none: everybody gets the defaults.
 * reason  "" when nobody; else which key, and who. Untouched on failure.
 * Returns a Win32 error. */
NODISCARD DWORD install_key_check(_Out_writes_(DESCRIPTOR_VIEW_REASON_CAPACITY * 2) char *reason);

#endif
