/* The file of a spool: temporary, for this process alone, gone when its handle is closed. */
#ifndef CLIENT_WIN32_SPOOL_FILE_H
#define CLIENT_WIN32_SPOOL_FILE_H

#include "common/text/buffer.h"
#include "common/win32/win.h"

/* Writes at this offset.
 * file  NULL: creates it; to be closed by the caller.
 * Returns a Win32 error. */
NODISCARD DWORD spool_file_write(_Inout_ HANDLE *file, uint64_t offset, struct span bytes);

/* Appends `size` bytes from this offset to `out`. Returns a Win32 error. */
NODISCARD DWORD spool_file_read(HANDLE file, uint64_t offset, size_t size,
                                _Inout_ struct buffer *out);

#endif
