/* Security descriptors of live objects as bytes, for descriptor_view.h. */
#ifndef SERVICE_WIN32_SECURITY_BYTES_H
#define SERVICE_WIN32_SECURITY_BYTES_H

#include "common/win32/win.h"
#include "service/descriptor_view.h"

/* A self-relative descriptor on the heap and the view into it. All zero is empty. */
struct security_bytes {
    void *data; /* owned */
    struct descriptor_view view;
};

/* What is read: owner and access list; the label where one is meant. */
enum {
    SECURITY_PARTS =
        OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION
};

/* Each needs READ_CONTROL and returns a Win32 error; ERROR_INVALID_SECURITY_DESCR for bytes that
 * are not well formed. `bytes` is untouched on failure, to be released on success. */
NODISCARD DWORD security_bytes_of_file(_In_ HANDLE file, SECURITY_INFORMATION parts,
                                       _Out_ struct security_bytes *bytes);
NODISCARD DWORD security_bytes_of_path(_In_ const wchar_t *path,
                                       _Out_ struct security_bytes *bytes);
NODISCARD DWORD security_bytes_of_key(_In_ HKEY key, _Out_ struct security_bytes *bytes);
NODISCARD DWORD security_bytes_of_service(_In_ SC_HANDLE service,
                                          _Out_ struct security_bytes *bytes);

/* The descriptor that an SDDL string means. */
NODISCARD DWORD security_bytes_of_sddl(_In_ const char *sddl, _Out_ struct security_bytes *bytes);

/* Frees and empties; accepts an empty one. */
void security_bytes_release(_Inout_ struct security_bytes *bytes);

#endif
