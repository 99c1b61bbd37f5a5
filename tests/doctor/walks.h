/* Two walks over one address space, by MemoryRegionInformationEx and by basic queries, compared. Pure. */
#ifndef TESTS_DOCTOR_WALKS_H
#define TESTS_DOCTOR_WALKS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/scan/walk.h"

enum { WALKS_VIEWS_MAX = 4096, WALKS_REASON_CAPACITY = 256 };

struct walked {
    struct map_row views[WALKS_VIEWS_MAX];
    size_t count;
    struct query_counts queries;
    uint32_t nt_status;         /* of a walk that failed; 0: an answer was impossible */
    uint32_t allocation_status; /* why class 7 was given up */
    bool gave_up;               /* it was */
};

/* by_allocations  With MemoryRegionInformationEx.
 * Returns false when the walk failed or there are more views than fit. */
bool walks_walk(_In_ const struct platform *platform, _In_ struct address_space *space,
                bool by_allocations, _Out_ struct walked *walked);

/* Base, size and kind of each view are the same; a basic query cannot tell data from a section without
 * a file.
 * reason  Receives the first difference. Untouched on true. */
bool walks_match(_In_ const struct walked *by_allocations, _In_ const struct walked *by_regions,
                 _Out_writes_(WALKS_REASON_CAPACITY) char *reason);

#endif
