/* Security descriptors of Windows: made from SDDL, read from objects, copied as plain data for
 * service/access.h. */
#ifndef SERVICE_WIN32_DESCRIPTOR_H
#define SERVICE_WIN32_DESCRIPTOR_H

#include "common/win32/win.h"

#include <accctrl.h>

#include "service/access.h"

/* sddl        Terminated ASCII.
 * descriptor  Receives a self-relative descriptor; release it with descriptor_free().
 * Returns a Win32 error. */
NODISCARD DWORD descriptor_create(_In_ const char *sddl, _Out_ PSECURITY_DESCRIPTOR *descriptor);

/* Releases and resets to NULL; accepts NULL. */
void descriptor_free(_Inout_ PSECURITY_DESCRIPTOR *descriptor);

/* Copies a descriptor: Windows walks the ACEs.
 * copy  Set on success, untouched on failure; release it with descriptor_release().
 * Returns a Win32 error. */
NODISCARD DWORD descriptor_copy(_In_ PSECURITY_DESCRIPTOR descriptor,
                                _Out_ struct descriptor *copy);

/* Copies what an SDDL string means. */
NODISCARD DWORD descriptor_copy_sddl(_In_ const char *sddl, _Out_ struct descriptor *copy);

/* Copies owner and DACL of an object that was opened with READ_CONTROL.
 * parts  What to read as well, such as LABEL_SECURITY_INFORMATION. */
NODISCARD DWORD descriptor_copy_object(_In_ HANDLE object, SE_OBJECT_TYPE type,
                                       SECURITY_INFORMATION parts, _Out_ struct descriptor *copy);

/* Frees and empties; accepts all zero. */
void descriptor_release(_Inout_ struct descriptor *copy);

#endif
