#include "service/win32/install_folder.h"

#include <aclapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "service/access.h"
#include "service/win32/descriptor.h"
#include "service/win32/security_bytes.h"

enum {
    PATH_LENGTH_MAX = 32767, /* UTF-16 units; source: the longest path Windows has */
    PROGRAMS_LENGTH_MAX = 512,
    FOLDERS_MAX = 128, /* above a program */

    FILE_CHANGE_RIGHTS = FILE_WRITE_DATA | FILE_APPEND_DATA | DELETE,
    FOLDER_CHANGE_RIGHTS =
        FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | FILE_DELETE_CHILD | FILE_WRITE_ATTRIBUTES | DELETE,
    ABOVE_CHANGE_RIGHTS = FILE_DELETE_CHILD | DELETE, /* to rename what lies on the way */
    ROOT_CHANGE_RIGHTS = FILE_DELETE_CHILD            /* nobody renames a root */
};

wchar_t *install_folder_program(void)
{
    wchar_t *path = malloc((PATH_LENGTH_MAX + 1) * sizeof *path);

    if (path == NULL)
        return NULL;
    DWORD length = GetModuleFileNameW(NULL, path, PATH_LENGTH_MAX + 1);
    if (length == 0 || length > PATH_LENGTH_MAX) {
        free(path);
        return NULL;
    }
    return path;
}

/* Cuts the last part of a path off. Returns false at a root, which stays as it is. */
static bool cut_last_part(wchar_t *path)
{
    wchar_t *last = wcsrchr(path, L'\\');

    if (last == NULL || last == path || last[1] == L'\0')
        return false;
    /* "C:\name" becomes "C:\", for "C:" is the current folder there. */
    last[last[-1] == L':' ? 1 : 0] = L'\0';
    return true;
}

/* Below the folder that Windows names for programs, not that folder itself. */
static bool is_below_programs(const wchar_t *folder)
{
    wchar_t programs[PROGRAMS_LENGTH_MAX];
    DWORD length = GetEnvironmentVariableW(L"ProgramFiles", programs, PROGRAMS_LENGTH_MAX);

    return length > 0 && length < PROGRAMS_LENGTH_MAX && wcslen(folder) > (size_t)length + 1 &&
           _wcsnicmp(folder, programs, length) == 0 && folder[length] == L'\\';
}

/* Owner and access list; what lies in the folder takes them over. */
static DWORD set_descriptor(wchar_t *folder)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    ACL *list = NULL;
    BOOL has_list = FALSE, is_default = FALSE;

    DWORD error = descriptor_create(FOLDER_SDDL, &descriptor);
    if (error != ERROR_SUCCESS)
        return error;
    if (!GetSecurityDescriptorOwner(descriptor, &owner, &is_default) ||
        !GetSecurityDescriptorDacl(descriptor, &has_list, &list, &is_default))
        error = GetLastError();
    else
        error = SetNamedSecurityInfoW(folder, SE_FILE_OBJECT,
                                      OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
                                          PROTECTED_DACL_SECURITY_INFORMATION,
                                      owner, NULL, list, NULL);
    descriptor_free(&descriptor);
    return error;
}

DWORD install_folder_lock(const wchar_t *exe, bool *is_locked)
{
    wchar_t *folder = _wcsdup(exe);
    DWORD error = ERROR_SUCCESS;

    if (folder == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    bool is_ours = cut_last_part(folder) && is_below_programs(folder) && !system_is_wine();
    if (is_ours)
        error = set_descriptor(folder);
    if (error == ERROR_SUCCESS)
        *is_locked = is_ours;
    free(folder);
    return error;
}

/* "" in `reason` when nobody can do `rights` to what the path names. */
static DWORD check_one(const wchar_t *path, uint32_t rights, char *reason)
{
    struct security_bytes bytes = {0};
    char who[DESCRIPTOR_VIEW_REASON_CAPACITY];

    DWORD error = security_bytes_of_path(path, &bytes);
    if (error != ERROR_SUCCESS)
        return error;
    reason[0] = '\0';
    if (descriptor_view_find_stranger(&bytes.view, rights, who)) {
        char *path_utf8 = text_w_to_utf8_alloc(path);
        (void)snprintf(reason, INSTALL_FOLDER_REASON_CAPACITY, "%s: %.*s",
                       path_utf8 != NULL ? path_utf8 : "the program", (int)sizeof who, who);
        free(path_utf8);
    }
    security_bytes_release(&bytes);
    return ERROR_SUCCESS;
}

static uint32_t rights_at(int depth, const wchar_t *path)
{
    if (depth == 0)
        return FILE_CHANGE_RIGHTS;
    if (depth == 1)
        return FOLDER_CHANGE_RIGHTS;
    return path[wcslen(path) - 1] == L'\\' ? ROOT_CHANGE_RIGHTS : ABOVE_CHANGE_RIGHTS;
}

DWORD install_folder_check(const wchar_t *exe, char *reason)
{
    char found[INSTALL_FOLDER_REASON_CAPACITY] = "";
    wchar_t *path = _wcsdup(exe);
    bool has_more = true;
    DWORD error = ERROR_SUCCESS;

    if (path == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (int depth = 0; has_more && error == ERROR_SUCCESS && found[0] == '\0'; depth++) {
        if (depth == FOLDERS_MAX) {
            error = ERROR_BUFFER_OVERFLOW;
            break;
        }
        error = check_one(path, rights_at(depth, path), found);
        has_more = cut_last_part(path);
    }
    if (error == ERROR_SUCCESS)
        (void)snprintf(reason, INSTALL_FOLDER_REASON_CAPACITY, "%s", found);
    free(path);
    return error;
}
