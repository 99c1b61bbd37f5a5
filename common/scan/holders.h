/* Which processes hold handles to objects that we hold open ourselves, by one snapshot of all
 * handles of the system (SystemExtendedHandleInformation).
 *
 * Our own handle's entry has the address of the object; other entries with the same address are
 * handles to the same object. Nothing is duplicated or mapped. The addresses are those of the
 * kernel: they are compared here and go nowhere else. Since build 26100 they are zero unless
 * SeDebugPrivilege is enabled, and then no holder is known.
 * Sources: EtObjectManagerGetHandleInfoEx in System Informer (plugins/ExtendedTools/objmgr.c);
 * ExIsRestrictedCaller and ExpSnapShotHandleTables in decompiled kernels; System Informer's issue
 * 2101.
 *
 * The snapshot is read twice, once to find our own entries and once to find the others, so the time
 * grows with the number of handles, and the memory with that of our objects and of their holders. */
#ifndef COMMON_SCAN_HOLDERS_H
#define COMMON_SCAN_HOLDERS_H

#include "common/scan/process.h"
#include "common/text/buffer.h"

enum {
    HANDLES_ANSWER_SIZE_MAX = 256 * 1024 * 1024, /* 6.7 million handles */
    HOLDERS_MAX = 1024 * 1024,                   /* holders of all objects */
    HANDLES_PER_STEP = 16 * 1024
};

/* Numbers by a key that is not 0. */
struct holder_slot {
    uint64_t key; /* 0: free */
    uint32_t value;
};

struct holder_table {
    struct holder_slot *slots; /* owned */
    size_t mask;               /* slots - 1; a power of two and twice what it may hold */
};

struct holder; /* of a list; see holders.c */

/* Begins as all zero. The members belong to holders.c. */
struct holders {
    struct span snapshot;
    size_t handles_count, at;
    bool is_matching; /* the second reading */
    uint32_t own_pid;
    const struct process_list *processes; /* `after` */
    struct holder_table handles;          /* our handles: the index of the object */
    struct holder_table objects;          /* addresses: the same */
    struct holder_table pids;             /* of processes that are in both lists: their index */
    uint32_t *lists; /* owned; of each object: the first holder, and the last; one more, 0: none */
    bool *is_found;  /* owned; of each object: its address is known */
    size_t objects_count, found_count;
    struct buffer holders; /* struct holder */
};

/* snapshot       The kernel's answer, which must stay until holders_next() is done.
 * handles        Ours, each to an object of its own; 0: none is open. Not kept.
 * before, after  The processes before and after the snapshot was taken; `after` must stay. A process
 *                counts only when it is in both, with the same start: pids are used again.
 * Returns false when the snapshot holds less than it claims, or without memory. */
NODISCARD bool holders_begin(_Inout_ struct holders *holders, struct span snapshot,
                             uint32_t own_pid, const uint64_t *handles, size_t handles_count,
                             _In_ const struct process_list *before,
                             _In_ const struct process_list *after);

/* Reads the next HANDLES_PER_STEP handles.
 * is_done  Receives true when there are no more.
 * Returns false above HOLDERS_MAX or without memory. */
NODISCARD bool holders_step(_Inout_ struct holders *holders, _Out_ bool *is_done);

/* False when the address of this object is not known, and so no holder of it. */
bool holders_is_known(_In_ const struct holders *holders, size_t object);

/* The next holder of an object, each process once.
 * cursor  0 at first.
 * Returns NULL after the last one. */
const struct process_entry *holders_next(_In_ const struct holders *holders, size_t object,
                                         _Inout_ uint32_t *cursor);

/* Frees what it holds; it is all zero again. */
void holders_release(_Inout_ struct holders *holders);

#endif
