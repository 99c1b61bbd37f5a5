/* Who has a file: what `lsmap -f` asks the file system. */
#include <string.h>

#include "client/win32/file_users.h"
#include "common/scan/nt_status.h"
#include "common/win32/handle.h"
#include "tests/doctor/checks.h"
#include "tests/doctor/temp_file.h"

enum { FILE_SIZE = 4096 };

/* Asks whether this process uses the file. Returns an NTSTATUS. */
static uint32_t query_use(const wchar_t *path, bool *is_used)
{
    HANDLE file = NULL;
    struct buffer pids;
    uint32_t nt_status = NTSTATUS_ACCESS_DENIED;

    *is_used = false;
    buffer_init(&pids, FILE_USERS_MAX * sizeof(uint32_t));
    if (file_users_open(path, 0, &file) == ERROR_SUCCESS)
        nt_status = file_users_query(file, &pids);
    for (size_t i = 0; i < pids.size; i += sizeof(uint32_t)) {
        uint32_t pid;
        memcpy(&pid, pids.data + i, sizeof pid);
        *is_used = *is_used || pid == GetCurrentProcessId();
    }
    handle_close(&file);
    buffer_release(&pids);
    return nt_status;
}

static void check_use(struct machine *machine, const char *subject, const wchar_t *path,
                      bool expected)
{
    bool is_used = false;
    uint32_t nt_status = query_use(path, &is_used);

    if (machine->is_wine)
        report_add(&machine->report, DOCTOR_FILE_USERS, DOCTOR_SKIP, subject,
                   "Wine does not say who has a file open");
    else if (nt_status != NTSTATUS_OK)
        report_add(&machine->report, DOCTOR_FILE_USERS, DOCTOR_FAIL, subject,
                   "the question fails with 0x%08lx", (unsigned long)nt_status);
    else
        report_add(&machine->report, DOCTOR_FILE_USERS,
                   is_used == expected ? DOCTOR_PASS : DOCTOR_FAIL, subject, "this process is %s",
                   is_used ? "named" : "not named");
}

/* A file of this process, open, then only mapped, then neither; and opened by another hard link. */
void check_files(struct machine *machine)
{
    struct temp_file file;
    wchar_t link[MAX_PATH + 8];

    if (!temp_file_create(&file, FILE_SIZE)) {
        report_add(&machine->report, DOCTOR_FILE_USERS, DOCTOR_SKIP, NULL,
                   "no temporary file can be created");
        return;
    }
    check_use(machine, "open", file.path, true);
    (void)wcscpy(link, file.path);
    (void)wcscat(link, L".link");
    if (CreateHardLinkW(link, file.path, NULL)) {
        check_use(machine, "another hard link", link, true);
        (void)DeleteFileW(link);
    }
    handle_close(&file.section);
    handle_close(&file.file);
    check_use(machine, "only mapped", file.path, true);
    (void)UnmapViewOfFile(file.view);
    file.view = NULL;
    check_use(machine, "not in use", file.path, false);
    temp_file_delete(&file);
}
