/* `lsmap diff` and `watch`: what came and went between two snapshots, as rows:
 *
 *     {"type":"process_change","change":"came","pid":7,"start":"...","name":"a.exe","views":86}
 *     {"type":"map_change","change":"went","pid":7,"start":"...","process":"a.exe","base":"0x...",
 *      "size":4096,"kind":"data","protect":"PAGE_READONLY","path":"C:\\a","device_path":null}
 *
 * Processes are the same when host, pid and start are. Within one, views are counted by path (case
 * folded) and kind, so that a file mapped again elsewhere has not changed. Where the numbers differ,
 * the views at an address that only their side has are reported first. Pids that could not be read on
 * one of the sides are not compared. The order is by host, pid and path. The last row is an `end` like
 * that of a reply; its `errors` counts the processes not compared.
 *
 * A snapshot is what one file of `lsmap --json` says was mapped, or one reply. The file may be what
 * shells make of one: with a byte order mark, CR LF, empty lines, or in UTF-16, as `>` of Windows
 * PowerShell writes it. It may hold several replies, of several machines when --host was given. A
 * process that is listed twice counts as it was listed last. */
#ifndef CLIENT_ROWS_DIFF_H
#define CLIENT_ROWS_DIFF_H

#include "client/rows/store.h"

enum {
    SNAPSHOT_BUCKETS = 4096,
    SNAPSHOT_FEED_SIZE = 64 * 1024 /* bytes in one piece, at most */
};

struct snapshot {
    struct store store;      /* the owner of a view is its process, the rest its protection */
    struct buffer processes; /* struct process, of diff.c */
    size_t processes_count;
    uint32_t buckets[SNAPSHOT_BUCKETS]; /* by pid: the last process of each */
    uint64_t rows, rows_promised;       /* that came, and that the `end` rows count */
    bool is_ended;                      /* the last row was the end of a reply */
    bool has_own_scope;                 /* a reply covers the processes of one user only */
    bool has_host;                      /* rows have the members of --host */
    bool is_mixed;                      /* replies to different questions */
    struct span question;               /* in the store; what lsmap was asked, empty: not known */

    const char *why; /* it cannot be compared: one clause, static; NULL: it can */
    uint64_t line;   /* of which that is said, from 1; 0: of all of it */

    struct buffer raw;  /* fed, and not yet in `text` */
    struct buffer text; /* UTF-8, from the first line that is not complete */
    bool has_begun, is_utf16;
    struct row row;
};

void snapshot_init(_Out_ struct snapshot *snapshot);
void snapshot_release(_Inout_ struct snapshot *snapshot);

/* Takes the next bytes of the file; none: it is over. Then the processes are sorted by host, pid and
 * start, each once, and their views by path, kind and base.
 * Returns false when the file cannot be compared; nothing may be fed then any more. */
bool snapshot_feed(_Inout_ struct snapshot *snapshot, struct span bytes);

/* The same for rows that were read already, and for their end. */
bool snapshot_add(_Inout_ struct snapshot *snapshot, _In_ const struct row *row);
bool snapshot_finish(_Inout_ struct snapshot *snapshot);

/* A comparison; the caller sets the first three members. */
struct diff {
    bool all_views;                                 /* of processes that came or went, too */
    bool (*on_row)(void *context, struct row *row); /* valid until it returns; false: to stop */
    void *context;
    uint64_t changes;      /* rows but the `end` */
    uint64_t not_compared; /* processes */
    struct row row;
};

/* before, after  Finished.
 * Returns false when on_row() stopped it. */
NODISCARD bool diff_snapshots(struct diff *diff, const struct snapshot *before,
                              const struct snapshot *after);

#endif
