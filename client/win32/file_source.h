/* A file as a source of bytes. One thread. */
#ifndef CLIENT_WIN32_FILE_SOURCE_H
#define CLIENT_WIN32_FILE_SOURCE_H

#include "client/byte_source.h"
#include "common/text/span.h"
#include "common/win32/win.h"

struct file_source {
    HANDLE file;               /* owned; NULL: none */
    struct byte_source source; /* points back here: do not copy */
};

/* path  UTF-8, as the user gave it. Returns a Win32 error; there is then nothing to close. */
NODISCARD DWORD file_source_open(_Out_ struct file_source *source, struct span path);

/* Accepts one that is all zero. */
void file_source_close(_Inout_ struct file_source *source);

#endif
