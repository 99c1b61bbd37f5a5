/* Asks the service control manager which services run in which process. */
#ifndef COMMON_WIN32_SERVICE_LIST_H
#define COMMON_WIN32_SERVICE_LIST_H

#include "common/scan/process.h"
#include "common/win32/win.h"

/* Adds the services that run, those of users (per-user services) too, to a list that was begun.
 * Returns a Win32 error; the list is not complete then. */
NODISCARD DWORD service_list_query(_Inout_ struct services *services);

#endif
