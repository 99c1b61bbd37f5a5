#include "tests/win32/fixture_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/win32/text_w.h"

enum { DEEP_FOLDERS = 8, DEEP_FOLDER_LEN = 100, NAME_CAPACITY = 64 };

/* Paths with this prefix have no length limit, and `.` and `..` have no meaning in them. */
static const wchar_t unlimited[] = L"\\\\?\\";
enum { UNLIMITED_LEN = 4 };

static bool remember(struct fixture_files *files, const wchar_t *path)
{
    if (files->count >= FIXTURE_FILES_MAX)
        return false;
    wchar_t *copy = _wcsdup(path);
    if (copy == NULL)
        return false;
    files->created[files->count++] = copy;
    return true;
}

bool fixture_path_join(wchar_t *out, const wchar_t *folder, const wchar_t *name)
{
    size_t folder_len = wcslen(folder);
    size_t name_len = wcslen(name);
    if (folder_len + 1 + name_len >= FIXTURE_PATH_LEN_MAX)
        return false;
    memcpy(out, folder, folder_len * sizeof *out);
    out[folder_len] = L'\\';
    memcpy(out + folder_len + 1, name, (name_len + 1) * sizeof *out);
    return true;
}

static DWORD make_folder(struct fixture_files *files, const wchar_t *path)
{
    if (!CreateDirectoryW(path, NULL))
        return GetLastError();
    return remember(files, path) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

static DWORD set_unlimited(const wchar_t *dir, wchar_t *out)
{
    wchar_t full[FIXTURE_PATH_LEN_MAX];
    const DWORD room = (DWORD)FIXTURE_PATH_LEN_MAX - UNLIMITED_LEN;

    DWORD len = GetFullPathNameW(dir, room, full, NULL);
    if (len == 0 || len >= room)
        return ERROR_BUFFER_OVERFLOW;
    while (len > 0 && full[len - 1] == L'\\')
        full[--len] = L'\0';
    bool is_given = wcsncmp(full, L"\\\\", 2) == 0;
    size_t prefix_len = is_given ? 0 : UNLIMITED_LEN;
    memcpy(out, unlimited, prefix_len * sizeof *out);
    memcpy(out + prefix_len, full, (len + 1) * sizeof *out);
    return ERROR_SUCCESS;
}

DWORD fixture_files_root(struct fixture_files *files, const wchar_t *dir, wchar_t *root)
{
    wchar_t parent[FIXTURE_PATH_LEN_MAX];
    char name[NAME_CAPACITY];
    wchar_t name_w[NAME_CAPACITY];

    DWORD error = set_unlimited(dir, parent);
    if (error != ERROR_SUCCESS)
        return error;
    /* A killed fixture leaves its folder, and Wine soon gives its pid to another. */
    snprintf(name, sizeof name, "lsmap-fixture-%lu-%llx", (unsigned long)GetCurrentProcessId(),
             (unsigned long long)GetTickCount64());
    error = text_w_from_utf8(name_w, NAME_CAPACITY, span_from_string(name));
    if (error != ERROR_SUCCESS)
        return error;
    return fixture_path_join(root, parent, name_w) ? make_folder(files, root)
                                                   : ERROR_BUFFER_OVERFLOW;
}

static DWORD fill(HANDLE file, DWORD size)
{
    DWORD written = 0;
    DWORD error = ERROR_SUCCESS;

    char *content = malloc(size);
    if (content == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (DWORD i = 0; i < size; i++)
        content[i] = (char)('a' + i % 26);
    if (!WriteFile(file, content, size, &written, NULL))
        error = GetLastError();
    free(content);
    return error;
}

DWORD fixture_file_make(struct fixture_files *files, const wchar_t *path, DWORD size)
{
    HANDLE file =
        CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    DWORD error = remember(files, path) ? fill(file, size) : ERROR_NOT_ENOUGH_MEMORY;
    CloseHandle(file);
    return error;
}

DWORD fixture_file_copy_self(struct fixture_files *files, const wchar_t *path)
{
    wchar_t self[FIXTURE_PATH_LEN_MAX];

    DWORD len = GetModuleFileNameW(NULL, self, FIXTURE_PATH_LEN_MAX);
    if (len == 0 || len >= FIXTURE_PATH_LEN_MAX)
        return ERROR_BUFFER_OVERFLOW;
    if (!CopyFileW(self, path, TRUE))
        return GetLastError();
    return remember(files, path) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

DWORD fixture_file_deep(struct fixture_files *files, const wchar_t *folder, DWORD size,
                        wchar_t *path)
{
    wchar_t here[FIXTURE_PATH_LEN_MAX];
    wchar_t name[DEEP_FOLDER_LEN + 1];

    if (!fixture_path_join(here, folder, L"deep"))
        return ERROR_BUFFER_OVERFLOW;
    DWORD error = make_folder(files, here);
    for (int i = 0; i < DEEP_FOLDERS && error == ERROR_SUCCESS; i++) {
        wmemset(name, (wchar_t)(L'a' + i), DEEP_FOLDER_LEN);
        name[DEEP_FOLDER_LEN] = L'\0';
        if (!fixture_path_join(path, here, name))
            return ERROR_BUFFER_OVERFLOW;
        memcpy(here, path, sizeof here);
        error = make_folder(files, here);
    }
    if (error != ERROR_SUCCESS)
        return error;
    return fixture_path_join(path, here, L"deep.dat") ? fixture_file_make(files, path, size)
                                                      : ERROR_BUFFER_OVERFLOW;
}

void fixture_files_remove(struct fixture_files *files)
{
    while (files->count > 0) {
        wchar_t *path = files->created[--files->count];
        if (!DeleteFileW(path))
            RemoveDirectoryW(path);
        free(path);
    }
}
