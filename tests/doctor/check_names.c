/* The names of mapped files: what becomes of them when the file is locked, renamed, linked or deleted. */
#include <stdio.h>
#include <string.h>

#include "common/scan/nt_status.h"
#include "common/win32/handle.h"
#include "common/win32/platform_nt.h"
#include "common/win32/text_w.h"
#include "tests/doctor/checks.h"
#include "tests/doctor/temp_file.h"

enum {
    FILE_SIZE = 0x1000,
    LOCKED_WAIT_MS = 1000,
    RETURN_WAIT_MS = 5000,
    NAME_CAPACITY = 1024,
    FILE_NAME_CAPACITY = 64
};

/* One name query of this process; also of a thread that may be lost. */
struct name_call {
    const void *view;
    uint32_t nt_status;
    char name[NAME_CAPACITY]; /* its last component, terminated */
};

static nt_result query_mapped(HANDLE process, const void *address, void *answer, ULONG size)
{
    return NtQueryVirtualMemory(process, address, MEMORY_CLASS_NAME, answer, size, NULL);
}

static DWORD WINAPI query_name(void *context)
{
    struct name_call *call = context;
    struct address_space self = {.process = GetCurrentProcess()};
    struct buffer name;
    bool lossy = false;

    buffer_init(&name, NAME_SIZE_MAX);
    call->nt_status = platform_nt_query_name(&self, query_mapped, call->view, &name, &lossy);
    size_t start = name.size;
    while (start > 0 && name.data[start - 1] != '\\')
        start--;
    (void)snprintf(call->name, sizeof call->name, "%.*s", (int)(name.size - start),
                   name.data != NULL ? name.data + start : "");
    buffer_release(&name);
    return 0;
}

/* --- a lock --- */

static DWORD WINAPI lock_file(void *context)
{
    OVERLAPPED at = {0};

    return LockFileEx(context, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &at) ? ERROR_SUCCESS
                                                                      : GetLastError();
}

/* A second handle locks the file; a lock by the first, which the view was made with, then waits and
 * keeps the lock of its file object; the name query waits for that. */
static void query_locked(struct machine *machine, struct temp_file *file, HANDLE other)
{
    static struct name_call call;
    HANDLE locker = NULL, asker = NULL;
    OVERLAPPED at = {0};

    call = (struct name_call){.view = file->view};
    (void)lock_file(other);
    const bool is_locked = call_watched(lock_file, file->file, LOCKED_WAIT_MS / 4, &locker);
    const bool is_quick = call_watched(query_name, &call, LOCKED_WAIT_MS, &asker);
    (void)UnlockFileEx(other, 0, 1, 0, &at);
    const bool is_back =
        is_quick || (asker != NULL && WaitForSingleObject(asker, RETURN_WAIT_MS) == WAIT_OBJECT_0);
    if (locker != NULL)
        WaitForSingleObject(locker, RETURN_WAIT_MS);
    if (is_locked)
        report_add(&machine->report, DOCTOR_NAME_LOCKED, DOCTOR_SKIP, NULL,
                   "the second lock was granted at once");
    else
        report_add(&machine->report, DOCTOR_NAME_LOCKED,
                   is_back && call.nt_status == NTSTATUS_OK ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
                   "a name query %s",
                   is_quick  ? "returns while a lock of its file waits"
                   : is_back ? "waits for a lock of its file, and returns after it"
                             : "waits for a lock of its file, and does not return after it");
    handle_close(&locker);
    handle_close(&asker);
}

static void check_locked(struct machine *machine)
{
    struct temp_file file;
    HANDLE other = INVALID_HANDLE_VALUE;

    if (!temp_file_create(&file, FILE_SIZE)) {
        machine_skip_error(machine, DOCTOR_NAME_LOCKED, NULL, "no temporary file", GetLastError());
        return;
    }
    other = CreateFileW(file.path, GENERIC_READ | GENERIC_WRITE,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                        0, NULL);
    if (other != INVALID_HANDLE_VALUE)
        query_locked(machine, &file, other);
    other = other != INVALID_HANDLE_VALUE ? other : NULL;
    handle_close(&other);
    temp_file_delete(&file);
}

/* --- a file that gets other names --- */

static void file_name(char name[FILE_NAME_CAPACITY], const wchar_t *path)
{
    const wchar_t *slash = wcsrchr(path, L'\\');

    (void)snprintf(name, FILE_NAME_CAPACITY, "%ls", slash != NULL ? slash + 1 : path);
}

/* The view has one of the names that the file has had. */
static void judge_name(struct machine *machine, const char *after, const void *view,
                       const wchar_t *const *paths, size_t count)
{
    struct name_call call = {.view = view};
    char name[FILE_NAME_CAPACITY];
    const char *which = NULL;
    static const char *const words[] = {"its first name", "its new name", "the name of the link"};

    (void)query_name(&call);
    for (size_t i = 0; i < count; i++) {
        file_name(name, paths[i]);
        if (call.nt_status == NTSTATUS_OK && _stricmp(name, call.name) == 0)
            which = words[i];
    }
    if (which != NULL)
        report_add(&machine->report, DOCTOR_NAME_CHANGES, DOCTOR_PASS, after, "the view has %s",
                   which);
    else /* a name that fails is no failure of the list, another name would be one */
        report_add(&machine->report, DOCTOR_NAME_CHANGES,
                   call.nt_status != NTSTATUS_OK ? DOCTOR_PASS : DOCTOR_FAIL, after,
                   "status 0x%08lx, name %s", (unsigned long)call.nt_status, call.name);
}

static void check_changes(struct machine *machine)
{
    struct temp_file file;
    wchar_t renamed[MAX_PATH + 8], linked[MAX_PATH + 8];
    void *view = NULL;
    HANDLE section = NULL;

    if (!temp_file_create(&file, FILE_SIZE)) {
        machine_skip_error(machine, DOCTOR_NAME_CHANGES, NULL, "no temporary file", GetLastError());
        return;
    }
    (void)swprintf(renamed, MAX_PATH + 8, L"%ls.new", file.path);
    (void)swprintf(linked, MAX_PATH + 8, L"%ls.link", file.path);
    const wchar_t *const paths[] = {file.path, renamed, linked};
    judge_name(machine, "mapped", file.view, paths, 1);
    if (MoveFileW(file.path, renamed))
        judge_name(machine, "renamed", file.view, paths, 2);
    HANDLE link = INVALID_HANDLE_VALUE;
    if (CreateHardLinkW(linked, renamed, NULL))
        link = CreateFileW(linked, GENERIC_READ,
                           FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                           OPEN_EXISTING, 0, NULL);
    if (link != INVALID_HANDLE_VALUE)
        section = CreateFileMappingW(link, NULL, PAGE_READONLY, 0, 0, NULL);
    if (section != NULL && (view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0)) != NULL)
        judge_name(machine, "mapped by another link", view, paths, 3);
    if (DeleteFileW(renamed))
        judge_name(machine, "deleted", file.view, paths, 3);
    if (view != NULL)
        (void)UnmapViewOfFile(view);
    handle_close(&section);
    link = link != INVALID_HANDLE_VALUE ? link : NULL;
    handle_close(&link);
    temp_file_delete(&file);
    (void)DeleteFileW(renamed);
    (void)DeleteFileW(linked);
}

void check_names(struct machine *machine)
{
    check_locked(machine);
    check_changes(machine);
}
