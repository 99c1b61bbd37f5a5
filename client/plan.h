/* From options to requests: which questions a command line asks, one after the other.
 *
 * All process identifiers go into one request, each name into one of its own; `ps` and `maps`
 * without a process ask for all. Request `index` has the id index + 1.
 */
#ifndef CLIENT_PLAN_H
#define CLIENT_PLAN_H

#include <stddef.h>

#include "client/options.h"
#include "common/base/annotations.h"
#include "common/proto/request.h"

/* How many requests the options ask for; 0 for help, version, usage and diff. */
size_t plan_count(_In_ const struct options *options);

/* The request with this index, which must be below plan_count(). */
void plan_request(_In_ const struct options *options, size_t index, _Out_ struct request *request);

#endif
