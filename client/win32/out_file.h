/* A file that is written whole or not at all.
 *
 * What is written goes to a new file beside the wanted one, `NAME.XXXXXXXX.tmp`, which takes its
 * name when all of it is there: who reads the file finds the old content or the new, never a part.
 * A file that is given up, by failure or by Ctrl+C, is removed. Made and used by one thread, but
 * for out_file_give_up(); large, for static storage.
 */
#ifndef CLIENT_WIN32_OUT_FILE_H
#define CLIENT_WIN32_OUT_FILE_H

#include "common/text/span.h"
#include "common/win32/win.h"

enum { OUT_FILE_LENGTH_MAX = 32767 }; /* of a path; what Windows takes at all */

struct out_file {
    HANDLE file; /* owned; NULL: not open */
    wchar_t path[OUT_FILE_LENGTH_MAX + 1];
    wchar_t temporary[OUT_FILE_LENGTH_MAX + 1]; /* "": there was none */
};

/* Opens the new file. Its folder must exist.
 * file  All zero, or closed.
 * path  UTF-8, terminated; relative to the current folder or full.
 * Returns a Win32 error with nothing open; ERROR_BAD_FILE_TYPE for what is no file on a disk. */
NODISCARD DWORD out_file_open(_Inout_ struct out_file *file, const char *path);

/* Returns a Win32 error; the file can only be closed then. */
NODISCARD DWORD out_file_write(_Inout_ struct out_file *file, struct span bytes);

/* Gives the file its name, replacing an older one, and closes it; when that fails removes it.
 * Returns a Win32 error. */
NODISCARD DWORD out_file_commit(_Inout_ struct out_file *file);

/* Removes and closes what was not committed. Accepts one that is all zero or committed. */
void out_file_close(_Inout_ struct out_file *file);

/* From another thread, which ends the process next: removes the new file, whatever its owner does
 * with it at this moment. Closes nothing. Accepts one that is all zero. */
void out_file_give_up(_In_ const struct out_file *file);

#endif
