/* Who still runs or has mapped a file that was replaced, renamed aside or is to be replaced at the
 * next restart, decided on rows of processes and mappings. The first reason that holds:
 *
 *     moved_aside  its name is one that updates give to what they move away
 *     pending      Windows is to rename or delete it at the next restart
 *     missing      nothing is at its path
 *     replaced     the file at its path changed after the process started, and the kernel does not
 *                  list the process as a user of that file
 *
 * The kernel names a mapped file by one of its hard links, and by its name before a rename: a link that
 * was removed, or a folder that was renamed, makes it `missing`. A file that was restored with all its
 * old times is not found. Drivers are left out. */
#ifndef CLIENT_STALE_H
#define CLIENT_STALE_H

#include "client/rows/store.h"

enum { STALE_QUESTIONS_MAX = 64 }; /* who uses a file: for each the kernel walks all processes */

/* STALE_UNKNOWN: the caller may not look, or the path is of another machine. */
enum stale_presence { STALE_UNKNOWN, STALE_ABSENT, STALE_PRESENT };

/* What Windows says, asked with the rights of the caller. */
struct stale_calls {
    void *context; /* first argument of all */

    /* names  Empty, receives PendingFileRenameOperations as UTF-8: an old and a new name in turn,
     * each terminated; an empty new name: the file is to be deleted. Nothing: it cannot be read. */
    void (*read_pending)(void *context, struct buffer *names);

    /* change_time  FILETIME of the last change of data, attributes or names; with STALE_PRESENT. */
    enum stale_presence (*look)(void *context, struct span path, uint64_t *change_time);

    /* pids  Cleared, receives a uint32_t for each. Returns false when Windows does not say. */
    bool (*list_users)(void *context, struct span path, struct buffer *pids);

    /* start  Of the process that is meant, as timestamp_format() writes it; size 0: not known. Another
     * one may have its identifier now. */
    bool (*is_running)(void *context, uint32_t pid, struct span start);
};

struct stale {
    const struct stale_calls *calls; /* the caller's */
    /* Mappings; the owner is an index in `processes`, the rest says why the file is stale: nothing at
     * first, or that the path is not the file's; then the reason, of one view for each process. */
    struct store store;
    struct buffer processes; /* struct stale_process */
    struct buffer pending;   /* struct span of `names`, in the order of path_compare() */
    struct buffer names;     /* of stale_calls */
    struct buffer pids;
    size_t next, pending_index;
    unsigned questions;
    uint64_t unchecked; /* files of which it is not known whether they were replaced */
    bool failed;        /* memory, or a bound of the store */
};

/* calls  Must outlive it. */
void stale_init(_Out_ struct stale *stale, _In_ const struct stale_calls *calls);
void stale_release(_Inout_ struct stale *stale);

/* Keeps what a ROW_PROCESS or a ROW_MAP after it says, decides at a ROW_END; ignores other rows. */
void stale_add(_Inout_ struct stale *stale, _In_ const struct row *row);

/* Makes `row` the next ROW_STALE, after the end. Returns false when there is none. */
bool stale_next(_Inout_ struct stale *stale, _Inout_ struct row *row);

#endif
