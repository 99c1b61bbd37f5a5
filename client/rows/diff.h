/* What came and went between two snapshots, as rows:
 *
 *     {"type":"process_change","change":"came","pid":7,"start":"...","name":"a.exe","views":86}
 *     {"type":"map_change","change":"went","pid":7,"start":"...","process":"a.exe","base":"0x...",
 *      "size":4096,"kind":"data","protect":"PAGE_READONLY","path":"C:\\a","device_path":null}
 *
 * Processes are the same when host, pid and start are. Within one, views are counted by path (case
 * folded) and kind, so that a file mapped again elsewhere has not changed. Where the numbers differ,
 * the views at an address that only their side has are reported first. Pids that could not be read on
 * one of the sides are not compared. The order is by host, pid and path. The last row is an `end` like
 * that of a reply; its `errors` counts the processes not compared. */
#ifndef CLIENT_ROWS_DIFF_H
#define CLIENT_ROWS_DIFF_H

#include "client/rows/snapshot.h"

/* Takes a row, valid until it returns. Returns false to stop. */
typedef bool (*diff_on_row)(void *context, struct row *row);

struct diff_result {
    uint64_t changes;      /* rows but the `end` */
    uint64_t not_compared; /* processes */
};

/* before, after  Finished.
 * all_views      Reports the views of processes that came or went, too.
 * Returns false when on_row() stopped it. */
NODISCARD bool diff_snapshots(_In_ const struct snapshot *before, _In_ const struct snapshot *after,
                              bool all_views, diff_on_row on_row, void *context,
                              _Out_ struct diff_result *result);

#endif
