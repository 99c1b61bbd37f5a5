/* A file of this process in the folder for temporary files, mapped as data; and calls that may hang. */
#ifndef TESTS_DOCTOR_TEMP_FILE_H
#define TESTS_DOCTOR_TEMP_FILE_H

#include <stdbool.h>

#include "common/base/annotations.h"
#include "common/win32/win.h"

struct temp_file {
    wchar_t path[MAX_PATH];
    HANDLE file; /* synchronous; others may read, write, rename and delete the file */
    HANDLE section;
    void *view;
};

/* Creates it with `size` bytes. Returns false when that fails; then nothing is left. */
NODISCARD bool temp_file_create(_Out_ struct temp_file *file, DWORD size);
void temp_file_delete(_Inout_ struct temp_file *file);

/* Runs `work` on a thread of its own.
 * context  Must outlive a call that hangs.
 * thread   Receives the thread; close it.
 * Returns true when it ended in time. */
NODISCARD bool call_watched(LPTHREAD_START_ROUTINE work, void *context, DWORD wait_ms,
                            _Out_ HANDLE *thread);

#endif
