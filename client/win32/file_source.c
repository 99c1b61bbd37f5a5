#include "client/win32/file_source.h"

#include <stdlib.h>

#include "common/base/bounds.h"
#include "common/win32/text_w.h"

static bool read_file(void *context, char *data, size_t capacity, size_t *size,
                      struct failure *failure)
{
    const struct file_source *source = context;
    char text[FAILURE_DETAIL_CAPACITY];
    DWORD got = 0;

    if (!ReadFile(source->file, data, (DWORD)capacity, &got, NULL)) {
        DWORD error = GetLastError();
        if (error != ERROR_BROKEN_PIPE && error != ERROR_HANDLE_EOF) /* the end of a pipe */
            return failure_set(failure, FAILURE_FILE, text_w_error(text, sizeof text, error));
    }
    *size = got;
    return true;
}

DWORD file_source_open(struct file_source *source, struct span path)
{
    wchar_t *path_w = malloc((NAME_LENGTH_MAX + 1) * sizeof *path_w);
    HANDLE file = INVALID_HANDLE_VALUE;

    if (path_w == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = text_w_from_utf8(path_w, NAME_LENGTH_MAX + 1, path);
    if (error != ERROR_SUCCESS)
        goto cleanup;
    file = CreateFileW(path_w, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                       NULL, OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        error = GetLastError();
        goto cleanup;
    }
    *source = (struct file_source){.file = file, .source = {source, read_file}};

cleanup:
    free(path_w);
    return error;
}

void file_source_close(struct file_source *source)
{
    if (source->file != NULL)
        (void)CloseHandle(source->file);
    source->file = NULL;
}
