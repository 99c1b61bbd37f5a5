/* `lsmapd install`, `uninstall`, `stop`, `status`: the service's registration with Windows.
 *
 * The only implementation of it: the scripts copy files and call this. Says on stdout what was
 * done, on stderr what failed and what to do about it.
 *
 * The registered command is the quoted path of the running program, without arguments. An unquoted
 * path with a blank would let Windows run another program of that prefix.
 */
#ifndef SERVICE_WIN32_INSTALL_H
#define SERVICE_WIN32_INSTALL_H

#include <stdbool.h>

#include "service/options.h"
#include "service/win32/exit_codes.h"

/* Registers this program as the service, or updates what is registered, locks the program's folder
 * and the key of the settings, and starts it. A running one is stopped first. Restarts on failure,
 * runs as LocalSystem, starts with Windows.
 * Creates the group of readers and does what the options say about it and about rights.
 * options  no_start: leaves it stopped. quiet: says errors and warnings only. */
enum exit_code install_run(_In_ const struct options *options);

/* Stops the service and removes it; success when there is none.
 * options  quiet. purge: removes the group of readers, too. */
enum exit_code uninstall_run(_In_ const struct options *options);

/* Stops the service and waits until its process has ended, so that its files can be replaced.
 * Success when it is stopped already or there is none. */
enum exit_code stop_run(bool quiet);

/* Prints state, process and path. EXIT_CODE_OK when it runs, EXIT_CODE_FAILED when not,
 * EXIT_CODE_NOT_INSTALLED when there is none. */
enum exit_code status_run(bool quiet);

#endif
