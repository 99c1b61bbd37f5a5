/* The input is lines: `+device=target` adds a volume, `*device` one without a path of its own, any other line is a
 * device path to rewrite. */
#include "common/scan/device_map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bounds.h"

/* Not assert(): that is compiled out in Release, and the corpus is replayed there too. */
#define FUZZ_CHECK(cond) ((cond) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span take_until(struct span *text, char end)
{
    size_t size = 0;

    while (size < text->size && text->data[size] != end)
        size++;
    struct span taken = {text->data, size};
    *text = span_from(*text, size < text->size ? size + 1 : size);
    return taken;
}

static void add(struct device_map *map, enum device_form form, struct span line)
{
    struct span device = take_until(&line, '=');
    size_t count = map->count;
    size_t entries_size = map->entries.size;
    enum status status = device_map_add(map, form, device, line);

    if (status != STATUS_OK) {
        FUZZ_CHECK(map->count == count && map->entries.size == entries_size);
        return;
    }
    FUZZ_CHECK(map->count == count || map->count == count + 1);
    /* The only entry of a table is found again. */
    struct buffer path;
    buffer_init(&path, NAME_SIZE_MAX);
    if (form == DEVICE_VOLUME && count == 0)
        FUZZ_CHECK(device_map_rewrite(map, device, &path) && path.size > 0);
    buffer_release(&path);
}

static void rewrite(const struct device_map *map, struct span line)
{
    struct buffer path, again;
    char *exact = malloc(line.size > 0 ? line.size : 1);

    FUZZ_CHECK(exact != NULL);
    if (line.size > 0)
        memcpy(exact, line.data, line.size);
    buffer_init(&path, 2 * NAME_SIZE_MAX);
    buffer_init(&again, 2 * NAME_SIZE_MAX);
    bool found = device_map_rewrite(map, (struct span){exact, line.size}, &path);
    FUZZ_CHECK(found == (path.size > 0));
    FUZZ_CHECK(device_map_rewrite(map, line, &again) == found);
    FUZZ_CHECK(span_equal(buffer_span(&path), buffer_span(&again)));
    /* A tight buffer takes it exactly; one byte less leaves nothing. */
    if (found) {
        buffer_release(&again);
        buffer_init(&again, path.size);
        FUZZ_CHECK(device_map_rewrite(map, line, &again) && again.size == path.size);
        buffer_release(&again);
        buffer_init(&again, path.size - 1);
        FUZZ_CHECK(!device_map_rewrite(map, line, &again) && again.size == 0);
    }
    buffer_release(&path);
    buffer_release(&again);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = {(const char *)data, size};
    struct device_map map;

    device_map_init(&map);
    while (text.size > 0) {
        struct span line = take_until(&text, '\n');
        if (line.size > 0 && line.data[0] == '+')
            add(&map, DEVICE_VOLUME, span_from(line, 1));
        else if (line.size > 0 && line.data[0] == '*')
            add(&map, DEVICE_ROOT, span_from(line, 1));
        else
            rewrite(&map, line);
    }
    device_map_release(&map);
    return 0;
}
