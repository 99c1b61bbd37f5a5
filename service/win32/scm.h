/* lsmapd as a service: what the service control manager calls, and what it is told. */
#ifndef SERVICE_WIN32_SCM_H
#define SERVICE_WIN32_SCM_H

#include "common/win32/win.h"

/* Hands this thread to the service control manager until the service has stopped.
 * service_error  Receives how the service fared, as the manager was told: a Win32 error. Untouched
 *                on failure.
 * Returns ERROR_SUCCESS then; ERROR_FAILED_SERVICE_CONTROLLER_CONNECT when this process was not
 * started by it; or another Win32 error. */
NODISCARD DWORD scm_run(_Out_ DWORD *service_error);

#endif
