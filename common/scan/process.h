/* Processes as plain data: the snapshot of all of them, and the facts about one that was opened. */
#ifndef COMMON_SCAN_PROCESS_H
#define COMMON_SCAN_PROCESS_H

#include "common/base/atomic.h"
#include "common/base/sid.h"
#include "common/text/buffer.h"

/* One process of a snapshot. Pid and start time together identify a process; pids are reused. */
struct process_entry {
    uint32_t pid;
    uint32_t parent_pid;
    uint32_t session_id;
    uint64_t start_time; /* FILETIME; 0: unknown */
    struct sid owner;    /* user it runs as; size 0: unknown, as without platform->list's owners */
    size_t name_offset;  /* of its UTF-8 name in the list */
    size_t name_size;    /* bytes */
};

/* A snapshot of the processes. The platform fills it; after that it never changes, so that any
 * number of threads may read it. It is freed with its last reference. */
struct process_list {
    const struct process_entry *entries; /* in the table */
    size_t count;
    struct buffer table; /* owned */
    struct buffer names; /* owned */
    struct atomic references;
};

/* Creates an empty list with one reference. Returns NULL when out of memory. */
struct process_list *process_list_create(void);

/* Adds a reference and returns `list`; accepts NULL. */
struct process_list *process_list_hold(_Inout_opt_ struct process_list *list);

/* Drops a reference; accepts NULL. */
void process_list_release(_Inout_opt_ struct process_list *list);

/* Appends a process. entry->name_* are ignored and set here; `name` is UTF-8 and copied.
 * Returns false, with the list unchanged, above PROCESSES_MAX or when out of memory. */
NODISCARD bool process_list_add(_Inout_ struct process_list *list,
                                _In_ const struct process_entry *entry, struct span name);

/* The name of an entry of this list. */
struct span process_list_name(_In_ const struct process_list *list,
                              _In_ const struct process_entry *entry);

enum { PROCESS_SYSTEM_PID = 4 }; /* of System, on every Windows since XP */

enum process_access {
    PROCESS_ACCESS_NONE,    /* it could not be opened, or Windows lists it to nobody */
    PROCESS_ACCESS_LIMITED, /* PROCESS_QUERY_LIMITED_INFORMATION: all a protected process grants */
    PROCESS_ACCESS_FULL     /* PROCESS_QUERY_INFORMATION */
};

/* "none", "limited", "full". */
const char *process_access_name(enum process_access access);

enum process_arch { ARCH_UNKNOWN, ARCH_X86, ARCH_X64, ARCH_ARM, ARCH_ARM64 };

/* "x86", "x64", "arm", "arm64"; NULL for unknown. */
const char *process_arch_name(enum process_arch arch);

enum { PROTECTION_UNKNOWN = -1, PROTECTION_TEXT_CAPACITY = 32 };

/* What is known about an open process; limited access suffices for all of it. */
struct process_facts {
    enum process_access access;
    uint64_t start_time;    /* FILETIME of the process that was opened; 0: unknown */
    uint64_t address_limit; /* first address above its user space; 0: unknown */
    bool
        is_minimal; /* it has no PEB: System, Registry, Secure System, vmmem; never ran a program */
    enum process_arch arch;
    int protection;     /* PS_PROTECTION byte, or PROTECTION_UNKNOWN */
    uint32_t integrity; /* RID of its integrity level, or INTEGRITY_UNKNOWN */
    struct sid owner;   /* user it runs as; size 0: unknown */
};

/* Sets every fact to its unknown value. */
void process_facts_set_unknown(_Out_ struct process_facts *facts);

/* A PS_PROTECTION byte (type: 3 bits, audit: 1, signer: 4) as "none", "PPL-Lsa", "PP-WinTcb"; an
 * unknown signer as its number; "" for PROTECTION_UNKNOWN. */
void protection_format(_Out_writes_(PROTECTION_TEXT_CAPACITY) char *out, int protection);

#endif
