#include "tests/doctor/walks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool walks_walk(const struct platform *platform, struct address_space *space, bool by_allocations,
                struct walked *walked)
{
    struct walk walk;
    enum walk_result result;

    memset(walked, 0, sizeof *walked);
    walk_init(&walk, platform, space, &walked->queries, 0, by_allocations);
    while ((result = walk_next(&walk)) == WALK_ON || result == WALK_VIEW) {
        if (result != WALK_VIEW)
            continue;
        if (walked->count == WALKS_VIEWS_MAX)
            return false;
        walked->views[walked->count++] = walk.view;
    }
    walked->nt_status = walk.nt_status;
    walked->gave_up = by_allocations && !walk.ask_allocations;
    walked->allocation_status = walk.allocation_status;
    return result == WALK_DONE;
}

static bool is_same_kind(enum view_kind by_allocation, enum view_kind by_region)
{
    return by_region == VIEW_IMAGE ? by_allocation == VIEW_IMAGE
                                   : by_allocation == VIEW_DATA || by_allocation == VIEW_PAGEFILE ||
                                         by_allocation == VIEW_PHYSICAL;
}

bool walks_match(const struct walked *by_allocations, const struct walked *by_regions, char *reason)
{
    const size_t count =
        by_allocations->count < by_regions->count ? by_allocations->count : by_regions->count;

    for (size_t i = 0; i < count; i++) {
        const struct map_row *a = &by_allocations->views[i];
        const struct map_row *b = &by_regions->views[i];
        if (a->base == b->base && a->size == b->size && is_same_kind(a->kind, b->kind))
            continue;
        (void)snprintf(reason, WALKS_REASON_CAPACITY,
                       "class 7 has a view of kind %d at 0x%" PRIx64 " with 0x%" PRIx64
                       " bytes, class 0 one of kind %d at 0x%" PRIx64 " with 0x%" PRIx64 " bytes",
                       (int)a->kind, a->base, a->size, (int)b->kind, b->base, b->size);
        return false;
    }
    if (by_allocations->count == by_regions->count)
        return true;
    (void)snprintf(reason, WALKS_REASON_CAPACITY, "class 7 has %zu views, class 0 %zu",
                   by_allocations->count, by_regions->count);
    return false;
}
