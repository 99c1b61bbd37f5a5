/* A Windows made of tables: processes, regions, names and faults, for tests that run anywhere.
 *
 * Implements `struct platform` over plain arrays, answers as the real kernel does, counts every call,
 * and can fail any of them at its k-th use. Tables are built in code or read from the text format of
 * tests/layouts/ (virtual_layout.h).
 */
#ifndef TESTS_VIRTUAL_PLATFORM_H
#define TESTS_VIRTUAL_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/scan/device_map.h"
#include "common/scan/platform.h"
#include "common/scan/process.h"
#include "common/scan/regions.h"

enum { VIRTUAL_BUILD = 22621 }; /* unless a test or a layout says otherwise */

/* The end of the user space of a 64-bit process: 64 KiB below 128 TiB. */
static const uint64_t VIRTUAL_ADDRESS_LIMIT = 0x7fffffff0000u;

/* One run of pages. Runs with the same allocation_base form an allocation; between runs is free space. */
struct virtual_region {
    uint64_t base;
    uint64_t size;
    uint64_t allocation_base;
    uint32_t allocation_protect;
    uint32_t state; /* MEMORY_STATE_COMMIT or _RESERVE */
    uint32_t protect;
    uint32_t type;            /* MEMORY_REGION_* bit of the allocation */
    const uint16_t *name;     /* device path in UTF-16, not owned; NULL: no file */
    size_t name_len;          /* units */
    uint64_t page_attributes; /* returned by `pages` for each committed page; 0: not resident */
    uint32_t name_fault;      /* NTSTATUS of its name query; 0: none */
};

/* What the kernel refuses for one process; 0: nothing. */
struct virtual_faults {
    uint32_t open;
    uint32_t region;
    uint32_t allocation;
    uint32_t name;
    uint32_t pages;
    uint64_t exit_after; /* calls on the open process until it terminates; 0: it stays */
};

struct virtual_process {
    struct process_entry entry;
    const char *name; /* UTF-8 */
    struct process_facts facts;
    const char *image;                    /* device path, UTF-8; NULL: unknown */
    const char *services;                 /* names, separated by a space; NULL: not known */
    const struct virtual_region *regions; /* ascending, not owned */
    size_t regions_count;
    struct virtual_faults faults;
    uint64_t limit; /* where the kernel's user space ends; 0: facts.address_limit, or
                       VIRTUAL_ADDRESS_LIMIT when that is unknown */
    bool hidden;    /* exited: in the list, but open returns NTSTATUS_INVALID_CID */
};

struct virtual_driver {
    uint32_t size;
    const char *name; /* ANSI */
};

enum virtual_call {
    VIRTUAL_LIST,
    VIRTUAL_OPEN,
    VIRTUAL_REGION,
    VIRTUAL_ALLOCATION,
    VIRTUAL_NAME,
    VIRTUAL_PAGES,
    VIRTUAL_PATH,
    VIRTUAL_DRIVERS,
    VIRTUAL_CALLS
};

struct virtual_platform {
    struct virtual_process *processes; /* not owned */
    size_t processes_count;
    const struct device_map *devices;     /* not owned; NULL: no path is known */
    const struct virtual_driver *drivers; /* not owned */
    size_t drivers_count;
    uint32_t drivers_fault;          /* NTSTATUS; 0: none */
    struct virtual_objects *objects; /* not owned; NULL: no directory can be opened */
    size_t drivers_missing;          /* drivers that the answer claims and does not hold */
    uint32_t build;                  /* of Windows; decides what its kernel answers */
    bool is_untrusted;               /* the caller: shares are hidden, and pages need full access */
    bool has_allocation;   /* false: MemoryRegionInformationEx is not implemented, as on Wine */
    bool has_owners;       /* SystemFullProcessInformation is there, and for the caller */
    bool answers_run_base; /* a region begins at the base of the run, not at the page */

    uint64_t fail_at;   /* the k-th call of all fails, 1 is the first; 0: none */
    uint32_t fail_with; /* NTSTATUS of that failure */
    bool fail_on;       /* every later call fails too */

    /* Called before each call is answered; `asked` and `calls` are set. It may change the tables. */
    void (*on_call)(struct virtual_platform *platform, enum virtual_call call);
    /* Called with each good answer, which it may change: a kernel that lies. */
    void (*distort_region)(struct virtual_platform *platform, struct region *region);
    void (*distort_allocation)(struct virtual_platform *platform, struct allocation *allocation);
    void *distort_context; /* for the three above */

    uint64_t asked;     /* address of the region, allocation, name or pages call in hand */
    uint32_t asked_pid; /* and its process */
    uint64_t calls[VIRTUAL_CALLS]; /* by class */
    uint64_t calls_total;
    uint64_t open_count; /* spaces open now; 0 after every scan */
};

/* A platform over these processes. The struct must outlive `platform`. */
void virtual_platform_init(struct virtual_platform *virtual_, struct virtual_process *processes,
                           size_t processes_count, struct platform *platform);

#endif
