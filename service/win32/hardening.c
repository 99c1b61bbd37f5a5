#include "service/win32/hardening.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "service/win32/access_cmd.h"
#include "service/win32/events.h"
#include "service/win32/settings_registry.h"

/* The parent of SETTINGS_REGISTRY_KEY. Removing the service removes both. */
#define SERVICE_KEY L"SYSTEM\\CurrentControlSet\\Services\\" SERVICE_NAME

enum {
    REFUSED_CAPACITY = 256,
    PRIVILEGES_MAX = 64, /* of a token; Windows knows 36 */
    PRIVILEGE_LENGTH_MAX = 64,
    PATH_LENGTH_MAX = 32767, /* UTF-16 units; source: the longest path Windows has */
    FOLDERS_MAX = 128,       /* above a program */
    ERROR_CAPACITY = 256,

    KEY_CHANGE_RIGHTS = KEY_SET_VALUE | KEY_CREATE_SUB_KEY | KEY_CREATE_LINK | DELETE,
    FILE_CHANGE_RIGHTS = FILE_WRITE_DATA | FILE_APPEND_DATA | DELETE,
    FOLDER_CHANGE_RIGHTS =
        FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | FILE_DELETE_CHILD | FILE_WRITE_ATTRIBUTES | DELETE,
    ABOVE_CHANGE_RIGHTS = FILE_DELETE_CHILD | DELETE, /* to rename a folder on the way */
    ROOT_CHANGE_RIGHTS = FILE_DELETE_CHILD            /* a root cannot be renamed */
};

/* --- policies and privileges --- */

static char refused[REFUSED_CAPACITY];

const char *hardening_apply(void)
{
    static const struct {
        PROCESS_MITIGATION_POLICY policy;
        DWORD flags;
        const char *name;
    } policies[] = {
#define X(policy, flags, name, reason) {policy, flags, name},
        HARDENING_LIST(X)
#undef X
    };

    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        DWORD flags = policies[i].flags;
        size_t size = strlen(refused);
        if (SetProcessMitigationPolicy(policies[i].policy, &flags, sizeof flags))
            continue;
        DWORD error = GetLastError();
        if (!system_is_wine())
            (void)snprintf(refused + size, sizeof refused - size, "%s%s (%lu)",
                           size > 0 ? ", " : "", policies[i].name, (unsigned long)error);
    }
    return refused;
}

static bool is_kept(const wchar_t *name)
{
#define X(needed, reason) wcscmp(name, L"" needed) == 0 ||
    return PRIVILEGES_LIST(X) wcscmp(name, L"" PRIVILEGE_ALWAYS_PRESENT) == 0;
#undef X
}

DWORD hardening_drop_privileges(void)
{
    union {
        TOKEN_PRIVILEGES list;
        BYTE bytes[sizeof(TOKEN_PRIVILEGES) + PRIVILEGES_MAX * sizeof(LUID_AND_ATTRIBUTES)];
    } answer;
    LUID_AND_ATTRIBUTES *all = answer.list.Privileges;
    wchar_t name[PRIVILEGE_LENGTH_MAX];
    HANDLE token = NULL;
    DWORD size = 0, count = 0, error = ERROR_SUCCESS, unknown = ERROR_SUCCESS;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token))
        return GetLastError();
    if (!GetTokenInformation(token, TokenPrivileges, &answer, sizeof answer, &size))
        error = GetLastError();
    /* One whose name is unknown is kept, because the removal is final. */
    for (DWORD i = 0; error == ERROR_SUCCESS && i < answer.list.PrivilegeCount; i++) {
        DWORD length = PRIVILEGE_LENGTH_MAX;
        LUID id = all[i].Luid;
        if (!LookupPrivilegeNameW(NULL, &id, name, &length))
            unknown = GetLastError();
        else if (!is_kept(name))
            all[count++] = (LUID_AND_ATTRIBUTES){id, SE_PRIVILEGE_REMOVED};
    }
    if (count > 0) {
        answer.list.PrivilegeCount = count;
        if (!AdjustTokenPrivileges(token, FALSE, &answer.list, 0, NULL, NULL))
            error = GetLastError();
    }
    handle_close(&token);
    return error != ERROR_SUCCESS ? error : unknown;
}

void hardening_finish(void)
{
    if (refused[0] != '\0')
        event_hardening_refused(refused);
    DWORD error = hardening_drop_privileges();
    if (error != ERROR_SUCCESS)
        event_privileges_kept(error);
}

/* --- the places --- */

const wchar_t *hardening_program(void)
{
    static wchar_t path[PATH_LENGTH_MAX + 1], resolved[PATH_LENGTH_MAX + 1];
    DWORD length = GetModuleFileNameW(NULL, path, PATH_LENGTH_MAX + 1);

    if (length == 0 || length > PATH_LENGTH_MAX)
        return NULL;
    if (system_is_wine()) /* which may name the file by another drive */
        return path;
    HANDLE file = CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return path;
    length = GetFinalPathNameByHandleW(file, resolved, PATH_LENGTH_MAX + 1, VOLUME_NAME_DOS);
    handle_close(&file);
    if (length <= 6 || length > PATH_LENGTH_MAX || wcsncmp(resolved, L"\\\\?\\", 4) != 0)
        return path;
    if (resolved[5] == L':')
        return resolved + 4;
    return wcsncmp(resolved + 4, L"UNC\\", 4) == 0 ? resolved : path; /* no network drive passes */
}

/* Looks for an account that could change an object. `reason` is untouched when there is none. */
static DWORD find_stranger(HANDLE object, SE_OBJECT_TYPE type, uint32_t rights, const char *name,
                           char *reason)
{
    char who[ACCESS_REASON_CAPACITY];
    struct descriptor descriptor = {0};

    DWORD error = descriptor_copy_object(object, type, 0, &descriptor);
    if (error == ERROR_SUCCESS && access_find_stranger(&descriptor, rights, who))
        (void)snprintf(reason, HARDENING_REASON_CAPACITY, "%s: %s", name, who);
    descriptor_release(&descriptor);
    return error;
}

static DWORD check_key(const wchar_t *path, const char *name, char *reason)
{
    HKEY key = NULL;

    DWORD error = (DWORD)RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, READ_CONTROL, &key);
    if (error != ERROR_SUCCESS)
        return error;
    error = find_stranger(key, SE_REGISTRY_KEY, KEY_CHANGE_RIGHTS, name, reason);
    RegCloseKey(key);
    return error;
}

DWORD hardening_check_keys(char *reason)
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
    HANDLE file = CreateFileW(
        path, READ_CONTROL, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    char *name = text_w_to_utf8_alloc(path);
    DWORD error =
        find_stranger(file, SE_FILE_OBJECT, rights, name != NULL ? name : "the program", reason);
    free(name);
    handle_close(&file);
    return error;
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

static uint32_t rights_at(int depth, const wchar_t *path)
{
    if (depth == 0)
        return FILE_CHANGE_RIGHTS;
    if (depth == 1)
        return FOLDER_CHANGE_RIGHTS;
    return path[wcslen(path) - 1] == L'\\' ? ROOT_CHANGE_RIGHTS : ABOVE_CHANGE_RIGHTS;
}

DWORD hardening_check_folder(const wchar_t *exe, char *reason)
{
    wchar_t *path = _wcsdup(exe);
    DWORD error = ERROR_SUCCESS;
    int depth = 0;

    reason[0] = '\0';
    if (path == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    do {
        error = depth < FOLDERS_MAX ? check_path(path, rights_at(depth, path), reason)
                                    : ERROR_BUFFER_OVERFLOW;
        depth++;
    } while (error == ERROR_SUCCESS && reason[0] == '\0' && cut_last_part(path));
    free(path);
    return error;
}

const char *hardening_drive_problem(UINT drive_type)
{
    if (drive_type == DRIVE_FIXED || drive_type == DRIVE_RAMDISK)
        return NULL;
    if (drive_type == DRIVE_REMOTE)
        return "the program is on a network drive";
    return drive_type == DRIVE_REMOVABLE || drive_type == DRIVE_CDROM
               ? "the program is on a removable drive"
               : "the drive of the program is unknown";
}

/* A check that failed is a reason as well. */
static void explain(DWORD error, const char *what, char *reason)
{
    char text[ERROR_CAPACITY];

    if (error != ERROR_SUCCESS)
        (void)snprintf(reason, HARDENING_REASON_CAPACITY,
                       "who can change the %s cannot be determined: %s", what,
                       text_w_error(text, sizeof text, error));
}

void hardening_check_program(const wchar_t *exe, char *reason)
{
    const wchar_t root[] = {exe[0], exe[0] != L'\0' ? exe[1] : L'\0', L'\\', L'\0'};
    const bool is_unc = exe[0] == L'\\';
    const char *problem = hardening_drive_problem(is_unc ? DRIVE_REMOTE : GetDriveTypeW(root));

    (void)snprintf(reason, HARDENING_REASON_CAPACITY, "%s", problem != NULL ? problem : "");
    if (problem != NULL || system_is_wine())
        return;
    explain(hardening_check_folder(exe, reason), "program", reason);
}

bool hardening_places_are_safe(bool trust_folder)
{
    char reason[HARDENING_REASON_CAPACITY] = "the path of the program is not known";
    const wchar_t *program = hardening_program();

    if (program != NULL)
        hardening_check_program(program, reason);
    const bool is_safe = reason[0] == '\0' || trust_folder;
    if (!is_safe)
        event_folder_refused(reason);
    else if (reason[0] != '\0')
        event_place_open(reason);
    if (system_is_wine())
        return is_safe;
    explain(hardening_check_keys(reason), "settings", reason);
    if (reason[0] != '\0')
        event_place_open(reason);
    return is_safe;
}
