#include "common/scan/sections.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bounds.h"
#include "common/base/merge_sort.h"
#include "common/scan/holders.h"
#include "common/scan/nt_status.h"
#include "common/text/number.h"
#include "common/text/pattern.h"
#include "common/text/utf.h"

enum {
    ITEMS_PER_STEP = 256,     /* looked at without a query, or closed */
    PATH_SIZE_MAX = 64 * 1024 /* so that a row has room for two of them, every byte escaped */
};

/* OBJECT_DIRECTORY_INFORMATION of 64-bit Windows: two counted strings, whose texts follow all
 * entries. The one after the last is zero. */
struct kernel_string {
    uint16_t size, capacity; /* bytes */
    uint32_t padding;
    uint64_t address; /* in the same answer */
};

struct kernel_entry {
    struct kernel_string name, type;
};

_Static_assert(sizeof(struct kernel_entry) == 32, "OBJECT_DIRECTORY_INFORMATION");

/* What a directory holds, as far as it is looked at. */
enum place { PLACE_ROOT, PLACE_SESSIONS, PLACE_SESSION, PLACE_CONTAINERS, PLACE_OBJECTS };

struct text {
    size_t offset, size; /* in `texts` */
};

struct directory {
    uint64_t handle; /* 0: closed */
    enum place place;
    unsigned depth;
    int64_t session;
    struct text path;
    const char *word; /* what stands for the first `skip` bytes of the path in a name */
    size_t skip;
};

struct entry {
    struct span name; /* UTF-16; its data is set when the directory is read */
    size_t offset;    /* of the name in `units` */
    bool is_directory;
};

struct section {
    uint64_t size;
    uint32_t attributes, nt_status;
    size_t directory;
    struct text name;
    bool is_lossy;
};

/* Arrays in buffers, whose memory comes from realloc(). */
#define ITEMS(buffer, type) ((type *)(void *)(buffer).data)
#define COUNT(buffer, type) ((buffer).size / sizeof(type))
#define APPEND(buffer, item) \
    buffer_append(&(buffer), (struct span){(const char *)&(item), sizeof(item)})

typedef void sections_step(struct sections *sections, struct scan_row *row);

static sections_step step_list, step_directory, step_read, step_entry, step_handles, step_after,
    step_close, step_match, step_row, step_failed, step_end;

struct sections {
    const struct platform *platform;
    struct sections_query query;
    sections_step *step; /* the next one */
    struct scan_counts counts;
    struct scan_error failure;

    struct buffer texts;            /* UTF-8 */
    struct buffer directories;      /* struct directory */
    struct buffer found;            /* struct section */
    struct buffer handles;          /* uint64_t, of each section; 0: closed */
    struct buffer answer;           /* the kernel's */
    struct buffer part, path, name; /* of the entry or row in hand */

    /* the directory in hand */
    size_t directory_index;
    struct buffer units;   /* names of entries */
    struct buffer entries; /* struct entry */
    bool is_single;        /* Windows gives one entry a call */
    struct {
        size_t call_size;
        uint32_t ordinal;         /* of the next entry */
        unsigned calls;           /* of this pass */
        unsigned passes;          /* before this one */
        uint64_t hash, last_hash; /* of the entries of this pass, and of the one before */
        size_t index;             /* of the next entry, when all are read */
    } reading;

    struct process_list *before, *after;
    struct holders holders;
    bool has_holders, is_listed;
    size_t close_index, row_index;
    struct section_row row;
};

struct sections *sections_create(const struct platform *platform,
                                 const struct sections_query *query)
{
    struct sections *sections = calloc(1, sizeof *sections);

    if (sections == NULL)
        return NULL;
    sections->platform = platform;
    sections->query = *query;
    sections->step = step_list;
    buffer_init(&sections->texts, SECTIONS_TEXT_SIZE_MAX);
    buffer_init(&sections->directories, DIRECTORIES_MAX * sizeof(struct directory));
    buffer_init(&sections->found, SECTIONS_MAX * sizeof(struct section));
    buffer_init(&sections->handles, SECTIONS_MAX * sizeof(uint64_t));
    buffer_init(&sections->answer, HANDLES_ANSWER_SIZE_MAX);
    buffer_init(&sections->part, NAME_SIZE_MAX);
    buffer_init(&sections->path, PATH_SIZE_MAX);
    buffer_init(&sections->name, PATH_SIZE_MAX);
    buffer_init(&sections->units, SECTIONS_TEXT_SIZE_MAX);
    buffer_init(&sections->entries, DIRECTORY_ENTRIES_MAX * sizeof(struct entry));
    return sections;
}

static void close_handle(const struct sections *sections, uint64_t *handle)
{
    if (*handle != 0)
        sections->platform->objects->close(sections->platform->context, *handle);
    *handle = 0;
}

/* Closes some of what is open. Returns false when nothing is left. */
static bool close_some(struct sections *sections)
{
    const size_t directories = COUNT(sections->directories, struct directory);
    const size_t count = directories + COUNT(sections->handles, uint64_t);

    for (int i = 0; i < ITEMS_PER_STEP && sections->close_index < count; i++) {
        const size_t index = sections->close_index++;
        close_handle(sections, index < directories
                                   ? &ITEMS(sections->directories, struct directory)[index].handle
                                   : &ITEMS(sections->handles, uint64_t)[index - directories]);
    }
    return sections->close_index < count;
}

void sections_destroy(struct sections *sections)
{
    if (sections == NULL)
        return;
    while (close_some(sections))
        ;
    holders_release(&sections->holders);
    process_list_release(sections->before);
    process_list_release(sections->after);
    buffer_release(&sections->texts);
    buffer_release(&sections->directories);
    buffer_release(&sections->found);
    buffer_release(&sections->handles);
    buffer_release(&sections->answer);
    buffer_release(&sections->part);
    buffer_release(&sections->path);
    buffer_release(&sections->name);
    buffer_release(&sections->units);
    buffer_release(&sections->entries);
    free(sections);
}

/* --- what goes wrong --- */

/* Something is missing in the list.
 * object  The directory; data NULL: none. */
static void report(struct sections *sections, struct scan_row *row, enum scan_stage stage,
                   struct span object, uint32_t nt_status, const char *message)
{
    row->type = SCAN_ERROR;
    row->process = NULL;
    row->error = (struct scan_error){.process = object,
                                     .code = status_from_nt(nt_status),
                                     .stage = stage,
                                     .nt_status = nt_status,
                                     .message = message};
    sections->counts.errors++;
    sections->counts.rows++;
}

static void fail(struct sections *sections, uint32_t nt_status, const char *message)
{
    sections->failure =
        (struct scan_error){.code = STATUS_INTERNAL, .nt_status = nt_status, .message = message};
    sections->step = step_failed;
}

static void step_failed(struct sections *sections, struct scan_row *row)
{
    row->type = SCAN_FAILED;
    row->error = sections->failure;
}

static void step_end(struct sections *sections, struct scan_row *row)
{
    (void)sections;
    row->type = SCAN_END;
}

/* What there is of the list is completed. */
static void stop_at_limit(struct sections *sections, struct scan_row *row)
{
    sections->step = step_handles;
    report(
        sections, row, STAGE_DIRECTORY, (struct span){NULL, 0}, 0,
        "There are more named sections than can be listed at once (131072), or memory is short.");
}

static void holders_unknown(struct sections *sections, struct scan_row *row, uint32_t nt_status,
                            const char *message)
{
    sections->has_holders = false;
    report(sections, row, STAGE_HANDLES, (struct span){NULL, 0}, nt_status, message);
}

/* Returns NULL, the failure set, when Windows does not list the processes. */
static struct process_list *list_processes(struct sections *sections)
{
    struct process_list *list = process_list_create();
    const uint32_t nt_status =
        list != NULL ? sections->platform->list(sections->platform->context, false, list)
                     : NTSTATUS_NO_MEMORY;

    sections->counts.queries.lists++;
    if (nt_status == NTSTATUS_OK)
        return list;
    process_list_release(list);
    fail(sections, nt_status, "Windows did not give the list of processes.");
    return NULL;
}

/* --- names --- */

static struct span text_of(const struct sections *sections, struct text text)
{
    return text.size > 0 ? (struct span){sections->texts.data + text.offset, text.size} : SPAN("");
}

static bool keep_text(struct sections *sections, struct span text, struct text *kept)
{
    *kept = (struct text){sections->texts.size, text.size};
    return buffer_append(&sections->texts, text);
}

/* Sets `path` and `name` of an object in a directory. */
static bool compose(struct sections *sections, const struct directory *directory, struct span part)
{
    const struct span path = text_of(sections, directory->path);

    buffer_clear(&sections->path);
    buffer_append(&sections->path, path);
    buffer_text(&sections->path, "\\");
    buffer_clear(&sections->name);
    buffer_text(&sections->name, directory->word);
    buffer_append(&sections->name, span_from(path, directory->skip));
    buffer_text(&sections->name, "\\");
    return buffer_append(&sections->path, part) && buffer_append(&sections->name, part);
}

/* Sets `part` to the name of an entry, which has at most NAME_LENGTH_MAX units. */
static bool convert(struct sections *sections, struct span units)
{
    const uint16_t *text = (const uint16_t *)(const void *)units.data;
    const size_t len = units.size / sizeof *text;
    const size_t size = utf8_from_utf16(NULL, 0, text, len);

    buffer_clear(&sections->part);
    char *place = buffer_extend(&sections->part, size);
    return place != NULL && utf8_from_utf16(place, size, text, len) == size;
}

static bool is_word(struct span units, const char *word)
{
    size_t i = 0;

    for (; word[i] != '\0'; i++)
        if (2 * i >= units.size || units.data[2 * i] != word[i] || units.data[2 * i + 1] != 0)
            return false;
    return units.size == 2 * i;
}

/* A pattern that begins with a separator is one of the object's path; one without any also matches
 * the last part of the name. */
static bool is_asked(const struct sections *sections)
{
    for (size_t i = 0; i < sections->query.names_count; i++) {
        const struct span glob = sections->query.names[i];
        const bool is_path = glob.size > 0 && glob.data[0] == '\\';

        if (glob_match(glob, buffer_span(is_path ? &sections->path : &sections->name)) ||
            (memchr(glob.data, '\\', glob.size) == NULL &&
             glob_match(glob, buffer_span(&sections->part))))
            return true;
    }
    return sections->query.names_count == 0;
}

/* --- directories --- */

/* Decides what a directory is, by its name in `part`, its path in `path`, and what its parent is,
 * which `child` is a copy of. Returns false when nothing in it is looked at. */
static bool enter(const struct sections *sections, struct directory *child)
{
    const struct span part = buffer_span(&sections->part);
    const bool is_base = span_equal_ascii_nocase(part, SPAN("BaseNamedObjects"));
    const enum place parent = child->place;
    uint64_t number = 0;

    child->place = PLACE_OBJECTS;
    switch (parent) {
    case PLACE_ROOT:
        if (span_equal_ascii_nocase(part, SPAN("Sessions")))
            child->place = PLACE_SESSIONS;
        child->session = is_base ? 0 : -1;
        child->word = is_base ? "Global" : "";
        child->skip = is_base ? sections->path.size : 0;
        return is_base || child->place == PLACE_SESSIONS ||
               (part.size >= 9 &&
                span_equal_ascii_nocase((struct span){part.data, 9}, SPAN("KnownDlls")));
    case PLACE_SESSIONS:
        child->place = PLACE_SESSION;
        if (!number_from_decimal(part, &number) || number > UINT32_MAX)
            return false;
        child->session = (int64_t)number;
        return true;
    case PLACE_SESSION:
        child->place = is_base ? PLACE_OBJECTS : PLACE_CONTAINERS;
        child->word = is_base ? "Local" : "AppContainerNamedObjects";
        child->skip = sections->path.size;
        return is_base || span_equal_ascii_nocase(part, SPAN("AppContainerNamedObjects"));
    case PLACE_CONTAINERS:
    case PLACE_OBJECTS:
        child->depth++;
    }
    return true;
}

/* Returns an NTSTATUS. */
static uint32_t open_object(struct sections *sections, enum object_type type, struct span units,
                            uint64_t *handle)
{
    const struct platform *platform = sections->platform;
    const size_t count = COUNT(sections->directories, struct directory);
    const struct directory *directories = ITEMS(sections->directories, struct directory);

    sections->counts.queries.opens++;
    return platform->objects->open(
        platform->context, type, count > 0 ? directories[sections->directory_index].handle : 0,
        (const uint16_t *)(const void *)units.data, units.size / sizeof(uint16_t), handle);
}

static bool has_gone(uint32_t nt_status)
{
    return nt_status == NTSTATUS_NAME_NOT_FOUND || nt_status == NTSTATUS_TYPE_MISMATCH;
}

/* child  A copy of its parent; of the root all zero. */
static void open_directory(struct sections *sections, struct scan_row *row, struct span units,
                           struct directory *child)
{
    if (child->depth > DIRECTORY_DEPTH_MAX) {
        report(sections, row, STAGE_DIRECTORY, buffer_span(&sections->path), 0,
               "The directories of objects are nested deeper than 16 levels.");
        return;
    }
    child->handle = 0;
    const uint32_t nt_status = open_object(sections, OBJECT_DIRECTORY, units, &child->handle);
    if (has_gone(nt_status))
        return;
    if (nt_status != NTSTATUS_OK) {
        report(sections, row, STAGE_DIRECTORY, buffer_span(&sections->path), nt_status,
               "Windows refuses to list this directory of objects.");
    } else if (!keep_text(sections, buffer_span(&sections->path), &child->path) ||
               !APPEND(sections->directories, *child)) {
        close_handle(sections, &child->handle);
        stop_at_limit(sections, row);
    }
}

static void step_list(struct sections *sections, struct scan_row *row)
{
    static const uint16_t root_name[] = {'\\'};
    struct directory root = {.place = PLACE_ROOT, .word = ""};

    sections->before = list_processes(sections);
    if (sections->before == NULL)
        return;
    sections->step = step_directory;
    open_directory(sections, row, (struct span){(const char *)root_name, sizeof root_name}, &root);
}

/* --- reading a directory --- */

/* Begins with the next one. */
static void step_directory(struct sections *sections, struct scan_row *row)
{
    (void)row;
    memset(&sections->reading, 0, sizeof sections->reading);
    sections->reading.call_size = DIRECTORY_CALL_SIZE;
    buffer_clear(&sections->units);
    buffer_clear(&sections->entries);
    sections->step = sections->directory_index < COUNT(sections->directories, struct directory)
                         ? step_read
                         : step_handles;
}

/* False when the text is not all inside the answer. */
static bool find_text(const struct buffer *answer, const struct kernel_string *string,
                      struct span *text)
{
    const uint64_t offset = string->address - (uint64_t)(uintptr_t)answer->data;

    if (string->size == 0 || string->size % sizeof(uint16_t) != 0 || offset > answer->size ||
        string->size > answer->size - offset)
        return false;
    *text = (struct span){answer->data + (size_t)offset, string->size};
    return true;
}

/* Keeps the sections and directories of an answer.
 * count  Receives the number of all entries. Returns false when they are too many. */
static bool take_entries(struct sections *sections, size_t *count)
{
    const struct buffer *answer = &sections->answer;
    struct kernel_entry kernel;

    for (size_t at = 0; answer->size - at >= sizeof kernel; at += sizeof kernel) {
        struct entry entry = {.offset = sections->units.size};
        struct span type;
        uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

        memcpy(&kernel, answer->data + at, sizeof kernel);
        if (!find_text(answer, &kernel.name, &entry.name) ||
            !find_text(answer, &kernel.type, &type))
            break;
        ++*count;
        entry.is_directory = is_word(type, "Directory");
        if (!entry.is_directory && !is_word(type, "Section"))
            continue;
        for (size_t i = 0; i < entry.name.size; i++)
            hash = (hash ^ (uint8_t)entry.name.data[i]) * 0x100000001b3u;
        sections->reading.hash += hash; /* in whatever order they come */
        if (!buffer_append(&sections->units, entry.name) || !APPEND(sections->entries, entry))
            return false;
    }
    return true;
}

static int compare_entries(const void *a, const void *b)
{
    return span_compare(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* All passes have ended: sorts what they found, each name once. */
static bool end_reading(struct sections *sections)
{
    struct entry *entries = ITEMS(sections->entries, struct entry);
    const size_t count = COUNT(sections->entries, struct entry);
    size_t kept = 0;

    sections->step = step_entry;
    for (size_t i = 0; i < count; i++)
        entries[i].name.data = sections->units.data + entries[i].offset;
    if (!merge_sort(entries, count, sizeof *entries, compare_entries))
        return false;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || !span_equal(entries[kept - 1].name, entries[i].name))
            entries[kept++] = entries[i];
    buffer_truncate(&sections->entries, kept * sizeof *entries);
    return true;
}

/* The ordinal of an entry changes when others come and go, so that calls skip or repeat names: what
 * took one call, or what two passes agree about, is as it was at one moment. */
static void end_pass(struct sections *sections, struct scan_row *row, struct span path)
{
    const bool is_stable =
        sections->reading.calls <= 1 ||
        (sections->reading.passes > 0 && sections->reading.hash == sections->reading.last_hash);

    sections->reading.last_hash = sections->reading.hash;
    sections->reading.hash = 0;
    sections->reading.ordinal = sections->reading.calls = 0;
    if (!is_stable && ++sections->reading.passes < DIRECTORY_PASSES_MAX)
        return;
    if (!end_reading(sections))
        stop_at_limit(sections, row);
    else if (!is_stable)
        report(sections, row, STAGE_DIRECTORY, path, 0,
               "This directory of objects changed each time it was read, so sections may be "
               "missing.");
}

/* One call. */
static void step_read(struct sections *sections, struct scan_row *row)
{
    const struct directory *directory =
        &ITEMS(sections->directories, struct directory)[sections->directory_index];
    const struct span path = text_of(sections, directory->path);
    const struct platform *platform = sections->platform;
    const uint32_t ordinal = sections->reading.ordinal;
    size_t count = 0;

    buffer_clear(&sections->answer);
    if (!buffer_reserve(&sections->answer, DIRECTORY_NAME_SIZE)) {
        stop_at_limit(sections, row);
        return;
    }
    sections->counts.queries.lists++;
    const uint32_t nt_status = platform->objects->read(
        platform->context, directory->handle, sections->is_single, sections->reading.call_size,
        &sections->reading.ordinal, &sections->answer);
    const bool is_good = nt_status == NTSTATUS_OK || nt_status == NTSTATUS_MORE_ENTRIES;
    const bool is_last =
        nt_status == NTSTATUS_NO_MORE_ENTRIES || (nt_status == NTSTATUS_OK && !sections->is_single);
    if (is_good && !take_entries(sections, &count)) {
        stop_at_limit(sections, row);
    } else if (is_last) {
        sections->reading.calls += is_good;
        end_pass(sections, row, path);
    } else if (is_good && count > 0 && sections->reading.ordinal > ordinal) {
        sections->reading.calls++;
    } else if (nt_status == NTSTATUS_NOT_IMPLEMENTED && !sections->is_single) {
        sections->is_single = true;
    } else if ((is_good || nt_status == NTSTATUS_BUFFER_TOO_SMALL) && count == 0 &&
               sections->reading.call_size < DIRECTORY_NAME_SIZE) {
        sections->reading.call_size = DIRECTORY_NAME_SIZE;
        sections->reading.ordinal = ordinal;
    } else if (end_reading(sections)) {
        report(sections, row, STAGE_DIRECTORY, path, nt_status,
               "Windows did not list all of this directory of objects.");
    } else {
        stop_at_limit(sections, row);
    }
}

/* --- sections --- */

static void open_section(struct sections *sections, struct scan_row *row, struct span units)
{
    const struct platform *platform = sections->platform;
    struct section section = {
        .directory = sections->directory_index,
        .is_lossy = utf16_is_lossy((const uint16_t *)(const void *)units.data, units.size / 2)};
    struct section_basic basic = {.base = 0};
    uint64_t handle = 0;

    section.nt_status = open_object(sections, OBJECT_SECTION, units, &handle);
    if (has_gone(section.nt_status))
        return;
    if (section.nt_status == NTSTATUS_OK)
        section.nt_status = platform->objects->section(platform->context, handle, &basic);
    section.size = basic.size;
    section.attributes = basic.attributes;
    if (!keep_text(sections, buffer_span(&sections->part), &section.name) ||
        !APPEND(sections->found, section)) {
        close_handle(sections, &handle);
        stop_at_limit(sections, row);
    } else if (!APPEND(sections->handles, handle)) {
        close_handle(sections, &handle);
        fail(sections, NTSTATUS_NO_MEMORY, "out of memory");
    }
}

static void step_entry(struct sections *sections, struct scan_row *row)
{
    struct directory *directory =
        &ITEMS(sections->directories, struct directory)[sections->directory_index];

    for (int i = 0;
         i < ITEMS_PER_STEP && sections->reading.index < COUNT(sections->entries, struct entry);
         i++) {
        const struct entry *entry =
            &ITEMS(sections->entries, struct entry)[sections->reading.index++];
        struct directory child = *directory;

        if (!entry->is_directory && directory->place != PLACE_OBJECTS)
            continue;
        if (!convert(sections, entry->name) ||
            !compose(sections, directory, buffer_span(&sections->part))) {
            report(sections, row, STAGE_DIRECTORY, text_of(sections, directory->path), 0,
                   "An object of this directory is left out: its path is longer than 65536 bytes.");
            return;
        }
        if (entry->is_directory ? !enter(sections, &child) : !is_asked(sections))
            continue;
        if (entry->is_directory)
            open_directory(sections, row, entry->name, &child);
        else
            open_section(sections, row, entry->name);
        return;
    }
    if (sections->reading.index == COUNT(sections->entries, struct entry)) {
        close_handle(sections, &directory->handle);
        sections->directory_index++;
        sections->step = step_directory;
    }
}

/* --- holders --- */

/* The snapshot, taken while all sections are open. */
static void step_handles(struct sections *sections, struct scan_row *row)
{
    const struct platform *platform = sections->platform;

    buffer_release(&sections->units);
    buffer_release(&sections->entries);
    sections->step = step_close;
    if (sections->found.size == 0)
        return;
    sections->step = step_after;
    sections->counts.queries.lists++;
    const uint32_t nt_status = platform->objects->handles(platform->context, &sections->answer);
    if (nt_status == NTSTATUS_OK)
        return;
    sections->step = step_close;
    holders_unknown(sections, row, nt_status,
                    "Windows did not give the list of handles, so no holders are known.");
}

static void step_after(struct sections *sections, struct scan_row *row)
{
    sections->after = list_processes(sections);
    if (sections->after == NULL)
        return;
    sections->step = step_close;
    sections->has_holders =
        holders_begin(&sections->holders, buffer_span(&sections->answer),
                      sections->platform->objects->own_pid, ITEMS(sections->handles, uint64_t),
                      COUNT(sections->handles, uint64_t), sections->before, sections->after);
    if (!sections->has_holders)
        holders_unknown(sections, row, 0,
                        "The list of handles could not be read, so no holders are known.");
}

/* While a section is open here, a program that creates it anew gets the old one. */
static void step_close(struct sections *sections, struct scan_row *row)
{
    (void)row;
    if (!close_some(sections))
        sections->step = step_match;
}

static void step_match(struct sections *sections, struct scan_row *row)
{
    bool is_done = true;
    const bool is_good = !sections->has_holders || holders_step(&sections->holders, &is_done);

    if (is_good && !is_done)
        return;
    buffer_release(&sections->answer);
    sections->is_listed = true;
    sections->step = step_row;
    if (!is_good)
        holders_unknown(sections, row, 0,
                        "There are more than 1048576 holders, or memory is short, so no holders "
                        "are known.");
    if (is_good && sections->has_holders && sections->holders.found_count == 0) {
        holders_unknown(sections, row, 0,
                        "Windows hides which handle belongs to which section from a program "
                        "without SeDebugPrivilege, so no holders are known.");
        row->error.code = STATUS_ACCESS_DENIED;
    }
}

/* --- rows --- */

const struct process_entry *sections_holder(const struct sections *sections,
                                            const struct section_row *row, uint32_t *cursor,
                                            struct span *name)
{
    const struct process_entry *entry =
        row->has_holders ? holders_next(&sections->holders, row->index, cursor) : NULL;

    if (entry != NULL)
        *name = process_list_name(sections->after, entry);
    return entry;
}

/* Counts the holders. Returns false when those that were asked for are not among them. */
static bool is_held(const struct sections *sections, struct section_row *row)
{
    const struct sections_query *query = &sections->query;
    bool is_held = query->pids_count == 0;
    const struct process_entry *entry;
    uint32_t cursor = 0;
    struct span name;

    while ((entry = sections_holder(sections, row, &cursor, &name)) != NULL) {
        row->holders_count++;
        for (size_t i = 0; i < query->pids_count && !is_held; i++)
            is_held = query->pids[i] == entry->pid;
    }
    return is_held;
}

static void step_row(struct sections *sections, struct scan_row *row)
{
    const size_t index = sections->row_index++;

    if (index == COUNT(sections->found, struct section)) {
        sections->step = step_end;
        return;
    }
    const struct section *section = &ITEMS(sections->found, struct section)[index];
    const struct directory *directory =
        &ITEMS(sections->directories, struct directory)[section->directory];
    sections->row = (struct section_row){
        .is_lossy = section->is_lossy,
        .session = directory->session,
        .nt_status = section->nt_status,
        .attributes = section->attributes,
        .size = section->size,
        .has_holders = sections->has_holders && holders_is_known(&sections->holders, index),
        .index = index,
    };
    if (!is_held(sections, &sections->row))
        return;
    if (!compose(sections, directory, text_of(sections, section->name))) {
        fail(sections, NTSTATUS_NO_MEMORY, "out of memory");
        return;
    }
    sections->row.object = buffer_span(&sections->path);
    sections->row.name = buffer_span(&sections->name);
    row->type = SCAN_SECTION;
    row->section = &sections->row;
    sections->counts.rows++;
}

void sections_next(struct sections *sections, struct scan_row *row)
{
    row->type = SCAN_NONE;
    sections->step(sections, row);
}

bool sections_is_listed(const struct sections *sections)
{
    return sections->is_listed;
}

const struct scan_counts *sections_counts(const struct sections *sections)
{
    return &sections->counts;
}
