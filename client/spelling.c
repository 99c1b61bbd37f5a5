#include "client/spelling.h"

#include <string.h>

#include "common/base/assertion.h"
#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/text/fold.h"
#include "common/text/pattern.h"

enum { NAME_SCRATCH_MAX = NAME_SIZE_MAX + 16 };

static bool is_separator(char byte)
{
    return byte == '\\' || byte == '/';
}

static bool has_drive(struct span text)
{
    return text.size >= 2 && ascii_lower(text.data[0]) >= 'a' && ascii_lower(text.data[0]) <= 'z' &&
           text.data[1] == ':';
}

static bool starts_with(struct span text, struct span prefix)
{
    return text.size >= prefix.size &&
           span_equal_ascii_nocase((struct span){text.data, prefix.size}, prefix);
}

/* Bytes of the prefix \\?\ or \\.\, with either separator; 0: there is none. */
static size_t prefix_size(struct span text)
{
    return text.size >= 4 && is_separator(text.data[0]) && is_separator(text.data[1]) &&
                   (text.data[2] == '?' || text.data[2] == '.') && is_separator(text.data[3])
               ? 4
               : 0;
}

bool spelling_has_wildcard(struct span text)
{
    for (size_t i = prefix_size(text); i < text.size; i++)
        if (text.data[i] == '*' || text.data[i] == '?')
            return true;
    return false;
}

bool spelling_is_bare(struct span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (is_separator(text.data[i]))
            return false;
    return !has_drive(text);
}

struct span spelling_relative_folder(struct span pattern)
{
    size_t size = 0;

    if (pattern.size == 0 || is_separator(pattern.data[0]))
        return SPAN("");
    for (size_t i = 0; i < pattern.size && pattern.data[i] != '*' && pattern.data[i] != '?'; i++)
        if (is_separator(pattern.data[i]) || (i == 1 && has_drive(pattern)))
            size = i + 1;
    bool is_rooted = has_drive(pattern) && pattern.size > 2 && is_separator(pattern.data[2]);
    return (struct span){pattern.data, is_rooted ? 0 : size};
}

/* \server\share\..., without the first separator of a UNC path. Named pipes and mailslots look like
 * shares. */
static bool is_share(struct span text)
{
    size_t share = 1;

    while (share < text.size && !is_separator(text.data[share]))
        share++;
    struct span rest = span_from(text, share < text.size ? share + 1 : share);
    size_t size = 0;
    while (size < rest.size && !is_separator(rest.data[size]))
        size++;
    struct span name = {rest.data, size};
    return share > 1 && size > 0 && !span_equal_ascii_nocase(name, SPAN("pipe")) &&
           !span_equal_ascii_nocase(name, SPAN("mailslot"));
}

bool spelling_to_open(struct span full, struct buffer *out)
{
    const size_t begin = out->size, prefix = prefix_size(full);
    struct span rest = span_from(full, prefix);
    bool good = false;

    buffer_append(out, SPAN("\\\\?\\"));
    if (starts_with(full, SPAN("\\Device\\"))) {
        good = starts_with(full, SPAN("\\Device\\Harddisk"));
        buffer_append(out, SPAN("GLOBALROOT"));
    } else if (prefix == 0 && full.size > 2 && is_separator(full.data[0])) {
        rest = span_from(full, 1);
        good = is_share(rest);
        buffer_append(out, SPAN("UNC"));
    } else if (prefix > 0 && starts_with(rest, SPAN("UNC\\"))) {
        good = is_share(span_from(rest, 3));
    } else {
        good = (has_drive(rest) && rest.size > 2 && is_separator(rest.data[2])) ||
               (prefix > 0 && (starts_with(rest, SPAN("Volume{")) ||
                               starts_with(rest, SPAN("GLOBALROOT\\Device\\Harddisk"))));
    }
    if (good && buffer_append(out, rest))
        return true;
    buffer_truncate(out, begin);
    return false;
}

struct span spelling_from_final(struct span final, struct buffer *scratch)
{
    struct span rest = span_from(final, prefix_size(final));

    buffer_clear(scratch);
    if (rest.size < final.size && starts_with(rest, SPAN("UNC\\"))) {
        buffer_append(scratch, SPAN("\\"));
        rest = span_from(rest, 3);
    } else if (!has_drive(rest)) {
        rest = final;
    }
    buffer_append(scratch, rest);
    return buffer_span(scratch);
}

void asked_init(struct asked_list *list)
{
    *list = (struct asked_list){.count = 0};
    store_init(&list->store);
    buffer_init(&list->users, ASKED_USERS_MAX * sizeof(uint32_t));
}

void asked_release(struct asked_list *list)
{
    store_release(&list->store);
    buffer_release(&list->users);
}

struct asked *asked_add(struct asked_list *list, enum asked_kind kind, struct span name)
{
    ASSERT(list->count < REQUEST_PATHS_MAX);
    struct asked *item = &list->items[list->count++];

    *item = (struct asked){.kind = kind,
                           .name = name,
                           .globs_index = list->globs_count,
                           .users_index = list->users.size / sizeof(uint32_t),
                           .users_status = NTSTATUS_NOT_IMPLEMENTED};
    list->failed = !store_keep(&list->store, &item->name) || list->failed;
    return item;
}

/* What a glob takes of a request at most: some characters are written as \uXXXX. */
static size_t encoded_size(struct span glob)
{
    size_t size = glob.size + 3; /* quotes and comma */

    for (size_t i = 0; i < glob.size; i++) {
        uint8_t byte = (uint8_t)glob.data[i];
        size += byte < 0x20 || byte == 0x7f ? 5 : byte >= 0x80 || byte == '\\' || byte == '"';
    }
    return size;
}

void asked_add_glob(struct asked_list *list, struct span name)
{
    struct asked *item = &list->items[list->count - 1];
    struct buffer text;

    buffer_init(&text, NAME_SCRATCH_MAX);
    buffer_append(&text, name);
    if (item->kind == ASKED_FOLDER) {
        bool has_end = name.size > 0 && is_separator(name.data[name.size - 1]);
        buffer_append(&text, has_end ? SPAN("*") : SPAN("\\*"));
    }
    struct span glob = buffer_span(&text);
    size_t size = encoded_size(glob);
    bool is_known = false;
    for (size_t i = 0; i < item->globs_count; i++)
        is_known = is_known || fold_equal(glob, list->globs[item->globs_index + i]);
    if (buffer_failed(&text) || is_known) {
        list->failed = list->failed || !is_known;
    } else if (list->globs_count == REQUEST_PATHS_MAX || size > ASKED_SIZE_MAX - list->globs_size) {
        list->globs_dropped++;
    } else {
        list->failed = !store_keep(&list->store, &glob) || list->failed;
        list->globs[list->globs_count++] = glob;
        list->globs_size += size;
        item->globs_count++;
    }
    buffer_release(&text);
}

void asked_add_user(struct asked_list *list, uint32_t pid)
{
    if (buffer_append(&list->users, (struct span){(const char *)&pid, sizeof pid}))
        list->items[list->count - 1].users_count++;
    else
        list->failed = true;
}

uint32_t asked_user(const struct asked_list *list, size_t index)
{
    uint32_t pid;

    ASSERT(index < list->users.size / sizeof pid);
    memcpy(&pid, list->users.data + index * sizeof pid, sizeof pid);
    return pid;
}

bool asked_has_path(const struct asked_list *list, const struct asked *item, struct span path,
                    struct span device_path)
{
    for (size_t i = 0; i < item->globs_count; i++) {
        struct span glob = list->globs[item->globs_index + i];
        if ((path.size > 0 && glob_match_path(glob, path)) ||
            (device_path.size > 0 && glob_match_path(glob, device_path)))
            return true;
    }
    return false;
}
