/* Where lsmap writes: results to stdout, diagnostics to stderr, both UTF-8 without BOM.
 *
 * Bytes go out as they are, past the C library's text mode. On a console the output code page is
 * UTF-8 while lsmap runs and is put back at the end, also by Ctrl+C, which ends lsmap with 130.
 * One console for a process; made and used by the main thread.
 */
#ifndef CLIENT_WIN32_CONSOLE_H
#define CLIENT_WIN32_CONSOLE_H

#include "run.h"
#include "win.h"

struct console {
    HANDLE out, error;    /* NULL: none */
    DWORD write_error;    /* of the first write that failed; ERROR_SUCCESS: none */
    size_t width;         /* columns, when stdout is a console; 0: it is not */
    struct output output; /* points back here: do not copy a console */
};

void console_open(_Out_ struct console *console);
void console_close(_Inout_ struct console *console);

/* True when writing failed for another reason than a reader who has enough. */
bool console_failed(_In_ const struct console *console);

#endif
