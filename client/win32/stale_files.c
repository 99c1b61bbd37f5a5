#include "client/win32/stale_files.h"

#include <stdlib.h>
#include <string.h>

#include "client/win32/file_users.h"
#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/win32/handle.h"
#include "common/win32/text_w.h"

enum {
    PENDING_SIZE_MAX = 16 * 1024 * 1024,
    READ_ATTEMPTS_MAX = 4, /* at a value that grows */
    DRIVE_SIZE = 3,        /* "C:\\" */
    PREFIX_LEN = 4         /* "\\?\": a path may be longer than MAX_PATH */
};

/* Where MoveFileExW() with MOVEFILE_DELAY_UNTIL_REBOOT keeps what the session manager does at the next
 * start (documented there). Every user may read it. */
static void read_pending(struct buffer *pending)
{
    static const wchar_t key_name[] = L"SYSTEM\\CurrentControlSet\\Control\\Session Manager";
    wchar_t *value = NULL;
    DWORD size = 0, type = REG_NONE;
    LSTATUS status = ERROR_MORE_DATA;
    HKEY key = NULL;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, key_name, 0, KEY_QUERY_VALUE, &key) != ERROR_SUCCESS)
        return;
    for (int i = 0; i < READ_ATTEMPTS_MAX && status == ERROR_MORE_DATA; i++) {
        free(value);
        value = size > 0 && size <= PENDING_SIZE_MAX ? malloc(size) : NULL;
        status = RegQueryValueExW(key, L"PendingFileRenameOperations", NULL, &type, (BYTE *)value,
                                  &size);
        if (status == ERROR_SUCCESS && value == NULL && size > 0)
            status = size <= PENDING_SIZE_MAX ? ERROR_MORE_DATA : ERROR_FILE_TOO_LARGE;
    }
    if (status == ERROR_SUCCESS && value != NULL && type == REG_MULTI_SZ &&
        !text_w_append(pending, value, size / sizeof *value))
        buffer_clear(pending);
    free(value);
    RegCloseKey(key);
}

/* Opens what is at the path itself. Returns a Win32 error; ERROR_BAD_PATHNAME for one that is not of a
 * local drive. */
static DWORD open_file(struct span path, HANDLE *file)
{
    wchar_t drive[DRIVE_SIZE + 1], *name = NULL;

    if (path.size <= DRIVE_SIZE || path.data[1] != ':' || path.data[2] != '\\' ||
        text_w_from_utf8(drive, DRIVE_SIZE + 1, (struct span){path.data, DRIVE_SIZE}) !=
            ERROR_SUCCESS)
        return ERROR_BAD_PATHNAME;
    /* Which does not open it. A letter of this session may be another drive than everybody's. */
    const UINT kind = GetDriveTypeW(drive);
    if (kind != DRIVE_FIXED && kind != DRIVE_REMOVABLE && kind != DRIVE_RAMDISK)
        return ERROR_BAD_PATHNAME;
    name = malloc(((size_t)PREFIX_LEN + NAME_LENGTH_MAX + 1) * sizeof *name);
    if (name == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    memcpy(name, L"\\\\?\\", PREFIX_LEN * sizeof *name);
    DWORD error = text_w_from_utf8(name + PREFIX_LEN, NAME_LENGTH_MAX + 1, path);
    if (error == ERROR_SUCCESS) {
        HANDLE opened = CreateFileW(
            name, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
        if (opened == INVALID_HANDLE_VALUE)
            error = GetLastError();
        else
            *file = opened;
    }
    free(name);
    return error;
}

static enum stale_presence look(void *context, struct span path, uint64_t *change_time)
{
    enum stale_presence presence = STALE_UNKNOWN;
    FILE_BASIC_INFO info;
    HANDLE file = NULL;
    DWORD error = open_file(path, &file);

    (void)context;
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        presence = STALE_ABSENT;
    if (file != NULL && GetFileInformationByHandleEx(file, FileBasicInfo, &info, sizeof info)) {
        *change_time = (uint64_t)info.ChangeTime.QuadPart;
        presence = STALE_PRESENT;
    }
    handle_close(&file);
    return presence;
}

static bool list_users(void *context, struct span path, struct buffer *pids)
{
    HANDLE file = NULL;

    (void)context;
    bool good =
        open_file(path, &file) == ERROR_SUCCESS && file_users_query(file, pids) == NTSTATUS_OK;
    handle_close(&file);
    return good;
}

/* OpenProcess() fails with ERROR_INVALID_PARAMETER when no process has the identifier. */
static bool is_running(void *context, uint32_t pid)
{
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    DWORD error = process != NULL ? ERROR_SUCCESS : GetLastError(), code = STILL_ACTIVE;

    (void)context;
    if (process != NULL && !GetExitCodeProcess(process, &code))
        code = STILL_ACTIVE;
    handle_close(&process);
    return error != ERROR_INVALID_PARAMETER && code == STILL_ACTIVE;
}

void stale_files_open(struct stale_files *files)
{
    buffer_init(&files->pending, 3 * PENDING_SIZE_MAX);
    read_pending(&files->pending);
    files->calls =
        (struct stale_calls){files, buffer_span(&files->pending), look, list_users, is_running};
}

void stale_files_close(struct stale_files *files)
{
    buffer_release(&files->pending);
}
