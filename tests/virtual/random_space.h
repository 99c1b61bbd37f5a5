/* Generated address spaces of every shape that occurs on Windows. */
#ifndef TESTS_VIRTUAL_RANDOM_SPACE_H
#define TESTS_VIRTUAL_RANDOM_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "tests/virtual/virtual_platform.h"

enum { RANDOM_SPACE_BLOCKS_MAX = 96, RANDOM_SPACE_RUNS_MAX = 12 };

/* One allocation. */
struct random_block {
    struct virtual_region runs[RANDOM_SPACE_RUNS_MAX];
    size_t runs_count;
    bool is_mapped;  /* false: it is absent now */
    bool is_mutable; /* it may appear, vanish and change while it is read */
};

struct random_space {
    uint64_t state; /* of the generator */
    struct random_block blocks[RANDOM_SPACE_BLOCKS_MAX];
    size_t blocks_count;
    uint64_t limit; /* first address above */
    struct virtual_region regions[RANDOM_SPACE_BLOCKS_MAX * RANDOM_SPACE_RUNS_MAX];
};

/* Fills a space from a seed; the same seed gives the same space. Adjacent allocations, holes of one
 * page, views split at page granularity, views of one page and views at the end of the user space
 * are all frequent. */
void random_space_init(_Out_ struct random_space *space, uint64_t seed);

/* Gives `process` the regions that are mapped now. */
void random_space_apply(_Inout_ struct random_space *space,
                        _Inout_ struct virtual_process *process);

/* Maps, unmaps or changes one mutable block; call random_space_apply() afterwards. */
void random_space_change(_Inout_ struct random_space *space);

/* The next number of the generator. */
uint64_t random_space_next(_Inout_ struct random_space *space);

#endif
