/* What a scan needs of Windows: a table of calls, which copy answers and decide nothing.
 *
 * common/win32/platform_nt.c is the real one; tests/virtual/virtual_platform.c runs anywhere and fails on
 * command. Failures are NTSTATUS values (nt_status.h): what Windows returns and the client sees. Any
 * thread may call; one address space is used by one thread at a time. On failure outputs are untouched
 * unless noted otherwise. */
#ifndef COMMON_SCAN_PLATFORM_H
#define COMMON_SCAN_PLATFORM_H

#include <limits.h>

#include "common/scan/process.h"
#include "common/scan/regions.h"
#include "common/text/buffer.h"

/* What a query is about, and where reading a process failed: the `stage` of a process_error. */
enum scan_stage {
    STAGE_SELECT, /* the list of processes */
    STAGE_OPEN,
    STAGE_REGIONS,
    STAGE_NAMES,
    STAGE_PAGES,
    STAGE_ADDRESS,
    STAGE_DRIVERS,
    STAGE_DIRECTORY, /* of sections.h, as the next */
    STAGE_HANDLES
};

/* The process of a query; of STAGE_SELECT nothing else is known. */
struct watch_target {
    uint32_t pid;
    uint64_t start_time;   /* FILETIME, as listed */
    struct sid owner;      /* unknown before it was opened */
    enum scan_stage stage; /* of the query */
};

/* How far a thread has come with a slice of a scan: answer/watchdog.h gives up the slice when a
 * kernel query does not return. Begins as all zero. */
struct watch {
    struct atomic state; /* odd while a slice runs */
    struct atomic mark;  /* WATCH_STAGES times the count of queries, and the stage of the latest */

    /* The thread's: a slice is about one process at most, set before its first query; its owner is
     * known once it was opened. The observer reads what was written before the latest mark. */
    struct watch_target target;

    long seen_mark; /* the observer's, as the next */
    uint64_t seen_ms;
};

enum { WATCH_STAGES = 16 };

/* A query of `stage` is next: one store, by the thread that scans. NULL: nobody watches. */
static inline void watch_mark(_Inout_opt_ struct watch *watch, enum scan_stage stage)
{
    if (watch != NULL)
        atomic_set(&watch->mark, (atomic_get(&watch->mark) / WATCH_STAGES + 1) %
                                         (LONG_MAX / WATCH_STAGES) * WATCH_STAGES +
                                     (long)stage);
}

struct address_space; /* an open process; its members belong to the platform */

enum object_type { OBJECT_DIRECTORY, OBJECT_SECTION };

/* SECTION_BASIC_INFORMATION of 64-bit Windows. */
struct section_basic {
    uint64_t base;
    uint32_t attributes; /* SEC_* */
    uint32_t padding;
    uint64_t size;
};

_Static_assert(sizeof(struct section_basic) == 24, "SECTION_BASIC_INFORMATION");

/* What a list of named sections (sections.h) needs besides (tests/virtual/virtual_objects.c).
 * Handles are numbers; 0 is none. */
struct object_calls {
    uint32_t own_pid; /* as the snapshot of handles has it */

    /* Opens a directory with DIRECTORY_QUERY, a section with SECTION_QUERY, and no more.
     * parent  An open directory; 0: `name` is a full path. */
    uint32_t (*open)(void *context, enum object_type type, uint64_t parent, const uint16_t *name,
                     size_t len, uint64_t *handle);

    /* NtQueryDirectoryObject.
     * is_single  One entry a call; the only way that Wine before 9.11 has.
     * size       Of the call, for which `answer` has room.
     * ordinal    Of the first entry; 0: from the start. Receives that of the next call. */
    uint32_t (*read)(void *context, uint64_t directory, bool is_single, size_t size,
                     uint32_t *ordinal, struct buffer *answer);

    /* NtQuerySection, class SectionBasicInformation; SystemExtendedHandleInformation, which is all
     * handles of all processes. */
    uint32_t (*section)(void *context, uint64_t section, struct section_basic *answer);
    uint32_t (*handles)(void *context, struct buffer *answer);
    void (*close)(void *context, uint64_t handle);
};

struct platform {
    void *context;       /* first argument of every call */
    struct watch *watch; /* the scan's: it marks each query here; NULL: nobody watches */

    /* Windows hides from this program how many processes share a page: since build 18362 every page of
     * a section counts as shared by 7, unless Administrators is an enabled group of the caller or it
     * has SeProfileSingleProcessPrivilege. Source: MiIsUserQueryVmCallerTrusted and
     * MiGetWorkingSetInfoList in decompiled kernels. */
    bool hides_shares;

    /* Takes a snapshot of the processes, without the idle process (pid 0).
     * with_owners  Asks for their owners, too, which some systems give and others do not.
     * list         Empty; may be partly filled on failure. */
    uint32_t (*list)(void *context, bool with_owners, struct process_list *list);

    /* Opens a process with the most rights it grants: full, then limited.
     * facts  Receives the facts about it; a fact that cannot be read has its unknown value.
     * image  Cleared, then receives the device path of its executable; empty when unknown.
     * space  Receives the first argument of the calls below; release it with close.
     * Returns NTSTATUS_INVALID_CID when there is no such process. */
    uint32_t (*open)(void *context, uint32_t pid, struct process_facts *facts, struct buffer *image,
                     struct address_space **space);

    /* NtQueryVirtualMemory, for the classes with an answer of fixed size (regions.h).
     * answer  Receives `size` bytes, as the kernel fills them.
     * Returns NTSTATUS_INVALID_PARAMETER above the user space, NTSTATUS_INVALID_ADDRESS where no
     * allocation is, NTSTATUS_INVALID_INFO_CLASS on systems without the class. */
    uint32_t (*memory)(void *context, struct address_space *space, enum memory_class memory_class,
                       uint64_t address, void *answer, size_t size);

    /* The same for MEMORY_CLASS_NAME: the device path of the file mapped at `address`.
     * name   Cleared, then receives UTF-8.
     * lossy  Receives true when the name contained an unpaired surrogate.
     * Returns NTSTATUS_FILE_INVALID for a section without a file, NTSTATUS_INVALID_ADDRESS when
     * no view is there. */
    uint32_t (*name)(void *context, struct address_space *space, uint64_t address,
                     struct buffer *name, bool *lossy);

    /* The loaded drivers: `answer` is cleared, then receives SystemModuleInformation (drivers.h). */
    uint32_t (*drivers)(void *context, struct buffer *answer);

    /* The services that run in a process, from a list that the platform keeps: never waits.
     * names  Cleared, then receives each name, terminated. Returns false when they are not known. */
    bool (*services)(void *context, uint32_t pid, uint64_t start_time, struct buffer *names);

    /* Rewrites a device path as a DOS path: C:\..., \\server\share\..., \\?\Volume{...}\...
     * path  Cleared, then receives UTF-8. Returns false, `path` empty, for an unknown device. */
    bool (*path)(void *context, struct span device_path, struct buffer *path);

    void (*close)(void *context, struct address_space *space);

    const struct object_calls *objects; /* with the same context; NULL: no sections can be listed */
};

/* Calls made, by class: what a scan cost the kernel. `lists` are of processes, drivers, objects and
 * handles. */
struct query_counts {
    uint64_t lists, opens, regions, allocations, names, pages;
    uint64_t unnamed; /* views whose name could not be read */
};

#endif
