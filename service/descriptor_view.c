#include "service/descriptor_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "service/descriptor_entry.h"

/* Layout of [MS-DTYP] 2.4.6: offsets and sizes in bytes. */
enum {
    DESCRIPTOR_HEADER_SIZE = 20,
    DESCRIPTOR_REVISION = 1,
    DESCRIPTOR_CONTROL_OFFSET = 2,
    DESCRIPTOR_OWNER_OFFSET = 4,
    DESCRIPTOR_GROUP_OFFSET = 8,
    DESCRIPTOR_SACL_OFFSET = 12,
    DESCRIPTOR_DACL_OFFSET = 16,
    CONTROL_DACL_PRESENT = 0x0004,
    CONTROL_SACL_PRESENT = 0x0010,
    CONTROL_DACL_PROTECTED = 0x1000,
    CONTROL_SELF_RELATIVE = 0x8000
};

static bool take_sid_at(struct span whole, size_t offset, struct sid *sid)
{
    return offset == 0 ||
           (offset <= whole.size && descriptor_take_sid(span_from(whole, offset), sid));
}

bool descriptor_view_parse(const void *bytes, size_t size, struct descriptor_view *view)
{
    const struct span whole = {bytes, size};
    struct descriptor_view found = {0};

    if (size < DESCRIPTOR_HEADER_SIZE)
        return false;
    const uint8_t *header = descriptor_bytes(whole);
    uint32_t control = descriptor_read16(header + DESCRIPTOR_CONTROL_OFFSET);
    if (header[0] != DESCRIPTOR_REVISION || (control & CONTROL_SELF_RELATIVE) == 0)
        return false;
    size_t access_offset = (control & CONTROL_DACL_PRESENT) != 0
                               ? descriptor_read32(header + DESCRIPTOR_DACL_OFFSET)
                               : 0;
    size_t system_offset = (control & CONTROL_SACL_PRESENT) != 0
                               ? descriptor_read32(header + DESCRIPTOR_SACL_OFFSET)
                               : 0;
    if (!take_sid_at(whole, descriptor_read32(header + DESCRIPTOR_OWNER_OFFSET), &found.owner) ||
        !take_sid_at(whole, descriptor_read32(header + DESCRIPTOR_GROUP_OFFSET), &found.group) ||
        !descriptor_take_list(whole, access_offset, &found.access_list) ||
        !descriptor_take_list(whole, system_offset, &found.system_list))
        return false;
    found.is_protected = (control & CONTROL_DACL_PROTECTED) != 0;
    *view = found;
    return true;
}

static bool is_trusted(const struct sid *sid, bool is_entry)
{
    static const struct sid trusted[] = {
        {12, {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}},              /* S-1-5-18: SYSTEM */
        {16, {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0}}, /* S-1-5-32-544: Administrators */
        /* S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464: TrustedInstaller */
        {32, {1,    6,    0,    0,    0,    0,    0,    5,    0x50, 0,    0,
              0,    0xb5, 0x89, 0xfb, 0x38, 0x19, 0x84, 0xc2, 0xcb, 0x5c, 0x6c,
              0x23, 0x6d, 0x57, 0x00, 0x77, 0x6e, 0xc0, 0x02, 0x64, 0x87}},
    };
    /* Only in entries: whoever owns the thing, and the owner is looked at by himself. */
    static const struct sid owners[] = {
        {12, {1, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0}}, /* S-1-3-0: CREATOR OWNER */
        {12, {1, 1, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0}}, /* S-1-3-4: OWNER RIGHTS */
    };

    for (size_t i = 0; i < sizeof trusted / sizeof trusted[0]; i++) {
        if (sid_equal(sid, &trusted[i]))
            return true;
    }
    for (size_t i = 0; is_entry && i < sizeof owners / sizeof owners[0]; i++) {
        if (sid_equal(sid, &owners[i]))
            return true;
    }
    return false;
}

static bool is_deny(uint8_t type)
{
    return type == DESCRIPTOR_ENTRY_DENY || type == DESCRIPTOR_ENTRY_DENY_OBJECT ||
           type == DESCRIPTOR_ENTRY_DENY_CALLBACK || type == DESCRIPTOR_ENTRY_DENY_CALLBACK_OBJECT;
}

static bool is_allow_to_stranger(const struct descriptor_entry *entry, uint32_t rights)
{
    if (is_deny(entry->type) || (entry->flags & DESCRIPTOR_ENTRY_HEIRS_ONLY) != 0)
        return false;
    return (entry->mask & rights) != 0 && !is_trusted(&entry->sid, true);
}

bool descriptor_view_find_stranger(const struct descriptor_view *view, uint32_t rights,
                                   char *reason)
{
    const uint32_t wanted =
        rights | ACCESS_WRITE_DAC | ACCESS_WRITE_OWNER | ACCESS_GENERIC_ALL | ACCESS_GENERIC_WRITE;
    char text[SID_TEXT_CAPACITY];
    struct span rest = descriptor_list_entries(view->access_list);
    struct descriptor_entry entry;
    size_t count = descriptor_list_count(view->access_list);

    if (!is_trusted(&view->owner, false)) {
        sid_format(text, &view->owner);
        (void)snprintf(reason, DESCRIPTOR_VIEW_REASON_CAPACITY, "it is owned by %s",
                       text[0] != '\0' ? text : "nobody");
        return true;
    }
    if (view->access_list.size == 0) {
        (void)snprintf(reason, DESCRIPTOR_VIEW_REASON_CAPACITY,
                       "it has no access list: everybody may do everything");
        return true;
    }
    for (size_t i = 0; i < count && descriptor_take_entry(&rest, &entry); i++) {
        if (!is_allow_to_stranger(&entry, wanted))
            continue;
        sid_format(text, &entry.sid);
        (void)snprintf(reason, DESCRIPTOR_VIEW_REASON_CAPACITY, "%s may do 0x%08" PRIx32,
                       text[0] != '\0' ? text : "an entry of an unknown type", entry.mask & wanted);
        return true;
    }
    return false;
}

static uint32_t resolve(uint32_t mask, const struct access_mapping *mapping)
{
    const uint32_t generic = ACCESS_GENERIC_READ | (uint32_t)ACCESS_GENERIC_WRITE |
                             (uint32_t)ACCESS_GENERIC_EXECUTE | (uint32_t)ACCESS_GENERIC_ALL;
    uint32_t resolved = mask & ~generic;

    if ((mask & ACCESS_GENERIC_READ) != 0)
        resolved |= mapping->read;
    if ((mask & ACCESS_GENERIC_WRITE) != 0)
        resolved |= mapping->write;
    if ((mask & ACCESS_GENERIC_EXECUTE) != 0)
        resolved |= mapping->execute;
    if ((mask & ACCESS_GENERIC_ALL) != 0)
        resolved |= mapping->all;
    return resolved;
}

static bool are_sids_alike(const struct sid *a, const struct sid *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static bool are_entries_alike(const struct descriptor_entry *meant,
                              const struct descriptor_entry *found,
                              const struct access_mapping *mapping)
{
    /* A label's mask is no access mask. */
    uint32_t meant_mask =
        meant->type == DESCRIPTOR_ENTRY_LABEL ? meant->mask : resolve(meant->mask, mapping);
    uint32_t found_mask =
        found->type == DESCRIPTOR_ENTRY_LABEL ? found->mask : resolve(found->mask, mapping);

    return meant->type == found->type && meant->flags == found->flags && meant_mask == found_mask &&
           are_sids_alike(&meant->sid, &found->sid) &&
           span_equal(meant->remainder, found->remainder);
}

static bool are_lists_alike(struct span meant, struct span found,
                            const struct access_mapping *mapping, const char *name, char *reason)
{
    size_t meant_count = descriptor_list_count(meant), found_count = descriptor_list_count(found);
    struct span meant_rest = descriptor_list_entries(meant),
                found_rest = descriptor_list_entries(found);
    struct descriptor_entry meant_entry, found_entry;
    char text[SID_TEXT_CAPACITY];

    if ((meant.size == 0) != (found.size == 0) || meant_count != found_count) {
        (void)snprintf(reason, DESCRIPTOR_VIEW_REASON_CAPACITY,
                       "the %s has %u entries instead of %u", name, (unsigned)found_count,
                       (unsigned)meant_count);
        return false;
    }
    for (size_t i = 0; i < meant_count && descriptor_take_entry(&meant_rest, &meant_entry) &&
                       descriptor_take_entry(&found_rest, &found_entry);
         i++) {
        if (are_entries_alike(&meant_entry, &found_entry, mapping))
            continue;
        sid_format(text, &found_entry.sid);
        (void)snprintf(reason, DESCRIPTOR_VIEW_REASON_CAPACITY,
                       "entry %u of the %s is not as meant: %s, type %u, flags 0x%02x, mask "
                       "0x%08" PRIx32,
                       (unsigned)i + 1, name, text, found_entry.type, found_entry.flags,
                       found_entry.mask);
        return false;
    }
    return true;
}

bool descriptor_view_equal(const struct descriptor_view *meant, const struct descriptor_view *found,
                           const struct access_mapping *mapping, char *reason)
{
    char text[SID_TEXT_CAPACITY];

    if (meant->owner.size > 0 && !are_sids_alike(&meant->owner, &found->owner)) {
        sid_format(text, &found->owner);
        (void)snprintf(reason, DESCRIPTOR_VIEW_REASON_CAPACITY, "it is owned by %s",
                       text[0] != '\0' ? text : "nobody");
        return false;
    }
    if (meant->is_protected && !found->is_protected) {
        (void)snprintf(reason, DESCRIPTOR_VIEW_REASON_CAPACITY,
                       "it takes over entries from its parent");
        return false;
    }
    return are_lists_alike(meant->access_list, found->access_list, mapping, "access list",
                           reason) &&
           are_lists_alike(meant->system_list, found->system_list, mapping, "label", reason);
}
