/* lsmapd as a service: its entry point, its controls, its status. */
#ifndef SERVICE_WIN32_SCM_H
#define SERVICE_WIN32_SCM_H

#include "common/win32/win.h"

/* Hands this thread to the service control manager until the service has stopped.
 * service_error  Receives the result of the service as reported: a Win32 error. Untouched on
 *                failure.
 * Returns ERROR_SUCCESS when the service has run; ERROR_FAILED_SERVICE_CONTROLLER_CONNECT when this
 * process was not started by the service control manager; or another Win32 error. */
NODISCARD DWORD scm_run(_Out_ DWORD *service_error);

#endif
