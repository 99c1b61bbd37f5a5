/* The `end` rows of replies some of whose rows were left out, reordered or put together.
 *
 * A reader of JSON lines trusts a reply whose `end` counts the lines before it. So a step that
 * changes what is printed has the counts written anew; all else in the row stays as the server sent
 * it, members that this version does not know too.
 */
#ifndef CLIENT_ROWS_REPLY_ENDS_H
#define CLIENT_ROWS_REPLY_ENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/options.h"
#include "client/rows/row.h"
#include "client/rows/sink.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum { REPLIES_MAX = OPTIONS_NAMES_MAX + 1 }; /* of one command: see plan.h */

struct reply_tally {
    uint64_t rows, processes; /* handed on */
    size_t end_offset, end_size;
};

struct reply_ends {
    struct reply_tally replies[REPLIES_MAX];
    size_t index;       /* of the reply being read */
    struct buffer ends; /* held back */
    struct buffer line, scratch;
    struct row row;
};

void reply_ends_init(_Out_ struct reply_ends *ends);
void reply_ends_deinit(_Inout_ struct reply_ends *ends);

/* Counts a row that is handed on as part of a reply. */
void reply_ends_count(_Inout_ struct reply_ends *ends, size_t reply, enum row_type type);

/* The reply being read is over; `line` is its ROW_END, or empty for a ROW_ERROR. Returns false
 * without memory, and for more replies than there can be. */
NODISCARD bool reply_ends_hold(_Inout_ struct reply_ends *ends, struct span line);

/* Hands the held rows on, with their counts. Returns false as a sink does. */
NODISCARD bool reply_ends_emit(_Inout_ struct reply_ends *ends, _In_ const struct row_sink *next,
                               _Inout_ struct buffer *out);

/* Hands one ROW_END on with these counts. */
NODISCARD bool reply_ends_recount(_Inout_ struct reply_ends *ends, struct span line, uint64_t rows,
                                  uint64_t processes, _In_ const struct row_sink *next,
                                  _Inout_ struct buffer *out);

#endif
