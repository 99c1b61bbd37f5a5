/* Rows of a file that `lsmap --json` has written, one after the other, in little memory.
 *
 * Takes what shells make of such a file: a byte order mark, CR LF, and the UTF-16 that Windows
 * PowerShell's `>` writes. An empty line is skipped.
 */
#ifndef CLIENT_ROWS_READER_H
#define CLIENT_ROWS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/byte_source.h"
#include "client/outcome.h"
#include "client/rows/row.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"

enum row_reader_result {
    ROW_READER_ROW,
    ROW_READER_END,
    ROW_READER_FAILED /* see `failure`, FAILURE_PROTOCOL when it is no row; its detail has no file
                       */
};

struct row_reader {
    const struct byte_source *source;
    struct buffer raw;  /* read, and not yet in `text` */
    struct buffer text; /* UTF-8, not yet taken from `offset` on */
    size_t offset;
    bool begun, is_utf16, is_over;
    uint64_t line; /* number of the row's line, from 1 */
    struct buffer scratch;
    struct row row; /* the last one */
};

/* source  Must outlive the reader. */
void row_reader_init(_Out_ struct row_reader *reader, _In_ const struct byte_source *source);
void row_reader_deinit(_Inout_ struct row_reader *reader);

/* Reads on to the next row, which is then in reader->row, valid until the next call. */
NODISCARD enum row_reader_result row_reader_next(_Inout_ struct row_reader *reader,
                                                 _Out_ struct failure *failure);

#endif
