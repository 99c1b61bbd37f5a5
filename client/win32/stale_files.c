#include "client/win32/stale_files.h"

#include <stdlib.h>
#include <string.h>

#include "client/win32/file_users.h"
#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/text/timestamp.h"
#include "common/win32/handle.h"
#include "common/win32/text_w.h"

enum { PENDING_SIZE_MAX = 16 * 1024 * 1024, READ_ATTEMPTS_MAX = 4 }; /* a value may grow */

/* Where MoveFileExW() with MOVEFILE_DELAY_UNTIL_REBOOT keeps what the session manager does at the next
 * start (documented there). Every user may read it. */
static void read_pending(struct buffer *pending)
{
    wchar_t *value = NULL;
    DWORD size = 0;
    LSTATUS status = ERROR_MORE_DATA;

    for (int i = 0; i < READ_ATTEMPTS_MAX && status == ERROR_MORE_DATA; i++) {
        free(value);
        value = size > 0 && size <= PENDING_SIZE_MAX ? malloc(size) : NULL;
        status =
            RegGetValueW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Control\\Session Manager",
                         L"PendingFileRenameOperations", RRF_RT_REG_MULTI_SZ, NULL, value, &size);
        if (status == ERROR_SUCCESS && value == NULL && size <= PENDING_SIZE_MAX)
            status = ERROR_MORE_DATA; /* only its size was asked for */
    }
    if (status == ERROR_SUCCESS && value != NULL &&
        !buffer_utf16(pending, value, size / sizeof *value))
        buffer_clear(pending);
    free(value);
}

/* Opens what is at the path itself. Returns a Win32 error; ERROR_BAD_PATHNAME for one that is not of a
 * local drive. */
static DWORD open_file(struct span path, HANDLE *file)
{
    wchar_t drive[] = L"?:\\", *name = NULL;

    if (path.size < 3 || path.data[1] != ':' || path.data[2] != '\\')
        return ERROR_BAD_PATHNAME;
    /* GetDriveTypeW() does not open it. A letter of this session may be another drive than
     * everybody's. */
    drive[0] = (wchar_t)(unsigned char)path.data[0];
    const UINT kind = GetDriveTypeW(drive);
    if (kind != DRIVE_FIXED && kind != DRIVE_REMOVABLE && kind != DRIVE_RAMDISK)
        return ERROR_BAD_PATHNAME;
    name = malloc((NAME_LENGTH_MAX + 5) * sizeof *name);
    if (name == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    memcpy(name, L"\\\\?\\", 4 * sizeof *name); /* the path may be longer than MAX_PATH */
    DWORD error = text_w_from_utf8(name + 4, NAME_LENGTH_MAX + 1, path);
    if (error == ERROR_SUCCESS)
        error = file_users_open(name, FILE_FLAG_OPEN_REPARSE_POINT, file);
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

/* True when the process was created at another time. */
static bool is_another(HANDLE process, struct span start)
{
    FILETIME created, ended, kernel, user;
    char text[TIMESTAMP_CAPACITY];

    if (start.size == 0 || !GetProcessTimes(process, &created, &ended, &kernel, &user))
        return false;
    timestamp_format(text, (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime);
    return !span_equal(start, span_from_string(text));
}

/* OpenProcess() fails with ERROR_INVALID_PARAMETER when no process has the identifier. */
static bool is_running(void *context, uint32_t pid, struct span start)
{
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    DWORD error = process != NULL ? ERROR_SUCCESS : GetLastError(), code = STILL_ACTIVE;

    (void)context;
    if (process != NULL && !GetExitCodeProcess(process, &code))
        code = STILL_ACTIVE;
    if (process != NULL && is_another(process, start))
        error = ERROR_INVALID_PARAMETER;
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
