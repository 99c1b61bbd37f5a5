/* `lsmapd install` and `uninstall`: the service's registration with Windows.
 *
 * The only implementation: the scripts copy files and run these commands. They print what was done
 * on stdout, what failed and what to do about it on stderr.
 *
 * The registered command is the quoted path of the running program, without arguments: for an
 * unquoted path with a blank Windows might start another program. */
#ifndef SERVICE_WIN32_INSTALL_H
#define SERVICE_WIN32_INSTALL_H

#include "service/command_line.h"
#include "service/win32/service_control.h"

/* Registers this program as the service, or updates the registration, and starts it. A running one
 * is stopped first. It runs as LocalSystem, starts with Windows, and is restarted after a crash and
 * after an end with an error. Locks the folder of the program and the key of the settings, creates
 * the group of readers, registers the event source, applies readers and filtered_admins, and adds lsmap
 * to PATH and to the installed apps.
 * line  no_start: leaves it stopped. quiet: prints errors and warnings only. */
enum exit_code install_run(_In_ const struct command_line *line);

/* Stops the service and removes it; success when there is none.
 * line  quiet. purge: removes the group of readers, too. */
enum exit_code uninstall_run(_In_ const struct command_line *line);

#endif
