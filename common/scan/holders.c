#include "common/scan/holders.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_OFFSET = 16 };

/* SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX of 64-bit Windows; the answer begins with their number. */
struct handle_entry {
    uint64_t object;
    uint64_t pid;
    uint64_t handle;
    uint32_t granted_access;
    uint16_t creator_index, type_index;
    uint32_t attributes, reserved;
};

_Static_assert(sizeof(struct handle_entry) == 40, "SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX");

struct holder {
    uint32_t process; /* index in the list */
    uint32_t next;    /* one more than the index of the next holder; 0: none */
};

/* --- tables --- */

static bool table_create(struct holder_table *table, size_t count)
{
    size_t slots = 16;

    while (slots < 2 * count)
        slots *= 2;
    table->slots = calloc(slots, sizeof *table->slots);
    table->mask = slots - 1;
    return table->slots != NULL;
}

/* The slot of the key, or the free one where it belongs. Half of the slots stay free. */
static struct holder_slot *table_find(const struct holder_table *table, uint64_t key)
{
    size_t i = (size_t)((key * 0x9E3779B97F4A7C15u) >> 32) & table->mask;

    while (table->slots[i].key != 0 && table->slots[i].key != key)
        i = (i + 1) & table->mask;
    return &table->slots[i];
}

/* The first value of a key stays. */
static void table_add(struct holder_table *table, uint64_t key, size_t value)
{
    struct holder_slot *slot = table_find(table, key);

    if (key != 0 && slot->key == 0)
        *slot = (struct holder_slot){key, (uint32_t)value};
}

/* --- the beginning --- */

/* Those that are in both lists. */
static bool add_processes(struct holders *holders, const struct process_list *before)
{
    const struct process_list *after = holders->processes;
    struct holder_table listed;

    if (!table_create(&listed, before->count))
        return false;
    for (size_t i = 0; i < before->count; i++)
        table_add(&listed, before->entries[i].pid, i);
    for (size_t i = 0; i < after->count; i++) {
        const struct process_entry *entry = &after->entries[i];
        const struct holder_slot *slot = table_find(&listed, entry->pid);

        if (slot->key != 0 && before->entries[slot->value].start_time == entry->start_time)
            table_add(&holders->pids, entry->pid, i);
    }
    free(listed.slots);
    return true;
}

bool holders_begin(struct holders *holders, struct span snapshot, uint32_t own_pid,
                   const uint64_t *handles, size_t handles_count, const struct process_list *before,
                   const struct process_list *after)
{
    const size_t room = snapshot.size > FIRST_OFFSET ? snapshot.size - FIRST_OFFSET : 0;
    uint64_t count = UINT64_MAX;

    *holders = (struct holders){.snapshot = snapshot,
                                .own_pid = own_pid,
                                .processes = after,
                                .objects_count = handles_count};
    buffer_init(&holders->holders, HOLDERS_MAX * sizeof(struct holder));
    if (snapshot.size >= sizeof count)
        memcpy(&count, snapshot.data, sizeof count);
    if (count > room / sizeof(struct handle_entry))
        return false;
    holders->handles_count = (size_t)count;
    holders->lists = calloc(handles_count + 1, 2 * sizeof *holders->lists);
    holders->is_found = calloc(handles_count + 1, sizeof *holders->is_found);
    if (holders->lists == NULL || holders->is_found == NULL ||
        !table_create(&holders->handles, handles_count) ||
        !table_create(&holders->objects, handles_count) ||
        !table_create(&holders->pids, after->count) || !add_processes(holders, before))
        return false;
    for (size_t i = 0; i < handles_count; i++)
        table_add(&holders->handles, handles[i], i);
    return true;
}

/* --- reading --- */

static void find_own(struct holders *holders, const struct handle_entry *entry)
{
    const struct holder_slot *slot = table_find(&holders->handles, entry->handle);

    if (slot->key == 0 || entry->object == 0 || holders->is_found[slot->value])
        return;
    holders->is_found[slot->value] = true;
    holders->found_count++;
    table_add(&holders->objects, entry->object, slot->value);
}

/* Windows lists the handles of one process after the other, so a process that has several to one
 * object is the last of its list. */
static bool add_holder(struct holders *holders, size_t object, uint32_t process)
{
    struct holder *items = (struct holder *)(void *)holders->holders.data;
    uint32_t *list = &holders->lists[2 * object];
    const struct holder holder = {process, 0};

    if (list[1] != 0 && items[list[1] - 1].process == process)
        return true;
    if (!buffer_append(&holders->holders, (struct span){(const char *)&holder, sizeof holder}))
        return false;
    const uint32_t number = (uint32_t)(holders->holders.size / sizeof holder);
    items = (struct holder *)(void *)holders->holders.data;
    if (list[1] != 0)
        items[list[1] - 1].next = number;
    else
        list[0] = number;
    list[1] = number;
    return true;
}

static bool match(struct holders *holders, const struct handle_entry *entry)
{
    const struct holder_slot *object = table_find(&holders->objects, entry->object);

    if (entry->object == 0 || object->key == 0 ||
        (entry->pid == holders->own_pid && table_find(&holders->handles, entry->handle)->key != 0))
        return true;
    const struct holder_slot *process = table_find(&holders->pids, entry->pid);
    return entry->pid == 0 || process->key == 0 ||
           add_holder(holders, object->value, process->value);
}

bool holders_step(struct holders *holders, bool *is_done)
{
    struct handle_entry entry;
    bool is_good = true;

    for (int i = 0; i < HANDLES_PER_STEP && is_good; i++) {
        if (holders->at == holders->handles_count) {
            if (holders->is_matching || holders->found_count == 0)
                break;
            holders->is_matching = true;
            holders->at = 0;
        }
        memcpy(&entry, holders->snapshot.data + FIRST_OFFSET + holders->at++ * sizeof entry,
               sizeof entry);
        if (holders->is_matching)
            is_good = match(holders, &entry);
        else if (entry.pid == holders->own_pid)
            find_own(holders, &entry);
    }
    *is_done = holders->at == holders->handles_count &&
               (holders->is_matching || holders->found_count == 0);
    return is_good;
}

/* --- the result --- */

bool holders_is_known(const struct holders *holders, size_t object)
{
    return object < holders->objects_count && holders->is_found[object];
}

const struct process_entry *holders_next(const struct holders *holders, size_t object,
                                         uint32_t *cursor)
{
    const struct holder *items = (const struct holder *)(const void *)holders->holders.data;
    const uint32_t number = *cursor == 0 ? holders->lists[2 * object] : items[*cursor - 1].next;

    if (number == 0)
        return NULL;
    *cursor = number;
    return &holders->processes->entries[items[number - 1].process];
}

void holders_release(struct holders *holders)
{
    free(holders->handles.slots);
    free(holders->objects.slots);
    free(holders->pids.slots);
    free(holders->lists);
    free(holders->is_found);
    buffer_release(&holders->holders);
    *holders = (struct holders){.at = 0};
}
