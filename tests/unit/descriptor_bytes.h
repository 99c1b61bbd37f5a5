/* Builds self-relative security descriptors byte by byte, for the tests of descriptor_view. */
#ifndef TESTS_UNIT_DESCRIPTOR_BYTES_H
#define TESTS_UNIT_DESCRIPTOR_BYTES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The SIDs of the tests. */
enum who {
    NOBODY,
    SYSTEM,
    ADMINISTRATORS,
    TRUSTED_INSTALLER,
    CREATOR_OWNER,
    OWNER_RIGHTS,
    USERS,
    MEDIUM
};

static const struct {
    uint8_t size;
    uint8_t bytes[32];
} sids[] = {
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
    [MEDIUM] = {12, {1, 1, 0, 0, 0, 0, 0, 16, 0, 0x20}},
};

struct ace {
    uint8_t type;
    uint8_t flags;
    uint32_t mask;
    enum who who;
};

enum { ACES_MAX = 6, DESCRIPTOR_SIZE_MAX = 512 };

struct descriptor_bytes {
    size_t size;
    uint8_t bytes[DESCRIPTOR_SIZE_MAX];
};

static inline void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void put32(uint8_t *at, uint32_t value)
{
    put16(at, value & 0xffff);
    put16(at + 2, value >> 16);
}

static inline void put_sid(struct descriptor_bytes *out, size_t offset_at, enum who who)
{
    if (who == NOBODY)
        return;
    put32(out->bytes + offset_at, (uint32_t)out->size);
    memcpy(out->bytes + out->size, sids[who].bytes, sids[who].size);
    out->size += sids[who].size;
}

static inline void put_list(struct descriptor_bytes *out, size_t offset_at, const struct ace *aces,
                            size_t count)
{
    uint8_t *list = out->bytes + out->size;
    size_t size = 8;

    put32(out->bytes + offset_at, (uint32_t)out->size);
    for (size_t i = 0; i < count; i++) {
        uint8_t *at = list + size;
        size_t sid_size = sids[aces[i].who].size;
        at[0] = aces[i].type;
        at[1] = aces[i].flags;
        put16(at + 2, 8 + sid_size);
        put32(at + 4, aces[i].mask);
        memcpy(at + 8, sids[aces[i].who].bytes, sid_size);
        size += 8 + sid_size;
    }
    list[0] = 2;
    put16(list + 2, size);
    put16(list + 4, count);
    out->size += size;
}

static inline size_t count_aces(const struct ace *aces)
{
    size_t count = 0;

    while (count < ACES_MAX && aces[count].who != NOBODY)
        count++;
    return count;
}

/* A descriptor: owner, access list (NULL: none), label list (NULL: none). */
static inline void build(struct descriptor_bytes *out, enum who owner, const struct ace *access,
                         const struct ace *label, unsigned control)
{
    memset(out, 0, sizeof *out);
    out->size = 20;
    out->bytes[0] = 1;
    control |= 0x8000u | (access != NULL ? 0x0004u : 0) | (label != NULL ? 0x0010u : 0);
    put16(out->bytes + 2, control);
    put_sid(out, 4, owner);
    if (label != NULL)
        put_list(out, 12, label, count_aces(label));
    if (access != NULL)
        put_list(out, 16, access, count_aces(access));
}

#endif
