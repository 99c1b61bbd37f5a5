/* The numbers of a server as text for people. What the server did not tell is shown as "-". */
#ifndef CLIENT_SHOW_STATS_TABLE_H
#define CLIENT_SHOW_STATS_TABLE_H

#include "client/show/stats.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"

/* Returns false when `out` is at its bound. */
NODISCARD bool stats_table_format(_In_ const struct stats *stats, _Inout_ struct buffer *out);

enum { STATS_TIME_CAPACITY = 32 };

/* A time in at most 8 columns: "250us", "1.2ms", "9.9s", "> 10s" for UINT64_MAX. Returns `text`,
 * terminated. */
const char *stats_table_time(_Out_writes_(STATS_TIME_CAPACITY) char *text, uint64_t time_us);

#endif
