/* A step that lets only those mappings through that are outside some folders.
 *
 * A process is handed on just before the first of its mappings that is, as the server does it for a
 * path that was asked for. Mappings without a path are in no folder. */
#ifndef CLIENT_ROWS_FILTER_H
#define CLIENT_ROWS_FILTER_H

#include "client/rows/row.h"

struct filter {
    const struct span *folders; /* the caller's */
    size_t folders_count;
    struct row process; /* not handed on yet, when has_process */
    bool has_process;
    bool is_dropping;  /* the last mapping was dropped; its regions are, too */
    uint64_t mappings; /* handed on */
};

/* folders  Must outlive the filter; an empty one is ignored. */
void filter_init(_Out_ struct filter *filter, const struct span *folders, size_t folders_count);
void filter_release(_Inout_ struct filter *filter);

/* Returns true when the row is to be handed on.
 * process  Receives a row to be handed on before it, or NULL. Without memory it has failed. */
bool filter_passes(struct filter *filter, const struct row *row, struct row **process);

/* True when `path` is the folder or is in it, at any depth; case does not matter. Components must
 * match completely: a file in C:\Windows.old is not under C:\Windows. In `folder` a `/` is taken as
 * `\`; separators at its end and `\\?\` before a drive letter do not count. */
bool path_is_under(struct span path, struct span folder);

#endif
