/* Where lsmap writes: results to stdout or a file, diagnostics to stderr, all UTF-8 without BOM.
 *
 * Bytes go out as they are, past the C library's text mode. On a console the output code page is
 * UTF-8 while lsmap runs and is put back at the end, also by Ctrl+C, which ends lsmap with 130 and
 * leaves no file behind. How far a long scan is shows on stderr, when that is a console and nothing
 * is printed on one meanwhile. One console for a process; made and used by the main thread.
 */
#ifndef CLIENT_WIN32_CONSOLE_H
#define CLIENT_WIN32_CONSOLE_H

#include "client/run.h"
#include "client/show/progress.h"
#include "common/win32/win.h"

struct console {
    HANDLE out, error; /* NULL: none */
    DWORD write_error; /* of the first write that failed; ERROR_SUCCESS: none */
    size_t width;      /* columns, when results go to a console; 0: they do not */
    bool to_file;      /* results go to a file */
    struct progress progress;
    struct output output; /* points back here: do not copy a console */
};

void console_open(_Out_ struct console *console);
void console_close(_Inout_ struct console *console);

/* Sends the results to a file from now on, see out_file.h.
 * path  UTF-8, terminated. Returns a Win32 error; nothing is changed then. */
NODISCARD DWORD console_to_file(_Inout_ struct console *console, const char *path);

/* Gives the file its name, or removes it when something could not be written.
 * Returns a Win32 error: of the first write that failed, or of this. */
NODISCARD DWORD console_commit_file(_Inout_ struct console *console);

/* Removes what was written to it. */
void console_drop_file(_Inout_ struct console *console);

/* True when writing failed for another reason than a reader who has enough. */
bool console_failed(_In_ const struct console *console);

#endif
