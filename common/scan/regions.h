/* Address spaces as the kernel describes them: regions, allocations, and the names of their bits.
 *
 * A *region* is a run of pages with one state and protection (MEMORY_BASIC_INFORMATION). An
 * *allocation* is everything with one allocation base (MEMORY_REGION_INFORMATION); an allocation
 * that maps a section is a *view*. Structures and numbers are those of 64-bit Windows, so that the
 * kernel fills them and the platform decides nothing. */
#ifndef COMMON_SCAN_REGIONS_H
#define COMMON_SCAN_REGIONS_H

#include "common/base/annotations.h"

/* Information classes of NtQueryVirtualMemory. PROCESS_QUERY_LIMITED_INFORMATION suffices for all but
 * the pages; Wine wants PROCESS_QUERY_INFORMATION. Sources: System Informer, phnt/ntmmapi.h; for what
 * they answer, decompiled kernels of builds 14393 to 26100. */
enum memory_class {
    MEMORY_CLASS_BASIC = 0,          /* struct region */
    MEMORY_CLASS_NAME = 2,           /* a counted UTF-16 string: the device path of a mapped file */
    MEMORY_CLASS_REGION = 3,         /* struct allocation, but `type` is a MEMORY_TYPE: not used */
    MEMORY_CLASS_WORKING_SET_EX = 4, /* array of struct page, in and out; the address is 0 */
    MEMORY_CLASS_IMAGE = 6,          /* MEMORY_IMAGE_INFORMATION: not used by a scan */
    MEMORY_CLASS_REGION_EX = 7       /* struct allocation */
};

enum {
    MEMORY_PAGE_SIZE = 0x1000,
    MEMORY_GRANULARITY = 0x10000, /* allocations begin at its multiples, placeholders apart */

    /* state and type of a region; source: winnt.h */
    MEMORY_STATE_COMMIT = 0x1000,
    MEMORY_STATE_RESERVE = 0x2000,
    MEMORY_STATE_FREE = 0x10000,
    MEMORY_TYPE_PRIVATE = 0x20000,
    MEMORY_TYPE_MAPPED = 0x40000,
    MEMORY_TYPE_IMAGE = 0x1000000,

    /* type bits of an allocation, among others; source: RegionType of MEMORY_REGION_INFORMATION. Physical
     * memory has PHYSICAL up to build 18363, PRIVATE in build 26100, later both */
    MEMORY_REGION_PRIVATE = 0x01,
    MEMORY_REGION_DATA_FILE = 0x02,
    MEMORY_REGION_IMAGE = 0x04,
    MEMORY_REGION_PAGEFILE = 0x08,
    MEMORY_REGION_PHYSICAL = 0x10
};

/* MEMORY_BASIC_INFORMATION */
struct region {
    uint64_t base;               /* first byte of the run, at or below the address asked about */
    uint64_t allocation_base;    /* 0 when free */
    uint32_t allocation_protect; /* PAGE_* given when the allocation was made */
    uint32_t partition;
    uint64_t size;    /* bytes */
    uint32_t state;   /* MEMORY_STATE_* */
    uint32_t protect; /* PAGE_* now; means nothing unless committed */
    uint32_t type;    /* MEMORY_TYPE_*; 0 when free */
    uint32_t reserved;
};

/* MEMORY_REGION_INFORMATION, as far as all builds have it */
struct allocation {
    uint64_t base;    /* allocation base */
    uint32_t protect; /* PAGE_* given when it was made */
    uint32_t type;    /* MEMORY_REGION_* bits */
    uint64_t size;    /* bytes of all its pages */
    uint64_t committed;
};

/* MEMORY_WORKING_SET_EX_INFORMATION */
struct page {
    uint64_t address;
    uint64_t attributes; /* MEMORY_WORKING_SET_EX_BLOCK */
};

_Static_assert(sizeof(struct region) == 48 && offsetof(struct region, type) == 40 &&
                   sizeof(struct allocation) == 32 && offsetof(struct allocation, size) == 16 &&
                   sizeof(struct page) == 16,
               "as the kernel fills them");

/* What backs an allocation; bits, so that they form a set. */
enum view_kind {
    VIEW_PRIVATE = 0,  /* it is no view */
    VIEW_IMAGE = 1,    /* an executable image, mapped as such */
    VIEW_DATA = 2,     /* a file, mapped as data */
    VIEW_PAGEFILE = 4, /* a section without a file */
    VIEW_PHYSICAL = 8, /* physical memory; asked for together with VIEW_PAGEFILE */
    VIEW_MAPPED = 16,  /* data or pagefile: the handle does not allow to find out */
    VIEW_DRIVER = 32   /* no view: a driver, asked for together with VIEW_IMAGE */
};

/* The kind by the type bits; VIEW_PRIVATE for bits of no section. */
enum view_kind view_kind_from_allocation(uint32_t type);

/* "image", "data", "pagefile", "physical", "driver"; "MEM_COMMIT", "MEM_RESERVE", "MEM_FREE"; NULL for
 * the rest. */
const char *view_kind_name(enum view_kind kind);
const char *memory_state_name(uint32_t state);

enum { PROTECT_TEXT_CAPACITY = 96 };

/* PAGE_* bits as Windows names them, joined by `|`: "PAGE_READWRITE|PAGE_GUARD", terminated. Bits
 * without a name are written in hexadecimal; 0 gives "". */
void protect_format(_Out_writes_(PROTECT_TEXT_CAPACITY) char *out, uint32_t protect);

/* Pages of one view, in bytes. */
struct page_counts {
    uint64_t counted;  /* bytes looked at, from the view's base; below its size when capped */
    uint64_t resident; /* in the working set */
    uint64_t shared;   /* of those, used by two processes or more */
    uint64_t private_; /* of those, private to this process (copied or never shared) */
    uint64_t locked;   /* of those, locked in memory */
};

/* Adds pages, as Windows answered about them. */
void page_counts_add(_Inout_ struct page_counts *counts, _In_reads_(count) const struct page *pages,
                     size_t count);

#endif
