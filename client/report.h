/* Diagnostic lines about a reply: "lsmap: ..." with a newline, appended to a buffer. All return
 * false when the buffer is at its bound. */
#ifndef CLIENT_REPORT_H
#define CLIENT_REPORT_H

#include "client/rows/row.h"
#include "common/base/annotations.h"
#include "common/proto/request.h"
#include "common/text/buffer.h"

/* That no process has a file mapped at the address or with the path that was asked for.
 * end  Its ROW_END: tells whether all processes were looked at. */
NODISCARD bool report_nothing(_In_ const struct request *request, _In_ const struct row *end,
                              _Inout_ struct buffer *out);

/* That nothing of what matched lies outside the folders that were to be left out. */
NODISCARD bool report_filtered(_Inout_ struct buffer *out);

/* What the scan cost: queries by class, and time.
 * end  A ROW_END of a request with `debug`. */
NODISCARD bool report_cost(_In_ const struct row *end, _Inout_ struct buffer *out);

#endif
