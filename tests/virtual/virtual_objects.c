#include "tests/virtual/virtual_objects.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/scan/nt_status.h"
#include "common/text/utf.h"
#include "tests/virtual/virtual_platform.h"

enum { ENTRY_SIZE = 32, HANDLE_ENTRY_SIZE = 40, HANDLES_OFFSET = 16 };

static const uint64_t FIRST_ADDRESS = 0xffff8a0100000000u;

static void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    const size_t wanted = *capacity > 0 ? *capacity * 2 : 64;
    char *grown = realloc(items, wanted * size);
    ASSERT(grown != NULL);
    memset(grown + *capacity * size, 0, (wanted - *capacity) * size);
    *capacity = wanted;
    return grown;
}

/* --- the tree --- */

static size_t add(struct virtual_objects *objects, size_t parent, const uint16_t *name, size_t len,
                  bool is_directory)
{
    const size_t index = objects->count;

    objects->items =
        grow(objects->items, objects->count, &objects->capacity, sizeof *objects->items);
    struct virtual_object *object = &objects->items[objects->count++];
    *object = (struct virtual_object){.address = FIRST_ADDRESS + 0x30 * index,
                                      .parent = parent,
                                      .name = malloc(len * sizeof *name + 1),
                                      .name_len = len,
                                      .is_directory = is_directory,
                                      .attributes = is_directory ? 0 : 0x8000000,
                                      .size = is_directory ? 0 : 4096};
    ASSERT(object->name != NULL);
    if (len > 0)
        memcpy(object->name, name, len * sizeof *name);
    return index;
}

size_t virtual_objects_add_w(struct virtual_objects *objects, size_t parent, const uint16_t *name,
                             size_t len, bool is_directory)
{
    if (objects->count == 0)
        (void)add(objects, 0, NULL, 0, true);
    return add(objects, parent, name, len, is_directory);
}

static size_t find_child(const struct virtual_objects *objects, size_t parent, const uint16_t *name,
                         size_t len, size_t hint)
{
    for (size_t i = 0; i < objects->count; i++) {
        const size_t index = hint + i < objects->count ? hint + i : hint + i - objects->count;
        const struct virtual_object *object = &objects->items[index];

        if (index != 0 && object->address != 0 && object->parent == parent &&
            object->name_len == len && memcmp(object->name, name, len * sizeof *name) == 0)
            return index;
    }
    return SIZE_MAX;
}

/* The next part of a path as UTF-16. Returns its length; 0: the path has ended. */
static size_t take_part(const char **path, uint16_t *name, size_t capacity)
{
    while (**path == '\\')
        ++*path;
    const size_t size = strcspn(*path, "\\");
    const size_t len = utf16_from_utf8(name, capacity, (struct span){*path, size});
    ASSERT(len <= capacity);
    *path += size;
    return len;
}

size_t virtual_objects_add(struct virtual_objects *objects, const char *path, bool is_directory)
{
    uint16_t name[512];
    size_t parent = 0;

    if (objects->count == 0)
        (void)add(objects, 0, NULL, 0, true);
    for (size_t len; (len = take_part(&path, name, 512)) > 0;) {
        const bool is_last = *path == '\0';
        size_t index = is_last ? SIZE_MAX : find_child(objects, parent, name, len, 0);
        if (index == SIZE_MAX)
            index = add(objects, parent, name, len, !is_last || is_directory);
        parent = index;
    }
    return parent;
}

size_t virtual_objects_find(const struct virtual_objects *objects, const char *path)
{
    uint16_t name[512];
    size_t index = 0;

    for (size_t len; index != SIZE_MAX && (len = take_part(&path, name, 512)) > 0;)
        index = find_child(objects, index, name, len, 0);
    return index;
}

void virtual_objects_remove(struct virtual_objects *objects, size_t index)
{
    objects->items[index].address = 0;
}

void virtual_objects_hold(struct virtual_objects *objects, uint32_t pid, size_t index)
{
    objects->handles = grow(objects->handles, objects->handles_count, &objects->handles_capacity,
                            sizeof *objects->handles);
    const size_t number = objects->handles_count++;
    objects->handles[number] =
        (struct virtual_handle){pid, 4 * (number + 1), objects->items[index].address};
}

void virtual_objects_release(struct virtual_objects *objects)
{
    for (size_t i = 0; i < objects->count; i++)
        free(objects->items[i].name);
    free(objects->items);
    free(objects->handles);
    free(objects->open);
    *objects = (struct virtual_objects){.count = 0};
}

/* --- the calls --- */

static struct virtual_objects *begin_call(void *context, enum virtual_object_call call,
                                          uint32_t *nt_status)
{
    struct virtual_objects *objects = ((struct virtual_platform *)context)->objects;

    ASSERT(objects != NULL);
    if (objects->count == 0)
        (void)add(objects, 0, NULL, 0, true);
    objects->calls[call]++;
    objects->calls_total++;
    if (objects->on_call != NULL)
        objects->on_call(objects, call);
    *nt_status = objects->calls_total == objects->fail_at ? objects->fail_with : NTSTATUS_OK;
    return objects;
}

static struct virtual_object *of_handle(struct virtual_objects *objects, uint64_t handle)
{
    const uint64_t place = handle / 4 - 1;

    ASSERT(handle != 0 && handle % 4 == 0 && place < objects->open_capacity &&
           objects->open[place] != 0);
    return &objects->items[objects->open[place] - 1];
}

static uint64_t open_handle(struct virtual_objects *objects, size_t index)
{
    const size_t place = objects->open_count; /* what is closed is closed from the end, or stays */
    size_t i = place;

    objects->open = grow(objects->open, place, &objects->open_capacity, sizeof *objects->open);
    while (i < objects->open_capacity && objects->open[i] != 0)
        i++;
    objects->open = grow(objects->open, i, &objects->open_capacity, sizeof *objects->open);
    objects->open[i] = index + 1;
    if (++objects->open_count > objects->open_peak)
        objects->open_peak = objects->open_count;
    return 4 * (uint64_t)(i + 1);
}

static uint32_t open_object(void *context, enum object_type type, uint64_t parent,
                            const uint16_t *name, size_t len, uint64_t *handle)
{
    static const uint16_t root[] = {'\\'};
    uint32_t nt_status;
    if (((struct virtual_platform *)context)->objects == NULL)
        return NTSTATUS_ACCESS_DENIED;
    struct virtual_objects *objects = begin_call(context, VIRTUAL_OBJECT_OPEN, &nt_status);
    size_t index = 0;

    if (nt_status != NTSTATUS_OK)
        return nt_status;
    if (parent != 0)
        index = find_child(objects, (size_t)(of_handle(objects, parent) - objects->items), name,
                           len, objects->hint);
    else if (len != 1 || name[0] != root[0])
        return NTSTATUS_NAME_NOT_FOUND;
    if (index == SIZE_MAX)
        return NTSTATUS_NAME_NOT_FOUND;
    objects->hint = index;
    const struct virtual_object *object = &objects->items[index];
    if (object->is_directory != (type == OBJECT_DIRECTORY) || object->type != NULL)
        return NTSTATUS_TYPE_MISMATCH;
    if (object->open_status != NTSTATUS_OK)
        return object->open_status;
    *handle = open_handle(objects, index);
    return NTSTATUS_OK;
}

static void put_string(char *entry, size_t at, uint64_t address, size_t size)
{
    const uint16_t sizes[] = {(uint16_t)size, (uint16_t)(size + 2)};

    memcpy(entry + at, sizes, sizeof sizes);
    memcpy(entry + at + 8, &address, sizeof address);
}

/* The entries from *ordinal on that fit. Returns their number. */
static size_t fill(const struct virtual_objects *objects, size_t parent, bool is_single,
                   size_t size, uint32_t *ordinal, char *data, bool *has_more)
{
    size_t listed[4096], count = 0, used = ENTRY_SIZE; /* the zero one at the end */
    uint32_t position = 0;

    *has_more = false;
    for (size_t i = 1; i < objects->count && !*has_more; i++) {
        const struct virtual_object *object = &objects->items[i];
        const char *type = object->type != NULL   ? object->type
                           : object->is_directory ? "Directory"
                                                  : "Section";
        if (object->parent != parent || object->address == 0 || position++ < *ordinal)
            continue;
        const size_t needed = ENTRY_SIZE + 2 * (object->name_len + 1) + 2 * (strlen(type) + 1);
        *has_more = used + needed > size || count == 4096 || (is_single && count == 1);
        if (*has_more)
            break;
        used += needed;
        listed[count++] = i;
    }
    size_t text = (count + 1) * ENTRY_SIZE;
    memset(data, 0, text < size ? text : size);
    for (size_t i = 0; i < count; i++) {
        const struct virtual_object *object = &objects->items[listed[i]];
        const char *type = object->type != NULL   ? object->type
                           : object->is_directory ? "Directory"
                                                  : "Section";
        put_string(data, i * ENTRY_SIZE, (uint64_t)(uintptr_t)(data + text), 2 * object->name_len);
        memcpy(data + text, object->name, 2 * object->name_len);
        text += 2 * (object->name_len + 1);
        put_string(data, i * ENTRY_SIZE + 16, (uint64_t)(uintptr_t)(data + text), 2 * strlen(type));
        for (size_t j = 0; j <= strlen(type); j++) {
            data[text++] = type[j];
            data[text++] = '\0';
        }
    }
    *ordinal += (uint32_t)count;
    return count;
}

static uint32_t read_directory(void *context, uint64_t directory, bool is_single, size_t size,
                               uint32_t *ordinal, struct buffer *answer)
{
    uint32_t nt_status;
    struct virtual_objects *objects = begin_call(context, VIRTUAL_OBJECT_READ, &nt_status);
    const size_t parent = (size_t)(of_handle(objects, directory) - objects->items);
    bool has_more;

    ASSERT(answer->size == 0 && size <= answer->capacity);
    if (size > objects->read_size_max)
        objects->read_size_max = size;
    if (nt_status != NTSTATUS_OK)
        return nt_status;
    if (objects->has_single_only && !is_single)
        return NTSTATUS_NOT_IMPLEMENTED;
    const size_t count = fill(objects, parent, is_single, size, ordinal, answer->data, &has_more);
    if (count == 0 && !has_more)
        return NTSTATUS_NO_MORE_ENTRIES;
    if (count == 0 && is_single)
        return NTSTATUS_BUFFER_TOO_SMALL;
    answer->size = size;
    if (objects->distort != NULL)
        objects->distort(objects, answer);
    return has_more && !is_single ? NTSTATUS_MORE_ENTRIES : NTSTATUS_OK;
}

static uint32_t query_section(void *context, uint64_t section, struct section_basic *answer)
{
    uint32_t nt_status;
    struct virtual_objects *objects = begin_call(context, VIRTUAL_OBJECT_SECTION, &nt_status);
    const struct virtual_object *object = of_handle(objects, section);

    ASSERT(!object->is_directory);
    if (nt_status != NTSTATUS_OK || object->query_status != NTSTATUS_OK)
        return nt_status != NTSTATUS_OK ? nt_status : object->query_status;
    *answer = (struct section_basic){
        .base = 0, .attributes = object->attributes, .padding = 0, .size = object->size};
    return NTSTATUS_OK;
}

static void close_object(void *context, uint64_t handle)
{
    struct virtual_objects *objects = ((struct virtual_platform *)context)->objects;

    (void)of_handle(objects, handle);
    objects->open[handle / 4 - 1] = 0;
    objects->open_count--;
}

static void put_handle(const struct virtual_objects *objects, struct buffer *answer,
                       const struct virtual_handle *handle)
{
    const uint64_t members[5] = {objects->hides_addresses ? 0 : handle->object, handle->pid,
                                 handle->handle, 1, 0};

    buffer_append(answer, (struct span){(const char *)members, HANDLE_ENTRY_SIZE});
}

static uint32_t query_handles(void *context, struct buffer *answer)
{
    uint32_t nt_status;
    struct virtual_objects *objects = begin_call(context, VIRTUAL_OBJECT_HANDLES, &nt_status);
    const size_t half = objects->handles_count / 2;
    const uint64_t header[2] = {objects->handles_count + objects->open_count +
                                objects->handles_missing};

    buffer_clear(answer);
    if (nt_status != NTSTATUS_OK || objects->handles_status != NTSTATUS_OK)
        return nt_status != NTSTATUS_OK ? nt_status : objects->handles_status;
    buffer_append(answer, (struct span){(const char *)header, HANDLES_OFFSET});
    for (size_t i = 0; i < half; i++)
        put_handle(objects, answer, &objects->handles[i]);
    for (size_t i = 0; i < objects->open_capacity; i++) {
        const struct virtual_handle own = {
            VIRTUAL_OWN_PID, 4 * (i + 1),
            objects->open[i] != 0 ? objects->items[objects->open[i] - 1].address : 0};
        if (objects->open[i] != 0)
            put_handle(objects, answer, &own);
    }
    for (size_t i = half; i < objects->handles_count; i++)
        put_handle(objects, answer, &objects->handles[i]);
    if (objects->distort != NULL)
        objects->distort(objects, answer);
    return answer->failed ? NTSTATUS_NO_MEMORY : NTSTATUS_OK;
}

const struct object_calls virtual_object_calls = {.own_pid = VIRTUAL_OWN_PID,
                                                  .open = open_object,
                                                  .read = read_directory,
                                                  .section = query_section,
                                                  .close = close_object,
                                                  .handles = query_handles};
