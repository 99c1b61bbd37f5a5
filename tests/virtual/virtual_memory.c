#include "tests/virtual/virtual_memory.h"

#include "common/scan/nt_status.h"

static uint64_t user_limit(const struct virtual_process *process)
{
    if (process->limit != 0)
        return process->limit;
    return process->facts.address_limit != 0 ? process->facts.address_limit : VIRTUAL_ADDRESS_LIMIT;
}

static bool ends_below(const struct virtual_region *run, uint64_t address)
{
    return run->base + (run->size - 1) < address;
}

static bool is_run(const struct virtual_process *process, size_t index, uint64_t address)
{
    return index < process->regions_count && !ends_below(&process->regions[index], address) &&
           (index == 0 || ends_below(&process->regions[index - 1], address));
}

/* The index of the first run that ends above `address`; the count when none does. Last bytes are
 * compared, because a run may end at 2^64. */
static size_t find_run(const struct virtual_process *process, uint64_t address, size_t *hint)
{
    size_t low = 0;
    size_t high = process->regions_count;

    for (size_t i = *hint; i < *hint + 2; i++)
        if (is_run(process, i, address))
            return *hint = i;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ends_below(&process->regions[middle], address))
            low = middle + 1;
        else
            high = middle;
    }
    return *hint = low;
}

const struct virtual_region *virtual_memory_run(const struct virtual_process *process,
                                                uint64_t address, size_t *hint)
{
    size_t index = find_run(process, address, hint);

    if (index == process->regions_count || process->regions[index].base > address)
        return NULL;
    return &process->regions[index];
}

static uint32_t memory_type(uint32_t region_type)
{
    switch (view_kind_from_allocation(region_type)) {
    case VIEW_IMAGE:
        return MEMORY_TYPE_IMAGE;
    case VIEW_DATA:
    case VIEW_PAGEFILE:
    case VIEW_PHYSICAL:
    case VIEW_MAPPED:
        return MEMORY_TYPE_MAPPED;
    case VIEW_PRIVATE:
        break;
    }
    return MEMORY_TYPE_PRIVATE;
}

static void fill_free(struct region *region, const struct virtual_process *process, uint64_t page,
                      size_t *hint)
{
    uint64_t end = user_limit(process);
    size_t next = find_run(process, page, hint);

    if (next < process->regions_count && process->regions[next].base < end)
        end = process->regions[next].base;
    *region = (struct region){.base = page, .size = end - page, .state = MEMORY_STATE_FREE};
}

static void fill_run(struct region *region, const struct virtual_region *run, uint64_t base)
{
    *region = (struct region){.base = base,
                              .size = run->size - (base - run->base),
                              .allocation_base = run->allocation_base,
                              .allocation_protect = run->allocation_protect,
                              .state = run->state,
                              .protect = run->state == MEMORY_STATE_COMMIT ? run->protect : 0,
                              .type = memory_type(run->type)};
}

uint32_t virtual_memory_region(const struct virtual_process *process, uint64_t address,
                               bool from_run, struct region *region, size_t *hint)
{
    const uint64_t page = address & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);

    if (address >= user_limit(process))
        return NTSTATUS_INVALID_PARAMETER;
    const struct virtual_region *run = virtual_memory_run(process, address, hint);
    if (run == NULL)
        fill_free(region, process, page, hint);
    else
        fill_run(region, run, from_run ? run->base : page);
    return NTSTATUS_OK;
}

/* The first run that does not belong to the allocation ends it; a hole between two runs is part. */
static uint64_t allocation_size(const struct virtual_process *process,
                                const struct virtual_region *run)
{
    const struct virtual_region *end = process->regions + process->regions_count;
    const struct virtual_region *last = run;

    while (last + 1 < end && last[1].allocation_base == run->allocation_base)
        last++;
    return last->base + last->size - run->allocation_base;
}

uint32_t virtual_memory_allocation(const struct virtual_process *process, uint64_t address,
                                   struct allocation *allocation, size_t *hint)
{
    if (address >= user_limit(process))
        return NTSTATUS_INVALID_PARAMETER;
    const struct virtual_region *run = virtual_memory_run(process, address, hint);
    if (run == NULL)
        return NTSTATUS_INVALID_ADDRESS;
    *allocation = (struct allocation){.base = run->allocation_base,
                                      .size = allocation_size(process, run),
                                      .protect = run->allocation_protect,
                                      .type = run->type};
    return NTSTATUS_OK;
}
