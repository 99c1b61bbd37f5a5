/* Asks Windows which devices its DOS paths stand for.
 *
 * Only names are read: no file, folder or volume is opened by path, and network drives are not
 * asked anything, because they can hang for a minute when their server is gone.
 */
#ifndef COMMON_WIN32_DEVICE_QUERY_H
#define COMMON_WIN32_DEVICE_QUERY_H

#include "common/scan/device_map.h"
#include "common/win32/win.h"

/* Adds, in this order, the drive letters, then for each local volume its folder mount points and
 * its \\?\Volume{...} name, the shadow copies, and the redirectors of the network providers.
 * What one source does not tell is left out; a full map ends the work with what it holds.
 * map  Initialised. Returns ERROR_SUCCESS or ERROR_NOT_ENOUGH_MEMORY. */
NODISCARD DWORD device_query_all(_Inout_ struct device_map *map);

#endif
