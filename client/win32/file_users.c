#include "client/win32/file_users.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/text/timestamp.h"
#include "common/win32/handle.h"
#include "common/win32/ntdll.h"
#include "common/win32/text_w.h"

enum {
    PENDING_SIZE_FIRST = 4096,
    PENDING_SIZE_MAX = 16 * 1024 * 1024,
    READ_ATTEMPTS_MAX = 4 /* a value may grow */
};

DWORD file_users_open(const wchar_t *path, DWORD flags, HANDLE *file)
{
    /* Backup semantics: else folders cannot be opened. */
    return handle_open_file(file, path, FILE_READ_ATTRIBUTES,
                            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, OPEN_EXISTING,
                            FILE_FLAG_BACKUP_SEMANTICS | flags);
}

uint32_t file_users_query(HANDLE file, struct buffer *pids)
{
    const ULONG size = (FILE_USERS_MAX + 1) * sizeof(ULONG_PTR);
    struct nt_file_process_ids *list = malloc(size);
    struct nt_io_status io = {.status = 0};

    buffer_clear(pids);
    if (list == NULL)
        return NTSTATUS_NO_MEMORY;
    uint32_t status = (uint32_t)NtQueryInformationFile(file, &io, list, size, NT_FILE_PROCESS_IDS);
    for (size_t i = 0; status == NTSTATUS_OK && i < list->count && i < FILE_USERS_MAX; i++) {
        uint32_t pid = (uint32_t)list->pids[i];
        if (!buffer_append(pids, (struct span){(const char *)&pid, sizeof pid}))
            status = NTSTATUS_NO_MEMORY;
    }
    free(list);
    return status;
}

/* Where MoveFileExW() with MOVEFILE_DELAY_UNTIL_REBOOT keeps what the session manager does at the next
 * start (documented there). Every user may read it. */
static void read_pending(void *context, struct buffer *names)
{
    struct buffer value;
    DWORD size = PENDING_SIZE_FIRST;
    LSTATUS status = ERROR_MORE_DATA;

    (void)context;
    buffer_init(&value, PENDING_SIZE_MAX);
    for (int i = 0; i < READ_ATTEMPTS_MAX && status == ERROR_MORE_DATA; i++)
        status = buffer_reserve(&value, size)
                     ? RegGetValueW(HKEY_LOCAL_MACHINE,
                                    L"SYSTEM\\CurrentControlSet\\Control\\Session Manager",
                                    L"PendingFileRenameOperations", RRF_RT_REG_MULTI_SZ, NULL,
                                    value.data, &size)
                     : ERROR_NOT_ENOUGH_MEMORY;
    if (status == ERROR_SUCCESS &&
        !buffer_utf16(names, (const uint16_t *)(const void *)value.data, size / sizeof(wchar_t)))
        buffer_clear(names);
    buffer_release(&value);
}

/* Opens what is at the path itself. Returns a Win32 error; ERROR_BAD_PATHNAME for one that is not of a
 * local drive. */
static DWORD open_file(struct span path, HANDLE *file)
{
    static wchar_t name[NAME_LENGTH_MAX + 5];
    wchar_t drive[] = L"?:\\";

    if (path.size < 3 || path.data[1] != ':' || path.data[2] != '\\')
        return ERROR_BAD_PATHNAME;
    /* GetDriveTypeW() does not open it. A letter of this session may be another drive than
     * everybody's. */
    drive[0] = (wchar_t)(unsigned char)path.data[0];
    const UINT kind = GetDriveTypeW(drive);
    if (kind != DRIVE_FIXED && kind != DRIVE_REMOVABLE && kind != DRIVE_RAMDISK)
        return ERROR_BAD_PATHNAME;
    memcpy(name, L"\\\\?\\", 4 * sizeof *name); /* the path may be longer than MAX_PATH */
    const DWORD error = text_w_from_utf8(name + 4, NAME_LENGTH_MAX + 1, path);
    return error == ERROR_SUCCESS ? file_users_open(name, FILE_FLAG_OPEN_REPARSE_POINT, file)
                                  : error;
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

static bool is_running(void *context, uint32_t pid, struct span start)
{
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    FILETIME created, ended, kernel, user;
    char text[TIMESTAMP_CAPACITY];
    DWORD code = STILL_ACTIVE;

    (void)context;
    if (process == NULL)
        return GetLastError() != ERROR_INVALID_PARAMETER; /* no process has the identifier */
    bool is_there = !GetExitCodeProcess(process, &code) || code == STILL_ACTIVE;
    if (is_there && start.size > 0 && GetProcessTimes(process, &created, &ended, &kernel, &user)) {
        timestamp_format(text, (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime);
        is_there = span_equal(start, span_from_string(text));
    }
    handle_close(&process);
    return is_there;
}

const struct stale_calls stale_files = {NULL, read_pending, look, list_users, is_running};
