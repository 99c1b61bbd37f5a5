/* Handles that are NULL when there is none. */
#ifndef COMMON_WIN32_HANDLE_H
#define COMMON_WIN32_HANDLE_H

#include "common/win32/win.h"

/* Closes and resets to NULL; accepts NULL. */
static inline void handle_close(_Inout_ HANDLE *handle)
{
    if (*handle != NULL)
        CloseHandle(*handle);
    *handle = NULL;
}

/* CreateFileW(), without security attributes. Returns a Win32 error, *file untouched. */
NODISCARD static inline DWORD handle_open_file(_Out_ HANDLE *file, const wchar_t *path,
                                               DWORD access, DWORD sharing, DWORD disposition,
                                               DWORD flags)
{
    const HANDLE opened = CreateFileW(path, access, sharing, NULL, disposition, flags, NULL);

    if (opened == INVALID_HANDLE_VALUE)
        return GetLastError();
    *file = opened;
    return ERROR_SUCCESS;
}

#endif
