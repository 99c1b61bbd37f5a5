/* SDDL strings to security descriptors. The strings themselves are in access.h and nowhere else.
 */
#ifndef SERVICE_WIN32_DESCRIPTOR_H
#define SERVICE_WIN32_DESCRIPTOR_H

#include "common/base/sid.h"
#include "common/win32/win.h"

/* sddl        Terminated ASCII.
 * descriptor  Receives a self-relative descriptor; release with descriptor_free().
 * Returns a Win32 error. */
NODISCARD DWORD descriptor_create(_In_ const char *sddl, _Out_ PSECURITY_DESCRIPTOR *descriptor);

/* Releases and resets to NULL; accepts NULL. */
void descriptor_free(_Inout_ PSECURITY_DESCRIPTOR *descriptor);

enum { DESCRIPTOR_SDDL_CAPACITY = 1024 };

/* The SDDL of the pipe and of the rights when `user` runs `lsmapd --console`.
 * Returns ERROR_SUCCESS; ERROR_INVALID_SID, outputs untouched, for an unknown user. */
NODISCARD DWORD descriptor_console_sddl(_In_ const struct sid *user,
                                        _Out_writes_(DESCRIPTOR_SDDL_CAPACITY) char *pipe_sddl,
                                        _Out_writes_(DESCRIPTOR_SDDL_CAPACITY) char *access_sddl);

#endif
