#include "common/scan/device_map.h"

#include <string.h>

#include "common/text/fold.h"
#include "common/text/number.h"

enum { MAP_SIZE_MAX = 4 * 1024 * 1024 };

/* Stored before the bytes of its texts; their places are set when it is read. */
struct device_entry {
    enum device_form form;
    struct span device; /* without a trailing separator */
    struct span target; /* the same; of volumes */
};

/* The provider in front of all redirectors, and those that older systems and drivers show by their own
 * names; the last three are of folders that VirtualBox and VMware share with their guests. */
static const char *const known_redirectors[] = {
    "\\Device\\Mup",    "\\Device\\LanmanRedirector", "\\Device\\WebDavRedirector",
    "\\Device\\RdpDr",  "\\Device\\VBoxMiniRdr",      "\\Device\\hgfs",
    "\\Device\\vmhgfs",
};

/* The three spellings of the folder of user-visible device names. */
static const char *const dos_folders[] = {"\\??", "\\GLOBAL??", "\\DosDevices"};

/* Below it programs can open every device. */
static const struct span root = {"\\\\?\\GLOBALROOT", 14};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool has_letter(struct span path)
{
    const char letter = path.size >= 2 ? ascii_lower(path.data[0]) : 0;
    return letter >= 'a' && letter <= 'z' && path.data[1] == ':';
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
        } else if (fold_next(prefix, &i) != fold_next(path, &at)) {
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
    buffer_init(&map->entries, MAP_SIZE_MAX);
    map->count = 0;
}

void device_map_release(struct device_map *map)
{
    buffer_release(&map->entries);
    map->count = 0;
}

/* offset  Of the next entry; moved past it. Returns false after the last. */
static bool next_entry(const struct device_map *map, size_t *offset, struct device_entry *entry)
{
    if (*offset >= map->entries.size)
        return false;
    memcpy(entry, map->entries.data + *offset, sizeof *entry);
    *offset += sizeof *entry;
    entry->device.data = map->entries.data + *offset;
    *offset += entry->device.size;
    entry->target.data = map->entries.data + *offset;
    *offset += entry->target.size;
    return true;
}

enum status device_map_add(struct device_map *map, enum device_form form, struct span device,
                           struct span target)
{
    struct device_entry entry;
    struct span rest;

    device = drop_separator(device);
    target = form == DEVICE_VOLUME ? drop_separator(target) : SPAN("");
    if (device.size == 0 || (form == DEVICE_VOLUME && target.size == 0) ||
        is_dos_path(device, &rest))
        return STATUS_BAD_REQUEST;
    for (size_t offset = 0; next_entry(map, &offset, &entry);)
        if (fold_equal(entry.device, device))
            return STATUS_OK;

    entry = (struct device_entry){form, device, target};
    const size_t size_before = map->entries.size;
    if (map->count >= DEVICE_MAP_ENTRIES_MAX)
        return STATUS_TOO_LARGE;
    (void)buffer_append(&map->entries, (struct span){(const char *)&entry, sizeof entry});
    (void)buffer_append(&map->entries, device);
    (void)buffer_append(&map->entries, target);
    if (map->entries.failed) {
        buffer_truncate(&map->entries, size_before);
        return STATUS_TOO_LARGE;
    }
    map->count++;
    return STATUS_OK;
}

/* Sets `path` to both parts, or leaves it empty. */
static bool set_path(struct buffer *path, struct span head, struct span tail)
{
    (void)buffer_append(path, head);
    if (!buffer_append(path, tail))
        buffer_clear(path);
    return path->size > 0;
}

/* A volume's root is "C:\", never "C:", which means the current folder there. */
static bool set_volume_path(struct buffer *path, struct span target, struct span rest)
{
    return set_path(path, target, rest.size > 0 ? rest : SPAN("\\"));
}

/* The component after the separator that `text` begins with; empty when there is none.
 * rest  Receives what follows it. */
static struct span next_component(struct span text, struct span *rest)
{
    size_t end = 1;

    *rest = text;
    if (text.size == 0)
        return text;
    while (end < text.size && text.data[end] != '\\')
        end++;
    *rest = span_from(text, end);
    return (struct span){text.data + 1, end - 1};
}

/* \server\share\..., after \;Csc\.\. or any number of tags (";Z:0000000000012345", ";LanmanRedirector"), each of
 * which may follow the name of an inner redirector ("DfsClient"). */
static bool set_unc_path(struct buffer *path, struct span rest)
{
    struct span after_server, after_share;
    (void)match_prefix(SPAN("\\;Csc\\.\\."), rest, &rest);
    struct span server = next_component(rest, &after_server);
    struct span share = next_component(after_server, &after_share);

    while (span_starts_with(server, SPAN(";")) || span_starts_with(share, SPAN(";"))) {
        rest = after_server;
        server = share;
        after_server = after_share;
        share = next_component(after_server, &after_share);
    }
    /* No server is named "?" or ".": in a UNC path these mean the local device namespace. */
    if (server.size == 0 || share.size == 0 || span_equal(server, SPAN("?")) ||
        span_equal(server, SPAN(".")))
        return false;
    return set_path(path, SPAN("\\"), rest);
}

/* \??\C:\..., \??\UNC\server\share\... and \??\Volume{...}\... */
static bool set_dos_path(struct buffer *path, struct span rest)
{
    struct span after, unc_rest;
    struct span first = next_component(rest, &after);

    if (first.size == 0)
        return false;
    if (first.size == 2 && has_letter(first))
        return set_volume_path(path, first, after);
    if (match_prefix(SPAN("\\UNC"), rest, &unc_rest))
        return set_unc_path(path, unc_rest);
    return set_path(path, SPAN("\\\\?"), rest);
}

static bool rewrite_known(struct span device_path, struct buffer *path)
{
    const struct span shadow = SPAN("\\Device\\HarddiskVolumeShadowCopy");
    struct span rest;

    if (has_letter(device_path) && device_path.size > 2 && device_path.data[2] == '\\')
        return set_path(path, device_path, SPAN("")); /* Wine has files without a device */
    if (is_dos_path(device_path, &rest))
        return set_dos_path(path, rest);
    for (size_t i = 0; i < LENGTH(known_redirectors); i++)
        if (match_prefix(span_from_string(known_redirectors[i]), device_path, &rest))
            return set_unc_path(path, rest);
    if (match_prefix(SPAN("\\Device\\vmsmb"), device_path, &rest))
        return set_path(path, SPAN("\\\\?\\VMSMB"), rest);
    return device_path.size > shadow.size && number_is_digit(device_path.data[shadow.size]) &&
           fold_equal((struct span){device_path.data, shadow.size}, shadow) &&
           set_path(path, root, device_path); /* it has no letter */
}

bool device_map_rewrite(const struct device_map *map, struct span device_path, struct buffer *path)
{
    struct device_entry entry, best = {0};
    struct span rest, best_rest = {NULL, SIZE_MAX};

    buffer_clear(path);
    for (size_t offset = 0; next_entry(map, &offset, &entry);) {
        if (match_prefix(entry.device, device_path, &rest) && rest.size < best_rest.size) {
            best = entry;
            best_rest = rest;
        }
    }
    if (best_rest.size == SIZE_MAX)
        return rewrite_known(device_path, path);
    if (best.form == DEVICE_ROOT)
        return set_path(path, root, device_path);
    return set_volume_path(path, best.target, best_rest);
}

void device_map_add_root(struct device_map *map, struct span device_path)
{
    struct span after, rest;

    if (!match_prefix(SPAN("\\Device"), device_path, &after) ||
        next_component(after, &rest).size == 0)
        return;
    device_path.size -= rest.size;
    const enum status ignored = device_map_add(map, DEVICE_ROOT, device_path, SPAN(""));
    (void)ignored; /* it is full: the device stays without a path */
}

void device_map_add_all(struct device_map *map, const struct device_map *from)
{
    struct device_entry entry;
    for (size_t offset = 0; next_entry(from, &offset, &entry);) {
        const enum status ignored = device_map_add(map, entry.form, entry.device, entry.target);
        (void)ignored;
    }
}

bool device_path_is_file(struct span name)
{
    struct span after, rest;

    if (name.size == 0 || (name.data[0] != '\\' && !(has_letter(name) && name.size > 3)))
        return false;
    if (!match_prefix(SPAN("\\Device"), name, &after))
        return true;
    (void)next_component(after, &rest);
    return rest.size > 1;
}
