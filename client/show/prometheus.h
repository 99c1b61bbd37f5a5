/* --prometheus: a scan, or the numbers of a server, in the text format that Prometheus defines and
 * that the textfile collector of windows_exporter and Telegraf read.
 *
 * A scan is summed up by process name: a series for each process or address would be new at every
 * scan. Names that differ only in case are one. When there are too many, the others are summed up as
 * PROMETHEUS_OTHER; neither it nor PROMETHEUS_UNKNOWN can be the name of a file. Nothing is written
 * unless the reply is complete: half a scan would look like a drop. */
#ifndef CLIENT_SHOW_PROMETHEUS_H
#define CLIENT_SHOW_PROMETHEUS_H

#include "client/show/columns.h"
#include "client/show/facts.h"

enum {
    PROMETHEUS_NAMES_MAX = 1024,
    PROMETHEUS_NAME_SIZE_MAX = 256, /* bytes; a longer name is cut */
    PROMETHEUS_FAMILIES = 7,        /* processes, mappings, and sums of bytes */
    PROMETHEUS_LABELS = 5           /* kinds of mapping, or how processes could be read */
};

#define PROMETHEUS_OTHER "*other*"
#define PROMETHEUS_UNKNOWN "*unknown*" /* processes without a name */

struct prometheus_name {
    char name[PROMETHEUS_NAME_SIZE_MAX + 1]; /* terminated */
    uint64_t sums[PROMETHEUS_FAMILIES][PROMETHEUS_LABELS];
};

struct prometheus {
    enum columns_table kind;
    size_t families;       /* how many of PROMETHEUS_FAMILIES the rows have */
    struct buffer names;   /* struct prometheus_name */
    size_t count, last;    /* of the names; index of the one found last */
    struct buffer scratch; /* a name as it is kept */
    struct stats stats;    /* of COLUMNS_NONE */
    uint64_t failed;       /* processes that could not be read completely */
    uint64_t elapsed_us;   /* of the server */
    bool complete, is_own; /* is_own: only the caller's processes were looked at */
    bool ended;            /* the reply is complete */
    uint64_t now;          /* FILETIME, set before prometheus_end(); 0: not known */
    size_t next;           /* what is written next */
};

/* kind  COLUMNS_PROCESSES, COLUMNS_MAPS or COLUMNS_PAGES for a scan; COLUMNS_NONE for `stats`. */
void prometheus_init(_Out_ struct prometheus *prometheus, enum columns_table kind);
void prometheus_deinit(_Inout_ struct prometheus *prometheus);

/* Adds a row to the sums. Returns false without memory. */
NODISCARD bool prometheus_row(_Inout_ struct prometheus *prometheus, _In_ const struct row *row);

/* To be called after the last row, and again as long as it sets *more: appends the text, about
 * OUTPUT_SIZE bytes a call. */
NODISCARD bool prometheus_end(struct prometheus *prometheus, struct buffer *out, bool *more);

#endif
