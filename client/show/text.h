/* Text for a person's console, appended to a buffer.
 *
 * File names come from processes nobody vouches for. Control characters could drive the console of
 * the administrator who reads them, and direction marks could make a name look like another, so
 * both are shown as U+FFFD. Rows printed as JSON do not pass here: they are escaped already.
 *
 * All functions return false, with part of the text appended, when the buffer is at its bound.
 */
#ifndef CLIENT_SHOW_TEXT_H
#define CLIENT_SHOW_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

/* Appends text as it may be shown. */
NODISCARD bool display_text(_Inout_ struct buffer *out, struct span text);

/* The same, filled with spaces to `columns` behind the text, or before it. Longer text is not cut.
 */
NODISCARD bool display_left(_Inout_ struct buffer *out, struct span text, size_t columns);
NODISCARD bool display_right(_Inout_ struct buffer *out, struct span text, size_t columns);

/* At most `columns` columns: what is too much is taken out of the middle and shown as U+2026; the
 * end, where a path has its file name, keeps the larger part. columns 0: never cut. */
NODISCARD bool display_cut(_Inout_ struct buffer *out, struct span text, size_t columns);

enum { DISPLAY_SIZE_CAPACITY = 24, DISPLAY_COUNT_CAPACITY = 32 };

/* Bytes in units of 1024, at most five characters: "0", "512", "4K", "1.9M", "16E"; terminated. */
struct span display_size(_Out_writes_(DISPLAY_SIZE_CAPACITY) char *out, uint64_t bytes);

/* A number with its digits in threes: "1,234"; terminated. */
struct span display_count(_Out_writes_(DISPLAY_COUNT_CAPACITY) char *out, uint64_t count);

#endif
