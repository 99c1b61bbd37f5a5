#include "service/win32/places.h"

#include <aclapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/ntdll.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "service/win32/access_cmd.h"
#include "service/win32/events.h"
#include "service/win32/settings_registry.h"

/* The parent of SETTINGS_REGISTRY_KEY. Removing the service removes both. */
#define SERVICE_KEY L"SYSTEM\\CurrentControlSet\\Services\\" SERVICE_NAME

enum {
    PATH_LENGTH_MAX = 32767, /* UTF-16 units; source: the longest path Windows has */
    FOLDERS_MAX = 128,       /* above a program */
    PLACES_ERROR_CAPACITY = 256,

    KEY_CHANGE_RIGHTS = KEY_SET_VALUE | KEY_CREATE_SUB_KEY | KEY_CREATE_LINK | DELETE,
    FILE_CHANGE_RIGHTS = FILE_WRITE_DATA | FILE_APPEND_DATA | DELETE,
    FOLDER_CHANGE_RIGHTS =
        FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | FILE_DELETE_CHILD | FILE_WRITE_ATTRIBUTES | DELETE,
    ABOVE_CHANGE_RIGHTS = FILE_DELETE_CHILD | DELETE, /* to rename a folder on the way */
    ROOT_CHANGE_RIGHTS = FILE_DELETE_CHILD            /* a root cannot be renamed */
};

/* Replaces a path by that of the file it leads to, without links and drive letters of the session,
 * where Windows gives it one with a drive letter: \\?\C:\... */
static void resolve(wchar_t *path, DWORD capacity)
{
    wchar_t *final_path = malloc(capacity * sizeof *final_path);
    HANDLE file = CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);

    if (file == INVALID_HANDLE_VALUE)
        file = NULL;
    if (file != NULL && final_path != NULL) {
        DWORD length = GetFinalPathNameByHandleW(file, final_path, capacity, VOLUME_NAME_DOS);
        if (length > 6 && length < capacity && wcsncmp(final_path, L"\\\\?\\", 4) == 0) {
            if (final_path[5] == L':')
                wcscpy(path, final_path + 4);
            else if (wcsncmp(final_path + 4, L"UNC\\", 4) == 0)
                wcscpy(path, final_path); /* a network drive, which is refused */
        }
    }
    handle_close(&file);
    free(final_path);
}

wchar_t *places_program(void)
{
    wchar_t *path = malloc((PATH_LENGTH_MAX + 1) * sizeof *path);

    if (path == NULL)
        return NULL;
    DWORD length = GetModuleFileNameW(NULL, path, PATH_LENGTH_MAX + 1);
    if (length == 0 || length > PATH_LENGTH_MAX) {
        free(path);
        return NULL;
    }
    if (!system_is_wine()) /* which may name the file by another drive */
        resolve(path, PATH_LENGTH_MAX + 1);
    return path;
}

/* Cuts off the last part of a path. Returns false for a root, which stays as it is. */
static bool cut_last_part(wchar_t *path)
{
    wchar_t *last = wcsrchr(path, L'\\');

    if (last == NULL || last == path || last[1] == L'\0')
        return false;
    /* "C:\name" becomes "C:\"; "C:" would be the current folder of that drive. */
    last[last[-1] == L':' ? 1 : 0] = L'\0';
    return true;
}

/* --- locks --- */

DWORD places_lock_key(void)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    HKEY key = NULL;

    DWORD error = descriptor_create(KEY_SDDL, &descriptor);
    if (error != ERROR_SUCCESS)
        return error;
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security, .lpSecurityDescriptor = descriptor};
    error = (DWORD)RegCreateKeyExW(HKEY_LOCAL_MACHINE, SETTINGS_REGISTRY_KEY, 0, NULL, 0,
                                   WRITE_DAC | WRITE_OWNER, &security, &key, NULL);
    if (error == ERROR_SUCCESS) /* it may have existed before */
        error = (DWORD)RegSetKeySecurity(key,
                                         OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |
                                             DACL_SECURITY_INFORMATION |
                                             PROTECTED_DACL_SECURITY_INFORMATION,
                                         descriptor);
    if (key != NULL)
        RegCloseKey(key);
    descriptor_free(&descriptor);
    return error;
}

/* True for a folder below the one that Windows names for programs. Not by the environment, which the
 * user's own part of the registry can change. Source: SHGetKnownFolderPath, FOLDERID_ProgramFiles. */
static bool is_below_programs(const wchar_t *folder)
{
    typedef HRESULT(WINAPI * get_folder)(const GUID *id, DWORD flags, HANDLE token, wchar_t **path);
    typedef void(WINAPI * free_memory)(void *memory);
    static const GUID program_files = {
        0x905e63b6, 0xc1bf, 0x494e, {0xb2, 0x9c, 0x65, 0xb7, 0x32, 0xd3, 0xd2, 0x1a}};
    get_folder get = (get_folder)system_function(L"shell32.dll", "SHGetKnownFolderPath");
    free_memory release = (free_memory)system_function(L"ole32.dll", "CoTaskMemFree");
    wchar_t *programs = NULL;

    if (get == NULL || release == NULL || FAILED(get(&program_files, 0, NULL, &programs)))
        return false;
    const size_t length = wcslen(programs);
    bool is_below = wcslen(folder) > length + 1 && _wcsnicmp(folder, programs, length) == 0 &&
                    folder[length] == L'\\';
    release(programs);
    return is_below;
}

/* Sets owner and DACL; the files in the folder inherit the DACL. */
static DWORD set_folder_descriptor(wchar_t *folder)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    ACL *dacl = NULL;
    BOOL is_present = FALSE, is_default = FALSE;

    DWORD error = descriptor_create(FOLDER_SDDL, &descriptor);
    if (error != ERROR_SUCCESS)
        return error;
    if (!GetSecurityDescriptorOwner(descriptor, &owner, &is_default) ||
        !GetSecurityDescriptorDacl(descriptor, &is_present, &dacl, &is_default))
        error = GetLastError();
    else
        error = SetNamedSecurityInfoW(folder, SE_FILE_OBJECT,
                                      OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
                                          PROTECTED_DACL_SECURITY_INFORMATION,
                                      owner, NULL, dacl, NULL);
    descriptor_free(&descriptor);
    return error;
}

DWORD places_lock_folder(const wchar_t *exe)
{
    wchar_t *folder = _wcsdup(exe);
    DWORD error = ERROR_SUCCESS;

    if (folder == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (cut_last_part(folder) && is_below_programs(folder) && !system_is_wine())
        error = set_folder_descriptor(folder);
    free(folder);
    return error;
}

/* --- checks --- */

/* `who` receives "" when there is no stranger. */
static DWORD find_stranger(HANDLE object, SE_OBJECT_TYPE type, uint32_t rights,
                           char who[ACCESS_REASON_CAPACITY])
{
    struct descriptor descriptor = {0};

    DWORD error = descriptor_copy_object(object, type, 0, &descriptor);
    if (error != ERROR_SUCCESS)
        return error;
    if (!access_find_stranger(&descriptor, rights, who))
        who[0] = '\0';
    descriptor_release(&descriptor);
    return ERROR_SUCCESS;
}

static DWORD check_key(const wchar_t *path, const char *name, char *reason)
{
    char who[ACCESS_REASON_CAPACITY];
    HKEY key = NULL;

    DWORD error = (DWORD)RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, READ_CONTROL, &key);
    if (error != ERROR_SUCCESS)
        return error;
    error = find_stranger(key, SE_REGISTRY_KEY, KEY_CHANGE_RIGHTS, who);
    if (error == ERROR_SUCCESS && who[0] != '\0')
        (void)snprintf(reason, PLACES_REASON_CAPACITY, "%s: %s", name, who);
    RegCloseKey(key);
    return error;
}

DWORD places_check_keys(char *reason)
{
    reason[0] = '\0';
    DWORD error = check_key(SERVICE_KEY, "Services\\" SERVICE_NAME, reason);
    if (error != ERROR_SUCCESS || reason[0] != '\0')
        return error;
    error = check_key(SETTINGS_REGISTRY_KEY, "Services\\" SERVICE_NAME "\\Parameters", reason);
    return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : error;
}

/* A link is not followed: the object of this name is checked. */
static DWORD check_path(const wchar_t *path, uint32_t rights, char *reason)
{
    char who[ACCESS_REASON_CAPACITY];
    HANDLE file = CreateFileW(
        path, READ_CONTROL, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    DWORD error = find_stranger(file, SE_FILE_OBJECT, rights, who);
    if (error == ERROR_SUCCESS && who[0] != '\0') {
        char *path_utf8 = text_w_to_utf8_alloc(path);
        (void)snprintf(reason, PLACES_REASON_CAPACITY, "%s: %s",
                       path_utf8 != NULL ? path_utf8 : "the program", who);
        free(path_utf8);
    }
    handle_close(&file);
    return error;
}

static uint32_t rights_at(int depth, const wchar_t *path)
{
    if (depth == 0)
        return FILE_CHANGE_RIGHTS;
    if (depth == 1)
        return FOLDER_CHANGE_RIGHTS;
    return path[wcslen(path) - 1] == L'\\' ? ROOT_CHANGE_RIGHTS : ABOVE_CHANGE_RIGHTS;
}

DWORD places_check_folder(const wchar_t *exe, char *reason)
{
    wchar_t *path = _wcsdup(exe);
    bool has_more = true;
    DWORD error = ERROR_SUCCESS;

    reason[0] = '\0';
    if (path == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (int depth = 0; has_more && error == ERROR_SUCCESS && reason[0] == '\0'; depth++) {
        error = depth < FOLDERS_MAX ? check_path(path, rights_at(depth, path), reason)
                                    : ERROR_BUFFER_OVERFLOW;
        has_more = cut_last_part(path);
    }
    free(path);
    return error;
}

const char *places_drive_problem(UINT drive_type)
{
    switch (drive_type) {
    case DRIVE_FIXED:
    case DRIVE_RAMDISK:
        return NULL;
    case DRIVE_REMOTE:
        return "the program is on a network drive";
    case DRIVE_REMOVABLE:
    case DRIVE_CDROM:
        return "the program is on a removable drive";
    default:
        return "the drive of the program is unknown";
    }
}

void places_check_program(const wchar_t *exe, char *reason)
{
    const wchar_t root[] = {exe[0], exe[0] != L'\0' ? exe[1] : L'\0', L'\\', L'\0'};
    const bool is_unc = exe[0] == L'\\';
    const char *problem = places_drive_problem(is_unc ? DRIVE_REMOTE : GetDriveTypeW(root));
    char text[PLACES_ERROR_CAPACITY];

    (void)snprintf(reason, PLACES_REASON_CAPACITY, "%s", problem != NULL ? problem : "");
    if (problem != NULL || system_is_wine())
        return;
    DWORD error = places_check_folder(exe, reason);
    if (error != ERROR_SUCCESS)
        (void)snprintf(reason, PLACES_REASON_CAPACITY,
                       "who can change the program cannot be determined: %s",
                       text_w_error(text, sizeof text, error));
}

bool places_are_safe(bool trust_folder)
{
    char reason[PLACES_REASON_CAPACITY] = "";
    wchar_t *program = places_program();
    bool is_safe = true;

    if (program != NULL) {
        places_check_program(program, reason);
        is_safe = reason[0] == '\0' || trust_folder;
        if (!is_safe)
            event_folder_refused(reason);
        else if (reason[0] != '\0')
            event_place_open(reason);
    }
    free(program);
    if (!system_is_wine() && places_check_keys(reason) == ERROR_SUCCESS && reason[0] != '\0')
        event_place_open(reason);
    return is_safe;
}
