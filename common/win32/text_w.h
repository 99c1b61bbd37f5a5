/* UTF-16 at the border to Win32: conversions between wchar_t text and UTF-8. */
#ifndef COMMON_WIN32_TEXT_W_H
#define COMMON_WIN32_TEXT_W_H

#include "common/text/buffer.h"
#include "common/win32/win.h"

/* UTF-8 to terminated UTF-16 in the caller's array.
 * Returns ERROR_SUCCESS; ERROR_INVALID_DATA, untouched, for a text that contains a NUL,
 * which would end it for Win32; ERROR_BUFFER_OVERFLOW, untouched, when it does not fit `capacity` units
 * with its terminator. */
NODISCARD DWORD text_w_from_utf8(_Out_writes_(capacity) wchar_t *out, size_t capacity,
                                 struct span text);

/* Terminated UTF-16 to terminated UTF-8 in the caller's array; an unpaired surrogate becomes
 * U+FFFD. Returns ERROR_SUCCESS; ERROR_BUFFER_OVERFLOW, untouched, when it does not fit. */
NODISCARD DWORD text_w_to_utf8(_Out_writes_(capacity) char *out, size_t capacity,
                               const wchar_t *text);

/* Terminated UTF-8 on the heap; release with free(). NULL without memory. */
char *text_w_to_utf8_alloc(const wchar_t *text);

/* The arguments of a program as UTF-8, which live as long as the process. NULL without memory. */
char **text_w_arguments(int count, wchar_t *const *arguments);

/* "The system's own sentence for a Win32 error (5)", UTF-8, terminated, one line without trailing
 * period or white space; cut at a character when it does not fit. Always gives something. Returns
 * `out`. */
const char *text_w_error(_Out_writes_(capacity) char *out, size_t capacity, DWORD error);

#endif
