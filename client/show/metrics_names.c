#include "client/show/metrics_names.h"
#include "common/proto/protocol.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/show/text.h"

enum { NAMES_FIRST = 64 };

void metrics_names_init(struct metrics_names *names)
{
    *names = (struct metrics_names){.count = 0};
    buffer_init(&names->scratch, OUTPUT_ROW_SIZE_MAX * 3);
}

void metrics_names_deinit(struct metrics_names *names)
{
    free(names->entries);
    buffer_release(&names->scratch);
    *names = (struct metrics_names){.count = 0};
}

/* The name as it is kept: fit to be shown, cut at a whole character. */
static bool clean_name(struct metrics_names *names, struct span *name)
{
    struct buffer *scratch = &names->scratch;

    if (name->size == 0)
        *name = SPAN(METRICS_UNKNOWN);
    buffer_clear(scratch);
    if (!display_text(scratch, *name))
        return false;
    size_t size = scratch->size;
    if (size > METRICS_NAME_SIZE_MAX) {
        size = METRICS_NAME_SIZE_MAX;
        while (size > 0 && ((unsigned char)scratch->data[size] & 0xc0) == 0x80)
            size--;
    }
    *name = (struct span){scratch->data, size};
    return true;
}

static bool is_named(const struct metrics_name *entry, struct span name)
{
    return span_equal_ascii_nocase((struct span){entry->name, entry->name_size}, name);
}

static bool grow(struct metrics_names *names)
{
    size_t capacity = names->capacity > 0 ? names->capacity * 2 : NAMES_FIRST;
    size_t size;

    if (names->count < names->capacity)
        return true;
    if (!size_mul(capacity, sizeof *names->entries, &size))
        return false;
    struct metrics_name *entries = realloc(names->entries, size);
    if (entries == NULL)
        return false;
    names->entries = entries;
    names->capacity = capacity;
    return true;
}

static struct metrics_name *look_up(struct metrics_names *names, struct span name)
{
    /* The rows of a process come one behind the other. */
    if (names->last < names->count && is_named(&names->entries[names->last], name))
        return &names->entries[names->last];
    for (size_t i = 0; i < names->count; i++) {
        if (is_named(&names->entries[i], name)) {
            names->last = i;
            return &names->entries[i];
        }
    }
    return NULL;
}

struct metrics_name *metrics_names_find(struct metrics_names *names, struct span name)
{
    if (!clean_name(names, &name))
        return NULL;
    struct metrics_name *entry = look_up(names, name);
    if (entry == NULL && names->count >= METRICS_NAMES_MAX - 1) {
        name = SPAN(METRICS_OTHER);
        entry = look_up(names, name);
    }
    if (entry != NULL)
        return entry;
    if (!grow(names))
        return NULL;
    names->last = names->count++;
    entry = &names->entries[names->last];
    *entry = (struct metrics_name){.name_size = name.size};
    memcpy(entry->name, name.data, name.size);
    return entry;
}

static int compare_names(const void *a, const void *b)
{
    const struct metrics_name *x = a, *y = b;
    size_t size = x->name_size < y->name_size ? x->name_size : y->name_size;
    int order = memcmp(x->name, y->name, size);

    if (order != 0)
        return order;
    return (x->name_size > y->name_size) - (x->name_size < y->name_size);
}

void metrics_names_sort(struct metrics_names *names)
{
    if (names->count > 0)
        qsort(names->entries, names->count, sizeof *names->entries, compare_names);
    names->last = 0;
}
