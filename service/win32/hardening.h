/* What keeps others from becoming SYSTEM through lsmapd.
 *
 * Each process gives up for good what it does not need: mitigation policies at its start, and privileges.
 * An older Windows knows fewer policies, and the service starts without them. What Windows refused is
 * reported once, as an event and by lsmap-doctor.
 *
 * The places are the program, its folder and the registry keys of the service. An account that can
 * change one of them, or rename a folder above, is SYSTEM after the next start of the service. `lsmapd
 * install` locks them (install.h); install, each start and lsmap-doctor check them. */
#ifndef SERVICE_WIN32_HARDENING_H
#define SERVICE_WIN32_HARDENING_H

#include "common/win32/win.h"

/* Columns: policy of PROCESS_MITIGATION_POLICY, flags of its PROCESS_MITIGATION_*_POLICY structure,
 * which is a DWORD of bits, name, why we can do without. */
#define HARDENING_LIST(X)                                                              \
    X(ProcessDynamicCodePolicy, 0x1, "no dynamic code",                                \
      "only linked code runs: an attacker cannot add code")                            \
    X(ProcessStrictHandleCheckPolicy, 0x3, "strict handle checks",                     \
      "using a closed handle ends the process instead of referring to another object") \
    X(ProcessExtensionPointDisablePolicy, 0x1, "no extension points",                  \
      "no input methods, hooks or AppInit DLLs")                                       \
    X(ProcessImageLoadPolicy, 0x7, "no remote or low images",                          \
      "no DLL from the network or of low integrity, System32 before our own folder")   \
    X(ProcessChildProcessPolicy, 0x1, "no child processes", "the service starts nothing")

/* What the service needs of the two dozen privileges that Windows gives to LocalSystem: registered at
 * install, so that the service control manager removes the others before the process starts; the
 * process removes them itself, too. Columns: name, why the service needs it. Not in the list:
 * SeTcbPrivilege    would make TokenLinkedToken a primary token, which no membership check needs.
 * SeSecurityPrivilege, SeRelabelPrivilege    a label not above our own needs neither.
 * SeRestorePrivilege    the pipe is owned by the user that we are.
 * SeAuditPrivilege    is for the security log; we write to the application log.
 * SeChangeNotifyPrivilege    everyone has it, and the service control manager never removes it. */
#define PRIVILEGES_LIST(X)                                                  \
    X("SeDebugPrivilege", "opens processes whose DACLs do not name SYSTEM") \
    X("SeImpersonatePrivilege", "impersonates clients, to open their tokens")

#define PRIVILEGE_ALWAYS_PRESENT "SeChangeNotifyPrivilege"

/* Their names for SERVICE_REQUIRED_PRIVILEGES_INFOW: each terminated, the empty one ends the list. */
#define PRIVILEGE_NAME_W(name, reason) L"" name L"\0"
#define HARDENING_PRIVILEGES PRIVILEGES_LIST(PRIVILEGE_NAME_W)

/* Applies the policies to this process. Call it once, first of all but the search path of DLLs.
 * Returns the names of those that Windows refused, with their errors, static; "": none. Wine accepts
 * them without effect. */
const char *hardening_apply(void);

/* Removes all other privileges from this process. The second does so, and reports as events what
 * Windows refused: call it once, when events are open. Nothing it finds keeps the server from
 * starting. */
NODISCARD DWORD hardening_drop_privileges(void);
void hardening_finish(void);

/* --- the places --- */

enum { HARDENING_REASON_CAPACITY = 1024 };

/* The full path of this process' program, without links and drive letters of the session where Windows
 * gives it one with a drive letter; static. NULL when there is none. */
const wchar_t *hardening_program(void);

/* Each looks for an account other than SYSTEM, Administrators and TrustedInstaller. `reason` of
 * HARDENING_REASON_CAPACITY receives "" when there is none, else which object and who, terminated UTF-8.
 * Returns a Win32 error.
 *
 * keys    that could change the settings or the registration of the service. Without a key of
 *         settings, all of them have their defaults.
 * folder  that could change the program or its folder, or rename a folder above. exe: full path. */
NODISCARD DWORD hardening_check_keys(_Out_ char *reason);
NODISCARD DWORD hardening_check_folder(_In_ const wchar_t *exe, _Out_ char *reason);

/* Why a service must not run from a drive of this type (source: GetDriveTypeW); NULL: it may. */
const char *hardening_drive_problem(UINT drive_type);

/* May this program run as the service? It must be on a fixed drive, and pass the check of the folder,
 * which is left out on Wine. A check that cannot be made is not passed. `reason` as above: why not. */
void hardening_check_program(_In_ const wchar_t *exe, _Out_ char *reason);

/* All checks for this program, reported as events. Returns false when the service must not start.
 * With `trust_folder` it may start from any folder. */
bool hardening_places_are_safe(bool trust_folder);

#endif
