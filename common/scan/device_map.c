#include "common/scan/device_map.h"

#include <stdlib.h>

#include "common/text/fold.h"
#include "common/text/number.h"
#include "common/text/utf.h"

enum { MAP_CAPACITY_FIRST = 32, MAP_TEXT_SIZE_MAX = 4 * 1024 * 1024 };

/* Redirectors that are understood without a table: the provider all of them sit behind, and those
 * that older systems and drivers show by their own name. */
static const char *const known_redirectors[] = {
    "\\Device\\Mup",
    "\\Device\\LanmanRedirector",
    "\\Device\\WebDavRedirector",
    "\\Device\\RdpDr",
};

/* The three spellings of the folder of user-visible device names. */
static const char *const dos_folders[] = {"\\??", "\\GLOBAL??", "\\DosDevices"};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static struct span map_text(const struct device_map *map, size_t offset, size_t size)
{
    if (size == 0)
        return SPAN("");
    return (struct span){map->text.data + offset, size};
}

static struct span drop_separator(struct span text)
{
    if (text.size > 0 && text.data[text.size - 1] == '\\')
        text.size--;
    return text;
}

/* Matches `prefix` at the start of `path` without regard to case; it must end at a separator or at
 * the end. The sizes of the two can differ: folding may change the bytes a character takes.
 * rest  Receives what follows: empty, or beginning with the separator. */
static bool match_prefix(struct span prefix, struct span path, struct span *rest)
{
    size_t at = 0;

    for (size_t i = 0; i < prefix.size;) {
        if (at >= path.size)
            return false;
        if (prefix.data[i] == path.data[at] && (unsigned char)prefix.data[i] < 0x80) {
            i++;
            at++;
        } else if (fold_code_point(utf8_next(prefix, &i)) !=
                   fold_code_point(utf8_next(path, &at))) {
            return false;
        }
    }
    if (at < path.size && path.data[at] != '\\')
        return false;
    *rest = span_from(path, at);
    return true;
}

static bool is_dos_path(struct span path, struct span *rest)
{
    for (size_t i = 0; i < LENGTH(dos_folders); i++)
        if (match_prefix(span_from_string(dos_folders[i]), path, rest))
            return true;
    return false;
}

void device_map_init(struct device_map *map)
{
    *map = (struct device_map){0};
    buffer_init(&map->text, MAP_TEXT_SIZE_MAX);
}

void device_map_release(struct device_map *map)
{
    free(map->entries);
    buffer_release(&map->text);
    map->entries = NULL;
    map->count = 0;
    map->capacity = 0;
}

static bool has_device(const struct device_map *map, struct span device)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct device_map_entry *entry = &map->entries[i];
        if (fold_equal(map_text(map, entry->device_offset, entry->device_size), device))
            return true;
    }
    return false;
}

static bool reserve_entry(struct device_map *map)
{
    if (map->count < map->capacity)
        return true;
    if (map->count >= DEVICE_MAP_ENTRIES_MAX)
        return false;
    size_t capacity = map->capacity > 0 ? map->capacity * 2 : MAP_CAPACITY_FIRST;
    struct device_map_entry *entries = realloc(map->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return false;
    map->entries = entries;
    map->capacity = capacity;
    return true;
}

enum status device_map_add(struct device_map *map, enum device_form form, struct span device,
                           struct span target)
{
    struct span rest;

    device = drop_separator(device);
    target = form == DEVICE_REDIRECTOR ? SPAN("") : drop_separator(target);
    if (device.size == 0 || (form == DEVICE_VOLUME && target.size == 0))
        return STATUS_BAD_REQUEST;
    if (is_dos_path(device, &rest))
        return STATUS_BAD_REQUEST;
    if (has_device(map, device))
        return STATUS_OK;

    /* Both texts or none: one reservation, after which the appends cannot fail. */
    size_t size;
    if (!size_add(device.size, target.size, &size) || !reserve_entry(map) ||
        !buffer_reserve(&map->text, size))
        return STATUS_TOO_LARGE;
    struct device_map_entry entry = {.device_offset = map->text.size,
                                     .device_size = device.size,
                                     .target_offset = map->text.size + device.size,
                                     .target_size = target.size,
                                     .form = form};
    if (!buffer_append(&map->text, device) || !buffer_append(&map->text, target))
        return STATUS_TOO_LARGE;
    map->entries[map->count++] = entry;
    return STATUS_OK;
}

/* Sets `path` to both parts, or leaves it empty. */
static bool set_path(struct buffer *path, struct span head, struct span tail)
{
    if (buffer_append(path, head) && buffer_append(path, tail))
        return true;
    buffer_clear(path);
    return false;
}

/* A volume's root is "C:\", never "C:", which means the current folder there. */
static bool set_volume_path(struct buffer *path, struct span target, struct span rest)
{
    return set_path(path, target, rest.size > 0 ? rest : SPAN("\\"));
}

/* The component behind the separator that `text` begins with; empty when there is none.
 * rest  Receives what follows it. */
static struct span next_component(struct span text, struct span *rest)
{
    size_t end = 1;

    if (text.size == 0) {
        *rest = text;
        return text;
    }
    while (end < text.size && text.data[end] != '\\')
        end++;
    *rest = span_from(text, end);
    return (struct span){text.data + 1, end - 1};
}

static bool is_tag(struct span component)
{
    return component.size > 0 && component.data[0] == ';';
}

/* A server cannot be named so; in a UNC path these two would mean the local device namespace. */
static bool is_device_folder(struct span server)
{
    return span_equal(server, SPAN("?")) || span_equal(server, SPAN("."));
}

/* \server\share\..., behind any number of tags (";Z:0000000000012345", ";LanmanRedirector"), each
 * of which may follow the name of an inner redirector ("DfsClient"). */
static bool set_unc_path(struct buffer *path, struct span rest)
{
    struct span behind_server, behind_share;
    struct span server = next_component(rest, &behind_server);
    struct span share = next_component(behind_server, &behind_share);

    while (is_tag(server) || is_tag(share)) {
        rest = behind_server;
        server = share;
        behind_server = behind_share;
        share = next_component(behind_server, &behind_share);
    }
    if (server.size == 0 || share.size == 0 || is_device_folder(server))
        return false;
    return set_path(path, SPAN("\\"), rest);
}

/* \??\C:\..., \??\UNC\server\share\... and \??\Volume{...}\... */
static bool set_dos_path(struct buffer *path, struct span rest)
{
    struct span behind, unc_rest;
    struct span first = next_component(rest, &behind);

    if (first.size == 0)
        return false;
    if (first.size == 2 && is_letter(first.data[0]) && first.data[1] == ':')
        return set_volume_path(path, first, behind);
    if (match_prefix(SPAN("\\UNC"), rest, &unc_rest))
        return set_unc_path(path, unc_rest);
    return set_path(path, SPAN("\\\\?"), rest);
}

/* \Device\HarddiskVolumeShadowCopy3 has no letter; programs open it below \\?\GLOBALROOT. */
static bool set_shadow_copy_path(struct buffer *path, struct span device_path)
{
    const struct span stem = SPAN("\\Device\\HarddiskVolumeShadowCopy");
    struct span rest;
    size_t end = stem.size;

    while (end < device_path.size && number_is_digit(device_path.data[end]))
        end++;
    if (end <= stem.size || !match_prefix(stem, (struct span){device_path.data, stem.size}, &rest))
        return false;
    rest = span_from(device_path, end);
    if (rest.size > 0 && rest.data[0] != '\\')
        return false;
    if (!set_path(path, SPAN("\\\\?\\GLOBALROOT"), (struct span){device_path.data, end}))
        return false;
    return set_volume_path(path, SPAN(""), rest);
}

static bool rewrite_known(struct span device_path, struct buffer *path)
{
    struct span rest;

    if (is_dos_path(device_path, &rest))
        return set_dos_path(path, rest);
    for (size_t i = 0; i < LENGTH(known_redirectors); i++)
        if (match_prefix(span_from_string(known_redirectors[i]), device_path, &rest))
            return set_unc_path(path, rest);
    return set_shadow_copy_path(path, device_path);
}

bool device_map_rewrite(const struct device_map *map, struct span device_path, struct buffer *path)
{
    const struct device_map_entry *best = NULL;
    struct span best_rest = device_path;

    buffer_clear(path);
    for (size_t i = 0; i < map->count; i++) {
        const struct device_map_entry *entry = &map->entries[i];
        struct span device = map_text(map, entry->device_offset, entry->device_size);
        struct span rest;
        if (match_prefix(device, device_path, &rest) &&
            (best == NULL || rest.size < best_rest.size)) {
            best = entry;
            best_rest = rest;
        }
    }
    if (best == NULL)
        return rewrite_known(device_path, path);
    if (best->form == DEVICE_REDIRECTOR)
        return set_unc_path(path, best_rest);
    return set_volume_path(path, map_text(map, best->target_offset, best->target_size), best_rest);
}
