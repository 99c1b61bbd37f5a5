/* Where lsmap writes: results to stdout or a file, diagnostics to stderr, all UTF-8 without BOM.
 *
 * Bytes are written as they are, not through the C library's text mode; to a console as UTF-16, so
 * that its code page, which it shares with other programs, stays as it is. Ctrl+C ends lsmap with 130
 * and leaves no file. The progress of a long scan is shown on stderr if that is a console, until
 * results appear on a console. One console per process, used by the main thread.
 *
 * A thread of its own writes to stdout what a spool keeps for it: a paused reader does not hold up
 * the main thread, nor the server that it reads from. */
#ifndef CLIENT_WIN32_CONSOLE_H
#define CLIENT_WIN32_CONSOLE_H

#include "client/run.h"
#include "client/show/text.h"
#include "client/spool.h"
#include "common/win32/win.h"

enum { CONSOLE_RETRY_MS = 2000 };

struct console {
    HANDLE out, error; /* NULL: none */
    DWORD write_error; /* of the first write that failed; ERROR_SUCCESS: none; under the lock */
    size_t width;      /* columns, when results go to a console; 0: they do not */
    struct progress progress;
    HANDLE writer; /* the thread; NULL: none yet */
    SRWLOCK lock;  /* of the rest; all zero, like the next one */
    CONDITION_VARIABLE changed;
    struct spool spool;
    HANDLE spool_file;    /* NULL: none yet */
    bool is_writing;      /* the writer has bytes that it took */
    struct output output; /* points back here: do not copy a console */
};

/* console  Must live as long as the process, which closes it. */
void console_open(_Out_ struct console *console);

/* Sends the results to a new file in the folder of `path` from now on, NAME.XXXXXXXX.tmp. A reader of NAME
 * finds the old content or all of the new.
 * path  UTF-8, terminated; full, or relative to the current folder; "nul": the device.
 * Returns a Win32 error with nothing changed; ERROR_BAD_FILE_TYPE for a device. */
NODISCARD DWORD console_to_file(_Inout_ struct console *console, const char *path);

/* Gives the file its name, replacing an older file, or removes it if it is not to be kept or could not be
 * written. Returns the Win32 error of the first write that failed, or of the end of a file that is kept:
 * ERROR_SHARING_VIOLATION when another program had the older file open for CONSOLE_RETRY_MS. */
NODISCARD DWORD console_end_file(_Inout_ struct console *console, bool is_kept);

/* Ends the progress and waits until everything is written. True when writing failed, unless the reader of
 * a pipe closed it. */
bool console_failed(_Inout_ struct console *console);

#endif
