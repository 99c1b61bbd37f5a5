#include "tests/doctor/compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Source: winnt.h. */
#define ACCESS_GENERIC_EXECUTE 0x20000000u
#define ACCESS_GENERIC_READ 0x80000000u

static uint32_t resolve(const struct ace *ace, const struct access_mapping *mapping)
{
    const uint32_t generic =
        ACCESS_GENERIC_READ | ACCESS_GENERIC_WRITE | ACCESS_GENERIC_EXECUTE | ACCESS_GENERIC_ALL;
    uint32_t resolved = ace->mask & ~generic;

    if (ace->type == ACE_LABEL) /* its mask is no access mask */
        return ace->mask;
    if ((ace->mask & ACCESS_GENERIC_READ) != 0)
        resolved |= mapping->read;
    if ((ace->mask & ACCESS_GENERIC_WRITE) != 0)
        resolved |= mapping->write;
    if ((ace->mask & ACCESS_GENERIC_EXECUTE) != 0)
        resolved |= mapping->execute;
    if ((ace->mask & ACCESS_GENERIC_ALL) != 0)
        resolved |= mapping->all;
    return resolved;
}

/* As sid_equal(), but an unknown one equals another. */
static bool sids_match(const struct sid *a, const struct sid *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static bool aces_match(const struct ace *intended, const struct ace *found,
                       const struct access_mapping *mapping)
{
    return intended->type == found->type && intended->flags == found->flags &&
           resolve(intended, mapping) == resolve(found, mapping) &&
           sids_match(&intended->sid, &found->sid);
}

static bool acls_match(const struct acl *intended, const struct acl *found,
                       const struct access_mapping *mapping, const char *name, char *reason)
{
    char text[SID_TEXT_CAPACITY];

    if (intended->is_present != found->is_present || intended->count != found->count) {
        (void)snprintf(reason, ACCESS_REASON_CAPACITY, "the %s has %zu ACEs instead of %zu", name,
                       found->count, intended->count);
        return false;
    }
    for (size_t i = 0; i < intended->count; i++) {
        const struct ace *ace = &found->aces[i];
        if (aces_match(&intended->aces[i], ace, mapping))
            continue;
        sid_format(text, &ace->sid);
        (void)snprintf(reason, ACCESS_REASON_CAPACITY,
                       "ACE %zu of the %s is not as intended: %s, type %u, flags 0x%02x, mask "
                       "0x%08" PRIx32,
                       i + 1, name, text, ace->type, ace->flags, ace->mask);
        return false;
    }
    return true;
}

bool descriptors_match(const struct descriptor *intended, const struct descriptor *found,
                       const struct access_mapping *mapping, char *reason)
{
    char owner[SID_TEXT_CAPACITY];

    if (intended->owner.size > 0 && !sids_match(&intended->owner, &found->owner)) {
        sid_format(owner, &found->owner);
        (void)snprintf(reason, ACCESS_REASON_CAPACITY, "%s%s",
                       owner[0] != '\0' ? "it is owned by " : "it has no owner", owner);
        return false;
    }
    if (intended->is_protected && !found->is_protected) {
        (void)snprintf(reason, ACCESS_REASON_CAPACITY, "it inherits ACEs from its parent");
        return false;
    }
    return acls_match(&intended->dacl, &found->dacl, mapping, "DACL", reason) &&
           acls_match(&intended->sacl, &found->sacl, mapping, "label", reason);
}
