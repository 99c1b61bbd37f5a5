/* The pipe's instances: how they are made, and the guard that keeps the name ours.
 *
 * All are byte-mode, overlapped, local only. Who may open them says the caller's security
 * descriptor (access.h).
 */
#ifndef SERVICE_WIN32_PIPE_H
#define SERVICE_WIN32_PIPE_H

#include <stdbool.h>

#include "common/win32/win.h"

/* Quotas are charged to the kernel's non-paged pool, for each client. */
enum {
    PIPE_QUOTA_IN_SIZE = 4 * 1024,  /* requests are small; a larger one waits in its client */
    PIPE_QUOTA_OUT_SIZE = 64 * 1024 /* one output buffer: the scan goes on while the client reads */
};

/* Makes the first instance of `name`, to which nobody can ever connect. While it is open the name
 * belongs to this process, also when no other instance exists.
 * guard  Receives the handle; close it last.
 * Returns a Win32 error; ERROR_ACCESS_DENIED or ERROR_PIPE_BUSY when the name is taken (or, below
 * ProtectedPrefix, not ours to take). */
NODISCARD DWORD pipe_create_guard(_In_ const wchar_t *name, _In_ SECURITY_ATTRIBUTES *security,
                                  _Out_ HANDLE *guard);

/* Makes one more instance, listening. The guard exists. */
NODISCARD DWORD pipe_create_instance(_In_ const wchar_t *name, _In_ SECURITY_ATTRIBUTES *security,
                                     _Out_ HANDLE *pipe);

/* True when the client has closed its end and left nothing to read. Does not block; no read may be
 * pending. */
bool pipe_is_abandoned(_In_ HANDLE pipe);

#endif
