/* A step that lets only those mappings through that lie outside some folders.
 *
 * A process is handed on just before the first of its mappings that is, as the server does it for a
 * path asked for. Mappings without a path lie in no folder.
 */
#ifndef CLIENT_ROWS_FILTER_H
#define CLIENT_ROWS_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/options.h"
#include "client/rows/reply_ends.h"
#include "client/rows/sink.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum { SYSTEM_FOLDERS_MAX = 8, FILTER_FOLDERS_MAX = OPTIONS_FOLDERS_MAX + SYSTEM_FOLDERS_MAX };

struct filter {
    struct span folders[FILTER_FOLDERS_MAX]; /* the caller's */
    size_t folders_count;
    const struct row_sink *next;
    struct buffer process; /* the line of a process not yet handed on; size 0: none */
    struct buffer scratch;
    struct row process_row;
    struct reply_ends ends; /* only its first tally: replies come one after the other */
    bool is_dropping;       /* the last mapping; its regions go with it */
    uint64_t mappings;      /* handed on in this reply */
    bool matched;           /* in the last reply that ended there was one */
};

/* next  Must outlive the filter. */
void filter_init(_Out_ struct filter *filter, _In_ const struct row_sink *next);
void filter_deinit(_Inout_ struct filter *filter);

/* folder  Must outlive the filter; an empty one is ignored. */
void filter_add_folder(_Inout_ struct filter *filter, struct span folder);

/* filter  Must stay where it is. */
struct row_sink filter_sink(_Inout_ struct filter *filter);

#endif
