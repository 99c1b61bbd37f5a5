/* What one file of `lsmap --json` says was mapped: processes and their views, ready to be compared.
 *
 * The file may be what shells make of one: with a byte order mark, CR LF, empty lines, or in UTF-16,
 * as `>` of Windows PowerShell writes it. It may hold several replies, of several machines when
 * --host was given. A process that is listed twice counts as it was listed last. */
#ifndef CLIENT_ROWS_SNAPSHOT_H
#define CLIENT_ROWS_SNAPSHOT_H

#include "client/rows/store.h"
#include "common/base/bounds.h"

enum {
    SNAPSHOT_PROCESSES_MAX = 4 * PROCESSES_MAX, /* a file may be of several machines */
    SNAPSHOT_BUCKETS = 4096,
    SNAPSHOT_FEED_SIZE = 64 * 1024 /* bytes in one piece, at most */
};

struct view_range {
    const struct stored_view *first; /* NULL when there are none */
    size_t count;
};

struct snapshot_process {
    uint32_t pid;
    bool is_failed;                /* one with its pid could not be read, or not completely */
    struct span host, start, name; /* in the store */
    struct view_range views;       /* once the file is over */
    uint32_t older;                /* the previous one in its bucket; UINT32_MAX: none */
};

struct snapshot {
    struct store store;      /* the owner of a view is its process, the rest its protection */
    struct buffer processes; /* struct snapshot_process */
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

/* All of them; NULL when there are none. */
struct snapshot_process *snapshot_processes(_In_ const struct snapshot *snapshot);

/* Below, at or above 0, as a process comes before, with or after another, by host and pid; as a view
 * does by path and kind. */
int snapshot_compare_pids(const struct snapshot_process *a, const struct snapshot_process *b);
int snapshot_compare_files(const struct stored_view *a, const struct stored_view *b);

#endif
