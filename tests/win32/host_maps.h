/* /proc/PID/maps of a process that runs under Wine. An oracle for tests that shares no code and no
 * call with what it checks. */
#ifndef TESTS_WIN32_HOST_MAPS_H
#define TESTS_WIN32_HOST_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/text/span.h"

enum { HOST_MAPS_MAX = 4096 };

/* Neighbouring lines that continue the same file at the next offset are one entry: the host splits
 * a view where its protection changes. */
struct host_map {
    uint64_t base;
    uint64_t size;    /* bytes */
    uint64_t offset;  /* in the file */
    uint64_t inode;   /* the file's number on its device */
    struct span path; /* host path; points into the text */
};

struct host_maps {
    struct host_map *maps; /* owned; those with a path only */
    size_t count;
    char *text; /* owned */
};

/* Reads the maps of the one host process whose command line holds `word`.
 * Returns false when there is none, or no /proc. */
NODISCARD bool host_maps_read(_Out_ struct host_maps *maps, const char *word);
void host_maps_release(_Inout_ struct host_maps *maps);

/* The entry that begins at `base`; NULL when there is none. */
const struct host_map *host_maps_find(_In_ const struct host_maps *maps, uint64_t base);

/* The inode of the file that a Windows path leads to; 0 when it cannot be opened. */
uint64_t host_inode_from_dos(struct span dos_path);

/* The host's pid of the one process whose command line holds `word`; 0: there is none, or no
 * /proc. */
unsigned long host_process_find(const char *word);

/* The state of that process as the host shows it: 'S' waits, 'T' is stopped; '?' is unknown. */
char host_process_state(const char *word);

/* Bytes of memory that only this process has, in RAM or swapped out; 0 when it is unknown. */
uint64_t host_private_size(unsigned long pid);

/* True when the host file is an ELF object: a program or library of the host. */
bool host_file_is_elf(struct span host_path);

#endif
