#include "tests/doctor/temp_file.h"

#include "common/win32/handle.h"

void temp_file_delete(struct temp_file *file)
{
    if (file->view != NULL)
        (void)UnmapViewOfFile(file->view);
    handle_close(&file->section);
    handle_close(&file->file);
    (void)DeleteFileW(file->path);
    file->view = NULL;
}

bool temp_file_create(struct temp_file *file, DWORD size)
{
    wchar_t folder[MAX_PATH];

    *file = (struct temp_file){.view = NULL};
    if (GetTempPathW(MAX_PATH, folder) == 0 || GetTempFileNameW(folder, L"lsm", 0, file->path) == 0)
        return false;
    file->file = CreateFileW(file->path, GENERIC_READ | GENERIC_WRITE,
                             FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                             OPEN_EXISTING, 0, NULL);
    if (file->file == INVALID_HANDLE_VALUE)
        file->file = NULL;
    else
        file->section = CreateFileMappingW(file->file, NULL, PAGE_READWRITE, 0, size, NULL);
    if (file->section != NULL)
        file->view = MapViewOfFile(file->section, FILE_MAP_READ, 0, 0, 0);
    if (file->view != NULL)
        return true;
    temp_file_delete(file);
    return false;
}

bool call_watched(LPTHREAD_START_ROUTINE work, void *context, DWORD wait_ms, HANDLE *thread)
{
    *thread = CreateThread(NULL, 0, work, context, 0, NULL);
    return *thread != NULL && WaitForSingleObject(*thread, wait_ms) == WAIT_OBJECT_0;
}
