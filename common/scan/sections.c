#include "common/scan/sections.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bounds.h"
#include "common/base/merge_sort.h"
#include "common/scan/nt_status.h"
#include "common/text/number.h"
#include "common/text/pattern.h"
#include "common/text/utf.h"

enum {
    WORK_PER_STEP = 64 * 1024, /* without a query: bytes of names, and steps of comparing them */
    ENTRY_WORK_MAX = 4 << 20,  /* of comparing one entry: some 40 ms */
    CLOSES_PER_STEP = 1024,
    PATH_SIZE_MAX = 64 * 1024 /* a row has room for two, every byte escaped */
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

/* SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX; they follow their number. */
enum { HANDLES_OFFSET = 16 };
struct kernel_handle {
    uint64_t object, pid, handle;
    uint32_t others[4]; /* access, type, attributes */
};

_Static_assert(sizeof(struct kernel_entry) == 32 && sizeof(struct kernel_handle) == 40,
               "as the kernel fills them");

/* What a directory is, as far as it is looked at. */
enum place { ROOT, SESSIONS, SESSION, CONTAINERS, OBJECTS };

struct text {
    size_t offset, size; /* in `texts` */
};

/* A section, or a directory: then the name is what names in it begin with. */
struct object {
    uint64_t handle; /* 0: closed */
    struct text path, name;
    enum place place;
    struct section_row row; /* its texts are set when it is reported */
};

struct entry {
    struct span name; /* UTF-16 */
    size_t offset;    /* of it in `units` */
    bool is_directory;
};

/* A number, found by its key in a sorted array. */
struct pair {
    uint64_t key, value;
};

/* What the rows are made of. Columns: buffer, its bound. */
#define ROWS_LIST(X)                                                                \
    X(texts, SECTIONS_TEXT_SIZE_MAX)               /* paths and names of objects */ \
    X(found, SECTIONS_MAX * sizeof(struct object)) /* the sections */               \
    X(holders, HOLDERS_MAX * sizeof(struct pair))  /* section, process */

/* What is released before the first row. */
#define MAKING_LIST(X)                                                                     \
    X(directories, DIRECTORIES_MAX * sizeof(struct object))                                \
    X(units, SECTIONS_TEXT_SIZE_MAX) /* names of entries */                                \
    X(entries, DIRECTORY_ENTRIES_MAX * sizeof(struct entry))                               \
    X(answer, HANDLES_ANSWER_SIZE_MAX) /* the kernel's */                                  \
    X(part, NAME_SIZE_MAX)                                                                 \
    X(path, PATH_SIZE_MAX)                                                                 \
    X(name, PATH_SIZE_MAX)                           /* of one object */                   \
    X(handles, SECTIONS_MAX * sizeof(struct pair))   /* ours, and which section it is */   \
    X(addresses, SECTIONS_MAX * sizeof(struct pair)) /* of an object, and which section */ \
    X(starts, PROCESSES_MAX * sizeof(struct pair))   /* of pids, before the snapshot */    \
    X(pids, PROCESSES_MAX * sizeof(struct pair))     /* that stayed; index in `processes` */

#define MEMBER(member, size) struct buffer member;
#define INIT(member, size) buffer_init(&sections->member, size);
#define RELEASE(member, size) buffer_release(&sections->member);

/* Arrays in buffers, whose memory comes from realloc(). */
#define ITEMS(buffer, type) ((type *)(void *)(buffer).data)
#define COUNT(buffer, type) ((buffer).size / sizeof(type))
#define APPEND(buffer, item) \
    buffer_append(&(buffer), (struct span){(const char *)&(item), sizeof(item)})

#define UTF16(text) ((struct span){(const char *)u##text, sizeof u##text - sizeof(uint16_t)})

typedef void sections_step(struct sections *sections, struct scan_row *row);

static sections_step step_root, step_read, step_entry, step_before, step_snapshot, step_after,
    step_close, step_match, step_row;

struct sections {
    const struct platform *platform;
    struct scan_query query;
    struct atomic *listings; /* NULL: not counted */
    long held; /* our part of it: 1 while the list is made, 2 for a large one after that */
    sections_step *step; /* the next one */
    struct scan_counts counts;
    ROWS_LIST(MEMBER)
    MAKING_LIST(MEMBER)
    bool is_full; /* a bound was met */

    size_t directory_index; /* of the one in hand */
    bool is_single;         /* Windows gives one entry a call */
    bool is_lossy;          /* the text in `part` is not all of its name */
    struct reading {
        size_t index;     /* of the next entry, once all are read */
        uint32_t ordinal; /* of the next entry to be read */
        size_t seen;      /* entries of all types, in all passes */
        unsigned calls, passes;
        uint64_t hash, last_hash; /* of the names of this pass, and of the one before */
    } reading;

    size_t opened;          /* sections */
    uint64_t handles_count; /* in the snapshot */
    size_t close_index, handle_index, row_index, holder_index, holder_end;
    bool is_matching, is_hidden; /* the snapshot lacks the address of a section of ours */
    bool is_crowded;             /* by holders: what is equal was dropped, to little avail */
    bool has_holders;
    struct process_list *processes; /* after the snapshot */
};

struct sections *sections_create(const struct platform *platform, const struct scan_query *query,
                                 struct atomic *listings)
{
    struct sections *sections = calloc(1, sizeof *sections);

    if (sections == NULL)
        return NULL;
    sections->platform = platform;
    sections->query = *query;
    sections->listings = listings;
    sections->step = step_root;
    ROWS_LIST(INIT)
    MAKING_LIST(INIT)
    return sections;
}

static void close_object(const struct sections *sections, struct object *object)
{
    if (object->handle != 0)
        sections->platform->objects->close(sections->platform->context, object->handle);
    object->handle = 0;
}

/* Closes up to `count` objects; nothing is opened from then on. Returns true when none is open. */
static bool close_objects(struct sections *sections, size_t count)
{
    struct object *directories = ITEMS(sections->directories, struct object);
    struct object *found = ITEMS(sections->found, struct object);
    const size_t directories_count = COUNT(sections->directories, struct object);
    const size_t end = directories_count + COUNT(sections->found, struct object);

    for (; count > 0 && sections->close_index < end; count--) {
        const size_t i = sections->close_index++;
        close_object(sections,
                     i < directories_count ? &directories[i] : &found[i - directories_count]);
    }
    return sections->close_index >= end;
}

/* Changes our part of `listings`. Returns the sum. */
static long hold(struct sections *sections, long part)
{
    const long change = part - sections->held;

    sections->held = part;
    return sections->listings != NULL ? atomic_add(sections->listings, change) : 0;
}

void sections_destroy(struct sections *sections)
{
    if (sections == NULL)
        return;
    (void)close_objects(sections, SIZE_MAX);
    MAKING_LIST(RELEASE)
    (void)hold(sections, 0);
    process_list_release(sections->processes);
    ROWS_LIST(RELEASE)
    free(sections);
}

static const struct span NO_OBJECT = {NULL, 0};

/* Something is missing in the list: in a directory, or NO_OBJECT. */
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

/* Sorts items and drops those that are equal to another. Returns false without memory. */
static bool unite(struct buffer *items, size_t size, merge_compare compare)
{
    const size_t count = items->size / size;
    size_t kept = 0;

    if (items->failed || !merge_sort(items->data, count, size, compare))
        return false;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || compare(items->data + (kept - 1) * size, items->data + i * size) != 0)
            memmove(items->data + kept++ * size, items->data + i * size, size);
    buffer_truncate(items, kept * size);
    return true;
}

/* --- names --- */

static struct span text_of(const struct sections *sections, struct text text)
{
    return text.size > 0 ? (struct span){sections->texts.data + text.offset, text.size} : SPAN("");
}

static struct text keep(struct sections *sections, const struct buffer *text)
{
    const size_t offset = sections->texts.size;

    (void)buffer_append(&sections->texts, buffer_span(text));
    return (struct text){.offset = offset, .size = sections->texts.size - offset};
}

/* Sets `part` to the name of an entry, `path` and `name` to those of an object with it. */
static bool compose(struct sections *sections, const struct object *directory, struct span units)
{
    const uint16_t *text = (const uint16_t *)(const void *)units.data;
    const size_t len = units.size / sizeof *text;
    struct buffer *both[] = {&sections->path, &sections->name};

    buffer_clear(&sections->part);
    buffer_utf16(&sections->part, text, len);
    sections->is_lossy = utf16_is_lossy(text, len);
    for (size_t i = 0; i < 2; i++) {
        buffer_clear(both[i]);
        buffer_append(both[i], text_of(sections, i == 0 ? directory->path : directory->name));
        buffer_text(both[i], "\\");
        buffer_append(both[i], buffer_span(&sections->part));
    }
    return !sections->part.failed && !sections->path.failed && !sections->name.failed;
}

/* A pattern that begins with a separator is one of the object's path; one without any also matches
 * the last part of the name. */
static bool is_asked(const struct sections *sections, size_t *work)
{
    for (size_t i = 0; i < sections->query.names_count; i++) {
        const struct span glob = sections->query.names[i];
        const bool is_path = glob.size > 0 && glob.data[0] == '\\';

        if (glob_match(glob, buffer_span(is_path ? &sections->path : &sections->name), work) ||
            (memchr(glob.data, '\\', glob.size) == NULL &&
             glob_match(glob, buffer_span(&sections->part), work)))
            return true;
    }
    return sections->query.names_count == 0;
}

/* --- directories --- */

/* Decides what a directory is; `child` is a copy of its parent. Returns false when nothing in it is
 * looked at. */
static bool enter(struct sections *sections, struct object *child)
{
    static const struct {
        enum place parent, place;
        const char *glob, *name; /* NULL: made as the path is */
    } places[] = {
        {ROOT, OBJECTS, "BaseNamedObjects", "Global"},
        {ROOT, OBJECTS, "KnownDlls*", NULL},
        {ROOT, SESSIONS, "Sessions", NULL},
        {SESSIONS, SESSION, "*", NULL},
        {SESSION, OBJECTS, "BaseNamedObjects", "Local"},
        {SESSION, CONTAINERS, "AppContainerNamedObjects", "AppContainerNamedObjects"},
        {CONTAINERS, OBJECTS, "*", NULL},
        {OBJECTS, OBJECTS, "*", NULL},
    };
    const struct span part = buffer_span(&sections->part);
    uint64_t session = 0; /* that of \BaseNamedObjects */

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i].parent != child->place ||
            !glob_match(span_from_string(places[i].glob), part, NULL) ||
            (places[i].place == SESSION &&
             (!number_from_decimal(part, &session) || session > UINT32_MAX)))
            continue;
        if (places[i].place == SESSION || i == 0)
            child->row.session = (int64_t)session;
        child->place = places[i].place;
        if (places[i].name != NULL) {
            buffer_clear(&sections->name);
            buffer_text(&sections->name, places[i].name);
        }
        return true;
    }
    return false;
}

/* Opens an object and keeps it, unless it has gone.
 * object  A copy of its parent; of the root it has no handle. */
static void open_object(struct sections *sections, struct scan_row *row, bool is_directory,
                        struct span units, struct object *object)
{
    const struct platform *platform = sections->platform;
    struct section_basic basic = {.base = 0};
    uint64_t handle = 0;

    sections->counts.queries.opens++;
    uint32_t nt_status = platform->objects->open(
        platform->context, is_directory ? OBJECT_DIRECTORY : OBJECT_SECTION, object->handle,
        (const uint16_t *)(const void *)units.data, units.size / sizeof(uint16_t), &handle);
    if (nt_status == NTSTATUS_NAME_NOT_FOUND || nt_status == NTSTATUS_TYPE_MISMATCH)
        return;
    if (is_directory && nt_status != NTSTATUS_OK) {
        report(sections, row, STAGE_DIRECTORY, buffer_span(&sections->path), nt_status,
               "Windows refuses to list this directory of objects.");
        return;
    }
    if (!is_directory && nt_status == NTSTATUS_OK)
        nt_status = platform->objects->section(platform->context, handle, &basic);
    object->row.nt_status = nt_status;
    object->row.size = basic.size;
    object->row.attributes = basic.attributes;
    object->handle = handle;
    object->path = keep(sections, &sections->path);
    object->name = keep(sections, &sections->name);
    struct buffer *list = is_directory ? &sections->directories : &sections->found;
    sections->is_full = sections->texts.failed || !APPEND(*list, *object);
    if (sections->is_full)
        close_object(sections, object);
    sections->opened += !is_directory && object->handle != 0;
}

static void fail_busy(struct scan_row *row, const char *message)
{
    row->type = SCAN_FAILED;
    row->error.code = STATUS_BUSY;
    row->error.nt_status = NTSTATUS_OK;
    row->error.message = message;
}

static void step_root(struct sections *sections, struct scan_row *row)
{
    struct object root = {.place = ROOT, .row = {.session = -1}};

    while (sections->listings != NULL && sections->held == 0) {
        const long now = atomic_get(sections->listings);
        if (now % 2 != 0) {
            fail_busy(row, "Another list of sections is being made; one is made at a time (limit "
                           "sections).");
            return;
        }
        sections->held = atomic_swap(sections->listings, now, now + 1);
    }
    sections->step = step_read;
    open_object(sections, row, true, UTF16("\\"), &root);
}

/* The text is inside the answer. */
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

/* Keeps the sections and directories of an answer. Returns the number of all its entries, up to the
 * bound. */
static size_t take_entries(struct sections *sections)
{
    const struct buffer *answer = &sections->answer;
    struct kernel_entry kernel;
    size_t count = 0;

    for (; answer->size / sizeof kernel > count && sections->reading.seen < DIRECTORY_ENTRIES_MAX;
         count++, sections->reading.seen++) {
        struct entry entry = {.offset = sections->units.size};
        uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
        struct span type;

        memcpy(&kernel, answer->data + count * sizeof kernel, sizeof kernel);
        if (!find_text(answer, &kernel.name, &entry.name) ||
            !find_text(answer, &kernel.type, &type))
            break;
        entry.is_directory = span_equal(type, UTF16("Directory"));
        if (!entry.is_directory && !span_equal(type, UTF16("Section")))
            continue;
        for (size_t i = 0; i < entry.name.size; i++)
            hash = (hash ^ (uint8_t)entry.name.data[i]) * 0x100000001b3u;
        sections->reading.hash += hash; /* in whatever order they come */
        if (!buffer_append(&sections->units, entry.name) || !APPEND(sections->entries, entry))
            sections->is_full = true;
    }
    return count;
}

static int compare_entries(const void *a, const void *b)
{
    return span_compare(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* Sorts what all passes have found. */
static void unite_passes(struct sections *sections)
{
    struct entry *entries = ITEMS(sections->entries, struct entry);

    for (size_t i = 0; i < COUNT(sections->entries, struct entry); i++)
        entries[i].name.data = sections->units.data + entries[i].offset;
    sections->is_full |= !unite(&sections->entries, sizeof *entries, compare_entries);
}

/* One call. The ordinal of an entry changes when others come and go, so that calls skip or repeat
 * names: a directory that takes several is read until two passes agree. */
static void step_read(struct sections *sections, struct scan_row *row)
{
    const struct platform *platform = sections->platform;
    struct reading *reading = &sections->reading;
    const uint32_t ordinal = reading->ordinal;
    const char *message = NULL;

    if (sections->directory_index == COUNT(sections->directories, struct object)) {
        sections->step = step_before;
        return;
    }
    const struct object *directory =
        &ITEMS(sections->directories, struct object)[sections->directory_index];
    buffer_clear(&sections->answer);
    if (!buffer_reserve(&sections->answer, DIRECTORY_CALL_SIZE)) {
        sections->is_full = true;
        return;
    }
    sections->counts.queries.lists++;
    const uint32_t nt_status =
        platform->objects->read(platform->context, directory->handle, sections->is_single,
                                DIRECTORY_CALL_SIZE, &reading->ordinal, &sections->answer);
    const bool is_good = nt_status == NTSTATUS_OK || nt_status == NTSTATUS_MORE_ENTRIES;
    const size_t count = is_good ? take_entries(sections) : 0;
    reading->calls += is_good;
    if (reading->seen == DIRECTORY_ENTRIES_MAX) {
        message = "Windows' list of this directory of objects was not read to its end: it has too "
                  "many entries (524288 were read).";
    } else if (nt_status == NTSTATUS_NO_MORE_ENTRIES ||
               (nt_status == NTSTATUS_OK && !sections->is_single)) {
        const bool is_stable =
            reading->calls <= 1 || (reading->passes > 0 && reading->hash == reading->last_hash);
        reading->last_hash = reading->hash;
        reading->hash = 0;
        reading->ordinal = 0;
        reading->calls = 0;
        if (!is_stable && ++reading->passes < DIRECTORY_PASSES_MAX)
            return;
        if (!is_stable)
            message = "This directory of objects changed each time it was read, so sections may be "
                      "missing.";
    } else if (count > 0 && reading->ordinal > ordinal) {
        return;
    } else if (nt_status == NTSTATUS_NOT_IMPLEMENTED && !sections->is_single) {
        sections->is_single = true;
        return;
    } else {
        message = "Windows did not list all of this directory of objects.";
    }
    unite_passes(sections);
    sections->step = step_entry;
    if (message != NULL)
        report(sections, row, STAGE_DIRECTORY, text_of(sections, directory->path),
               is_good ? NTSTATUS_OK : nt_status, message);
}

/* Opens the next object that is asked for or to be entered. */
static void step_entry(struct sections *sections, struct scan_row *row)
{
    struct object *directory =
        &ITEMS(sections->directories, struct object)[sections->directory_index];
    struct object object;
    const struct entry *entry;
    bool fits, is_wanted = false;
    size_t work = 0, left;

    do {
        if (sections->reading.index == COUNT(sections->entries, struct entry)) {
            close_object(sections, directory);
            sections->directory_index++;
            sections->step = step_read;
            memset(&sections->reading, 0, sizeof sections->reading);
            buffer_clear(&sections->units);
            buffer_clear(&sections->entries);
            return;
        }
        entry = &ITEMS(sections->entries, struct entry)[sections->reading.index++];
        object = *directory;
        fits = compose(sections, directory, entry->name);
        left = ENTRY_WORK_MAX;
        if (fits)
            is_wanted = entry->is_directory
                            ? enter(sections, &object)
                            : directory->place == OBJECTS && is_asked(sections, &left);
        work += sections->path.size + sections->query.names_count + ENTRY_WORK_MAX - left;
    } while (fits && !is_wanted && left > 0 && work < WORK_PER_STEP);
    if (left == 0 && !is_wanted) {
        report(sections, row, STAGE_DIRECTORY, text_of(sections, directory->path), NTSTATUS_OK,
               "A name in this directory and the patterns are too long to be compared.");
    } else if (!fits) {
        report(sections, row, STAGE_DIRECTORY, text_of(sections, directory->path), NTSTATUS_OK,
               "The path of an object in this directory is longer than 65536 bytes.");
    } else if (is_wanted) {
        object.row.is_lossy |= sections->is_lossy;
        open_object(sections, row, entry->is_directory, entry->name, &object);
    }
}

/* --- holders --- */

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;

    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    return (left->value > right->value) - (left->value < right->value);
}

static bool sort_pairs(struct buffer *pairs)
{
    return unite(pairs, sizeof(struct pair), compare_pairs);
}

/* The first pair with this key, or NULL. */
static const struct pair *find_pair(const struct buffer *pairs, uint64_t key)
{
    const struct pair *items = ITEMS(*pairs, const struct pair);
    const size_t count = COUNT(*pairs, struct pair);
    size_t first = 0, end = count;

    while (first < end) {
        const size_t middle = first + (end - first) / 2;
        if (items[middle].key < key)
            first = middle + 1;
        else
            end = middle;
    }
    return first < count && items[first].key == key ? &items[first] : NULL;
}

/* Lists them anew. Returns an NTSTATUS. */
static uint32_t list_processes(struct sections *sections)
{
    sections->counts.queries.lists++;
    process_list_release(sections->processes);
    sections->processes = process_list_create();
    return sections->processes != NULL
               ? sections->platform->list(sections->platform->context, false, sections->processes)
               : NTSTATUS_NO_MEMORY;
}

static void add_pair(struct buffer *pairs, uint64_t key, uint64_t value)
{
    const struct pair pair = {key, value};

    (void)APPEND(*pairs, pair);
}

/* What the handles are compared with. A pid is used again, so a process must be in both lists, with
 * the same start. Returns false when the snapshot holds less than it claims, or without memory. */
static bool prepare(struct sections *sections)
{
    const struct process_list *list = sections->processes;
    const struct buffer *answer = &sections->answer;

    if (answer->size < HANDLES_OFFSET)
        return false;
    memcpy(&sections->handles_count, answer->data, sizeof sections->handles_count);
    if (sections->handles_count > (answer->size - HANDLES_OFFSET) / sizeof(struct kernel_handle))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        const struct pair *start = find_pair(&sections->starts, list->entries[i].pid);
        if (start != NULL && start->value == list->entries[i].start_time)
            add_pair(&sections->pids, list->entries[i].pid, i);
    }
    for (size_t i = 0; i < COUNT(sections->found, struct object); i++)
        add_pair(&sections->handles, ITEMS(sections->found, struct object)[i].handle, i);
    return sort_pairs(&sections->pids) && sort_pairs(&sections->handles);
}

static const char NOT_ALL_HANDLES[] =
    "Windows did not list all handles and processes, so no holders are known.";

/* Goes on with `next`; or, without a list, closes everything, and no holder is known. */
static void proceed(struct sections *sections, struct scan_row *row, uint32_t nt_status,
                    sections_step *next)
{
    sections->step = next;
    if (next == NULL || nt_status != NTSTATUS_OK) {
        sections->step = step_close;
        report(sections, row, STAGE_HANDLES, NO_OBJECT, nt_status, NOT_ALL_HANDLES);
    }
}

/* The snapshot is taken while all sections are open; each step makes one query. What was refused has
 * no holders that could be known. */
static void step_before(struct sections *sections, struct scan_row *row)
{
    sections->has_holders = sections->opened == 0;
    sections->step = step_close;
    if (sections->opened == 0)
        return;
    const uint32_t nt_status = list_processes(sections);
    for (size_t i = 0; nt_status == NTSTATUS_OK && i < sections->processes->count; i++)
        add_pair(&sections->starts, sections->processes->entries[i].pid,
                 sections->processes->entries[i].start_time);
    proceed(sections, row, nt_status, sort_pairs(&sections->starts) ? step_snapshot : NULL);
}

static void step_snapshot(struct sections *sections, struct scan_row *row)
{
    const struct platform *platform = sections->platform;

    sections->counts.queries.lists++;
    proceed(sections, row, platform->objects->handles(platform->context, &sections->answer),
            step_after);
}

static void step_after(struct sections *sections, struct scan_row *row)
{
    const uint32_t nt_status = list_processes(sections);

    sections->has_holders = nt_status == NTSTATUS_OK && prepare(sections);
    proceed(sections, row, nt_status, sections->has_holders ? step_close : NULL);
}

/* While a section is open here, a program that creates it anew gets the old one. */
static void step_close(struct sections *sections, struct scan_row *row)
{
    (void)row;
    if (close_objects(sections, CLOSES_PER_STEP))
        sections->step = step_match;
}

/* A process may have many handles to a section: a full list is sorted, for as long as that frees a
 * quarter of it. */
static void add_holder(struct sections *sections, uint64_t section, uint64_t process)
{
    struct buffer *holders = &sections->holders;

    add_pair(holders, section, process);
    if (!holders->failed || sections->is_crowded)
        return;
    buffer_truncate(holders, holders->size);
    sections->is_crowded =
        !sort_pairs(holders) || COUNT(*holders, struct pair) > HOLDERS_MAX / 4 * 3;
    add_pair(holders, section, process);
}

/* The first reading finds our own handles, the second one the others to the same objects. */
static void take_handle(struct sections *sections, const struct kernel_handle *handle)
{
    const struct pair *own = handle->pid == sections->platform->objects->own_pid
                                 ? find_pair(&sections->handles, handle->handle)
                                 : NULL;
    const struct pair *object =
        sections->is_matching ? find_pair(&sections->addresses, handle->object) : NULL;

    sections->is_hidden |= own != NULL && handle->object == 0;
    if (!sections->is_matching && own != NULL && handle->object != 0) {
        ITEMS(sections->found, struct object)[own->value].row.has_holders = true;
        add_pair(&sections->addresses, handle->object, own->value);
    }
    if (own != NULL || object == NULL)
        return;
    const struct pair *process = find_pair(&sections->pids, handle->pid);
    if (process != NULL)
        add_holder(sections, object->value, process->value);
}

static void step_match(struct sections *sections, struct scan_row *row)
{
    const uint64_t count = sections->has_holders ? sections->handles_count : 0;
    struct kernel_handle handle;

    for (int i = 0; i < HANDLES_PER_STEP && sections->handle_index < count; i++) {
        memcpy(&handle,
               sections->answer.data + HANDLES_OFFSET + sections->handle_index++ * sizeof handle,
               sizeof handle);
        take_handle(sections, &handle);
    }
    if (sections->handle_index < count)
        return;
    const bool has_addresses = sections->addresses.size > 0;
    if (!sections->is_matching && has_addresses && sort_pairs(&sections->addresses)) {
        sections->is_matching = true;
        sections->handle_index = 0;
        return;
    }
    const bool is_short = has_addresses || sections->addresses.failed;
    const bool is_large =
        sections->texts.capacity + sections->found.capacity + sections->holders.capacity >
        SECTIONS_LARGE_SIZE;
    MAKING_LIST(RELEASE)
    sections->step = step_row;
    if (hold(sections, is_large ? 2 : 0) / 2 > SECTIONS_LARGE_MAX) {
        fail_busy(row, "Four large lists of sections wait for their readers (limit sections).");
        return;
    }
    if (!sections->has_holders || sections->opened == 0 ||
        (sections->is_matching && sort_pairs(&sections->holders)))
        return;
    sections->has_holders = false;
    const char *message = NOT_ALL_HANDLES;
    if (is_short)
        message =
            "There are more than 1048576 holders, or memory is short, so no holders are known.";
    else if (sections->is_hidden)
        message = "Windows hides which handle belongs to which section from a program without "
                  "SeDebugPrivilege, so no holders are known.";
    report(sections, row, STAGE_HANDLES, NO_OBJECT, NTSTATUS_OK, message);
    if (!is_short && sections->is_hidden)
        row->error.code = STATUS_ACCESS_DENIED;
}

/* --- rows --- */

const struct process_entry *sections_holder(const struct sections *sections, uint32_t index,
                                            struct span *name)
{
    const struct pair *holder =
        &ITEMS(sections->holders, const struct pair)[sections->holder_index + index];
    const struct process_entry *entry = &sections->processes->entries[holder->value];

    *name = process_list_name(sections->processes, entry);
    return entry;
}

/* Counts the holders of a section, which follow those of the one before. Returns false when those
 * that were asked for are not among them. Those of a section that was refused are not known, and may
 * be the ones. */
static bool is_held(struct sections *sections, size_t section, struct section_row *row)
{
    const struct scan_query *query = &sections->query;
    const struct pair *holders = ITEMS(sections->holders, const struct pair);
    bool is_held = query->pids_count == 0 || (sections->has_holders && !row->has_holders);
    struct span name;

    sections->holder_index = sections->holder_end;
    while (row->has_holders && sections->holder_end < COUNT(sections->holders, struct pair) &&
           holders[sections->holder_end].key == section) {
        sections->holder_end++;
        const uint32_t pid = sections_holder(sections, row->holders_count++, &name)->pid;
        for (size_t i = 0; i < query->pids_count && !is_held; i++)
            is_held = query->pids[i] == pid;
    }
    return is_held;
}

static void step_row(struct sections *sections, struct scan_row *row)
{
    const size_t index = sections->row_index;

    if (index == COUNT(sections->found, struct object)) {
        row->type = SCAN_END;
        return;
    }
    sections->row_index++;
    struct object *section = &ITEMS(sections->found, struct object)[index];
    section->row.sections = sections;
    section->row.name = text_of(sections, section->name);
    section->row.object = text_of(sections, section->path);
    section->row.has_holders = section->row.has_holders && sections->has_holders;
    if (!is_held(sections, index, &section->row))
        return;
    row->type = SCAN_SECTION;
    row->section = &section->row;
    sections->counts.rows++;
}

void sections_next(struct sections *sections, struct scan_row *row)
{
    row->type = SCAN_NONE;
    if (!sections->is_full) {
        sections->step(sections, row);
        return;
    }
    sections->is_full = false; /* what there is of the list is completed */
    sections->step = step_before;
    report(
        sections, row, STAGE_DIRECTORY, NO_OBJECT, NTSTATUS_OK,
        "There are more named sections than can be listed at once (131072), or memory is short.");
}

const struct scan_counts *sections_counts(const struct sections *sections)
{
    return &sections->counts;
}
