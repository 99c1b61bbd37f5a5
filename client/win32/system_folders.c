#include "client/win32/system_folders.h"

#include "common/win32/text_w.h"
#include "common/win32/win.h"

enum { FOLDER_LENGTH_MAX = 300 };

static void add(struct system_folders *folders, const wchar_t *path, DWORD len)
{
    char *text = folders->texts[folders->count];

    if (len == 0 || len >= FOLDER_LENGTH_MAX ||
        text_w_to_utf8(text, SYSTEM_FOLDER_CAPACITY, path) != ERROR_SUCCESS)
        return;
    folders->folders[folders->count++] = span_from_string(text);
}

void system_folders_query(struct system_folders *folders)
{
    /* Of both word sizes. The user's own variables decide what he is shown, and nothing else. */
    static const wchar_t *const variables[] = {L"ProgramFiles", L"ProgramFiles(x86)",
                                               L"ProgramW6432"};
    wchar_t path[FOLDER_LENGTH_MAX] = L"";

    folders->count = 0;
    /* Not GetWindowsDirectoryW: on a terminal server that may be a folder of the user. */
    add(folders, path, GetSystemWindowsDirectoryW(path, FOLDER_LENGTH_MAX));
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        add(folders, path, GetEnvironmentVariableW(variables[i], path, FOLDER_LENGTH_MAX));
}
