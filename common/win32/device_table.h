/* The device table of the machine, kept up to date and shared by all scans.
 *
 * The system is queried on a thread of its own, which a volume may hold up: for the first time when the
 * first path is asked for, then when a device is unknown or the table is old. Readers go on with the
 * table there is; only for the first one they wait a little. A device that a query does not know, one
 * with a letter of another session for instance, has a path below \\?\GLOBALROOT from then on.
 */
#ifndef COMMON_WIN32_DEVICE_TABLE_H
#define COMMON_WIN32_DEVICE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/scan/device_map.h"
#include "common/text/buffer.h"
#include "common/text/span.h"
#include "common/win32/win.h"

enum { DEVICE_TABLE_WAIT_MAX_MS = 1000 }; /* for the first table, from the first question on */

struct device_table; /* opaque: device_table.c */

/* Fills an empty map and returns a Win32 error: device_query_all(), or what a test puts in its place. */
typedef DWORD (*device_table_query)(_Inout_ struct device_map *map);

/* Asks the system nothing yet. Returns ERROR_SUCCESS or ERROR_NOT_ENOUGH_MEMORY. */
NODISCARD DWORD device_table_create(device_table_query query, _Out_ struct device_table **out);

/* No thread may be reading it; a query that still runs is left to its thread. Accepts NULL. */
void device_table_destroy(_Inout_opt_ struct device_table *table);

/* Rewrites a device path, see device_map_rewrite(). Any thread.
 * path  Cleared, then receives UTF-8. Returns false, `path` empty, when no device matches (yet). */
bool device_table_rewrite(_Inout_ struct device_table *table, struct span device_path,
                          _Inout_ struct buffer *path);

/* How often the system was queried. */
uint64_t device_table_refreshes(_In_ struct device_table *table);

#endif
