/* `lsmapd install` and `uninstall`: what Windows knows of lsmap. The only implementation: scripts
 * copy files and run these commands.
 *
 * The registered command is the quoted path of the running program, without arguments: for an
 * unquoted path with a blank Windows might start another program. */
#ifndef SERVICE_WIN32_INSTALL_H
#define SERVICE_WIN32_INSTALL_H

#include "service/command_line.h"
#include "service/win32/service_control.h"

/* What install writes below HKEY_LOCAL_MACHINE: the event source, the entry in "Installed apps", the
 * folder in the value Path. Sources: Microsoft Learn, "Uninstall Registry Key" and "Environment
 * Variables" (a program that changes the PATH broadcasts WM_SETTINGCHANGE with "Environment"). */
#define INSTALL_EVENTS_KEY L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\lsmapd"
#define INSTALL_APPS_KEY L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\lsmap"
#define INSTALL_PATH_KEY L"SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment"

/* The message file: resources only. The event log keeps the file of a source mapped (source:
 * puppetlabs/nssm#9, puppetlabs/puppet-agent#1003), which would hold up an upgrade of a program. */
#define INSTALL_EVENTS_FILE "lsmap-events.dll"

enum { INSTALL_PATH_CAPACITY = 32767 }; /* of an environment variable, with its zero */

/* Registers this program as the service, or updates the registration, and starts it. A running one
 * is stopped first. It runs as LocalSystem, starts with Windows, and is restarted after a crash and
 * after an end with an error. Locks the folder of the program and the key of the settings, creates
 * the group of readers, registers the event source, applies readers and filtered_admins, and adds lsmap
 * to PATH and to the installed apps. */
enum exit_code install_run(_In_ const struct command_line *line);

/* Stops the service and removes it; success when there is none. */
enum exit_code uninstall_run(_In_ const struct command_line *line);

/* Adds a folder at the end of a list with semicolons, once, or removes it everywhere it occurs. Letter
 * case and a backslash at the end make no difference. Returns whether the list changed.
 * list  Of INSTALL_PATH_CAPACITY characters; a folder that does not fit is not added. */
bool install_edit_path(_Inout_ wchar_t *list, _In_ const wchar_t *name, bool add);

#endif
