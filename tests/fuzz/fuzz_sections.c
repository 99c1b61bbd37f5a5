/* The input is what the kernel answers: bytes are taken from its front for statuses, entries of
 * directories and handles. When it has ended, directories are empty and calls succeed. */
#include "common/scan/sections.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/answer/reply.h"
#include "common/json/reader.h"
#include "common/scan/nt_status.h"
#include "common/text/utf.h"

/* Not assert(): that is compiled out in Release, and the corpus is replayed there too. */
#define FUZZ_CHECK(cond) ((cond) ? (void)0 : abort())

enum { OWN_PID = 8, HANDLES_MAX = 4096, STEPS_MAX = 100 * 1000, LINE_SIZE_MAX = 2 * 1024 * 1024 };

struct kernel {
    const uint8_t *data;
    size_t size;
    bool open[HANDLES_MAX];
    size_t open_count;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned take(struct kernel *kernel)
{
    if (kernel->size == 0)
        return 0;
    kernel->size--;
    return *kernel->data++;
}

static uint32_t take_status(struct kernel *kernel)
{
    static const uint32_t statuses[] = {NTSTATUS_OK,
                                        NTSTATUS_OK,
                                        NTSTATUS_OK,
                                        NTSTATUS_MORE_ENTRIES,
                                        NTSTATUS_NO_MORE_ENTRIES,
                                        NTSTATUS_NOT_IMPLEMENTED,
                                        NTSTATUS_BUFFER_TOO_SMALL,
                                        NTSTATUS_ACCESS_DENIED,
                                        NTSTATUS_NAME_NOT_FOUND,
                                        NTSTATUS_TYPE_MISMATCH,
                                        0xC000009A};

    return statuses[take(kernel) % (sizeof statuses / sizeof statuses[0])];
}

static uint32_t list(void *context, bool with_owners, struct process_list *processes)
{
    struct kernel *kernel = context;

    (void)with_owners;
    for (unsigned i = take(kernel) % 8; i > 0; i--) {
        const struct process_entry entry = {.pid = take(kernel) % 16, .start_time = i % 3};
        FUZZ_CHECK(process_list_add(processes, &entry, SPAN("x\xff\"\n.exe")));
    }
    return take(kernel) % 16 == 15 ? 0xC000009A : NTSTATUS_OK;
}

static uint32_t open_object(void *context, enum object_type type, uint64_t parent,
                            const uint16_t *name, size_t len, uint64_t *handle)
{
    struct kernel *kernel = context;
    const uint32_t nt_status = take_status(kernel);

    FUZZ_CHECK(len > 0 && name[0] + (unsigned)name[len - 1] < 0x20000);
    FUZZ_CHECK(parent == 0 || kernel->open[parent / 4]);
    (void)type;
    for (size_t i = 1; nt_status == NTSTATUS_OK && i < HANDLES_MAX; i++) {
        if (kernel->open[i])
            continue;
        kernel->open[i] = true;
        kernel->open_count++;
        *handle = 4 * i;
        return NTSTATUS_OK;
    }
    return nt_status != NTSTATUS_OK ? nt_status : 0xC000009A;
}

/* An address that is most often inside the answer. */
static uint64_t take_address(struct kernel *kernel, const struct buffer *answer, size_t size)
{
    const uint64_t base = (uint64_t)(uintptr_t)answer->data;
    const unsigned choice = take(kernel);

    if (choice == 255)
        return base + size - take(kernel) % 8;
    if (choice == 254)
        return base - 1 - take(kernel);
    if (choice == 253)
        return UINT64_MAX - take(kernel);
    return base + size - 512 + 2 * choice;
}

static uint32_t read_directory(void *context, uint64_t directory, bool is_single, size_t size,
                               uint32_t *ordinal, struct buffer *answer)
{
    static const char types[] = "S\0e\0c\0t\0i\0o\0n\0\0D\0i\0r\0e\0c\0t\0o\0r\0y\0";
    static const char names[] = "B\0a\0s\0e\0N\0a\0m\0e\0d\0O\0b\0j\0e\0c\0t\0s\0";
    static const char sessions[] = "S\0e\0s\0s\0i\0o\0n\0s\0";
    struct kernel *kernel = context;
    uint32_t nt_status = kernel->size == 0 ? NTSTATUS_NO_MORE_ENTRIES : take_status(kernel);
    const unsigned count = take(kernel) % (is_single ? 2 : 6);

    FUZZ_CHECK(kernel->open[directory / 4] && size <= answer->capacity && answer->size == 0);
    if (nt_status != NTSTATUS_OK && nt_status != NTSTATUS_MORE_ENTRIES)
        return nt_status;
    memset(answer->data, 0, size);
    char *texts = answer->data + size - 1024; /* of types and names that matter; then others */
    memcpy(texts, types, sizeof types);
    memcpy(texts + 64, names, sizeof names);
    memcpy(texts + 128, sessions, sizeof sessions);
    for (size_t i = 0; i < 64; i++)
        texts[512 + i] = (char)take(kernel);
    for (unsigned i = 0; i < count; i++) {
        const unsigned kind = take(kernel);
        uint16_t sizes[2] = {(uint16_t)(2 * (take(kernel) % 32)), 0};
        uint64_t address = take_address(kernel, answer, size);
        char *entry = answer->data + (size_t)i * 32;
        if (kind % 8 == 1 || kind % 8 == 2) {
            address = (uint64_t)(uintptr_t)(texts + (kind % 8 == 1 ? 64 : 128));
            sizes[0] = kind % 8 == 1 ? 32 : 16;
        }
        if (kind == 255)
            sizes[0] = (uint16_t)(0xff00 + take(kernel));
        memcpy(entry, sizes, sizeof sizes);
        memcpy(entry + 8, &address, sizeof address);
        sizes[0] = kind % 2 == 0 ? 14 : 18;
        address = (uint64_t)(uintptr_t)(texts + (kind % 2 == 0 ? 0 : 15));
        if (kind % 16 == 15)
            address = take_address(kernel, answer, size);
        memcpy(entry + 16, sizes, sizeof sizes);
        memcpy(entry + 24, &address, sizeof address);
    }
    answer->size = size;
    *ordinal += take(kernel) == 255 ? 0 : count;
    return nt_status;
}

static uint32_t query_section(void *context, uint64_t section, struct section_basic *answer)
{
    struct kernel *kernel = context;

    FUZZ_CHECK(kernel->open[section / 4]);
    answer->attributes = take(kernel) * 0x1010101u;
    answer->size = take(kernel);
    return take_status(kernel);
}

static void close_object(void *context, uint64_t handle)
{
    struct kernel *kernel = context;

    FUZZ_CHECK(handle % 4 == 0 && kernel->open[handle / 4]);
    kernel->open[handle / 4] = false;
    kernel->open_count--;
}

static uint32_t query_handles(void *context, struct buffer *answer)
{
    struct kernel *kernel = context;
    uint64_t entry[5] = {take(kernel) + (take(kernel) == 255 ? UINT64_MAX / 2 : 0)};

    buffer_clear(answer);
    FUZZ_CHECK(buffer_append(answer, (struct span){(const char *)entry, 16}));
    for (size_t i = 0; i < 300 && kernel->size > 0; i++) {
        entry[0] = take(kernel) % 32 * 16;
        entry[1] = take(kernel) % 16;
        entry[2] = take(kernel) % 32 * 4;
        FUZZ_CHECK(buffer_append(answer, (struct span){(const char *)entry, sizeof entry}));
    }
    answer->size -= take(kernel) % 2; /* cut */
    return take(kernel) == 255 ? NTSTATUS_ACCESS_DENIED : NTSTATUS_OK;
}

/* A line must be valid and fit. */
static void check_row(const struct section_row *row)
{
    const struct request_id id = {.type = REQUEST_ID_NONE};
    struct json_reader reader;
    struct buffer line;
    enum json_event event;

    FUZZ_CHECK(utf8_is_valid(row->name, NULL) && utf8_is_valid(row->object, NULL));
    FUZZ_CHECK(row->object.data[0] == '\\' && row->name.size > 0);
    buffer_init(&line, LINE_SIZE_MAX);
    const struct scan_row scan_row = {.type = SCAN_SECTION, .section = row};
    const bool fits = reply_row(&line, &id, &scan_row, DETAIL_VIEWS);
    FUZZ_CHECK(fits && line.size <= OUTPUT_ROW_SIZE_MAX);
    json_reader_init(&reader, (struct span){line.data, line.size - 1}, JSON_DEPTH_MAX);
    while ((event = json_next(&reader)) != JSON_END)
        FUZZ_CHECK(event != JSON_ERROR);
    buffer_release(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct object_calls objects = {.own_pid = OWN_PID,
                                                .open = open_object,
                                                .read = read_directory,
                                                .section = query_section,
                                                .close = close_object,
                                                .handles = query_handles};
    struct kernel kernel = {.data = data, .size = size};
    const struct platform platform = {.context = &kernel, .list = list, .objects = &objects};
    static const struct span glob = {"*a*", 3};
    static const uint32_t pid = 3;
    struct scan_query query = {.names = &glob, .pids = &pid};
    struct scan_row row = {.type = SCAN_NONE};
    uint64_t rows = 0;

    query.names_count = take(&kernel) % 8 == 7;
    query.pids_count = take(&kernel) % 8 == 7;
    const unsigned stop = take(&kernel);
    struct sections *sections = sections_create(&platform, &query, NULL);
    FUZZ_CHECK(sections != NULL);
    for (unsigned i = 0; row.type != SCAN_END && (stop < 250 || i < stop - 250); i++) {
        FUZZ_CHECK(i < STEPS_MAX);
        sections_next(sections, &row);
        FUZZ_CHECK(row.type != SCAN_FAILED);
        rows += row.type == SCAN_SECTION || row.type == SCAN_ERROR;
        FUZZ_CHECK(sections_counts(sections)->rows == rows);
        if (row.type == SCAN_SECTION) {
            FUZZ_CHECK(kernel.open_count == 0);
            check_row(row.section);
        }
    }
    sections_destroy(sections);
    FUZZ_CHECK(kernel.open_count == 0);
    return 0;
}
