/* What every lsmapd process gives up for good: mitigation policies at its start, and the privileges
 * that it does not need. An older Windows knows fewer policies, and the service starts without them.
 * What Windows refused is reported once, as an event and by lsmap-doctor. */
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

/* Removes all other privileges from this process, for good. Returns a Win32 error. */
NODISCARD DWORD hardening_drop_privileges(void);

/* Drops the privileges and reports as events what Windows refused. Call it once, when events are
 * open. Nothing it finds keeps the server from starting. */
void hardening_finish(void);

#endif
