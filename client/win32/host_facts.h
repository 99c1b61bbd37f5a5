/* What the envelope of --host says of this machine, and the clock and chance it needs. */
#ifndef CLIENT_WIN32_HOST_FACTS_H
#define CLIENT_WIN32_HOST_FACTS_H

#include "client/rows/envelope.h"
#include "common/win32/win.h"

/* Returns ERROR_SUCCESS, or ERROR_NOT_READY, untouched, when the system has no random bytes: a scan
 * whose identifier another has too must not be told. */
NODISCARD DWORD host_facts_query(_Out_ struct envelope_facts *facts);

/* Random bytes of the system. Returns ERROR_SUCCESS or ERROR_NOT_READY. */
NODISCARD DWORD host_facts_random(_Out_writes_bytes_(size) void *bytes, ULONG size);

#endif
