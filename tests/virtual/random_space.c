#include "tests/virtual/random_space.h"

#include "common/base/bounds.h"

static const uint64_t LARGE_SIZE = (uint64_t)1 << 30;

static const uint16_t name_short[] = {'\\', 'D', '\\', 'a'};
static const uint16_t name_lossy[] = {'\\', 'D', 0xDC00, 'b', 0xD83D};
static const uint16_t name_wide[] = {'\\', 'D', 0xD83D, 0xDE00, 0xE9, '"', 1};

uint64_t random_space_next(struct random_space *space)
{
    /* xorshift64*; any state but zero */
    space->state ^= space->state >> 12;
    space->state ^= space->state << 25;
    space->state ^= space->state >> 27;
    return space->state * UINT64_C(2685821657736338717);
}

static uint64_t below(struct random_space *space, uint64_t bound)
{
    return (random_space_next(space) >> 16) % bound;
}

static bool one_in(struct random_space *space, uint64_t n)
{
    return below(space, n) == 0;
}

static uint64_t random_size(struct random_space *space)
{
    switch (below(space, 8)) {
    case 0:
    case 1:
        return MEMORY_PAGE_SIZE;
    case 2:
        return MEMORY_GRANULARITY * (1 + below(space, 4));
    case 3:
        return LARGE_SIZE << below(space, 8); /* a large reservation or section */
    default:
        return MEMORY_PAGE_SIZE * (1 + below(space, 100));
    }
}

static void set_kind(struct random_space *space, struct virtual_region *run)
{
    static const uint32_t types[] = {MEMORY_REGION_PRIVATE,   MEMORY_REGION_PRIVATE,
                                     MEMORY_REGION_IMAGE,     MEMORY_REGION_IMAGE,
                                     MEMORY_REGION_DATA_FILE, MEMORY_REGION_DATA_FILE,
                                     MEMORY_REGION_PAGEFILE,  MEMORY_REGION_PHYSICAL};
    static const struct {
        const uint16_t *name;
        size_t len;
    } names[] = {{name_short, 4}, {name_lossy, 5}, {name_wide, 7}, {NULL, 0}};

    run->type = types[below(space, sizeof types / sizeof types[0])];
    run->name = NULL;
    run->name_len = 0;
    if ((run->type & (MEMORY_REGION_IMAGE | MEMORY_REGION_DATA_FILE)) == 0)
        return;
    size_t index = (size_t)below(space, sizeof names / sizeof names[0]);
    run->name = names[index].name;
    run->name_len = names[index].len;
}

/* Cuts a block into runs; neighbours differ, as the kernel joins equal ones. */
static void set_runs(struct random_space *space, struct random_block *block, uint64_t base,
                     uint64_t size)
{
    static const uint32_t protects[] = {2, 4, 0x20, 8, 0x104};
    struct virtual_region first = {.base = base, .allocation_base = base, .allocation_protect = 2};
    uint64_t end = base + size;
    uint64_t runs_max = one_in(space, 3) ? RANDOM_SPACE_RUNS_MAX : 1 + below(space, 3);
    size_t turn = (size_t)below(space, 5);

    set_kind(space, &first);
    /* Counting the pages of a large view takes long; few suffice. */
    if (size >= LARGE_SIZE && !one_in(space, 64))
        first = (struct virtual_region){.base = base,
                                        .allocation_base = base,
                                        .allocation_protect = 2,
                                        .type = MEMORY_REGION_PRIVATE};
    block->runs_count = 0;
    while (base < end) {
        struct virtual_region *run = &block->runs[block->runs_count++];
        uint64_t pages = (end - base) / MEMORY_PAGE_SIZE;
        bool is_last = block->runs_count == runs_max || pages == 1;
        *run = first;
        run->base = base;
        run->size = is_last ? end - base : MEMORY_PAGE_SIZE * (1 + below(space, pages - 1));
        run->state = turn % 6 == 5 ? MEMORY_STATE_RESERVE : MEMORY_STATE_COMMIT;
        run->protect = run->state == MEMORY_STATE_COMMIT ? protects[turn % 6] : 0;
        run->page_attributes = below(space, 8) << 1 | below(space, 2) | below(space, 2) << 22;
        base += run->size;
        turn++;
    }
}

static uint64_t random_gap(struct random_space *space)
{
    switch (below(space, 8)) {
    case 0:
    case 1:
    case 2:
        return 0; /* neighbours */
    case 3:
        return MEMORY_PAGE_SIZE * (1 + below(space, 3)); /* a placeholder's hole */
    case 4:
        return (uint64_t)1 << (28 + below(space, 12));
    default:
        return MEMORY_GRANULARITY * below(space, 4);
    }
}

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

void random_space_init(struct random_space *space, uint64_t seed)
{
    uint64_t at = 0;

    space->state = seed * 2 + 1;
    for (int i = 0; i < 8; i++)
        (void)random_space_next(space);
    bool has_placeholders = one_in(space, 3);
    size_t count = (size_t)below(space, RANDOM_SPACE_BLOCKS_MAX + 1);
    space->blocks_count = 0;
    while (space->blocks_count < count) {
        struct random_block *block = &space->blocks[space->blocks_count];
        uint64_t size = random_size(space);
        at += random_gap(space);
        if (!has_placeholders || !one_in(space, 2))
            at = align_up(at, MEMORY_GRANULARITY);
        if (at == 0 && !one_in(space, 4))
            at = MEMORY_GRANULARITY;
        if (at + size > VIRTUAL_ADDRESS_LIMIT)
            break;
        set_runs(space, block, at, size);
        block->is_mapped = true;
        block->is_mutable = one_in(space, 3);
        space->blocks_count++;
        at += size;
    }
    /* Often nothing is free at the top. */
    space->limit = at > 0 && one_in(space, 2) ? at : VIRTUAL_ADDRESS_LIMIT;
}

void random_space_apply(struct random_space *space, struct virtual_process *process)
{
    size_t count = 0;

    for (size_t i = 0; i < space->blocks_count; i++) {
        const struct random_block *block = &space->blocks[i];
        for (size_t k = 0; k < block->runs_count && block->is_mapped; k++)
            space->regions[count++] = block->runs[k];
    }
    process->regions = space->regions;
    process->regions_count = count;
    process->limit = space->limit;
}

void random_space_change(struct random_space *space)
{
    if (space->blocks_count == 0)
        return;
    struct random_block *block = &space->blocks[below(space, space->blocks_count)];
    if (!block->is_mutable)
        return;
    const struct virtual_region *last = &block->runs[block->runs_count - 1];
    if (one_in(space, 2))
        block->is_mapped = !block->is_mapped;
    else
        set_runs(space, block, block->runs[0].base, last->base + last->size - block->runs[0].base);
}
