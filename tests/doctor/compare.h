/* Compares a descriptor that Windows keeps with the one that was intended. Pure. */
#ifndef TESTS_DOCTOR_COMPARE_H
#define TESTS_DOCTOR_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "service/access.h"

/* What generic bits mean for a kind of object, as Windows' GENERIC_MAPPING. */
struct access_mapping {
    uint32_t read;
    uint32_t write;
    uint32_t execute;
    uint32_t all;
};

/* Compares the owner when one is intended, protection when it is intended, and the ACEs of DACL and
 * SACL in their order, generic bits resolved by `mapping`. An inherited ACE differs from an explicit
 * one.
 *
 * reason  Receives the first difference, terminated. Untouched on true. */
NODISCARD bool descriptors_match(_In_ const struct descriptor *intended,
                                 _In_ const struct descriptor *found,
                                 _In_ const struct access_mapping *mapping,
                                 _Out_writes_(ACCESS_REASON_CAPACITY) char *reason);

#endif
