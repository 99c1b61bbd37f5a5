#include "common/scan/regions.h"

#include <inttypes.h>
#include <stdio.h>

/* Source: winnt.h. Of the first eight, exactly one is set in a valid value. */
enum { PROTECT_BASIC_MASK = 0xff };

static const struct {
    uint32_t bit;
    const char *name;
} protect_names[] = {
    {0x01, "PAGE_NOACCESS"},          {0x02, "PAGE_READONLY"},          {0x04, "PAGE_READWRITE"},
    {0x08, "PAGE_WRITECOPY"},         {0x10, "PAGE_EXECUTE"},           {0x20, "PAGE_EXECUTE_READ"},
    {0x40, "PAGE_EXECUTE_READWRITE"}, {0x80, "PAGE_EXECUTE_WRITECOPY"}, {0x100, "PAGE_GUARD"},
    {0x200, "PAGE_NOCACHE"},          {0x400, "PAGE_WRITECOMBINE"},
};

/* One page as MEMORY_WORKING_SET_EX_BLOCK describes it when its first bit is set. */
enum {
    PAGE_VALID = 0x01,
    PAGE_SHARE_COUNT_SHIFT = 1,
    PAGE_SHARE_COUNT_MASK = 0x07, /* saturates */
    PAGE_LOCKED = 1 << 22
};

/* The kinds by the type bits of an allocation. */
static const struct {
    uint32_t type;
    enum view_kind kind;
    const char *name;
} view_kinds[] = {
    {MEMORY_REGION_IMAGE, VIEW_IMAGE, "image"},
    {MEMORY_REGION_DATA_FILE, VIEW_DATA, "data"},
    {MEMORY_REGION_PAGEFILE, VIEW_PAGEFILE, "pagefile"},
    {MEMORY_REGION_PHYSICAL, VIEW_PHYSICAL, "physical"},
    {0, VIEW_DRIVER, "driver"},
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

enum view_kind view_kind_from_allocation(uint32_t type)
{
    for (size_t i = 0; i < LENGTH(view_kinds); i++)
        if ((type & view_kinds[i].type) != 0)
            return view_kinds[i].kind;
    return VIEW_PRIVATE;
}

const char *view_kind_name(enum view_kind kind)
{
    for (size_t i = 0; i < LENGTH(view_kinds); i++)
        if (view_kinds[i].kind == kind)
            return view_kinds[i].name;
    return NULL;
}

void protect_format(char *out, uint32_t protect)
{
    const uint32_t basic = protect & PROTECT_BASIC_MASK;
    const bool is_one = (basic & (basic - 1)) == 0;
    uint32_t rest = protect;
    int size = 0; /* all of them fit */

    out[0] = '\0';
    for (size_t i = 0; i < LENGTH(protect_names); i++) {
        const uint32_t bit = protect_names[i].bit;
        if ((protect & bit) == 0 || ((bit & PROTECT_BASIC_MASK) != 0 && !is_one))
            continue;
        rest &= ~bit;
        size += snprintf(out + size, PROTECT_TEXT_CAPACITY - (size_t)size, "%s%s",
                         size > 0 ? "|" : "", protect_names[i].name);
    }
    if (rest != 0)
        (void)snprintf(out + size, PROTECT_TEXT_CAPACITY - (size_t)size, "%s0x%" PRIx32,
                       size > 0 ? "|" : "", rest);
}

const char *memory_state_name(uint32_t state)
{
    return state == MEMORY_STATE_COMMIT    ? "MEM_COMMIT"
           : state == MEMORY_STATE_RESERVE ? "MEM_RESERVE"
           : state == MEMORY_STATE_FREE    ? "MEM_FREE"
                                           : NULL;
}

void page_counts_add(struct page_counts *counts, const struct page *pages, size_t count)
{
    counts->counted += (uint64_t)count * MEMORY_PAGE_SIZE;
    for (size_t i = 0; i < count; i++) {
        const uint64_t attributes = pages[i].attributes;
        if ((attributes & PAGE_VALID) == 0)
            continue;
        uint64_t share_count = attributes >> PAGE_SHARE_COUNT_SHIFT & PAGE_SHARE_COUNT_MASK;
        counts->resident += MEMORY_PAGE_SIZE;
        /* A shareable page that only one process uses counts as neither. */
        if (share_count > 1)
            counts->shared += MEMORY_PAGE_SIZE;
        else if (share_count == 0)
            counts->private_ += MEMORY_PAGE_SIZE;
        if ((attributes & PAGE_LOCKED) != 0)
            counts->locked += MEMORY_PAGE_SIZE;
    }
}
