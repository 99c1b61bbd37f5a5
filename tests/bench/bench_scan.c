/* What a scan costs, natively, over the virtual platform. Prints tables without a verdict.
 *
 * 1. Kernel queries over each recorded layout, with and without MemoryRegionInformation, beside
 *    their bound and beside the plain way: facts and name of every run of pages, free ones too.
 * 2. Time of 100,000 regions against 1,000.
 * 3. Heap allocations while rows are given.
 * 4. The watchdog: stores for kernel queries, and time with it and without.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/answer/watchdog.h"
#include "tests/rows/scan_rows.h"
#include "tests/virtual/naive_views.h"
#include "tests/virtual/virtual_layout.h"

#ifndef LAYOUTS_DIR
#define LAYOUTS_DIR "tests/layouts"
#endif

enum {
    FIXED_COST = 4,
    PLAIN_CALLS = 2, /* per run of pages: VirtualQueryEx and GetMappedFileNameW */
    FEW_REGIONS = 1000,
    MANY_REGIONS = 100000,
    RUNS_PER_VIEW = 5,
    TIME_ROUNDS = 15 /* the best of them counts */
};

static uint64_t heap_calls;

#if defined(__GLIBC__)
/* The allocator of glibc under its own names, so that each call can be counted. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);

void *malloc(size_t size)
{
    heap_calls++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    heap_calls++;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    heap_calls++;
    return __libc_realloc(block, size);
}
#endif

struct cost {
    struct scan_counts counts;
    uint64_t rows;
    uint64_t heap_calls;       /* from creation to the end */
    uint64_t heap_calls_later; /* of those, after the first row */
    double seconds;
};

/* Processor time of this process, without that of others on the machine. */
static double now(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static struct cost measure(struct virtual_process *process, uint32_t build, bool has_allocation,
                           enum views_detail detail, struct watch *watch)
{
    struct virtual_platform virtual_;
    struct platform platform;
    struct scan_row row;
    struct cost cost = {0};

    virtual_platform_init(&virtual_, process, 1, &platform);
    virtual_.build = build;
    virtual_.has_allocation = has_allocation;
    struct scan_query query = scan_query_everything();
    query.views.detail = detail;
    const uint64_t heap_before = heap_calls;
    uint64_t heap_at_first_row = 0;
    const double start = now();
    struct scan *scan = scan_create(&platform, &query, NULL);
    if (scan == NULL)
        exit(1);
    if (watch != NULL)
        watch_begin(watch);
    scan_set_watch(scan, watch);
    do {
        scan_next(scan, &row);
        if (row.type == SCAN_MAP && heap_at_first_row == 0)
            heap_at_first_row = heap_calls;
        cost.rows += row.type == SCAN_MAP || row.type == SCAN_REGION;
    } while (row.type != SCAN_END && row.type != SCAN_FAILED);
    if (!watch_end(watch))
        exit(1);
    cost.seconds = now() - start;
    cost.heap_calls = heap_calls - heap_before;
    cost.heap_calls_later = heap_at_first_row != 0 ? heap_calls - heap_at_first_row : 0;
    cost.counts = *scan_counts(scan);
    scan_destroy(scan);
    return cost;
}

static void print_line(const char *layout, const char *mode, const struct scan_counts *counts,
                       uint64_t bound, uint64_t plain)
{
    uint64_t queries =
        counts->queries.regions + counts->queries.allocations + counts->queries.names;

    printf("%-13s %-6s %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64
           " %7.1f %%\n",
           layout, mode, counts->queries.regions, counts->queries.allocations,
           counts->queries.names, queries, bound, plain, 100.0 * (double)queries / (double)plain);
}

static void bench_layout(const char *name)
{
    struct virtual_layout layout;
    struct virtual_layout_error error;
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s.txt", LAYOUTS_DIR, name);
    if (!virtual_layout_read(path, &layout, &error)) {
        printf("%s:%zu: %s\n", path, error.line, error.message);
        exit(1);
    }
    const struct naive_shape shape = naive_shape_of(&layout.processes[0]);
    const uint64_t runs = shape.regions + shape.gaps;
    const uint64_t plain = PLAIN_CALLS * runs;
    struct cost cost = measure(layout.processes, layout.build, true, VIEWS_PLAIN, NULL);
    print_line(name, "new", &cost.counts, naive_bound(&shape) + FIXED_COST, plain);
    cost = measure(layout.processes, layout.build, false, VIEWS_PLAIN, NULL);
    print_line(name, "old", &cost.counts, runs + shape.views + FIXED_COST, plain);
    virtual_layout_release(&layout);
}

static void bench_layouts(void)
{
    static const char *const names[] = {"service",       "protected",     "browser",
                                        "dotnet",        "wow64",         "windows_16299",
                                        "windows_17763", "windows_22621", "windows_26100"};

    puts("Kernel queries per process. new: with MemoryRegionInformation, old: without.");
    puts("bound, new: allocations + gaps + views of files + 4, and one for each place where what");
    puts("follows an allocation cannot be guessed; old: runs of pages + views + 4.");
    puts("plain: two calls for every run of pages, free ones included.\n");
    printf("%-13s %-6s %8s %8s %8s %8s %8s %8s %9s\n", "layout", "", "regions", "allocs", "names",
           "queries", "bound", "plain", "of plain");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        bench_layout(names[i]);
}

/* Views of five runs with a hole after each. */
static struct virtual_region *make_regions(size_t count)
{
    static const uint16_t name[] = {'\\', 'D', '\\', 'a', '.', 'd', 'l', 'l'};
    struct virtual_region *regions = calloc(count, sizeof *regions);

    for (size_t i = 0; regions != NULL && i < count; i++) {
        uint64_t view = 0x10000 + i / RUNS_PER_VIEW * MEMORY_GRANULARITY;
        regions[i] = (struct virtual_region){.base = view + i % RUNS_PER_VIEW * MEMORY_PAGE_SIZE,
                                             .size = MEMORY_PAGE_SIZE,
                                             .allocation_base = view,
                                             .allocation_protect = 0x80,
                                             .state = MEMORY_STATE_COMMIT,
                                             .protect = i % 2 == 0 ? 2 : 0x20,
                                             .type = MEMORY_REGION_IMAGE,
                                             .name = name,
                                             .name_len = sizeof name / sizeof name[0],
                                             .page_attributes = 7};
    }
    return regions;
}

/* The cost of one scan; its time is the mean of `repeats` in the best of some rounds, so that few
 * and many regions are measured for equally long. */
static struct cost best_of(size_t regions_count, size_t repeats, bool has_allocation,
                           enum views_detail detail, struct watch *watch)
{
    struct virtual_region *regions = make_regions(regions_count);
    struct virtual_process process = {
        .entry = {.pid = 4}, .name = "a.exe", .regions = regions, .regions_count = regions_count};
    struct cost cost = {0};
    double best = 1e9;

    if (regions == NULL)
        exit(1);
    for (int round = 0; round < TIME_ROUNDS; round++) {
        double seconds = 0;
        for (size_t i = 0; i < repeats; i++) {
            cost = measure(&process, VIRTUAL_BUILD, has_allocation, detail, watch);
            seconds += cost.seconds;
        }
        best = seconds < best ? seconds : best;
    }
    cost.seconds = best / (double)repeats;
    free(regions);
    return cost;
}

static void bench_sizes(void)
{
    static const struct {
        const char *what;
        bool has_allocation;
        enum views_detail detail;
    } rows[] = {{"views, new", true, VIEWS_PLAIN},
                {"views, old", false, VIEWS_PLAIN},
                {"regions, new", true, VIEWS_WITH_REGIONS},
                {"regions, old", false, VIEWS_WITH_REGIONS},
                {"pages, new", true, VIEWS_WITH_PAGES}};

    puts("\nTime of 100,000 regions against 1,000 (the best of some rounds), and heap calls.\n");
    printf("%-14s %12s %12s %8s %10s %10s %14s\n", "", "1,000 us", "100,000 us", "ratio", "rows",
           "heap calls", "after row 1");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cost few = best_of(FEW_REGIONS, MANY_REGIONS / FEW_REGIONS, rows[i].has_allocation,
                                  rows[i].detail, NULL);
        struct cost many = best_of(MANY_REGIONS, 1, rows[i].has_allocation, rows[i].detail, NULL);
        printf("%-14s %12.1f %12.1f %8.1f %10" PRIu64 " %10" PRIu64 " %14" PRIu64 "\n",
               rows[i].what, few.seconds * 1e6, many.seconds * 1e6, many.seconds / few.seconds,
               many.rows, many.heap_calls, many.heap_calls_later);
    }
#if !defined(__GLIBC__)
    puts("(heap calls are counted with glibc only)");
#endif
}

/* The same scan, watched and not. */
static void bench_watchdog(void)
{
    struct watch watch = {.seen_ms = 0};
    const struct cost without = best_of(MANY_REGIONS, 1, true, VIEWS_PLAIN, NULL);
    const struct cost with = best_of(MANY_REGIONS, 1, true, VIEWS_PLAIN, &watch);
    const struct query_counts *queries = &with.counts.queries;
    const uint64_t count = queries->lists + queries->opens + queries->regions +
                           queries->allocations + queries->names + queries->pages;

    puts("\nThe watchdog: stores of one scan for its kernel queries, and its time.\n");
    printf("%-14s %12s %12s %8s\n", "", "queries", "stores", "us");
    printf("%-14s %12" PRIu64 " %12d %8.1f\n", "without", count, 0, without.seconds * 1e6);
    printf("%-14s %12" PRIu64 " %12" PRIu64 " %8.1f\n", "with", count,
           (uint64_t)(atomic_get(&watch.mark) / WATCH_STAGES) / TIME_ROUNDS, with.seconds * 1e6);
    puts("(a slice of the scan adds one store)");
}

int main(void)
{
    bench_layouts();
    bench_sizes();
    bench_watchdog();
    return 0;
}
