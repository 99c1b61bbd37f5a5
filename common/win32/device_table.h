/* The device table of the machine, kept up to date and shared by all scans.
 *
 * Any number of threads read the current table at the same time. An unknown device makes one of them
 * query the system again, at most every DEVICE_REFRESH_INTERVAL_MS, while the others continue with
 * the table they have. No lock is held while the system is queried.
 */
#ifndef COMMON_WIN32_DEVICE_TABLE_H
#define COMMON_WIN32_DEVICE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text/buffer.h"
#include "common/text/span.h"
#include "common/win32/win.h"

struct device_table; /* opaque: device_table.c */

/* Queries the system once. Returns ERROR_SUCCESS or ERROR_NOT_ENOUGH_MEMORY. */
NODISCARD DWORD device_table_create(_Out_ struct device_table **out);

/* No thread may be using it. Accepts NULL. */
void device_table_destroy(_Inout_opt_ struct device_table *table);

/* Rewrites a device path, see device_map_rewrite(). Any thread.
 * path  Cleared, then receives UTF-8. Returns false, `path` empty, when no device matches. */
bool device_table_rewrite(_Inout_ struct device_table *table, struct span device_path,
                          _Inout_ struct buffer *path);

/* How often the system was queried, the first time included. */
uint64_t device_table_refreshes(_In_ struct device_table *table);

#endif
