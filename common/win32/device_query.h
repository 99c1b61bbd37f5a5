/* Asks Windows for the devices of its DOS paths.
 *
 * Only names are read: no file, folder or volume is opened, and network drives are not queried,
 * because they can hang for a minute when their server is gone. */
#ifndef COMMON_WIN32_DEVICE_QUERY_H
#define COMMON_WIN32_DEVICE_QUERY_H

#include "common/scan/device_map.h"
#include "common/win32/win.h"

/* Adds, in this order, the drive letters and \SystemRoot, then for each local volume the folders it is
 * mounted at and its \\?\Volume{...} name. What cannot be read or does not fit is left out.
 * map  Initialised.
 * Returns ERROR_SUCCESS or ERROR_NOT_ENOUGH_MEMORY. */
NODISCARD DWORD device_query_all(_Inout_ struct device_map *map);

#endif
