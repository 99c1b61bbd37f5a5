#include "tests/virtual/virtual_memory.h"

#include <string.h>

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
    case VIEW_DRIVER:
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

static uint64_t allocation_committed(const struct virtual_process *process,
                                     const struct virtual_region *run)
{
    const struct virtual_region *end = process->regions + process->regions_count;
    uint64_t committed = 0;

    while (run > process->regions && run[-1].allocation_base == run->allocation_base)
        run--;
    for (const uint64_t base = run->allocation_base; run < end && run->allocation_base == base;
         run++)
        committed += run->state == MEMORY_STATE_COMMIT ? run->size : 0;
    return committed;
}

/* Class 3 calls sections without a file 0x8000000 when the buffer has room for a certain member. */
static uint32_t type_of_class_3(const struct virtual_region *run, uint32_t build, size_t size)
{
    const size_t least = build < 18362 ? 0x20 : build < 26100 ? 0x28 : 0x30;
    return run->type == MEMORY_REGION_PAGEFILE && size >= least ? 0x8000000u
                                                                : memory_type(run->type);
}

/* Physical memory: its own bit up to 18363, then PRIVATE, in newer kernels than 26100 both. */
static uint32_t type_of_class_7(const struct virtual_region *run, uint32_t build)
{
    if (run->type != MEMORY_REGION_PHYSICAL || build < 26100)
        return run->type;
    return build == 26100 ? MEMORY_REGION_PRIVATE : MEMORY_REGION_PRIVATE | MEMORY_REGION_PHYSICAL;
}

bool virtual_memory_is_unknown(uint32_t build, uint64_t address)
{
    return build <= 16299 && (address / MEMORY_PAGE_SIZE == 0x7ffe0 || address >= 0x7ffffffe0000u);
}

uint32_t virtual_memory_allocation(const struct virtual_process *process, uint32_t build,
                                   enum memory_class memory_class, uint64_t address,
                                   void *allocation, size_t size, size_t *hint)
{
    const bool is_ex = memory_class == MEMORY_CLASS_REGION_EX;

    if (size < (is_ex ? 0x20u : 0x18u))
        return NTSTATUS_INFO_LENGTH_MISMATCH;
    if (address >= user_limit(process))
        return NTSTATUS_INVALID_PARAMETER;
    const struct virtual_region *run = virtual_memory_run(process, address, hint);
    if (run == NULL || virtual_memory_is_unknown(build, address))
        return NTSTATUS_INVALID_ADDRESS;
    const struct allocation answer = {.base = run->allocation_base,
                                      .size = allocation_size(process, run),
                                      .protect = run->allocation_protect,
                                      .type = is_ex ? type_of_class_7(run, build)
                                                    : type_of_class_3(run, build, size),
                                      .committed = allocation_committed(process, run)};
    memcpy(allocation, &answer, size < sizeof answer ? size : sizeof answer);
    return NTSTATUS_OK;
}
