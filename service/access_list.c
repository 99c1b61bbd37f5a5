#include <stdio.h>

#include "common/proto/protocol.h"
#include "service/access.h"
#include "service/access_table.h"
#include "service/descriptor_entry.h"
#include "service/descriptor_view.h"

bool access_list_parse(const void *descriptor, size_t size, struct access_list *list)
{
    struct descriptor_view view;
    struct access_list found = {0};

    if (!descriptor_view_parse(descriptor, size, &view) || view.access_list.size == 0)
        return false;
    struct span rest = descriptor_list_entries(view.access_list);
    for (size_t count = descriptor_list_count(view.access_list); count > 0; count--) {
        struct descriptor_entry entry;
        bool is_plain =
            found.count < sizeof found.entries / sizeof found.entries[0] &&
            descriptor_take_entry(&rest, &entry) && entry.flags == 0 && entry.sid.size > 0 &&
            (entry.type == DESCRIPTOR_ENTRY_ALLOW || entry.type == DESCRIPTOR_ENTRY_DENY);
        if (!is_plain)
            return false;
        found.entries[found.count++] =
            (struct access_entry){.sid = entry.sid,
                                  .is_deny = entry.type == DESCRIPTOR_ENTRY_DENY,
                                  .mask = entry.mask & RIGHTS_ALL};
    }
    *list = found;
    return true;
}

/* The entry before `index` that grants the same SID something, or `index`. */
static size_t first_grant(const struct access_list *list, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (!list->entries[i].is_deny && list->entries[i].mask != 0 &&
            sid_equal(&list->entries[i].sid, &list->entries[index].sid))
            return i;
    return index;
}

/* SYSTEM has all of the pipe by an entry of its own; Administrators and interactive users have
 * theirs. */
static bool is_named_already(const struct sid *sid)
{
    static const struct sid named[] = {
        {12, {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}},
        {16, {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 0x02, 0, 0}},
        {12, {1, 1, 0, 0, 0, 0, 0, 5, 4, 0, 0, 0}},
    };

    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        if (sid_equal(sid, &named[i]))
            return true;
    return false;
}

bool access_list_pipe_sddl(const struct access_list *list, struct buffer *out)
{
    const size_t size_before = out->size;
    bool fits = buffer_append(out, SPAN(PIPE_SDDL_BEGIN));

    for (size_t i = 0; i < list->count && fits; i++) {
        const struct access_entry *entry = &list->entries[i];
        char sid[SID_TEXT_CAPACITY], text[SID_TEXT_CAPACITY + sizeof PIPE_SDDL_ENTRY_FORMAT];

        if (entry->is_deny || entry->mask == 0 || is_named_already(&entry->sid) ||
            first_grant(list, i) != i)
            continue;
        sid_format(sid, &entry->sid);
        (void)snprintf(text, sizeof text, PIPE_SDDL_ENTRY_FORMAT, sid);
        fits = buffer_append(out, span_from_string(text));
    }
    fits = fits && buffer_append(out, (struct span){PIPE_SDDL_END, sizeof PIPE_SDDL_END});
    if (!fits)
        buffer_truncate(out, size_before);
    return fits;
}

size_t access_table_rows(const struct access_list *list, struct access_row *rows)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct access_entry *entry = &list->entries[i];
        size_t index = 0;

        while (index < count && !sid_equal(&rows[index].sid, &entry->sid))
            index++;
        if (index == count)
            rows[count++] = (struct access_row){.sid = entry->sid};
        struct access_row *row = &rows[index];
        if (entry->is_deny)
            row->denied |= entry->mask & ~row->allowed;
        else
            row->allowed |= entry->mask & ~row->denied;
    }
    return count;
}
