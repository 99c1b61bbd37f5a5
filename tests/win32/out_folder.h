/* A folder for one test, which shows everything that a program leaves in it. */
#ifndef TESTS_WIN32_OUT_FOLDER_H
#define TESTS_WIN32_OUT_FOLDER_H

#include <stdbool.h>

#include "common/base/annotations.h"
#include "common/win32/win.h"

struct out_folder {
    wchar_t path[MAX_PATH];
    wchar_t file[MAX_PATH]; /* that a program is to write; does not exist yet */
};

NODISCARD bool out_folder_make(_Out_ struct out_folder *folder);

/* The number of files in it. */
unsigned out_folder_count(_In_ const struct out_folder *folder);

/* Deletes all files in it and returns their number. */
unsigned out_folder_clear(_In_ const struct out_folder *folder);
void out_folder_remove(_In_ const struct out_folder *folder);

NODISCARD bool out_folder_write(const wchar_t *path, const char *text);

/* The beginning of a file, terminated; "" when there is none. Valid until the next call. */
const char *out_folder_read(const wchar_t *path);

#endif
