#include "common/scan/walk.h"

#include <string.h>

#include "common/scan/nt_status.h"

static uint64_t region_end(const struct region *region)
{
    return region->base + region->size;
}

/* An answer must consist of complete pages, contain the address, end above it and not wrap. */
static bool contains(uint64_t base, uint64_t size, uint64_t address)
{
    return (base | size) % MEMORY_PAGE_SIZE == 0 && base <= address && size > address - base &&
           base + size > base;
}

static uint32_t query(struct walk *walk, enum memory_class memory_class, uint64_t address,
                      void *answer, size_t size)
{
    watch_mark(walk->platform->watch, STAGE_REGIONS);
    return walk->platform->memory(walk->platform->context, walk->space, memory_class, address,
                                  answer, size);
}

void walk_init(struct walk *walk, const struct platform *platform, struct address_space *space,
               struct query_counts *counts, uint64_t limit, bool ask_allocations)
{
    memset(walk, 0, sizeof *walk);
    walk->platform = platform;
    walk->space = space;
    walk->counts = counts;
    walk->limit = limit == 0 ? UINT64_MAX : limit;
    walk->ask_allocations = ask_allocations;
    walk->expect_gap = true; /* the lowest 64 KiB are never mapped */
}

void walk_restrict(struct walk *walk, uint64_t address)
{
    walk->address = address;
    walk->is_single = true;
    walk->expect_gap = false;
}

static void advance(struct walk *walk, uint64_t end)
{
    walk->address = end;
    walk->floor = end;
    walk->expect_gap = end % MEMORY_GRANULARITY != 0;
    walk->allocation_failed = false;
}

/* nt_status  NTSTATUS_OK: the answer is impossible. */
static enum walk_result fail(struct walk *walk, uint32_t nt_status)
{
    walk->nt_status = nt_status;
    return WALK_FAILED;
}

static enum walk_result give_up_allocations(struct walk *walk, uint32_t nt_status)
{
    walk->ask_allocations = false;
    walk->allocation_status = nt_status;
    return WALK_ON;
}

/* Completes the view that is being joined. */
static enum walk_result close_view(struct walk *walk)
{
    walk->has_open = false;
    walk->is_over = walk->is_over || walk->is_single;
    return WALK_VIEW;
}

static uint64_t committed_of(const struct region *region)
{
    return region->state == MEMORY_STATE_COMMIT ? region->size : 0;
}

static void open_view(struct walk *walk, const struct region *region)
{
    walk->view =
        (struct map_row){.base = region->base,
                         .size = region->size,
                         .committed = committed_of(region),
                         .kind = region->type == MEMORY_TYPE_IMAGE ? VIEW_IMAGE : VIEW_MAPPED,
                         .protect = region->allocation_protect};
    walk->has_open = true;
}

static bool is_view(const struct region *region)
{
    return region->state != MEMORY_STATE_FREE &&
           (region->type == MEMORY_TYPE_IMAGE || region->type == MEMORY_TYPE_MAPPED);
}

/* A run that begins something new: a view, private memory, or free space. */
static enum walk_result take_new(struct walk *walk, const struct region *region)
{
    advance(walk, region_end(region));
    if (region->state == MEMORY_STATE_FREE)
        walk->expect_gap = false;
    /* A run whose allocation began below the floor belongs to an allocation that changed during
     * the walk: it was reported already, or can no longer be reported correctly. */
    if (is_view(region) && region->allocation_base == region->base)
        open_view(walk, region);
    else if (walk->is_single)
        walk->is_over = true;
    return WALK_ON;
}

static enum walk_result take_region(struct walk *walk, const struct region *region)
{
    /* One allocation is asked for: goes back to its base, once, to see all of it. */
    if (walk->is_single && !walk->has_open && walk->floor == 0 && is_view(region) &&
        region->allocation_base < region->base) {
        walk->address = walk->floor = region->allocation_base;
        return WALK_ON;
    }
    if (walk->has_open && region->state != MEMORY_STATE_FREE &&
        region->allocation_base == walk->view.base &&
        region->base == walk->view.base + walk->view.size) {
        walk->view.size += region->size;
        walk->view.committed += committed_of(region);
        advance(walk, region_end(region));
        return WALK_ON;
    }
    if (walk->has_open) {
        walk->held = *region;
        walk->has_held = true;
        return close_view(walk);
    }
    return take_new(walk, region);
}

static enum walk_result end_at_top(struct walk *walk)
{
    walk->is_over = true;
    return walk->has_open ? close_view(walk) : WALK_DONE;
}

/* Makes a basic query. Cuts off what lies below the page of the address: Windows begins the answer
 * there, Wine at the run.
 * Returns WALK_ON, or WALK_FAILED with walk->nt_status. */
static enum walk_result query_region(struct walk *walk, uint64_t address, struct region *region)
{
    const uint64_t page = address & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);

    if (walk->queries++ >= WALK_QUERIES_MAX)
        return fail(walk, NTSTATUS_OK);
    walk->counts->regions++;
    const uint32_t nt_status = query(walk, MEMORY_CLASS_BASIC, address, region, sizeof *region);
    if (nt_status != NTSTATUS_OK || !contains(region->base, region->size, address))
        return fail(walk, nt_status);
    if (region->base < page) {
        region->size -= page - region->base;
        region->base = page;
    }
    return WALK_ON;
}

static enum walk_result ask_region(struct walk *walk)
{
    struct region region;

    if (query_region(walk, walk->address, &region) == WALK_FAILED)
        return walk->nt_status == NTSTATUS_INVALID_PARAMETER && walk->address != 0
                   ? end_at_top(walk) /* above the user space */
                   : WALK_FAILED;
    if (region.state != MEMORY_STATE_FREE && region.allocation_base > region.base)
        return fail(walk, NTSTATUS_OK);
    if (!walk->ask_allocations)
        return take_region(walk, &region);
    const bool is_free = region.state == MEMORY_STATE_FREE;
    if (!is_free && !walk->allocation_failed) {
        walk->expect_gap = false;
        return WALK_ON;
    }
    if (is_view(&region)) {
        /* MemoryRegionInformationEx knows no allocation here: it is of no use. */
        (void)give_up_allocations(walk, NTSTATUS_INVALID_ADDRESS);
        return take_region(walk, &region);
    }
    /* It is free; or private, as up to build 16299 at 0x7FFE0000 and from 0x7FFFFFFE0000 up. */
    advance(walk, region_end(&region));
    walk->expect_gap = walk->expect_gap && !is_free;
    walk->is_over = walk->is_single;
    return WALK_ON;
}

static enum walk_result take_allocation(struct walk *walk, const struct allocation *allocation)
{
    const bool is_new = allocation->base >= walk->floor;
    const enum view_kind kind = view_kind_from_allocation(allocation->type);
    advance(walk, allocation->base + allocation->size);
    walk->is_over = walk->is_single;
    walk->view =
        (struct map_row){.base = allocation->base,
                         .size = allocation->size,
                         .committed = kind == VIEW_PAGEFILE ? COMMITTED_UNKNOWN : allocation->size,
                         .kind = kind,
                         .protect = allocation->protect};
    return is_new && kind != VIEW_PRIVATE ? WALK_VIEW : WALK_ON;
}

/* An allocation is of one kind, physical memory may be marked as private too, and ends in the user
 * space. */
static bool is_usable(const struct walk *walk, const struct allocation *allocation)
{
    const uint32_t kinds =
        allocation->type & (MEMORY_REGION_PRIVATE | MEMORY_REGION_DATA_FILE | MEMORY_REGION_IMAGE |
                            MEMORY_REGION_PAGEFILE | MEMORY_REGION_PHYSICAL);
    const bool is_one = kinds != 0 && (kinds & (kinds - 1)) == 0;
    return (is_one || kinds == (MEMORY_REGION_PRIVATE | MEMORY_REGION_PHYSICAL)) &&
           contains(allocation->base, allocation->size, walk->address) &&
           allocation->base + allocation->size <= walk->limit;
}

static enum walk_result ask_allocation(struct walk *walk)
{
    struct allocation allocation;

    if (walk->queries++ >= WALK_QUERIES_MAX)
        return fail(walk, NTSTATUS_OK);
    walk->counts->allocations++;
    const uint32_t nt_status =
        query(walk, MEMORY_CLASS_REGION_EX, walk->address, &allocation, sizeof allocation);
    if (nt_status_is_exited(nt_status))
        return fail(walk, nt_status);
    if (nt_status_is_unsupported(nt_status) || nt_status == NTSTATUS_ACCESS_DENIED)
        return give_up_allocations(walk, nt_status);
    if (nt_status != NTSTATUS_OK) { /* most likely, the address is free */
        walk->expect_gap = true;
        walk->allocation_failed = true;
        return WALK_ON;
    }
    return is_usable(walk, &allocation) ? take_allocation(walk, &allocation)
                                        : give_up_allocations(walk, NTSTATUS_OK);
}

enum walk_result walk_next(struct walk *walk)
{
    if (walk->is_over)
        return WALK_DONE;
    if (walk->has_held) {
        walk->has_held = false;
        return take_new(walk, &walk->held);
    }
    if (walk->address >= walk->limit)
        return end_at_top(walk);
    return walk->ask_allocations && !walk->expect_gap ? ask_allocation(walk) : ask_region(walk);
}

enum walk_result walk_run(struct walk *walk, uint64_t address, struct region *run)
{
    const struct map_row *view = &walk->view;
    struct region region;

    if (query_region(walk, address, &region) == WALK_FAILED)
        return WALK_FAILED;
    if (region.state == MEMORY_STATE_FREE || region.allocation_base != view->base)
        return WALK_DONE;
    const uint64_t view_end = view->base + view->size;
    const uint64_t end = region_end(&region) < view_end ? region_end(&region) : view_end;
    region.base = address;
    region.size = end - address;
    *run = region;
    return WALK_ON;
}
