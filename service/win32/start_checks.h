/* What lsmapd makes sure of before it serves: that it has no more privileges than it needs, and
 * that nobody could change the program or its settings. */
#ifndef SERVICE_WIN32_START_CHECKS_H
#define SERVICE_WIN32_START_CHECKS_H

#include <stdbool.h>

/* Removes the privileges that are not needed, for good, and tells as events what is not as it
 * should be. Nothing it finds keeps the server from starting.
 * is_service  The folder of the program and the keys of the service are looked at too. On Wine they
 *             are not: access lists say nothing there. */
void start_checks_run(bool is_service);

#endif
