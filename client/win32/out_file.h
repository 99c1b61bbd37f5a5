/* A file that is written completely or not at all.
 *
 * The bytes go to a new file in the same folder, `NAME.XXXXXXXX.tmp`, which is renamed when all of
 * them are written: a reader of NAME finds the old content or the new, never a part. Until then the
 * file is marked for deletion (FILE_DISPOSITION_INFO: deleted when its last handle is closed), so
 * that none is left, however the process ends. Large, so keep it in static storage. */
#ifndef CLIENT_WIN32_OUT_FILE_H
#define CLIENT_WIN32_OUT_FILE_H

#include "common/text/span.h"
#include "common/win32/win.h"

enum {
    OUT_FILE_LEN_MAX = 32767, /* of a path on Windows */
    OUT_FILE_RETRY_MS = 2000, /* while another program has the file of this name open */
    OUT_FILE_RETRY_PAUSE_MS = 50
};

struct out_file {
    HANDLE file; /* to be written to; owned; NULL: not open; closing it removes the file */
    bool is_nul; /* the device that takes and forgets everything */
    wchar_t path[OUT_FILE_LEN_MAX + 1];
    wchar_t temporary[OUT_FILE_LEN_MAX + 1];
};

/* Creates the new file. Its folder must exist.
 * file  Not open.
 * path  UTF-8, terminated; full, or relative to the current folder; "nul": the device.
 * Returns a Win32 error with nothing open; ERROR_BAD_FILE_TYPE for a device. */
NODISCARD DWORD out_file_open(_Inout_ struct out_file *file, const char *path);

/* Gives the file its name, replacing an older file, and closes it; removes it if that fails.
 * Returns a Win32 error; ERROR_SHARING_VIOLATION when another program had the older file open for
 * OUT_FILE_RETRY_MS. */
NODISCARD DWORD out_file_commit(_Inout_ struct out_file *file);

/* Creates PREFIX.XXXXXXXX.tmp, a name that nothing has yet: nobody can have put a link there.
 * path  Receives it; of `capacity` units.
 * Returns a Win32 error, *file untouched. */
NODISCARD DWORD out_file_create(_Out_ HANDLE *file, wchar_t *path, size_t capacity,
                                const wchar_t *prefix, DWORD access, DWORD sharing, DWORD flags);

#endif
