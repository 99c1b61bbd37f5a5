/* The devices and the services of this machine, kept up to date and shared by all scans.
 *
 * Windows is asked on threads of their own, which a volume or the service control manager may hold
 * up. Readers go on with the list there is; only for the first device table they wait a little. A
 * device that a query does not know, one with a letter of another session for instance, has a path
 * below \\?\GLOBALROOT from then on. */
#ifndef COMMON_WIN32_SYSTEM_LISTS_H
#define COMMON_WIN32_SYSTEM_LISTS_H

#include "common/scan/device_map.h"
#include "common/scan/process.h"
#include "common/win32/win.h"

enum {
    DEVICE_TABLE_WAIT_MAX_MS = 1000, /* for the first table, from its query on */
    SERVICE_LIST_AGE_MAX_MS = 2000   /* a question that finds an older one starts the next query */
};

struct system_lists; /* opaque: system_lists.c */

/* device_query_all() and service_list_query(), or what a test puts in their place. They fill an empty
 * list and return a Win32 error. Services that are not complete must be an error: the list would deny
 * some that run. */
typedef DWORD (*device_query)(_Inout_ struct device_map *map);
typedef DWORD (*service_query)(_Inout_ struct services *services);

/* Asks the service control manager for the services that run, those of users (per-user services) too. */
NODISCARD DWORD service_list_query(_Inout_ struct services *services);

/* Asks for the services at once, for the devices with the first path. Returns ERROR_SUCCESS or
 * ERROR_NOT_ENOUGH_MEMORY. */
NODISCARD DWORD system_lists_create(device_query devices, service_query services,
                                    _Out_ struct system_lists **out);

/* No thread may be reading. Waits 200 ms for each query that runs, then leaves it to its thread. */
void system_lists_destroy(_Inout_ struct system_lists *lists);

/* See device_map_rewrite(). Any thread. */
NODISCARD bool system_lists_path(_Inout_ struct system_lists *lists, struct span device_path,
                                 _Inout_ struct buffer *path);

/* See services_find(). Any thread; returns at once. */
NODISCARD bool system_lists_services(_Inout_ struct system_lists *lists, uint32_t pid,
                                     uint64_t start_time, _Inout_ struct buffer *names);

/* Waits until the first query for services has ended, or has taken `wait_ms`. */
void system_lists_wait_services(_Inout_ struct system_lists *lists, DWORD wait_ms);

#endif
