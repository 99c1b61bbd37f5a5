/* The named sections of the system, and which processes hold handles to them.
 *
 * A cursor, as scan.h: sections_next() does a bounded piece of work, at most a few kernel queries.
 * It walks \BaseNamedObjects, \Sessions\N\BaseNamedObjects, \Sessions\N\AppContainerNamedObjects
 * and \KnownDlls*, opens each section that was asked for with SECTION_QUERY, takes one snapshot of
 * all handles, closes what it opened, and then returns the rows. Sections without a name are in no
 * directory, nor are private namespaces. Who mapped a section and closed its handle holds none.
 *
 * Sources: the base server creates these directories for each session, and a symbolic link
 * AppContainerNamedObjects in each BaseNamedObjects (a decompiled basesrv.dll); "Sharing named
 * objects" and "Kernel object namespaces" in Microsoft's documentation. */
#ifndef COMMON_SCAN_SECTIONS_H
#define COMMON_SCAN_SECTIONS_H

#include "common/scan/scan.h"

enum {
    SECTIONS_MAX = 128 * 1024, /* in one answer; as many handles are open at once */
    SECTIONS_TEXT_SIZE_MAX = 64 * 1024 * 1024,
    DIRECTORIES_MAX = 16 * 1024,
    DIRECTORY_DEPTH_MAX = 16,           /* below BaseNamedObjects */
    DIRECTORY_CALL_SIZE = 64 * 1024,    /* the kernel takes as much of its pool */
    DIRECTORY_NAME_SIZE = 72 * 1024,    /* the same for a name that needs more */
    DIRECTORY_ENTRIES_MAX = 512 * 1024, /* in all passes over one directory */
    DIRECTORY_PASSES_MAX = 4            /* until two read the same */
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
    X(0x20000000, "global") X(0x40000000, "write_combine") X(0x80000000, "large_pages")

static const uint32_t SECTION_FILE = 0x800000, SECTION_IMAGE = 0x1000000;

/* The lists must outlive the sections. */
struct sections_query {
    const struct span *names; /* globs; none: every section */
    size_t names_count;
    const uint32_t *pids; /* only what one of these holds; none: whoever does */
    size_t pids_count;
};

struct section_row {
    struct span name;    /* as a program writes it: Global\x, Local\x */
    struct span object;  /* the path of the object */
    bool is_lossy;       /* both lack an unpaired surrogate */
    int64_t session;     /* of \BaseNamedObjects 0; -1: of none */
    uint32_t nt_status;  /* NTSTATUS_OK: the next two are known */
    uint32_t attributes; /* SEC_* */
    uint64_t size;       /* bytes */
    bool has_holders;
    uint32_t holders_count;
    size_t index; /* for sections_holder() */
};

struct sections; /* opaque: sections.c */

/* Asks the platform nothing yet; it must have `objects` and outlive the sections. Returns NULL when
 * out of memory. */
struct sections *sections_create(_In_ const struct platform *platform,
                                 _In_ const struct sections_query *query);

/* Does the next piece of work.
 * row  Receives SCAN_NONE; SCAN_SECTION; SCAN_ERROR, about a directory or the handles; SCAN_FAILED;
 *      SCAN_END. Its texts are valid until the next call. */
void sections_next(_Inout_ struct sections *sections, _Out_ struct scan_row *row);

/* The next process that holds a handle to the section of a row, or NULL; *cursor is 0 at first.
 * name  Receives its name. */
const struct process_entry *sections_holder(_In_ const struct sections *sections,
                                            _In_ const struct section_row *row,
                                            _Inout_ uint32_t *cursor, _Out_ struct span *name);

/* True once only rows are left: no handle is open, the snapshot is freed. */
bool sections_is_listed(_In_ const struct sections *sections);

const struct scan_counts *sections_counts(_In_ const struct sections *sections);

/* Closes what is open and frees the sections; accepts NULL. May be called at any time. */
void sections_destroy(_Inout_opt_ struct sections *sections);

#endif
