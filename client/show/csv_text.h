/* The fields and lines of CSV, by RFC 4180.
 *
 * Fields are separated by commas, lines end in CR LF. A field is quoted when it holds a comma, a
 * quote or a space at either end. One row is one line: control characters, line ends among them,
 * are written as U+FFFD, for a file name in another process' hands must not make rows of its own or
 * drive the console it is shown on. Unknown is an empty field, the empty text is "". A text that a
 * spreadsheet would take for a formula stays as it is: these are data, and other readers want them
 * unchanged.
 *
 * All functions append and return false when the buffer is at its bound.
 */
#ifndef CLIENT_SHOW_CSV_TEXT_H
#define CLIENT_SHOW_CSV_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

/* One field, without its separator. data NULL: unknown. */
NODISCARD bool csv_field(_Inout_ struct buffer *out, struct span text);

/* A whole number. */
NODISCARD bool csv_number(_Inout_ struct buffer *out, uint64_t number);

/* "0x" and 16 digits, as the protocol writes addresses. */
NODISCARD bool csv_address(_Inout_ struct buffer *out, uint64_t address);

/* Between two fields. */
NODISCARD bool csv_comma(_Inout_ struct buffer *out);

/* Behind the last field of a line. */
NODISCARD bool csv_line_end(_Inout_ struct buffer *out);

/* A line of these names. */
NODISCARD bool csv_header(_Inout_ struct buffer *out, _In_reads_(count) const struct span *names,
                          size_t count);

#endif
