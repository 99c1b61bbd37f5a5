#include "client/win32/file_users.h"

#include <stdlib.h>

#include "common/scan/nt_status.h"
#include "common/win32/ntdll.h"

DWORD file_users_open(const wchar_t *path, DWORD flags, HANDLE *file)
{
    /* Backup semantics: else folders cannot be opened. */
    HANDLE opened = CreateFileW(path, FILE_READ_ATTRIBUTES,
                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);

    if (opened == INVALID_HANDLE_VALUE)
        return GetLastError();
    *file = opened;
    return ERROR_SUCCESS;
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
