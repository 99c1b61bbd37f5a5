/* `lsmapd access`: who may ask the service for what. */
#ifndef SERVICE_WIN32_ACCESS_CMD_H
#define SERVICE_WIN32_ACCESS_CMD_H

#include <stdbool.h>

#include "service/win32/exit_codes.h"

/* Prints the access list that the registry and access.h make, as a service that starts now would
 * use it. Account names are looked up, on the domain too. A setting that is refused is told.
 * json  JSON lines instead of a table. */
enum exit_code access_run(bool json);

#endif
