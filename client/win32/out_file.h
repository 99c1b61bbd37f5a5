/* A file that is written completely or not at all.
 *
 * The bytes go to a new file in the same folder, `NAME.XXXXXXXX.tmp`, which is renamed when all of
 * them are written: a reader of NAME finds the old content or the new, never a part. After a failure
 * or Ctrl+C the new file is removed. Used by one thread, except for out_file_give_up(); large, so
 * keep it in static storage.
 */
#ifndef CLIENT_WIN32_OUT_FILE_H
#define CLIENT_WIN32_OUT_FILE_H

#include "common/text/span.h"
#include "common/win32/win.h"

enum { OUT_FILE_LEN_MAX = 32767 }; /* of a path on Windows */

struct out_file {
    HANDLE file; /* to be written to; owned; NULL: not open */
    wchar_t path[OUT_FILE_LEN_MAX + 1];
    wchar_t temporary[OUT_FILE_LEN_MAX + 1]; /* "": never opened */
};

/* Creates the new file. Its folder must exist.
 * file  All zero, or closed.
 * path  UTF-8, terminated; full, or relative to the current folder.
 * Returns a Win32 error with nothing open; ERROR_BAD_FILE_TYPE for a device. */
NODISCARD DWORD out_file_open(_Inout_ struct out_file *file, const char *path);

/* Closes the file and gives it its name, replacing an older file; removes it if that fails.
 * Returns a Win32 error. */
NODISCARD DWORD out_file_commit(_Inout_ struct out_file *file);

/* Closes and removes a file that was not committed. Accepts one that is all zero or committed. */
void out_file_close(_Inout_ struct out_file *file);

/* For another thread that ends the process next: removes the new file, even while it is in use.
 * Closes nothing. Accepts a file that is all zero. */
void out_file_give_up(_In_ const struct out_file *file);

#endif
