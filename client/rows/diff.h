/* What came and went between two snapshots, as rows:
 *
 *     {"type":"process_change","change":"came","pid":7,"start":"...","name":"a.exe","views":86}
 *     {"type":"map_change","change":"went","pid":7,"start":"...","process":"a.exe","base":"0x...",
 *      "size":4096,"kind":"data","protect":"PAGE_READONLY","path":"C:\\a","device_path":null}
 *
 * Processes are the same when host, pid and start are. Within one, views are counted by path (case
 * folded) and kind, so that a file mapped again elsewhere has not changed; where the number
 * differs, those at an address the other has not are told. Processes that could not be read in one
 * of the two are not compared. In the order of host, pid and path; the last row is an `end` as that
 * of a reply, whose `errors` counts the processes that are not compared.
 */
#ifndef CLIENT_ROWS_DIFF_H
#define CLIENT_ROWS_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/rows/row.h"
#include "client/rows/snapshot.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

/* Who looks at the rows. */
struct diff_view {
    void *context;

    /* Returns false to stop. Both are valid until this returns. */
    bool (*on_row)(void *context, const struct row *row, struct span line);
};

struct diff {
    const struct snapshot *snapshots[2]; /* old, new; both finished */
    bool whole;                          /* tell the views of processes that came or went, too */
    const struct diff_view *view;
    uint64_t changes;      /* rows told */
    uint64_t not_compared; /* processes */
    struct buffer line, scratch;
    struct row row;
};

/* All pointers must outlive it. */
void diff_init(_Out_ struct diff *diff, _In_ const struct snapshot *before,
               _In_ const struct snapshot *after, bool whole, _In_ const struct diff_view *view);
void diff_deinit(_Inout_ struct diff *diff);

/* Tells all changes. Returns false when the view stopped it, or without memory. */
NODISCARD bool diff_tell(_Inout_ struct diff *diff);

#endif
