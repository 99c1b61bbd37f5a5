/* The named sections of the system, and which processes hold handles to them: a cursor, as scan.h.
 *
 * It walks \BaseNamedObjects, \Sessions\N\BaseNamedObjects, \Sessions\N\AppContainerNamedObjects and
 * \KnownDlls*, opens what was asked for with SECTION_QUERY, takes one snapshot of all handles, closes
 * everything, and then gives the rows. Our own handle's entry in the snapshot has the address of the
 * object; other entries with that address are its holders. Nothing is duplicated or mapped, and no
 * address leaves this module. Sections without a name, in private namespaces, and views whose handle
 * was closed are not found.
 *
 * Sources: the directories, a decompiled basesrv.dll and "Sharing named objects" of Microsoft; the
 * addresses, System Informer's objmgr.c (EtObjectManagerGetHandleInfoEx) and issue 2101: since build
 * 26100 they are zero unless SeDebugPrivilege is enabled. */
#ifndef COMMON_SCAN_SECTIONS_H
#define COMMON_SCAN_SECTIONS_H

#include "common/base/atomic.h"
#include "common/scan/scan.h"

enum {
    SECTIONS_MAX = 128 * 1024, /* in one answer; as many handles are open at once */
    SECTIONS_TEXT_SIZE_MAX = 64 * 1024 * 1024,
    DIRECTORIES_MAX = 16 * 1024,
    DIRECTORY_CALL_SIZE = 72 * 1024,    /* takes the longest name; as much of the kernel's pool */
    DIRECTORY_ENTRIES_MAX = 512 * 1024, /* in all passes over one directory */
    DIRECTORY_PASSES_MAX = 4,           /* until two agree */
    HANDLES_ANSWER_SIZE_MAX = 256 * 1024 * 1024, /* 6.7 million handles */
    HANDLES_PER_STEP = 16 * 1024,
    HOLDERS_MAX = 1024 * 1024,
    SECTIONS_LARGE_SIZE = 4 * 1024 * 1024, /* a finished list of more bytes is a large one */
    SECTIONS_LARGE_MAX = 4                 /* that wait for their readers */
};

/* SEC_*, from winnt.h. Columns: bit, wire name. */
#define SECTION_ATTRIBUTE_LIST(X)   \
    X(0x20000, "huge_pages")        \
    X(0x40000, "partition_owner")   \
    X(0x200000, "based")            \
    X(0x400000, "no_change")        \
    X(0x2000000, "protected_image") \
    X(0x4000000, "reserve")         \
    X(0x8000000, "commit")          \
    X(0x10000000, "no_cache")       \
    X(0x20000000, "global")         \
    X(0x40000000, "write_combine")  \
    X(0x80000000, "large_pages")

static const uint32_t SECTION_FILE = 0x800000, SECTION_IMAGE = 0x1000000;

struct sections; /* opaque: sections.c */

struct section_row {
    const struct sections *sections; /* for sections_holder() */
    struct span name;                /* as a program writes it: Global\x, Local\x */
    struct span object;              /* the path of the object */
    bool is_lossy;                   /* both lack an unpaired surrogate */
    int64_t session;                 /* of \BaseNamedObjects 0; -1: of none */
    uint32_t nt_status;              /* NTSTATUS_OK: the next two are known */
    uint32_t attributes;             /* SEC_* */
    uint64_t size;                   /* bytes */
    bool has_holders;
    uint32_t holders_count;
};

/* Asks the platform nothing yet; it must have `objects`. The platform, `listings`
 * and the lists of the query must outlive the sections.
 * query     Of it names and pids are used: only sections of these names, that these processes hold.
 * listings  Begins with 0: 1 while one is made, and 2 for each large one that is not destroyed yet.
 *           Another then fails with STATUS_BUSY, and so does one large list too many. NULL: no limit.
 * Returns NULL when out of memory. */
struct sections *sections_create(_In_ const struct platform *platform,
                                 _In_ const struct scan_query *query,
                                 _Inout_opt_ struct atomic *listings);

/* As scan_next(): SCAN_NONE, SCAN_SECTION, SCAN_ERROR about a directory or the handles, SCAN_FAILED,
 * SCAN_END. No handle is open with SCAN_SECTION. */
void sections_next(_Inout_ struct sections *sections, _Out_ struct scan_row *row);

/* A process that holds a handle to the section of the latest row, by an index below its holders_count. */
const struct process_entry *sections_holder(_In_ const struct sections *sections, uint32_t index,
                                            _Out_ struct span *name);

const struct scan_counts *sections_counts(_In_ const struct sections *sections);

/* As scan_destroy(). */
void sections_destroy(_Inout_opt_ struct sections *sections);

#endif
