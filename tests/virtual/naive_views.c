#include "tests/virtual/naive_views.h"

static enum view_kind kind_of(const struct virtual_region *run, bool has_kinds)
{
    enum view_kind kind = view_kind_from_allocation(run->type);

    /* Without kinds, only the name distinguishes a file from a section without one. */
    if (!has_kinds && (kind == VIEW_PHYSICAL || (kind == VIEW_DATA && run->name == NULL)))
        return VIEW_PAGEFILE;
    return kind;
}

bool naive_view_next(const struct virtual_process *process, bool has_kinds, size_t *index,
                     struct naive_view *view)
{
    const struct virtual_region *runs = process->regions;
    const size_t count = process->regions_count;
    size_t first = *index;

    while (first < count && view_kind_from_allocation(runs[first].type) == VIEW_PRIVATE)
        first++;
    *index = first;
    if (first == count)
        return false;
    size_t end = first;
    uint64_t size = 0;
    while (end < count && runs[end].allocation_base == runs[first].allocation_base)
        size += runs[end++].size;
    *view = (struct naive_view){.base = runs[first].base,
                                .size = size,
                                .kind = kind_of(&runs[first], has_kinds),
                                .protect = runs[first].allocation_protect,
                                .runs = &runs[first],
                                .runs_count = end - first};
    *index = end;
    return true;
}

struct naive_shape naive_shape_of(const struct virtual_process *process)
{
    struct naive_shape shape = {.regions = process->regions_count};
    uint64_t end = 0;
    uint64_t allocation_base = UINT64_MAX;
    struct naive_view view;
    size_t index = 0;

    for (size_t i = 0; i < process->regions_count; i++) {
        const struct virtual_region *run = &process->regions[i];
        const bool is_gap = run->base != end;
        const bool is_new = run->allocation_base != allocation_base;
        shape.gaps += is_gap;
        shape.allocations += is_new;
        shape.surprises += is_new && is_gap == (end % MEMORY_GRANULARITY == 0 && end != 0);
        allocation_base = run->allocation_base;
        end = run->base + run->size;
    }
    uint64_t limit = process->limit != 0 ? process->limit : process->facts.address_limit;
    shape.gaps += end != (limit != 0 ? limit : VIRTUAL_ADDRESS_LIMIT);
    while (naive_view_next(process, true, &index, &view)) {
        shape.views++;
        shape.files += view.kind == VIEW_IMAGE || view.kind == VIEW_DATA;
    }
    return shape;
}

uint64_t naive_bound(const struct naive_shape *shape)
{
    return shape->allocations + shape->gaps + shape->files + shape->surprises;
}
