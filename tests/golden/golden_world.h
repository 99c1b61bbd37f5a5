/* The world of a golden case: a layout, a caller, and what fails.
 *
 * Everything in it is fixed, including the clock, so that a reply has the same bytes on every
 * machine. Device paths below \Device\HarddiskVolume3 are C:, below \Device\HarddiskVolume5 D:\mnt.
 * In a layout, U+FFFD in a path is an unpaired surrogate, which UTF-8 cannot express.
 *
 * Settings, one per line:
 *     rights all | none | NAME,NAME...   what the caller was granted (default all)
 *     caller admin | alice | unknown     (default admin, elevated; alice is a user)
 *     own PID                            this process runs as the caller
 *     hide PID                           it exits between list and open
 *     fail K 0xNTSTATUS                  the K-th call of the platform fails
 *     no-allocations                     the system has no MemoryRegionInformation
 *     hide-addresses                     the snapshot of handles has no addresses of objects
 *     busy                               another list of sections is being made
 *     no-statistics                      nothing is counted, as with --direct
 *     abort STEP CODE                    the next answer is aborted before its STEP-th step
 * A new layout resets own, hide, fail, busy, hide-addresses and no-allocations.
 */
#ifndef TESTS_GOLDEN_GOLDEN_WORLD_H
#define TESTS_GOLDEN_GOLDEN_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/answer/answer.h"
#include "common/proto/statistics.h"
#include "common/scan/device_map.h"
#include "tests/virtual/virtual_layout.h"

struct golden_world {
    struct virtual_layout layout;
    struct device_map devices;
    struct grant grant;
    bool has_allocation;
    bool has_statistics;
    struct atomic listings;
    struct statistics statistics; /* of all requests of a file */
    uint64_t fail_at;
    uint32_t fail_with;
    unsigned abort_at; /* step; 0: none */
    enum status abort_code;
};

/* Without processes. Ends the program without memory. */
void golden_world_init(struct golden_world *world);
void golden_world_release(struct golden_world *world);

/* Takes another layout. Returns NULL, or what is wrong with it. */
const char *golden_world_layout(struct golden_world *world, struct span text);
const char *golden_world_layout_file(struct golden_world *world, const char *path);

/* Obeys a setting, terminated. Returns NULL, or what is wrong with it. */
const char *golden_world_set(struct golden_world *world, const char *setting);

/* Answers one request line. Returns false when a process stayed open. */
bool golden_world_answer(struct golden_world *world, struct span request, struct buffer *out);

#endif
