#include "tests/win32/out_folder.h"

#include <string.h>
#include <wchar.h>

enum { CONTENT_CAPACITY = 4096 };

bool out_folder_make(struct out_folder *folder)
{
    wchar_t temporary[MAX_PATH];

    if (GetTempPathW(MAX_PATH, temporary) == 0 ||
        swprintf(folder->path, MAX_PATH, L"%lslsmap-out-%lu", temporary,
                 (unsigned long)GetCurrentProcessId()) < 0 ||
        swprintf(folder->file, MAX_PATH, L"%ls\\\x00e9 out.txt", folder->path) < 0)
        return false;
    return CreateDirectoryW(folder->path, NULL) || GetLastError() == ERROR_ALREADY_EXISTS;
}

static unsigned walk(const struct out_folder *folder, bool deletes)
{
    wchar_t pattern[MAX_PATH], path[MAX_PATH];
    WIN32_FIND_DATAW found;
    unsigned count = 0;

    (void)swprintf(pattern, MAX_PATH, L"%ls\\*", folder->path);
    HANDLE find = FindFirstFileW(pattern, &found);
    if (find == INVALID_HANDLE_VALUE)
        return 0;
    do {
        if (wcscmp(found.cFileName, L".") == 0 || wcscmp(found.cFileName, L"..") == 0)
            continue;
        count++;
        if (deletes && swprintf(path, MAX_PATH, L"%ls\\%ls", folder->path, found.cFileName) > 0) {
            (void)SetFileAttributesW(path, FILE_ATTRIBUTE_NORMAL);
            (void)DeleteFileW(path);
        }
    } while (FindNextFileW(find, &found));
    (void)FindClose(find);
    return count;
}

unsigned out_folder_count(const struct out_folder *folder)
{
    return walk(folder, false);
}

unsigned out_folder_clear(const struct out_folder *folder)
{
    return walk(folder, true);
}

void out_folder_remove(const struct out_folder *folder)
{
    (void)out_folder_clear(folder);
    (void)RemoveDirectoryW(folder->path);
}

bool out_folder_write(const wchar_t *path, const char *text)
{
    DWORD written = 0;
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return false;
    bool good = WriteFile(file, text, (DWORD)strlen(text), &written, NULL) != 0;
    return CloseHandle(file) && good;
}

const char *out_folder_read(const wchar_t *path)
{
    static char content[CONTENT_CAPACITY];
    DWORD size = 0;
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);

    content[0] = '\0';
    if (file == INVALID_HANDLE_VALUE)
        return content;
    if (ReadFile(file, content, sizeof content - 1, &size, NULL))
        content[size] = '\0';
    (void)CloseHandle(file);
    return content;
}
