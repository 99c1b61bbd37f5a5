/* Processes as plain data: the snapshot of all, and what one of them tells when it is opened. */
#ifndef COMMON_SCAN_PROCESS_H
#define COMMON_SCAN_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/base/sid.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

/* One process of a snapshot. Pid and start time together name a process; a pid alone is used again.
 */
struct process_entry {
    uint32_t pid;
    uint32_t parent_pid;
    uint32_t session_id;
    uint64_t start_time; /* FILETIME; 0: unknown */
    size_t name_offset;  /* of its UTF-8 name in the list */
    size_t name_size;    /* bytes */
};

/* A snapshot of the processes. Grows as entries are added; one block for entries, one for names. */
struct process_list {
    struct process_entry *entries; /* owned */
    size_t count;
    size_t capacity;
    struct buffer names; /* owned */
};

void process_list_init(_Out_ struct process_list *list);

/* Frees all; accepts an empty list. */
void process_list_release(_Inout_ struct process_list *list);

/* Appends a process. entry->name_* are set here. name is UTF-8 and copied.
 * Returns false, nothing changed, above PROCESSES_MAX or without memory. */
NODISCARD bool process_list_add(_Inout_ struct process_list *list,
                                _In_ const struct process_entry *entry, struct span name);

/* The name of an entry of this list; valid until the list changes. */
struct span process_list_name(_In_ const struct process_list *list,
                              _In_ const struct process_entry *entry);

/* The entry with this pid, NULL when there is none. */
const struct process_entry *process_list_find(_In_ const struct process_list *list, uint32_t pid);

enum process_access {
    PROCESS_ACCESS_NONE,    /* could not be opened */
    PROCESS_ACCESS_LIMITED, /* PROCESS_QUERY_LIMITED_INFORMATION: all that protected processes grant
                             */
    PROCESS_ACCESS_FULL     /* PROCESS_QUERY_INFORMATION */
};

/* "none", "limited", "full". */
const char *process_access_name(enum process_access access);

enum process_arch { ARCH_UNKNOWN, ARCH_X86, ARCH_X64, ARCH_ARM, ARCH_ARM64 };

/* "x86", "x64", "arm", "arm64"; NULL for unknown. */
const char *process_arch_name(enum process_arch arch);

enum { PROTECTION_UNKNOWN = -1, PROTECTION_TEXT_CAPACITY = 32 };

/* What an opened process tells of itself, from calls that the limited right allows. */
struct process_facts {
    enum process_access access;
    uint64_t start_time;    /* FILETIME of the process behind the handle; 0: unknown */
    uint64_t address_limit; /* first address above its user space; 0: unknown, walk to the end */
    enum process_arch arch;
    int protection;     /* PS_PROTECTION byte, or PROTECTION_UNKNOWN */
    uint32_t integrity; /* RID of its integrity level, or INTEGRITY_UNKNOWN */
    struct sid owner;   /* user it runs as; size 0: unknown */
};

/* A PS_PROTECTION byte (type: 3 bits, audit: 1, signer: 4) as "none", "PPL-Lsa", "PP-WinTcb"; an
 * unknown signer as its number. Returns false, output untouched, for PROTECTION_UNKNOWN. */
bool protection_format(_Out_writes_(PROTECTION_TEXT_CAPACITY) char *out, int protection);

#endif
