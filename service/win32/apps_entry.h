/* What Windows knows of lsmap as an installed program: its folder in the system's PATH, and its entry
 * in "Installed apps", which is the key Uninstall\lsmap.
 *
 * Sources: Microsoft Learn, "Uninstall Registry Key" and "Environment Variables" (a program that changes
 * the PATH broadcasts WM_SETTINGCHANGE with "Environment"). */
#ifndef SERVICE_WIN32_APPS_ENTRY_H
#define SERVICE_WIN32_APPS_ENTRY_H

#include "common/win32/win.h"

#define APPS_ENTRY_KEY L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\lsmap"
#define APPS_ENTRY_PATH_KEY L"SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment"

enum { APPS_ENTRY_LEN_MAX = 32767 }; /* of an environment variable, with its zero */

/* Adds the folder to PATH and writes the entry. Success when they are there, and where lsmap.exe is not
 * beside the program: that is no place for either.
 * program      Full path of lsmapd.exe.
 * is_packaged  A package has an entry of its own: ours is removed. */
NODISCARD DWORD apps_entry_write(_In_ const wchar_t *program, bool is_packaged);

/* Removes both; success when there are none. The folder is the one that the entry names, or else that
 * of the program. */
NODISCARD DWORD apps_entry_remove(_In_ const wchar_t *program);

/* Adds a folder at the end of a list with semicolons, once, or removes it everywhere it occurs. Letter
 * case and a backslash at the end make no difference. Returns whether the list changed.
 * list  Of APPS_ENTRY_LEN_MAX characters; a folder that does not fit is not added. */
bool apps_entry_edit(_Inout_ wchar_t *list, _In_ const wchar_t *name, bool add);

#endif
