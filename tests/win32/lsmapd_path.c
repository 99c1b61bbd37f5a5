#include "tests/win32/lsmapd_path.h"

#include <wchar.h>

bool lsmapd_path(wchar_t path[MAX_PATH])
{
    wchar_t given[MAX_PATH];
    DWORD length = GetEnvironmentVariableW(L"LSMAPD_EXE", given, MAX_PATH);

    if (length == 0 || length >= MAX_PATH) {
        length = GetModuleFileNameW(NULL, given, MAX_PATH);
        wchar_t *name = wcsrchr(given, L'\\');
        if (length == 0 || length >= MAX_PATH || name == NULL ||
            (size_t)(name - given) + sizeof "\\lsmapd.exe" > MAX_PATH)
            return false;
        wcscpy(name, L"\\lsmapd.exe");
    }
    length = GetFullPathNameW(given, MAX_PATH, path, NULL);
    return length > 0 && length < MAX_PATH && GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}
