#include "tests/virtual/virtual_layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/number.h"
#include "common/text/utf.h"

enum { LAYOUT_FILE_SIZE_MAX = 16 * 1024 * 1024 };

struct word {
    const char *text;
    uint32_t value;
};

static const struct word access_words[] = {{"none", PROCESS_ACCESS_NONE},
                                           {"limited", PROCESS_ACCESS_LIMITED},
                                           {"full", PROCESS_ACCESS_FULL},
                                           {NULL, 0}};
static const struct word arch_words[] = {
    {"x86", ARCH_X86}, {"x64", ARCH_X64}, {"arm", ARCH_ARM}, {"arm64", ARCH_ARM64}, {NULL, 0}};
static const struct word state_words[] = {
    {"commit", MEMORY_STATE_COMMIT}, {"reserve", MEMORY_STATE_RESERVE}, {NULL, 0}};
static const struct word kind_words[] = {{"private", MEMORY_REGION_PRIVATE},
                                         {"placeholder", MEMORY_REGION_PRIVATE | 0x100},
                                         {"data", MEMORY_REGION_DATA_FILE},
                                         {"image", MEMORY_REGION_IMAGE},
                                         {"pagefile", MEMORY_REGION_PAGEFILE},
                                         {"physical", MEMORY_REGION_PHYSICAL},
                                         {NULL, 0}};

/* Takes the text up to the next `end` and the `end` itself from the front. */
static struct span take(struct span *text, char end)
{
    size_t size = 0;

    while (size < text->size && text->data[size] != end)
        size++;
    struct span taken = {text->data, size};
    *text = span_from(*text, size < text->size ? size + 1 : size);
    return taken;
}

static bool parse_number(struct span text, uint64_t *number)
{
    return span_starts_with(text, SPAN("0x")) ? number_from_hex(span_from(text, 2), number)
                                              : number_from_decimal(text, number);
}

static bool parse_uint32(struct span text, uint32_t *number)
{
    uint64_t value;

    if (!parse_number(text, &value) || value > UINT32_MAX)
        return false;
    *number = (uint32_t)value;
    return true;
}

static bool parse_word(const struct word *words, struct span text, uint32_t *value)
{
    for (; words->text != NULL; words++) {
        if (span_equal(text, span_from_string(words->text))) {
            *value = words->value;
            return true;
        }
    }
    return false;
}

static const char *keep_text(struct virtual_layout *layout, struct span text)
{
    char *kept = layout->text + layout->text_size;

    memcpy(kept, text.data, text.size);
    kept[text.size] = '\0';
    layout->text_size += text.size + 1;
    return kept;
}

static bool set_process_member(struct virtual_process *process, struct span key, struct span value)
{
    uint32_t number = 0;
    bool ok;

    if (span_equal(key, SPAN("start"))) {
        ok = parse_number(value, &process->entry.start_time);
        process->facts.start_time = process->entry.start_time;
        return ok;
    }
    if (span_equal(key, SPAN("limit")))
        return parse_number(value, &process->facts.address_limit);
    if (span_equal(key, SPAN("access"))) {
        ok = parse_word(access_words, value, &number);
        process->facts.access = (enum process_access)number;
        return ok;
    }
    if (span_equal(key, SPAN("arch"))) {
        ok = parse_word(arch_words, value, &number);
        process->facts.arch = (enum process_arch)number;
        return ok;
    }
    if (span_equal(key, SPAN("protection"))) {
        ok = parse_uint32(value, &number) && number <= 0xff;
        process->facts.protection = (int)(number & 0xff);
        return ok;
    }
    if (span_equal(key, SPAN("pid")))
        return parse_uint32(value, &process->entry.pid);
    if (span_equal(key, SPAN("parent")))
        return parse_uint32(value, &process->entry.parent_pid);
    if (span_equal(key, SPAN("session")))
        return parse_uint32(value, &process->entry.session_id);
    if (span_equal(key, SPAN("minimal"))) {
        ok = parse_uint32(value, &number) && number <= 1;
        process->facts.is_minimal = number == 1;
        return ok;
    }
    if (span_equal(key, SPAN("integrity")))
        return parse_uint32(value, &process->facts.integrity);
    return false;
}

static const char *parse_process(struct virtual_layout *layout, struct span line)
{
    struct virtual_process *process = &layout->processes[layout->processes_count];

    memset(process, 0, sizeof *process);
    process->entry.start_time = process->facts.start_time = 1;
    process->facts.access = PROCESS_ACCESS_FULL;
    process->facts.integrity = 0x4000;
    process->regions = layout->regions + layout->regions_count;
    while (line.size > 0 && process->name == NULL) {
        struct span rest = line;
        struct span key = take(&rest, '=');
        if (span_equal(key, SPAN("name"))) {
            process->name = keep_text(layout, rest);
            break;
        }
        struct span member = take(&line, ' ');
        key = take(&member, '=');
        if (!set_process_member(process, key, member))
            return "unknown or bad member of process";
    }
    if (process->name == NULL || process->entry.pid == 0)
        return "a process needs pid and name";
    layout->processes_count++;
    return NULL;
}

static const char *parse_fault(struct virtual_process *process, struct span line)
{
    struct virtual_faults *faults = &process->faults;
    const struct {
        const char *name;
        uint32_t *value;
    } members[] = {{"open", &faults->open},
                   {"region", &faults->region},
                   {"allocation", &faults->allocation},
                   {"name", &faults->name},
                   {"pages", &faults->pages}};

    while (line.size > 0) {
        struct span value = take(&line, ' ');
        struct span key = take(&value, '=');
        bool ok = span_equal(key, SPAN("exit_after")) && parse_number(value, &faults->exit_after);
        if (span_equal(key, SPAN("memory"))) {
            ok = parse_uint32(value, &faults->region);
            faults->allocation = faults->name = faults->pages = faults->region;
        }
        for (size_t i = 0; i < sizeof members / sizeof members[0] && !ok; i++)
            ok = span_equal(key, span_from_string(members[i].name)) &&
                 parse_uint32(value, members[i].value);
        if (!ok)
            return "unknown or bad member of fault";
    }
    return NULL;
}

static bool is_page_aligned(uint64_t value)
{
    return value % MEMORY_PAGE_SIZE == 0;
}

static const char *check_region(const struct virtual_process *process,
                                const struct virtual_region *region)
{
    const struct virtual_region *before =
        process->regions_count > 0 ? &process->regions[process->regions_count - 1] : NULL;

    if (!is_page_aligned(region->base) || !is_page_aligned(region->size) || region->size == 0 ||
        !is_page_aligned(region->allocation_base))
        return "base and size are multiples of a page";
    if (region->base + (region->size - 1) < region->base)
        return "a region ends above the address space";
    if (before != NULL &&
        (region->base < before->base || region->base - before->base < before->size))
        return "regions are ascending and do not overlap";
    bool is_first = before == NULL || before->allocation_base != region->allocation_base;
    if (is_first && region->allocation_base != region->base)
        return "an allocation begins at its base";
    if (!is_first && (region->type != before->type || region->name != NULL))
        return "an allocation has one kind, and its path with its first region";
    if (!is_first && before->base + before->size == region->base &&
        before->state == region->state && before->protect == region->protect)
        return "runs of pages with one state and protection are one region";
    if (region->name != NULL &&
        (region->type & (MEMORY_REGION_IMAGE | MEMORY_REGION_DATA_FILE)) == 0)
        return "only images and data have a path";
    return NULL;
}

/* Page attributes that fit the kind: private pages are not shared, others are shared by three. */
static uint64_t typical_attributes(uint32_t type)
{
    return (type & MEMORY_REGION_PRIVATE) != 0 ? 0x1 : 0x8007;
}

static void set_name(struct virtual_layout *layout, struct virtual_region *region, struct span path)
{
    region->name = layout->names + layout->names_len;
    region->name_len = utf16_from_utf8(layout->names + layout->names_len, path.size, path);
    layout->names_len += region->name_len;
}

static const char *parse_region(struct virtual_layout *layout, struct span line)
{
    struct virtual_process *process = &layout->processes[layout->processes_count - 1];
    struct virtual_region *region = &layout->regions[layout->regions_count];

    memset(region, 0, sizeof *region);
    if (!parse_number(take(&line, ' '), &region->base) ||
        !parse_number(take(&line, ' '), &region->size) ||
        !parse_word(state_words, take(&line, ' '), &region->state) ||
        !parse_word(kind_words, take(&line, ' '), &region->type) ||
        !parse_number(take(&line, ' '), &region->allocation_base) ||
        !parse_uint32(take(&line, ' '), &region->allocation_protect) ||
        !parse_uint32(take(&line, ' '), &region->protect))
        return "not a region: BASE SIZE STATE KIND ALLOCATION-BASE ALLOCATION-PROTECT PROTECT";
    if (line.size > 0)
        set_name(layout, region, line);
    const char *message = check_region(process, region);
    if (message != NULL)
        return message;
    if (process->regions_count > 0 && region[-1].allocation_base == region->allocation_base) {
        region->name = region[-1].name;
        region->name_len = region[-1].name_len;
    }
    region->page_attributes = typical_attributes(region->type);
    layout->regions_count++;
    process->regions_count++;
    return NULL;
}

static const char *parse_driver(struct virtual_layout *layout, struct span line)
{
    struct virtual_driver *driver = &layout->drivers[layout->drivers_count];

    if (!parse_uint32(take(&line, ' '), &driver->size))
        return "not a driver: SIZE NAME";
    driver->name = keep_text(layout, line);
    layout->drivers_count++;
    return NULL;
}

static const char *parse_object(struct virtual_layout *layout, struct span line)
{
    const bool is_directory = span_equal(take(&line, ' '), SPAN("directory"));
    struct virtual_object read = {.size = 4096, .attributes = 0x8000000};

    while (line.size > 0 && line.data[0] != '\\') {
        struct span value = take(&line, ' ');
        const struct span name = take(&value, '=');
        uint64_t number;
        if (!parse_number(value, &number))
            return "not an object: directory|section [MEMBER=NUMBER...] PATH";
        if (span_equal(name, SPAN("size")))
            read.size = number;
        else if (span_equal(name, SPAN("attributes")))
            read.attributes = (uint32_t)number;
        else if (span_equal(name, SPAN("open")))
            read.open_status = (uint32_t)number;
        else if (span_equal(name, SPAN("query")))
            read.query_status = (uint32_t)number;
        else
            return "an unknown member of an object";
    }
    const size_t index =
        virtual_objects_add(&layout->objects, keep_text(layout, line), is_directory);
    struct virtual_object *object = &layout->objects.items[index];
    object->size = read.size;
    object->attributes = read.attributes;
    object->open_status = read.open_status;
    object->query_status = read.query_status;
    return NULL;
}

static const char *parse_handle(struct virtual_layout *layout, struct span line)
{
    uint32_t pid;
    const bool has_pid = parse_uint32(take(&line, ' '), &pid);
    const size_t object = virtual_objects_find(&layout->objects, keep_text(layout, line));

    if (!has_pid || object == SIZE_MAX)
        return "not a handle: PID PATH, after its object";
    virtual_objects_hold(&layout->objects, pid, object);
    return NULL;
}

/* Adds what a line says; it is neither empty nor a comment. Returns NULL, or what is wrong with it. */
static const char *add_line(struct virtual_layout *layout, struct span line)
{
    struct span rest = line;
    struct span word = take(&rest, ' ');

    if (span_equal(word, SPAN("process")))
        return parse_process(layout, rest);
    if (span_equal(word, SPAN("driver")))
        return parse_driver(layout, rest);
    if (span_equal(word, SPAN("object")))
        return parse_object(layout, rest);
    if (span_equal(word, SPAN("handle")))
        return parse_handle(layout, rest);
    if (span_equal(word, SPAN("windows")))
        return span_starts_with(rest, SPAN("build=")) &&
                       parse_uint32(span_from(rest, 6), &layout->build)
                   ? NULL
                   : "not windows build=NUMBER";
    if (layout->processes_count == 0)
        return "the first line is a process";
    struct virtual_process *process = &layout->processes[layout->processes_count - 1];
    if (span_equal(word, SPAN("image"))) {
        process->image = keep_text(layout, rest);
        return NULL;
    }
    if (span_equal(word, SPAN("services"))) {
        process->services = keep_text(layout, rest);
        return NULL;
    }
    if (span_equal(word, SPAN("fault")))
        return parse_fault(process, rest);
    return parse_region(layout, line);
}

/* One block of each kind, as large as the text can need, so that nothing moves. */
static bool allocate(struct virtual_layout *layout, struct span text)
{
    size_t lines = 1;

    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    layout->build = VIRTUAL_BUILD;
    layout->processes = calloc(lines, sizeof *layout->processes);
    layout->drivers = calloc(lines, sizeof *layout->drivers);
    layout->regions = calloc(lines, sizeof *layout->regions);
    layout->text = calloc(text.size + lines, 1);
    layout->names = calloc(text.size + 1, sizeof *layout->names);
    return layout->processes != NULL && layout->drivers != NULL && layout->regions != NULL &&
           layout->text != NULL && layout->names != NULL;
}

bool virtual_layout_parse(struct span text, struct virtual_layout *layout,
                          struct virtual_layout_error *error)
{
    struct virtual_layout parsed = {0};

    *error = (struct virtual_layout_error){0, "out of memory"};
    if (!allocate(&parsed, text))
        goto cleanup;
    for (error->line = 1; text.size > 0; error->line++) {
        struct span line = take(&text, '\n');
        if (line.size > 0 && line.data[line.size - 1] == '\r')
            line.size--;
        if (line.size == 0 || line.data[0] == '#')
            continue;
        error->message = add_line(&parsed, line);
        if (error->message != NULL)
            goto cleanup;
    }
    *layout = parsed;
    return true;

cleanup:
    virtual_layout_release(&parsed);
    return false;
}

bool virtual_layout_read(const char *path, struct virtual_layout *layout,
                         struct virtual_layout_error *error)
{
    FILE *file = fopen(path, "rb");
    char *text = malloc(LAYOUT_FILE_SIZE_MAX);
    bool ok = false;

    *error = (struct virtual_layout_error){0, "the file cannot be read"};
    if (file == NULL || text == NULL)
        goto cleanup;
    size_t size = fread(text, 1, LAYOUT_FILE_SIZE_MAX, file);
    if (ferror(file) || !feof(file))
        goto cleanup;
    ok = virtual_layout_parse((struct span){text, size}, layout, error);

cleanup:
    free(text);
    if (file != NULL)
        (void)fclose(file);
    return ok;
}

void virtual_layout_platform(struct virtual_layout *layout, struct virtual_platform *virtual_,
                             struct platform *platform)
{
    virtual_platform_init(virtual_, layout->processes, layout->processes_count, platform);
    virtual_->build = layout->build;
    virtual_->drivers = layout->drivers;
    virtual_->objects = &layout->objects;
    virtual_->drivers_count = layout->drivers_count;
}

void virtual_layout_release(struct virtual_layout *layout)
{
    virtual_objects_release(&layout->objects);
    free(layout->drivers);
    free(layout->processes);
    free(layout->regions);
    free(layout->text);
    free(layout->names);
    *layout = (struct virtual_layout){0};
}
