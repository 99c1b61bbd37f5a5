#include "service/descriptor_entry.h"

/* Layouts of [MS-DTYP] 2.4.4 and 2.4.5: offsets and sizes in bytes. */
enum {
    LIST_SIZE_OFFSET = 2,
    LIST_COUNT_OFFSET = 4,
    ENTRY_HEADER_SIZE = 8, /* type, flags, size, mask */
    ENTRY_FLAGS_OFFSET = 1,
    ENTRY_SIZE_OFFSET = 2,
    ENTRY_MASK_OFFSET = 4,
    SID_HEADER_SIZE = 8,
    SID_COUNT_OFFSET = 1
};

uint32_t descriptor_read16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

uint32_t descriptor_read32(const uint8_t *bytes)
{
    return descriptor_read16(bytes) | descriptor_read16(bytes + 2) << 16;
}

const uint8_t *descriptor_bytes(struct span span)
{
    return (const uint8_t *)span.data;
}

bool descriptor_take_sid(struct span bytes, struct sid *sid)
{
    if (bytes.size < SID_HEADER_SIZE)
        return false;
    size_t size = SID_HEADER_SIZE + 4 * (size_t)descriptor_bytes(bytes)[SID_COUNT_OFFSET];
    return size <= bytes.size && sid_set(sid, bytes.data, size);
}

static bool has_sid(uint8_t type)
{
    return type == DESCRIPTOR_ENTRY_ALLOW || type == DESCRIPTOR_ENTRY_DENY ||
           type == DESCRIPTOR_ENTRY_ALLOW_CALLBACK || type == DESCRIPTOR_ENTRY_DENY_CALLBACK ||
           type == DESCRIPTOR_ENTRY_LABEL;
}

bool descriptor_take_entry(struct span *rest, struct descriptor_entry *entry)
{
    const uint8_t *bytes = descriptor_bytes(*rest);

    if (rest->size < ENTRY_HEADER_SIZE)
        return false;
    size_t size = descriptor_read16(bytes + ENTRY_SIZE_OFFSET);
    if (size < ENTRY_HEADER_SIZE || size > rest->size)
        return false;
    *entry = (struct descriptor_entry){
        .type = bytes[0],
        .flags = bytes[ENTRY_FLAGS_OFFSET],
        .mask = descriptor_read32(bytes + ENTRY_MASK_OFFSET),
    };
    entry->remainder = (struct span){rest->data + ENTRY_HEADER_SIZE, size - ENTRY_HEADER_SIZE};
    if (has_sid(entry->type)) {
        if (!descriptor_take_sid(entry->remainder, &entry->sid))
            return false;
        entry->remainder = span_from(entry->remainder, entry->sid.size);
    }
    *rest = span_from(*rest, size);
    return true;
}

size_t descriptor_list_count(struct span list)
{
    return list.size == 0 ? 0 : descriptor_read16(descriptor_bytes(list) + LIST_COUNT_OFFSET);
}

struct span descriptor_list_entries(struct span list)
{
    return list.size == 0 ? list : span_from(list, DESCRIPTOR_LIST_HEADER_SIZE);
}

static bool is_list_good(struct span list)
{
    struct span rest = descriptor_list_entries(list);
    struct descriptor_entry entry;
    size_t count = descriptor_list_count(list);

    for (size_t i = 0; i < count; i++) {
        if (!descriptor_take_entry(&rest, &entry))
            return false;
    }
    return true;
}

bool descriptor_take_list(struct span whole, size_t offset, struct span *list)
{
    *list = (struct span){0};
    if (offset == 0)
        return true;
    if (offset > whole.size || whole.size - offset < DESCRIPTOR_LIST_HEADER_SIZE)
        return false;
    struct span found = span_from(whole, offset);
    size_t size = descriptor_read16(descriptor_bytes(found) + LIST_SIZE_OFFSET);
    if (size < DESCRIPTOR_LIST_HEADER_SIZE || size > found.size)
        return false;
    list->data = found.data;
    list->size = size;
    return is_list_good(*list);
}
