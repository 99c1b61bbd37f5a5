/* The machine's device table, kept up to date, shared by all scans.
 *
 * A snapshot of device_query.h that any number of threads read at the same time. A device that is
 * not in it makes one thread ask the system again, at most every DEVICE_REFRESH_INTERVAL_MS, while
 * the others go on with what they have. No lock is held while the system is asked.
 */
#ifndef COMMON_WIN32_DEVICE_TABLE_H
#define COMMON_WIN32_DEVICE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/text/buffer.h"
#include "common/text/span.h"
#include "common/win32/win.h"

struct device_table; /* opaque: device_table.c */

/* Asks the system once. Returns ERROR_SUCCESS or ERROR_NOT_ENOUGH_MEMORY. */
NODISCARD DWORD device_table_create(_Out_ struct device_table **out);

/* Nobody may be using it. Accepts NULL. */
void device_table_destroy(_Inout_opt_ struct device_table *table);

/* Rewrites a device path as users know it, see device_map_rewrite(). Any thread.
 * path  Cleared, then receives UTF-8. Returns false, left empty, when no device matches. */
bool device_table_rewrite(_Inout_ struct device_table *table, struct span device_path,
                          _Inout_ struct buffer *path);

/* How often the system has been asked, the first time included. */
uint64_t device_table_refreshes(_In_ struct device_table *table);

#endif
