/* Are two requests the same? Member by member: what lies behind a size is not part of a request. */
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

static inline bool request_equal(const struct request *a, const struct request *b)
{
    return request_id_equal(&a->id, &b->id) && a->op == b->op && a->selector == b->selector &&
           a->pids_count == b->pids_count &&
           memcmp(a->pids, b->pids, a->pids_count * sizeof a->pids[0]) == 0 &&
           a->name_size == b->name_size && memcmp(a->name, b->name, a->name_size) == 0 &&
           a->kinds == b->kinds && a->path_size == b->path_size &&
           memcmp(a->path, b->path, a->path_size) == 0 && a->has_address == b->has_address &&
           a->address == b->address && a->detail == b->detail && a->debug == b->debug;
}

#endif
