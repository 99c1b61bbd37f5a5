/* The places that decide what runs as SYSTEM: the program, its folder, the registry keys of the
 * service. An account that can change one of them, or rename a folder above, is SYSTEM after the next
 * start of the service. `lsmapd install` locks them; install, each start and lsmap-doctor check them. */
#ifndef SERVICE_WIN32_PLACES_H
#define SERVICE_WIN32_PLACES_H

#include "common/win32/win.h"

enum { PLACES_REASON_CAPACITY = 1024 };

/* The full path of this process' program, without links, on the heap; NULL when there is none. */
wchar_t *places_program(void);

/* Creates the key of the settings when there is none, and gives it KEY_SDDL of access.h. The service
 * must be registered. Needs elevation. Returns a Win32 error. */
NODISCARD DWORD places_lock_key(void);

/* Gives the folder of the program `exe` (a full path) FOLDER_SDDL of access.h, which the files in it
 * inherit. A folder that is not below Program Files may hold other files and is left unchanged; so is
 * any on Wine, which derives DACLs from the host's file modes. Returns a Win32 error. */
NODISCARD DWORD places_lock_folder(_In_ const wchar_t *exe);

/* Each looks for an account other than SYSTEM, Administrators and TrustedInstaller. `reason` receives
 * "" when there is none, else which object and who, terminated UTF-8. Returns a Win32 error.
 *
 * keys    that could change the settings or the registration of the service. Without a key of
 *         settings, all of them have their defaults.
 * folder  that could change the program or its folder, or rename a folder above. exe: full path. */
NODISCARD DWORD places_check_keys(_Out_writes_(PLACES_REASON_CAPACITY) char *reason);
NODISCARD DWORD places_check_folder(_In_ const wchar_t *exe,
                                    _Out_writes_(PLACES_REASON_CAPACITY) char *reason);

/* Why a service must not run from a drive of this type (source: GetDriveTypeW); NULL: it may. */
const char *places_drive_problem(UINT drive_type);

/* May this program run as the service? It must be on a fixed drive, and pass the check of the folder,
 * which is left out on Wine. A check that cannot be made is not passed.
 * reason  Receives why not, terminated UTF-8; "": it may. */
void places_check_program(_In_ const wchar_t *exe,
                          _Out_writes_(PLACES_REASON_CAPACITY) char *reason);

/* All checks for this program; reports what they find as events.
 * trust_folder  The operator wants it to run from where it is.
 * Returns false when the service must not start. */
bool places_are_safe(bool trust_folder);

#endif
