/* Takes rows out of the bytes of a file that `lsmap --json` wrote, in little memory.
 *
 * Accepts what shells make of such a file: a byte order mark, CR LF, and the UTF-16 that `>` of
 * Windows PowerShell writes. Empty lines are skipped. Does no I/O: the caller feeds it.
 */
#ifndef CLIENT_ROWS_ROW_READER_H
#define CLIENT_ROWS_ROW_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/rows/row.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum { ROW_READER_FEED_SIZE = 64 * 1024 }; /* at most so many bytes at once */

enum row_reader_result {
    ROW_READER_ROW,  /* see row_reader.row */
    ROW_READER_MORE, /* feed it */
    ROW_READER_END,
    ROW_READER_BROKEN, /* the line is no row */
    ROW_READER_MEMORY  /* out of memory */
};

struct row_reader {
    struct buffer raw;  /* fed, and not yet in `text` */
    struct buffer text; /* UTF-8; read up to `offset` */
    size_t offset;
    bool has_begun, is_utf16, is_over, failed;
    uint64_t line; /* number of the row's line, from 1 */
    struct row row;
};

void row_reader_init(_Out_ struct row_reader *reader);
void row_reader_release(_Inout_ struct row_reader *reader);

/* Takes the next bytes of the file, at most ROW_READER_FEED_SIZE; none: it is over. */
void row_reader_feed(_Inout_ struct row_reader *reader, struct span bytes);

/* Reads the next row, which is valid until the next call.
 * why  Set for ROW_READER_BROKEN: static, one clause without capital and full stop. */
NODISCARD enum row_reader_result row_reader_next(_Inout_ struct row_reader *reader,
                                                 _Out_ const char **why);

#endif
