#include "common/base/sid.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/assertion.h"

enum { SID_COUNT_OFFSET = 1, SID_AUTHORITY_OFFSET = 2, SID_HEADER_SIZE = 8, SID_COUNT_MAX = 15 };

_Static_assert(SID_HEADER_SIZE + 4 * SID_COUNT_MAX == SID_SIZE_MAX, "the longest fits");

const struct sid sid_system = {12, {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}};
const struct sid sid_anonymous_logon = {12, {1, 1, 0, 0, 0, 0, 0, 5, 7, 0, 0, 0}};
const struct sid sid_administrators = {16, {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0}};

bool sid_set(struct sid *sid, const void *bytes, size_t size)
{
    const uint8_t *source = bytes;
    if (size < SID_HEADER_SIZE || source[0] != 1)
        return false;
    size_t count = source[SID_COUNT_OFFSET];
    if (count > SID_COUNT_MAX || size != SID_HEADER_SIZE + 4 * count)
        return false;
    *sid = (struct sid){.size = (uint8_t)size};
    memcpy(sid->bytes, source, size);
    return true;
}

bool sid_equal(const struct sid *a, const struct sid *b)
{
    return a->size != 0 && a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

void sid_format(char *out, const struct sid *sid)
{
    out[0] = '\0';
    if (sid->size == 0)
        return;
    uint64_t authority = 0;
    for (size_t at = SID_AUTHORITY_OFFSET; at < SID_HEADER_SIZE; at++)
        authority = authority << 8 | sid->bytes[at];
    int used = authority > UINT32_MAX
                   ? snprintf(out, SID_TEXT_CAPACITY, "S-1-0x%012" PRIx64, authority)
                   : snprintf(out, SID_TEXT_CAPACITY, "S-1-%" PRIu64, authority);
    for (size_t at = SID_HEADER_SIZE; at + 4 <= sid->size; at += 4) {
        ASSERT(used > 0 && used < SID_TEXT_CAPACITY);
        uint32_t number = 0;
        for (size_t i = 4; i > 0; i--)
            number = number << 8 | sid->bytes[at + i - 1];
        used += snprintf(out + used, (size_t)(SID_TEXT_CAPACITY - used), "-%" PRIu32, number);
    }
}
