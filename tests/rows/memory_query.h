/* Queries of memory by what they are about, for tests that ask a platform themselves. */
#ifndef TESTS_ROWS_MEMORY_QUERY_H
#define TESTS_ROWS_MEMORY_QUERY_H

#include <stdint.h>

#include "common/base/annotations.h"
#include "common/scan/platform.h"

static inline uint32_t memory_region(_In_ const struct platform *platform,
                                     _In_ struct address_space *space, uint64_t address,
                                     _Out_ struct region *region)
{
    return platform->memory(platform->context, space, MEMORY_CLASS_BASIC, address, region,
                            sizeof *region);
}

static inline uint32_t memory_allocation(_In_ const struct platform *platform,
                                         _In_ struct address_space *space, uint64_t address,
                                         _Out_ struct allocation *allocation)
{
    return platform->memory(platform->context, space, MEMORY_CLASS_REGION_EX, address, allocation,
                            sizeof *allocation);
}

/* Attributes of `count` pages from `address`. */
static inline uint32_t memory_pages(_In_ const struct platform *platform,
                                    _In_ struct address_space *space, uint64_t address,
                                    _Out_writes_(count) struct page *pages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pages[i].address = address + i * MEMORY_PAGE_SIZE;
    return platform->memory(platform->context, space, MEMORY_CLASS_WORKING_SET_EX, 0, pages,
                            count * sizeof *pages);
}

#endif
