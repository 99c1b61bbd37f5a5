/* The parts of a security descriptor: numbers, SIDs, lists and their entries, from plain bytes.
 *
 * For descriptor_view.c alone. All numbers are little endian; every size is checked before anything
 * is read.
 */
#ifndef SERVICE_DESCRIPTOR_ENTRY_H
#define SERVICE_DESCRIPTOR_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/base/sid.h"
#include "common/text/span.h"

/* Types and flags of entries. Source: winnt.h, *_ACE_TYPE and INHERIT_ONLY_ACE. */
enum {
    DESCRIPTOR_ENTRY_ALLOW = 0,
    DESCRIPTOR_ENTRY_DENY = 1,
    DESCRIPTOR_ENTRY_DENY_OBJECT = 6,
    DESCRIPTOR_ENTRY_ALLOW_CALLBACK = 9, /* laid out as ALLOW, a condition behind the SID */
    DESCRIPTOR_ENTRY_DENY_CALLBACK = 10,
    DESCRIPTOR_ENTRY_DENY_CALLBACK_OBJECT = 12,
    DESCRIPTOR_ENTRY_LABEL = 17,
    DESCRIPTOR_ENTRY_HEIRS_ONLY = 0x08
};

enum { DESCRIPTOR_LIST_HEADER_SIZE = 8 };

struct descriptor_entry {
    uint8_t type;
    uint8_t flags;
    uint32_t mask;
    struct sid sid;        /* size 0: of a type whose layout is not read */
    struct span remainder; /* bytes behind the SID */
};

/* The bytes must be there. */
uint32_t descriptor_read16(const uint8_t *bytes);
uint32_t descriptor_read32(const uint8_t *bytes);
const uint8_t *descriptor_bytes(struct span span);

/* The SID at the front of `bytes`; false, untouched, when there is none. */
NODISCARD bool descriptor_take_sid(struct span bytes, _Out_ struct sid *sid);

/* The list at `offset`, cut to its own size, all of its entries well formed. An offset of 0 is no
 * list and gives an empty span. Returns false when it is malformed. */
NODISCARD bool descriptor_take_list(struct span whole, size_t offset, _Out_ struct span *list);

/* Of a list that descriptor_take_list() gave. */
size_t descriptor_list_count(struct span list);
struct span descriptor_list_entries(struct span list);

/* Takes the entry at the front of `rest`. Returns false when it is malformed. */
NODISCARD bool descriptor_take_entry(_Inout_ struct span *rest,
                                     _Out_ struct descriptor_entry *entry);

#endif
