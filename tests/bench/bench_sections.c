/* A list of named sections with 1,000 to a million handles, and 100 to 100,000 sections: time, steps,
 * calls, the longest step, and the memory that the list takes. Prints a table and judges nothing.
 *
 * Memory is counted in the calls of the heap, without what the virtual Windows itself holds.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/scan/sections.h"
#include "tests/virtual/virtual_objects.h"
#include "tests/virtual/virtual_platform.h"

#if defined(_WIN32)
#define BLOCK_SIZE(block) _msize(block)
#else
#define BLOCK_SIZE(block) malloc_usable_size(block)
#endif

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static size_t now_size, peak_size;

static void *count(void *block)
{
    now_size += block != NULL ? BLOCK_SIZE(block) : 0;
    peak_size = now_size > peak_size ? now_size : peak_size;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return count(__real_malloc(size));
}

void *__wrap_calloc(size_t items, size_t size)
{
    return count(__real_calloc(items, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    now_size -= block != NULL ? BLOCK_SIZE(block) : 0;
    return count(__real_realloc(block, size));
}

void __wrap_free(void *block)
{
    now_size -= block != NULL ? BLOCK_SIZE(block) : 0;
    __real_free(block);
}

static double now_ms(void)
{
    return 1000.0 * (double)clock() / CLOCKS_PER_SEC;
}

static void measure(uint32_t sections_count, uint32_t handles_count)
{
    static struct virtual_process processes[100];
    static struct virtual_platform virtual_;
    struct virtual_objects objects = {.count = 0};
    struct platform platform;
    const struct scan_query query = {.all = true};
    struct scan_row row = {.type = SCAN_NONE};
    double longest_ms = 0;
    uint64_t steps = 0, rows = 0, holders = 0;

    for (uint32_t i = 0; i < 100; i++)
        processes[i] =
            (struct virtual_process){.entry = {.pid = 4 * (i + 1), .start_time = 1}, .name = "a"};
    virtual_platform_init(&virtual_, processes, 100, &platform);
    virtual_.objects = &objects;
    const size_t folder = virtual_objects_add(&objects, "\\BaseNamedObjects", true);
    for (uint32_t i = 0; i < sections_count; i++) {
        uint16_t name[24];
        char text[24];
        const int len = snprintf(text, sizeof text, "section-name-%07u", (unsigned)i);
        for (int j = 0; j < len; j++)
            name[j] = (uint16_t)text[j];
        (void)virtual_objects_add_w(&objects, folder, name, (size_t)len, false);
    }
    /* Handle tables are listed process by process; one handle of ten is to a section. */
    for (uint32_t i = 0; i < handles_count; i++)
        virtual_objects_hold(&objects, 4 * (1 + (uint32_t)((uint64_t)i * 100 / handles_count)),
                             i % 10 == 0 ? folder + 1 + i / 10 % sections_count : folder);
    const size_t base_size = now_size;
    peak_size = now_size;
    const double start_ms = now_ms();
    struct sections *sections = sections_create(&platform, &query, NULL);
    while (sections != NULL && row.type != SCAN_END) {
        const double before_ms = now_ms();
        sections_next(sections, &row);
        const double took_ms = now_ms() - before_ms;
        longest_ms = took_ms > longest_ms ? took_ms : longest_ms;
        rows += row.type == SCAN_SECTION;
        holders += row.type == SCAN_SECTION ? row.section->holders_count : 0;
        steps++;
    }
    const double time_ms = now_ms() - start_ms;
    sections_destroy(sections);
    printf("%9" PRIu32 " %9" PRIu32 " %9.1f %9.1f %9" PRIu64 " %7" PRIu64 " %9" PRIu64 " %9" PRIu64
           " %8.1f\n",
           sections_count, handles_count, time_ms, longest_ms, steps,
           objects.calls[VIRTUAL_OBJECT_HANDLES], rows, holders,
           (double)(peak_size - base_size) / (1024 * 1024));
    virtual_objects_release(&objects);
}

int main(void)
{
    static const uint32_t counts[][2] = {{100, 1000},      {1000, 1000},    {1000, 10000},
                                         {1000, 100000},   {1000, 1000000}, {10000, 1000000},
                                         {100000, 1000000}};

    printf("%9s %9s %9s %9s %9s %7s %9s %9s %8s\n", "sections", "handles", "ms", "longest", "steps",
           "tables", "rows", "holders", "MiB");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        measure(counts[i][0], counts[i][1]);
    return 0;
}
