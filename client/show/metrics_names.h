/* The sums of metrics.h for each process name: a bounded table that takes every row. */
#ifndef CLIENT_SHOW_METRICS_NAMES_H
#define CLIENT_SHOW_METRICS_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum {
    METRICS_NAMES_MAX = 1024,
    METRICS_NAME_SIZE_MAX = 256, /* bytes; what is longer is cut */
    METRICS_KINDS = 5,           /* image, data, pagefile, physical, unknown */
    METRICS_ACCESSES = 4,        /* full, limited, none, another */
    METRICS_SUMS = 6             /* mappings and the sums of bytes */
};

#define METRICS_OTHER "*other*"
#define METRICS_UNKNOWN "*unknown*"

struct metrics_name {
    char name[METRICS_NAME_SIZE_MAX];
    size_t name_size;
    uint64_t processes[METRICS_ACCESSES];
    uint64_t sums[METRICS_KINDS][METRICS_SUMS];
};

struct metrics_names {
    struct metrics_name *entries; /* owned */
    size_t count, capacity;
    size_t last; /* index of the one found last */
    struct buffer scratch;
};

void metrics_names_init(_Out_ struct metrics_names *names);
void metrics_names_deinit(_Inout_ struct metrics_names *names);

/* The entry of a name, made when it is new; the last place is kept for all that find none. Valid
 * until the next call. NULL without memory. */
struct metrics_name *metrics_names_find(_Inout_ struct metrics_names *names, struct span name);

/* Puts them in the order of their bytes. */
void metrics_names_sort(_Inout_ struct metrics_names *names);

#endif
