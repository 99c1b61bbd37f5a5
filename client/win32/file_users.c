#include "client/win32/file_users.h"

#include "common/scan/nt_status.h"
#include "common/win32/ntdll.h"

enum { FIRST_PIDS = 256, QUERY_ATTEMPTS_MAX = 10 };

DWORD file_users_open(const wchar_t *path, HANDLE *file)
{
    /* Backup semantics: else folders cannot be opened. */
    HANDLE opened = CreateFileW(path, FILE_READ_ATTRIBUTES,
                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);

    if (opened == INVALID_HANDLE_VALUE)
        return GetLastError();
    *file = opened;
    return ERROR_SUCCESS;
}

/* Keeps the identifiers of an answer of `size` bytes. */
static uint32_t take_pids(const struct buffer *answer, size_t size, struct buffer *pids)
{
    const struct nt_file_process_ids *list = (const void *)answer->data;
    const size_t first = offsetof(struct nt_file_process_ids, pids);

    if (size < first || (size - first) / sizeof list->pids[0] < list->count)
        return NTSTATUS_INFO_LENGTH_MISMATCH;
    for (size_t i = 0; i < list->count; i++) {
        uint32_t pid = (uint32_t)list->pids[i];
        if (!buffer_append(pids, (struct span){(const char *)&pid, sizeof pid}))
            return NTSTATUS_NO_MEMORY;
    }
    return NTSTATUS_OK;
}

uint32_t file_users_query(HANDLE file, struct buffer *pids)
{
    uint32_t status = NTSTATUS_INFO_LENGTH_MISMATCH;
    struct nt_io_status io = {.status = 0};
    struct buffer answer;

    buffer_clear(pids);
    buffer_init(&answer, (FILE_USERS_MAX + 1) * sizeof(ULONG_PTR));
    for (size_t count = FIRST_PIDS, i = 0;
         status == NTSTATUS_INFO_LENGTH_MISMATCH && i < QUERY_ATTEMPTS_MAX; count *= 2, i++) {
        buffer_clear(&answer);
        if (buffer_extend(&answer, (count < FILE_USERS_MAX ? count + 1 : FILE_USERS_MAX + 1) *
                                       sizeof(ULONG_PTR)) == NULL) {
            status = NTSTATUS_NO_MEMORY;
            break;
        }
        status = (uint32_t)NtQueryInformationFile(file, &io, answer.data, (ULONG)answer.size,
                                                  NT_FILE_PROCESS_IDS);
        if (status == NTSTATUS_OK)
            status = take_pids(&answer, answer.size < io.size ? answer.size : io.size, pids);
    }
    buffer_release(&answer);
    return status;
}
