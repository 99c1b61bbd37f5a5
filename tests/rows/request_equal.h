/* Compares requests member by member: bytes after a size are not part of a request. */
#ifndef TESTS_ROWS_REQUEST_EQUAL_H
#define TESTS_ROWS_REQUEST_EQUAL_H

#include <stdbool.h>
#include <string.h>

#include "common/proto/request.h"

static inline bool request_id_equal(const struct request_id *a, const struct request_id *b)
{
    return a->type == b->type && a->number == b->number && a->text_size == b->text_size &&
           memcmp(a->text, b->text, a->text_size) == 0;
}

static inline bool request_globs_equal(const struct span *a, size_t a_count, const struct span *b,
                                       size_t b_count)
{
    for (size_t i = 0; i < a_count && i < b_count; i++)
        if (!span_equal(a[i], b[i]))
            return false;
    return a_count == b_count;
}

static inline bool request_equal(const struct request *a, const struct request *b)
{
    return request_id_equal(&a->id, &b->id) && a->op == b->op && a->all == b->all &&
           a->own == b->own && a->pids_count == b->pids_count &&
           memcmp(a->pids, b->pids, a->pids_count * sizeof a->pids[0]) == 0 &&
           request_globs_equal(a->names, a->names_count, b->names, b->names_count) &&
           request_globs_equal(a->paths, a->paths_count, b->paths, b->paths_count) &&
           a->kinds == b->kinds && a->has_address == b->has_address && a->address == b->address &&
           a->detail == b->detail && a->debug == b->debug;
}

#endif
