/* The sinks of one command, put together as its options ask: steps first, the format last.
 *
 *     [envelope ->] [filter ->] [sorter ->] table, JSON, CSV or Prometheus text
 *                   [filter ->] by_file -> [envelope ->] table, JSON or CSV
 *
 * Nothing is held back without a sorter or by_file: rows stream through.
 */
#ifndef CLIENT_CHAIN_H
#define CLIENT_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "client/options.h"
#include "client/rows/by_file.h"
#include "client/rows/envelope.h"
#include "client/rows/filter.h"
#include "client/rows/sink.h"
#include "client/rows/sort.h"
#include "client/show/csv.h"
#include "client/show/prometheus.h"
#include "client/show/table.h"
#include "common/base/annotations.h"

struct chain_settings {
    const struct options *options;
    size_t width;                      /* columns of the console; 0: none */
    const struct span *system_folders; /* what --outside-system leaves out */
    size_t system_folders_count;       /* at most SYSTEM_FOLDERS_MAX */
    struct envelope *envelope;         /* of --host; NULL: none */
};

enum { CHAIN_SINKS_MAX = 5 };

struct chain {
    struct row_sink sinks[CHAIN_SINKS_MAX]; /* the last one first */
    size_t count;
    bool has_filter, has_sorter, has_by_file, has_envelope, has_csv, has_prometheus;
    struct filter filter;
    struct sorter sorter;
    struct by_file by_file;
    struct envelope_step envelope;
    struct table table;
    struct csv csv;
    struct prometheus prometheus;
};

/* The settings' pointers must outlive the chain, which must stay where it is. */
void chain_init(_Out_ struct chain *chain, _In_ const struct chain_settings *settings);
void chain_deinit(_Inout_ struct chain *chain);

/* Where rows go in. */
const struct row_sink *chain_first(_In_ const struct chain *chain);

/* False when the last reply that ended had rows and the filter left none of its mappings. */
bool chain_matched(_In_ const struct chain *chain);

/* One sentence, without a full stop, of why a sink failed, when it is not for want of memory; else
 * NULL. */
const char *chain_complaint(_In_ const struct chain *chain);

#endif
