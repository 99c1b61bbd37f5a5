#include "service/win32/apps_entry.h"

#include <stdio.h>
#include <wchar.h>

#include "common/version.h"

enum { BROADCAST_WAIT_MS = 1000 };

/* Of a command that runs once. */
static wchar_t folder[APPS_ENTRY_LEN_MAX], text[APPS_ENTRY_LEN_MAX];

bool apps_entry_edit(wchar_t *list, const wchar_t *name, bool add)
{
    const size_t len = wcslen(name);
    bool found = false;

    for (wchar_t *item = list; *item != L'\0';) {
        const size_t item_len = wcscspn(item, L";");
        wchar_t *next = item + item_len + (item[item_len] == L';');
        if ((item_len == len || (item_len == len + 1 && item[len] == L'\\')) &&
            _wcsnicmp(item, name, len) == 0) {
            found = true;
            if (add)
                break;
            if (*next == L'\0' && item > list)
                item--; /* the semicolon before the last one */
            wmemmove(item, next, wcslen(next) + 1);
        } else {
            item = next;
        }
    }
    const size_t list_len = wcslen(list);
    if (!add || found || list_len + 1 + len >= APPS_ENTRY_LEN_MAX)
        return !add && found;
    if (list_len > 0 && list[list_len - 1] != L';')
        wcscat(list, L";");
    wcscat(list, name);
    return true;
}

/* New programs get the new PATH. The service itself never loads user32.dll. */
static void broadcast_change(void)
{
    typedef LRESULT(WINAPI * send_timeout)(HWND, UINT, WPARAM, LPARAM, UINT, UINT, PDWORD_PTR);
    HMODULE user = LoadLibraryExW(L"user32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    FARPROC send = user != NULL ? GetProcAddress(user, "SendMessageTimeoutW") : NULL;

    if (send != NULL)
        ((send_timeout)(void (*)(void))send)(HWND_BROADCAST, WM_SETTINGCHANGE, 0,
                                             (LPARAM)L"Environment", SMTO_ABORTIFHUNG,
                                             BROADCAST_WAIT_MS, NULL);
}

/* Reads, edits and writes the system's PATH; its type stays. */
static DWORD edit_path(bool add)
{
    DWORD type = REG_EXPAND_SZ, size = sizeof text;

    text[0] = L'\0';
    LSTATUS error =
        RegGetValueW(HKEY_LOCAL_MACHINE, APPS_ENTRY_PATH_KEY, L"Path",
                     RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, &type, text, &size);
    if (error != ERROR_SUCCESS && error != ERROR_FILE_NOT_FOUND)
        return (DWORD)error;
    if (!apps_entry_edit(text, folder, add))
        return ERROR_SUCCESS;
    size = (DWORD)((wcslen(text) + 1) * sizeof *text);
    error = RegSetKeyValueW(HKEY_LOCAL_MACHINE, APPS_ENTRY_PATH_KEY, L"Path", type, text, size);
    if (error == ERROR_SUCCESS)
        broadcast_change();
    return (DWORD)error;
}

static DWORD write_entry(void)
{
    static const struct {
        const wchar_t *name, *format;
    } values[] = {
        {L"DisplayName", L"lsmap"},
        {L"DisplayVersion", L"" LSMAP_VERSION_STRING},
        {L"Publisher", L"the lsmap authors"},
        {L"InstallLocation", L"%ls"},
        {L"DisplayIcon", L"%ls\\lsmap.exe"},
        {L"UninstallString", L"\"%ls\\uninstall.cmd\" /elevate"},
        {L"QuietUninstallString", L"\"%ls\\uninstall.cmd\" /quiet"},
    };
    const DWORD one = 1;
    LSTATUS error = RegSetKeyValueW(HKEY_LOCAL_MACHINE, APPS_ENTRY_KEY, L"NoModify", REG_DWORD,
                                    &one, sizeof one);

    for (size_t i = 0; i < sizeof values / sizeof values[0] && error == ERROR_SUCCESS; i++) {
        int len = swprintf(text, APPS_ENTRY_LEN_MAX, values[i].format, folder);
        error = RegSetKeyValueW(HKEY_LOCAL_MACHINE, APPS_ENTRY_KEY, values[i].name, REG_SZ, text,
                                (DWORD)(((size_t)len + 1) * sizeof *text));
    }
    return (DWORD)error;
}

static DWORD remove_entry(void)
{
    LSTATUS error = RegDeleteKeyW(HKEY_LOCAL_MACHINE, APPS_ENTRY_KEY);

    return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : (DWORD)error;
}

static void set_folder(const wchar_t *program)
{
    const wchar_t *last = wcsrchr(program, L'\\');

    (void)swprintf(folder, APPS_ENTRY_LEN_MAX, L"%.*ls", (int)(last - program), program);
}

DWORD apps_entry_write(const wchar_t *program, bool is_packaged)
{
    set_folder(program);
    (void)swprintf(text, APPS_ENTRY_LEN_MAX, L"%ls\\lsmap.exe", folder);
    if (GetFileAttributesW(text) == INVALID_FILE_ATTRIBUTES)
        return ERROR_SUCCESS;
    DWORD error = is_packaged ? remove_entry() : write_entry();
    return error == ERROR_SUCCESS ? edit_path(true) : error;
}

DWORD apps_entry_remove(const wchar_t *program)
{
    DWORD size = sizeof folder;

    if (RegGetValueW(HKEY_LOCAL_MACHINE, APPS_ENTRY_KEY, L"InstallLocation", RRF_RT_REG_SZ, NULL,
                     folder, &size) != ERROR_SUCCESS)
        set_folder(program);
    DWORD error = edit_path(false);
    return error == ERROR_SUCCESS ? remove_entry() : error;
}
