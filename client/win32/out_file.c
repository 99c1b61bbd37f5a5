#include "client/win32/out_file.h"

#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"

enum {
    SUFFIX_LEN = 13,      /* ".XXXXXXXX.tmp" */
    OPEN_ATTEMPTS_MAX = 8 /* names that exist already */
};

/* The full path, so that it stays right when the current folder changes. */
static DWORD set_path(struct out_file *file, const char *path)
{
    enum { LEN_MAX = OUT_FILE_LEN_MAX - SUFFIX_LEN };
    wchar_t *given = file->temporary; /* not needed yet */

    DWORD error = text_w_from_utf8(given, LEN_MAX + 1, span_from_string(path));
    if (error == ERROR_BUFFER_OVERFLOW)
        error = ERROR_FILENAME_EXCED_RANGE;
    if (error != ERROR_SUCCESS)
        return error;
    DWORD len = GetFullPathNameW(given, LEN_MAX + 1, file->path, NULL);
    if (len == 0)
        return GetLastError();
    return len <= LEN_MAX ? ERROR_SUCCESS : ERROR_FILENAME_EXCED_RANGE;
}

/* FILE_SHARE_DELETE: out_file_give_up() deletes the file while it is open. */
static DWORD open_temporary(struct out_file *file)
{
    DWORD error = ERROR_FILE_EXISTS;

    for (int attempt = 0; attempt < OPEN_ATTEMPTS_MAX && error == ERROR_FILE_EXISTS; attempt++) {
        uint32_t random = 0;
        error = system_random(&random, sizeof random);
        if (error != ERROR_SUCCESS)
            return error;
        /* The name shows what the file belongs to. */
        (void)swprintf(file->temporary, OUT_FILE_LEN_MAX + 1, L"%ls.%08x.tmp", file->path,
                       (unsigned)random);
        file->file =
            CreateFileW(file->temporary, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                        CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        if (file->file != INVALID_HANDLE_VALUE)
            return ERROR_SUCCESS;
        error = GetLastError();
        file->file = NULL;
    }
    return error;
}

/* Finds out early what would refuse the name at the end. */
static DWORD check_target(const struct out_file *file)
{
    DWORD attributes = GetFileAttributesW(file->path);

    if (GetFileType(file->file) != FILE_TYPE_DISK)
        return ERROR_BAD_FILE_TYPE; /* on older systems NUL with any extension is a device */
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return ERROR_SUCCESS;
    if ((attributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
        return ERROR_ACCESS_DENIED;
    return (attributes & FILE_ATTRIBUTE_READONLY) != 0 ? ERROR_FILE_READ_ONLY : ERROR_SUCCESS;
}

DWORD out_file_open(struct out_file *file, const char *path)
{
    DWORD error = set_path(file, path);

    file->temporary[0] = L'\0';
    if (error != ERROR_SUCCESS)
        return error;
    error = open_temporary(file);
    if (error == ERROR_SUCCESS)
        error = check_target(file);
    if (error != ERROR_SUCCESS)
        out_file_close(file);
    return error;
}

DWORD out_file_commit(struct out_file *file)
{
    DWORD error = ERROR_SUCCESS;

    /* Otherwise a power failure may leave an empty file with this name. */
    if (!FlushFileBuffers(file->file))
        error = GetLastError();
    handle_close(&file->file);
    if (error == ERROR_SUCCESS && !MoveFileExW(file->temporary, file->path,
                                               MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        error = GetLastError();
    if (error != ERROR_SUCCESS)
        (void)DeleteFileW(file->temporary); /* the first error is the one to report */
    return error;
}

void out_file_close(struct out_file *file)
{
    if (file->file == NULL)
        return;
    handle_close(&file->file);
    (void)DeleteFileW(file->temporary); /* nothing can be done about a failure */
}

void out_file_give_up(const struct out_file *file)
{
    if (file->temporary[0] != L'\0')
        (void)DeleteFileW(file->temporary);
}
