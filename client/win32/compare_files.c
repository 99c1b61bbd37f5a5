#include "client/win32/compare_files.h"

#include <stdlib.h>

#include "client/run.h"
#include "common/base/bounds.h"
#include "common/win32/text_w.h"
#include "common/win32/win.h"

struct files {
    const struct options *options;
    HANDLE handles[2]; /* owned; NULL: not open yet */
};

static DWORD open_file(HANDLE *handle, struct span path)
{
    wchar_t *path_w = malloc((NAME_LENGTH_MAX + 1) * sizeof *path_w);

    if (path_w == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = text_w_from_utf8(path_w, NAME_LENGTH_MAX + 1, path);
    if (error == ERROR_SUCCESS) {
        HANDLE file = CreateFileW(path_w, GENERIC_READ,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                  OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, NULL);
        if (file == INVALID_HANDLE_VALUE)
            error = GetLastError();
        else
            *handle = file;
    }
    free(path_w);
    return error;
}

static bool read_file(void *context, size_t side, char *data, size_t capacity, size_t *size,
                      struct failure *failure)
{
    struct files *files = context;
    char text[FAILURE_DETAIL_CAPACITY];
    DWORD got = 0, error = ERROR_SUCCESS;

    if (files->handles[side] == NULL)
        error = open_file(&files->handles[side], files->options->files[side]);
    if (error == ERROR_SUCCESS &&
        !ReadFile(files->handles[side], data, (DWORD)capacity, &got, NULL))
        error = GetLastError();
    if (error != ERROR_SUCCESS && error != ERROR_BROKEN_PIPE && error != ERROR_HANDLE_EOF)
        return failure_set(failure, FAILURE_FILE, text_w_error(text, sizeof text, error));
    *size = got; /* a pipe ends with ERROR_BROKEN_PIPE */
    return true;
}

enum outcome compare_files(const struct console *console, const struct options *options)
{
    struct files files = {.options = options};
    const struct run_settings settings = {
        .options = options, .output = &console->output, .pipe = "", .width = console->width};
    enum outcome outcome = run_diff(&settings, read_file, &files);

    for (size_t i = 0; i < 2; i++)
        if (files.handles[i] != NULL)
            (void)CloseHandle(files.handles[i]);
    return outcome;
}
