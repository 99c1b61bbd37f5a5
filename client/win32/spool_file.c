#include "client/win32/spool_file.h"

#include <wchar.h>

enum { CREATE_ATTEMPTS_MAX = 16, NAME_LEN_MAX = 32 };

/* In the user's folder of temporary files, under a name that nothing has yet: another process of the
 * user cannot have put a link there. */
static DWORD create(HANDLE *file)
{
    wchar_t path[MAX_PATH + 1 + NAME_LEN_MAX];
    DWORD error = ERROR_FILE_EXISTS;
    const DWORD len = GetTempPathW(MAX_PATH + 1, path);

    if (len == 0 || len > MAX_PATH)
        return len == 0 ? GetLastError() : ERROR_FILENAME_EXCED_RANGE;
    for (DWORD i = 0; i < CREATE_ATTEMPTS_MAX && error == ERROR_FILE_EXISTS; i++) {
        (void)swprintf(path + len, NAME_LEN_MAX, L"lsmap-%lx-%lx.tmp",
                       (unsigned long)GetCurrentProcessId(), (unsigned long)(GetTickCount() + i));
        HANDLE created =
            CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_DELETE, NULL, CREATE_NEW,
                        FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
        if (created != INVALID_HANDLE_VALUE) {
            *file = created;
            return ERROR_SUCCESS;
        }
        error = GetLastError();
    }
    return error;
}

static OVERLAPPED at(uint64_t offset)
{
    return (OVERLAPPED){.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
}

DWORD spool_file_write(HANDLE *file, uint64_t offset, struct span bytes)
{
    DWORD error = *file == NULL ? create(file) : ERROR_SUCCESS;

    while (error == ERROR_SUCCESS && bytes.size > 0) { /* each turn writes a byte, or ends */
        DWORD written = 0;
        OVERLAPPED position = at(offset);
        if (!WriteFile(*file, bytes.data, (DWORD)bytes.size, &written, &position))
            error = GetLastError();
        else if (written == 0)
            error = ERROR_DISK_FULL;
        offset += written;
        bytes = span_from(bytes, written);
    }
    return error;
}

DWORD spool_file_read(HANDLE file, uint64_t offset, size_t size, struct buffer *out)
{
    if (!buffer_reserve(out, size))
        return ERROR_NOT_ENOUGH_MEMORY;
    while (size > 0) { /* as above */
        DWORD read = 0;
        OVERLAPPED position = at(offset);
        if (!ReadFile(file, out->data + out->size, (DWORD)size, &read, &position))
            return GetLastError();
        if (read == 0)
            return ERROR_HANDLE_EOF;
        out->size += read;
        offset += read;
        size -= read;
    }
    return ERROR_SUCCESS;
}
