#include "client/win32/out_file.h"

#include <string.h>
#include <wchar.h>

#include "common/text/number.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"

enum {
    SUFFIX_LENGTH = 13, /* ".XXXXXXXX.tmp" */
    RANDOM_SIZE = 4,
    OPEN_ATTEMPTS_MAX = 8, /* names that are taken */
    WRITE_SIZE_MAX = 1024 * 1024
};

/* The full path, so that a change of folder means nothing. */
static DWORD set_path(struct out_file *file, const char *path)
{
    enum { LENGTH_MAX = OUT_FILE_LENGTH_MAX - SUFFIX_LENGTH };
    wchar_t *given = file->temporary; /* not needed yet */

    DWORD error = text_w_from_utf8(given, LENGTH_MAX + 1, span_from_string(path));
    if (error == ERROR_BUFFER_OVERFLOW)
        error = ERROR_FILENAME_EXCED_RANGE;
    if (error != ERROR_SUCCESS)
        return error;
    DWORD len = GetFullPathNameW(given, LENGTH_MAX + 1, file->path, NULL);
    if (len == 0)
        return GetLastError();
    return len <= LENGTH_MAX ? ERROR_SUCCESS : ERROR_FILENAME_EXCED_RANGE;
}

/* Others may delete it: out_file_give_up() does so while it is open. */
static HANDLE create_new(const wchar_t *path)
{
    HANDLE file = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                              CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);

    return file == INVALID_HANDLE_VALUE ? NULL : file;
}

/* Behind the name, so that it is seen whose file it is. */
static DWORD set_temporary(struct out_file *file)
{
    size_t len = wcslen(file->path);
    wchar_t *suffix = file->temporary + len;
    uint8_t random[RANDOM_SIZE];
    char digits[2 * RANDOM_SIZE];

    DWORD error = system_random(random, sizeof random);
    if (error != ERROR_SUCCESS)
        return error;
    memcpy(file->temporary, file->path, len * sizeof *file->path);
    *suffix++ = L'.';
    for (size_t i = 0; i < sizeof random; i++)
        number_put_hex(digits + 2 * i, random[i], 2);
    for (size_t i = 0; i < sizeof digits; i++)
        *suffix++ = (wchar_t)digits[i];
    memcpy(suffix, L".tmp", sizeof L".tmp");
    return ERROR_SUCCESS;
}

static DWORD open_temporary(struct out_file *file)
{
    DWORD error = ERROR_FILE_EXISTS;

    for (int attempt = 0; attempt < OPEN_ATTEMPTS_MAX && error == ERROR_FILE_EXISTS; attempt++) {
        error = set_temporary(file);
        if (error != ERROR_SUCCESS)
            return error;
        file->file = create_new(file->temporary);
        error = file->file != NULL ? ERROR_SUCCESS : GetLastError();
    }
    return error;
}

/* What would refuse the name at the end, learnt before all the work is done. */
static DWORD check_target(const struct out_file *file)
{
    DWORD attributes = GetFileAttributesW(file->path);

    if (GetFileType(file->file) != FILE_TYPE_DISK)
        return ERROR_BAD_FILE_TYPE; /* NUL with any ending is still NUL on older systems */
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

DWORD out_file_write(struct out_file *file, struct span bytes)
{
    while (bytes.size > 0) { /* each turn writes at least a byte, or ends */
        DWORD size = bytes.size < WRITE_SIZE_MAX ? (DWORD)bytes.size : WRITE_SIZE_MAX;
        DWORD written = 0;
        if (!WriteFile(file->file, bytes.data, size, &written, NULL))
            return GetLastError();
        if (written == 0)
            return ERROR_WRITE_FAULT;
        bytes = span_from(bytes, written);
    }
    return ERROR_SUCCESS;
}

DWORD out_file_commit(struct out_file *file)
{
    DWORD error = ERROR_SUCCESS;

    /* On the disk before it has the name, or a power cut leaves an empty file with it. */
    if (!FlushFileBuffers(file->file))
        error = GetLastError();
    handle_close(&file->file);
    if (error == ERROR_SUCCESS && !MoveFileExW(file->temporary, file->path,
                                               MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        error = GetLastError();
    if (error != ERROR_SUCCESS)
        (void)DeleteFileW(file->temporary); /* the first error is the one to tell */
    return error;
}

void out_file_close(struct out_file *file)
{
    if (file->file == NULL)
        return;
    handle_close(&file->file);
    (void)DeleteFileW(file->temporary); /* nothing is left to be done about it */
}

void out_file_give_up(const struct out_file *file)
{
    if (file->temporary[0] != L'\0')
        (void)DeleteFileW(file->temporary);
}
