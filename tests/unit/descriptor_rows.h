/* Descriptors as rows of tables, for the tests of access and lsmap-doctor. */
#ifndef TESTS_UNIT_DESCRIPTOR_ROWS_H
#define TESTS_UNIT_DESCRIPTOR_ROWS_H

#include <stddef.h>

#include "service/access.h"

enum who {
    NOBODY,
    SYSTEM,
    ADMINISTRATORS,
    TRUSTED_INSTALLER,
    CREATOR_OWNER,
    OWNER_RIGHTS,
    USERS,
    INTERACTIVE,
    READERS,
    MEDIUM
};

static const struct sid sids[] = {
    [NOBODY] = {0, {0}},
    [SYSTEM] = {12, {1, 1, 0, 0, 0, 0, 0, 5, 18}},
    [ADMINISTRATORS] = {16, {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2}},
    /* S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464 */
    [TRUSTED_INSTALLER] = {32, {1,    6,    0,    0,    0,    0,    0,    5,    80,   0,    0,
                                0,    0xb5, 0x89, 0xfb, 0x38, 0x19, 0x84, 0xc2, 0xcb, 0x5c, 0x6c,
                                0x23, 0x6d, 0x57, 0x00, 0x77, 0x6e, 0xc0, 0x02, 0x64, 0x87}},
    [CREATOR_OWNER] = {12, {1, 1, 0, 0, 0, 0, 0, 3, 0}},
    [OWNER_RIGHTS] = {12, {1, 1, 0, 0, 0, 0, 0, 3, 4}},
    [USERS] = {16, {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x21, 2}},
    [INTERACTIVE] = {12, {1, 1, 0, 0, 0, 0, 0, 5, 4}},
    /* S-1-5-21-1-1001 */
    [READERS] = {20, {1, 3, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 0xe9, 3}},
    [MEDIUM] = {12, {1, 1, 0, 0, 0, 0, 0, 16, 0, 0x20}},
};

/* The types that access.h does not name. */
enum { ACE_ALLOW_OBJECT = 5 };

struct ace_row {
    uint8_t type;
    uint8_t flags;
    uint32_t mask;
    enum who who; /* NOBODY ends the rows */
};

enum { ACE_ROWS_MAX = 6 };

/* An ACL of up to ACE_ROWS_MAX rows; they are written to `aces`. */
static inline struct acl acl_from_rows(struct ace aces[ACE_ROWS_MAX], const struct ace_row *rows)
{
    struct acl acl = {.is_present = true, .aces = aces};

    for (; acl.count < ACE_ROWS_MAX && rows[acl.count].who != NOBODY; acl.count++) {
        const struct ace_row *row = &rows[acl.count];
        aces[acl.count] = (struct ace){row->type, row->flags, row->mask, sids[row->who]};
        if (row->type == ACE_ALLOW_OBJECT)
            aces[acl.count].sid.size = 0; /* its layout is not read */
    }
    return acl;
}

#endif
