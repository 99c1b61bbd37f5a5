/* The services of this machine by process, kept up to date and shared by all scans.
 *
 * The service control manager is asked on a thread of its own, which it may hold up: nobody waits,
 * what is not known yet is not known. A question that finds the list older than
 * SERVICE_LIST_AGE_MAX_MS starts the next query. */
#ifndef COMMON_WIN32_SERVICE_LIST_H
#define COMMON_WIN32_SERVICE_LIST_H

#include "common/scan/services.h"
#include "common/text/buffer.h"
#include "common/win32/win.h"

enum { SERVICE_LIST_AGE_MAX_MS = 2000 };

struct service_list; /* opaque: service_list.c */

/* Fills a list that was begun and returns a Win32 error: service_list_query(), or what a test puts in
 * its place. A list that is not complete must be an error: it would deny services that run. */
typedef DWORD (*service_query)(_Inout_ struct services *services);

/* Asks EnumServicesStatusExW for the services that run, those of users (per-user services) too. */
DWORD service_list_query(_Inout_ struct services *services);

/* Starts the first query. Returns ERROR_SUCCESS or ERROR_NOT_ENOUGH_MEMORY. */
NODISCARD DWORD service_list_create(service_query query, _Out_ struct service_list **out);

/* No thread may be asking; a query that still runs is left to its thread. Accepts NULL. */
void service_list_destroy(_Inout_opt_ struct service_list *list);

/* See services_find(). Any thread; returns at once. */
NODISCARD bool service_list_find(_Inout_ struct service_list *list, uint32_t pid,
                                 uint64_t start_time, _Inout_ struct buffer *names);

/* Waits until the first query has ended, for at most `wait_ms`: for a program that scans once. */
void service_list_wait(_Inout_ struct service_list *list, DWORD wait_ms);

#endif
