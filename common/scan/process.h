/* Processes as plain data: the snapshot of all of them, the services in them, and the facts about one
 * that was opened. */
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

/* A snapshot of the processes. Once it is filled it never changes, so that any number of threads may
 * read it. */
struct process_list {
    const struct process_entry *entries; /* in the table */
    size_t count;
    struct buffer table; /* owned */
    struct buffer names; /* owned */
    struct atomic references;
};

/* An empty list with one reference; NULL without memory. */
struct process_list *process_list_create(void);

/* Adds a reference and returns `list`; drops one, and the last frees the list. NULL is accepted. */
struct process_list *process_list_hold(_Inout_opt_ struct process_list *list);
void process_list_release(_Inout_opt_ struct process_list *list);

/* Appends a process. entry->name_* are ignored and set here; `name` is UTF-8 and copied.
 * Returns false, with the list unchanged, above PROCESSES_MAX or when out of memory. */
NODISCARD bool process_list_add(_Inout_ struct process_list *list,
                                _In_ const struct process_entry *entry, struct span name);

/* The name of an entry of this list. */
struct span process_list_name(_In_ const struct process_list *list,
                              _In_ const struct process_entry *entry);

/* SYSTEM_PROCESS_INFORMATION of 64-bit Windows, up to what is read. Windows lists processes in two
 * information classes; both are chains of it, each with its threads. SystemProcessInformation (5) is
 * for everybody. SystemFullProcessInformation (148), which Wine lacks, also has the user of each
 * process; STATUS_ACCESS_DENIED unless Administrators is an enabled group of the caller. It has, for
 * each process, 256 bytes, its threads of 136 bytes, and SYSTEM_PROCESS_INFORMATION_EXTENSION, whose
 * UserSidOffset (at 52, from the begin of the extension; 0: none) has been there since Windows 8.1;
 * its names are paths. Sources: ExpGetProcessInformation and ExCheckFullProcessInformationAccess in
 * decompiled kernels (10240 to 26100), SYSTEM_PROCESS_INFORMATION_EXTENSION in phnt, ntexapi.h. */
struct system_process {
    uint32_t next_offset; /* bytes from here to the next; 0: the last */
    uint32_t thread_count;
    uint64_t working_set_private;
    uint32_t hard_fault_count, thread_count_peak;
    uint64_t cycle_time;
    uint64_t create_time, user_time, kernel_time; /* the first a FILETIME */
    uint16_t name_size, name_capacity;            /* UNICODE_STRING, as the next two */
    uint32_t padding;
    uint64_t name_address; /* in the same buffer, UTF-16 */
    int32_t base_priority;
    uint32_t padding_2;
    uint64_t pid, parent_pid;
    uint32_t handle_count, session_id;
};

/* Adds every process of an answer but the idle one (pid 0).
 * answer   Not trusted; each link must go forward, and all that is read lies inside.
 * is_full  It is of class 148: entries get their owner.
 * Returns an NTSTATUS; the list may be partly filled on failure. */
NODISCARD uint32_t process_snapshot_read(struct span answer, bool is_full,
                                         _Inout_ struct process_list *list);

enum {
    SERVICES_MAX = 16 * 1024,   /* a terminal server has some dozens more for each session */
    SERVICE_NAME_SIZE_MAX = 768 /* bytes; Windows allows 256 characters */
};

/* Which services run in which process. Zeroed it was never taken: nothing is known. A pid may belong
 * to another process by now: one that started later than the list was asked for is not known, rather
 * than without services. */
struct services {
    uint64_t asked_at;   /* FILETIME just before Windows was asked; 0: never */
    size_t count;        /* of services that run in a process */
    struct buffer names; /* owned: of each its pid in native order, then its terminated name */
};

/* Begins an empty list, asked for at the FILETIME `now`. */
void services_begin(_Out_ struct services *services, uint64_t now);
void services_release(_Inout_ struct services *services);

/* Adds a service. name  UTF-8. Without a process (pid 0) there is nothing to add.
 * Returns false for a name that Windows does not allow, above SERVICES_MAX, or without memory. */
NODISCARD bool services_add(_Inout_ struct services *services, uint32_t pid, struct span name);

/* Finds the services of a process; for the rest see platform->services.
 * start_time  FILETIME; 0: not known, then the pid alone decides. */
NODISCARD bool services_find(_In_ const struct services *services, uint32_t pid,
                             uint64_t start_time, _Inout_ struct buffer *names);

enum { PROCESS_SYSTEM_PID = 4 }; /* of System, on every Windows since XP */

enum process_access {
    PROCESS_ACCESS_NONE,    /* it could not be opened, or Windows lists it to nobody */
    PROCESS_ACCESS_LIMITED, /* PROCESS_QUERY_LIMITED_INFORMATION: all a protected process grants */
    PROCESS_ACCESS_FULL     /* PROCESS_QUERY_INFORMATION */
};

enum process_arch { ARCH_UNKNOWN, ARCH_X86, ARCH_X64, ARCH_ARM, ARCH_ARM64 };

/* "none", "limited", "full"; "x86", "x64", "arm", "arm64", NULL for unknown. */
const char *process_access_name(enum process_access access);
const char *process_arch_name(enum process_arch arch);

enum { PROTECTION_UNKNOWN = -1, PROTECTION_TEXT_CAPACITY = 32 };

/* What is known about an open process; limited access suffices for all of it. */
struct process_facts {
    enum process_access access;
    uint64_t start_time;    /* FILETIME of the process that was opened; 0: unknown */
    uint64_t address_limit; /* first address above its user space; 0: unknown */
    bool is_minimal;        /* it has no PEB: System, Registry, Secure System, vmmem */
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
