/* Which processes could not be read, and why: one line for each reason.
 *
 * Kept beside the rows and told behind them, so that the list itself stays clean. Bounded: so many
 * reasons, and so many names for each; what is more is counted.
 */
#ifndef CLIENT_FAILURES_H
#define CLIENT_FAILURES_H

#include <stddef.h>
#include <stdint.h>

#include "client/rows/row.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum {
    FAILURES_REASONS_MAX = 16,
    FAILURES_NAMES_SIZE_MAX = 512,      /* bytes of the names told for one reason */
    FAILURES_REASON_SIZE_MAX = 8 * 1024 /* of a reason's own words */
};

struct failure_group {
    struct buffer reason; /* "could not be read: MESSAGE (NT_STATUS)", fit to be shown */
    struct buffer names;  /* "NAME (PID), NAME (PID)" */
    uint64_t count, named;
};

struct failures {
    struct failure_group groups[FAILURES_REASONS_MAX];
    size_t groups_count;
    struct buffer scratch;
    uint64_t others; /* processes whose reason found no room */
};

void failures_init(_Out_ struct failures *failures);
void failures_deinit(_Inout_ struct failures *failures);

/* Keeps a ROW_PROCESS_ERROR. What does not fit is counted. */
void failures_add(_Inout_ struct failures *failures, _In_ const struct row *row);

/* Appends a line for each reason, in the order they came first:
 * "lsmap: 3 processes could not be read: REASON: System (4), ...", nothing when all were read.
 * Returns false when `out` is at its bound. */
NODISCARD bool failures_report(_In_ const struct failures *failures, _Inout_ struct buffer *out);

#endif
