#include "client/win32/out_file.h"

#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"

enum {
    SUFFIX_LEN = 13,        /* ".XXXXXXXX.tmp" */
    CREATE_ATTEMPTS_MAX = 8 /* names that exist already */
};

/* The full path, so that it stays right when the current folder changes. */
static DWORD set_path(struct out_file *file, const char *path)
{
    enum { LEN_MAX = (int)OUT_FILE_LEN_MAX - SUFFIX_LEN };
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

/* The same before and after the rename, which Windows refuses for a file marked for deletion. A file
 * system that cannot do it leaves the file when the process is ended. */
static void mark_for_deletion(const struct out_file *file, bool is_marked)
{
    FILE_DISPOSITION_INFO info = {.DeleteFile = is_marked};

    (void)SetFileInformationByHandle(file->file, FileDispositionInfo, &info, sizeof info);
}

DWORD out_file_create(HANDLE *file, wchar_t *path, size_t capacity, const wchar_t *prefix,
                      DWORD access, DWORD sharing, DWORD flags)
{
    DWORD error = ERROR_FILE_EXISTS;

    for (int attempt = 0; attempt < CREATE_ATTEMPTS_MAX && error == ERROR_FILE_EXISTS; attempt++) {
        uint32_t random = 0;
        error = system_random(&random, sizeof random);
        if (error != ERROR_SUCCESS)
            return error;
        (void)swprintf(path, capacity, L"%ls.%08x.tmp", prefix, (unsigned)random);
        error = handle_open_file(file, path, access, sharing, CREATE_NEW, flags);
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
    file->is_nul = span_equal_ascii_nocase(span_from_string(path), SPAN("nul"));
    if (file->is_nul)
        return handle_open_file(&file->file, L"NUL", GENERIC_WRITE,
                                FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, 0);
    DWORD error = set_path(file, path);
    /* Its name shows what the file belongs to. FILE_SHARE_DELETE: it is renamed while it is open. */
    if (error == ERROR_SUCCESS)
        error = out_file_create(&file->file, file->temporary, OUT_FILE_LEN_MAX + 1, file->path,
                                GENERIC_WRITE | DELETE, FILE_SHARE_READ | FILE_SHARE_DELETE,
                                FILE_ATTRIBUTE_NORMAL);
    if (error != ERROR_SUCCESS)
        return error;
    mark_for_deletion(file, true);
    error = check_target(file);
    if (error != ERROR_SUCCESS)
        handle_close(&file->file);
    return error;
}

/* A file that is open cannot be opened without sharing it. */
static bool is_open(const wchar_t *path)
{
    HANDLE file = NULL;
    const DWORD error = handle_open_file(&file, path, GENERIC_READ, 0, OPEN_EXISTING, 0);

    handle_close(&file);
    return error == ERROR_SHARING_VIOLATION;
}

/* Windows refuses to replace a file that is open, with one of two errors. */
static DWORD rename_file(const struct out_file *file)
{
    const uint64_t deadline_ms = system_now_ms() + OUT_FILE_RETRY_MS;

    for (;;) { /* ends at the deadline at the latest */
        mark_for_deletion(file, false);
        if (MoveFileExW(file->temporary, file->path,
                        MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
            return ERROR_SUCCESS;
        DWORD error = GetLastError();
        mark_for_deletion(file, true);
        if (error != ERROR_SHARING_VIOLATION && error != ERROR_ACCESS_DENIED)
            return error;
        if (system_now_ms() >= deadline_ms)
            return is_open(file->path) ? ERROR_SHARING_VIOLATION : error;
        Sleep(OUT_FILE_RETRY_PAUSE_MS);
    }
}

DWORD out_file_commit(struct out_file *file)
{
    DWORD error = ERROR_SUCCESS;

    if (!file->is_nul) {
        /* Otherwise a power failure may leave an empty file with this name. */
        error = FlushFileBuffers(file->file) ? rename_file(file) : GetLastError();
    }
    handle_close(&file->file); /* which deletes it after a failure */
    return error;
}
