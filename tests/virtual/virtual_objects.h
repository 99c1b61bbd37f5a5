/* The object manager of a virtual Windows: directories, sections, and the handles of all processes.
 *
 * Answers as the kernel does: a directory is read by the ordinal of its entries, each call scans it
 * anew, and names and types are counted strings that follow the entries; the snapshot of handles
 * has 40 bytes for each, that of the own process in the middle. The tree may change between calls.
 */
#ifndef TESTS_VIRTUAL_OBJECTS_H
#define TESTS_VIRTUAL_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/scan/platform.h"
#include "common/text/span.h"

enum { VIRTUAL_OWN_PID = 77776 };

struct virtual_object {
    uint64_t address; /* of the kernel; 0: it was removed */
    size_t parent;    /* index; the root is 0 and its own parent */
    uint16_t *name;   /* owned */
    size_t name_len;
    bool is_directory;
    const char *type; /* NULL: Directory or Section */
    uint32_t attributes;
    uint64_t size;
    uint32_t open_status;  /* what opening it fails with; 0: nothing */
    uint32_t query_status; /* and asking about it */
};

struct virtual_handle {
    uint32_t pid;
    uint64_t handle;
    uint64_t object; /* address */
};

enum virtual_object_call {
    VIRTUAL_OBJECT_OPEN,
    VIRTUAL_OBJECT_READ,
    VIRTUAL_OBJECT_SECTION,
    VIRTUAL_OBJECT_HANDLES,
    VIRTUAL_OBJECT_CALLS
};

/* Begins as all zero; release it. */
struct virtual_objects {
    struct virtual_object *items;
    size_t count, capacity;
    struct virtual_handle *handles; /* of all processes, those opened by the calls left out */
    size_t handles_count, handles_capacity;
    size_t *open; /* our handle 4 * (i + 1): one more than the index of the object; 0: closed */
    size_t open_capacity, open_count, open_peak;
    size_t hint; /* where the last lookup ended */

    bool has_single_only;    /* as Wine before 9.11 */
    bool hides_addresses;    /* as build 26100 without SeDebugPrivilege */
    size_t handles_missing;  /* that the snapshot claims and does not hold */
    uint32_t handles_status; /* what the snapshot fails with; 0: nothing */
    uint64_t fail_at;        /* the k-th call fails, 1 is the first; 0: none */
    uint32_t fail_with;
    void (*on_call)(struct virtual_objects *objects, enum virtual_object_call call);
    /* Called with each answer of read and handles: a kernel that lies. */
    void (*distort)(struct virtual_objects *objects, struct buffer *answer);
    void *context; /* of both */
    uint64_t calls[VIRTUAL_OBJECT_CALLS], calls_total;
    size_t read_size_max; /* of all calls of read */
};

/* Adds an object at a full path, and the directories above it that are missing. Returns its index; ends
 * the program without memory. */
size_t virtual_objects_add(struct virtual_objects *objects, const char *path, bool is_directory);

/* The same below a directory, with a name in UTF-16. */
size_t virtual_objects_add_w(struct virtual_objects *objects, size_t parent, const uint16_t *name,
                             size_t len, bool is_directory);

/* The index of the object at a path; SIZE_MAX: none. */
size_t virtual_objects_find(const struct virtual_objects *objects, const char *path);

void virtual_objects_remove(struct virtual_objects *objects, size_t index);

/* A process holds a handle to an object. */
void virtual_objects_hold(struct virtual_objects *objects, uint32_t pid, size_t index);

void virtual_objects_release(struct virtual_objects *objects);

/* The calls on the objects of a struct virtual_platform, their context. */
extern const struct object_calls virtual_object_calls;

#endif
