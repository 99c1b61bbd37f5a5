/* Rows in, bytes out: what every output format and every step before it looks like.
 *
 * A format (table, JSON, CSV) appends text to the caller's buffer. A step (filter, order, by file)
 * has a next sink and hands it fewer, reordered or new rows. So client/chain.h puts them together
 * in any combination, and nobody needs to know who comes next. Rows are those of row_parse(): a
 * step that makes a row writes its line and parses that.
 *
 * All functions return false when the buffer is at its bound or memory ran out; nothing may be
 * called then any more.
 */
#ifndef CLIENT_ROWS_SINK_H
#define CLIENT_ROWS_SINK_H

#include <stdbool.h>

#include "client/rows/row.h"
#include "common/proto/protocol.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

/* A line and what steps add to it, in bytes. */
enum { ROW_LINE_SIZE_MAX = OUTPUT_ROW_SIZE_MAX + 4 * 1024 };

struct row_sink {
    void *context; /* first argument of all */

    /* Once, before the first row: a title that does not wait for one. */
    bool (*begin)(void *context, struct buffer *out);

    /* Each row of each reply, the terminal ones included. One row makes at most four times its
     * line's size of text.
     * line  The row as one JSON object, without a newline. Both are valid until this returns. */
    bool (*row)(void *context, const struct row *row, struct span line, struct buffer *out);

    /* Once behind the last row, and again as long as *more, which is false at the call, was set:
     * what was held back, about OUTPUT_SIZE bytes a call. */
    bool (*end)(void *context, struct buffer *out, bool *more);
};

#endif
