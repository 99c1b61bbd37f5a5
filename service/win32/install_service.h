/* What the service control manager is told of the service beside its command: who may control it,
 * what it may do, and what happens when it fails. */
#ifndef SERVICE_WIN32_INSTALL_SERVICE_H
#define SERVICE_WIN32_INSTALL_SERVICE_H

#include "common/win32/win.h"

/* Sets description, failure actions (after a crash and after an end with an error), the required
 * privileges of privileges.h, an unrestricted SID of its own, and SERVICE_SDDL of access.h. Most
 * take effect at the next start.
 *
 * Wine keeps only some of it; what it does not know is passed over there, and only there.
 *
 * service  Opened with SERVICE_ALL_ACCESS.
 * what     Receives on failure which step, static text that follows "cannot set ".
 * Returns a Win32 error. */
NODISCARD DWORD install_service_configure(_In_ SC_HANDLE service, _Out_ const char **what);

#endif
