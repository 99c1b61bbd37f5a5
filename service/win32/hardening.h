/* What every lsmapd process gives up at its start, for good: the mitigation policies of Windows.
 *
 * Each is optional: an older Windows knows fewer of them, and none is worth a service that does not
 * start. What could not be given up is told once, as an event and by `lsmapd doctor`.
 */
#ifndef SERVICE_WIN32_HARDENING_H
#define SERVICE_WIN32_HARDENING_H

#include <stdbool.h>

#include "common/win32/win.h"

/* Columns: symbol, policy of PROCESS_MITIGATION_POLICY, flags, name, why we can do without.
 * The flags are those of the PROCESS_MITIGATION_*_POLICY structures, all a DWORD of bits. */
#define HARDENING_LIST(X)                                                                         \
    X(HARDENING_DYNAMIC_CODE, ProcessDynamicCodePolicy, 0x1, "no dynamic code",                   \
      "code is what was linked: an attacker cannot bring his own")                                \
    X(HARDENING_STRICT_HANDLES, ProcessStrictHandleCheckPolicy, 0x3, "strict handle checks",      \
      "the use of a closed handle ends the process instead of meaning another object")            \
    X(HARDENING_EXTENSION_POINTS, ProcessExtensionPointDisablePolicy, 0x1, "no extension points", \
      "no input methods, hooks or AppInit DLLs of others")                                        \
    X(HARDENING_IMAGE_LOAD, ProcessImageLoadPolicy, 0x7, "no remote or low images",               \
      "no DLL from the network or of low integrity, System32 before our own folder")              \
    X(HARDENING_NO_CHILDREN, ProcessChildProcessPolicy, 0x1, "no child processes",                \
      "the service starts nothing")

enum hardening_policy {
#define X(symbol, policy, flags, name, reason) symbol,
    HARDENING_LIST(X)
#undef X
        HARDENING_COUNT
};

const char *hardening_name(enum hardening_policy policy);

/* Applies all of them to this process. Call it once, first of all but the search path of DLLs. */
void hardening_apply(void);

/* What applying this one returned: ERROR_SUCCESS, or why this Windows refused. */
DWORD hardening_error(enum hardening_policy policy);

/* The names of those that were refused, with their errors, terminated; "" when none was. */
const char *hardening_refused(void);

/* Asks Windows whether a policy is on in a process (PROCESS_QUERY_INFORMATION).
 * Returns a Win32 error, *is_on untouched then. */
NODISCARD DWORD hardening_query(_In_ HANDLE process, enum hardening_policy policy,
                                _Out_ bool *is_on);

#endif
