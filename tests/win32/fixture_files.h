/* The files and folders of the fixture: created below one folder, all deleted at the end. */
#ifndef TESTS_WIN32_FIXTURE_FILES_H
#define TESTS_WIN32_FIXTURE_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/win32/win.h"

enum {
    FIXTURE_FILES_MAX = 24,
    FIXTURE_PATH_LEN_MAX = 2048 /* UTF-16 units of every path here, with its terminator */
};

struct fixture_files {
    wchar_t *created[FIXTURE_FILES_MAX]; /* owned; in the order they were made */
    size_t count;
};

/* out = folder \ name. Returns false when it is too long. */
bool fixture_path_join(_Out_writes_(FIXTURE_PATH_LEN_MAX) wchar_t *out, const wchar_t *folder,
                       const wchar_t *name);

/* Makes the folder `dir` \ lsmap-fixture-PID-TIME.
 * root  Receives its path in the form \\?\ that has no length limit. */
NODISCARD DWORD fixture_files_root(_Inout_ struct fixture_files *files, const wchar_t *dir,
                                   _Out_writes_(FIXTURE_PATH_LEN_MAX) wchar_t *root);

/* Makes a file of `size` bytes. */
NODISCARD DWORD fixture_file_make(_Inout_ struct fixture_files *files, const wchar_t *path,
                                  DWORD size);

/* Makes a copy of this program. */
NODISCARD DWORD fixture_file_copy_self(_Inout_ struct fixture_files *files, const wchar_t *path);

/* Makes a file below folders of long names.
 * path  Receives its path, longer than MAX_PATH. */
NODISCARD DWORD fixture_file_deep(_Inout_ struct fixture_files *files, const wchar_t *folder,
                                  DWORD size, _Out_writes_(FIXTURE_PATH_LEN_MAX) wchar_t *path);

/* Deletes all in reverse order. */
void fixture_files_remove(_Inout_ struct fixture_files *files);

#endif
