/* The input plays the kernel: each query takes its answer from the next bytes. The
 * scan must end soon after the bytes do, close what it opened, and return no impossible row.
 *
 *     byte 0   op, selector, detail, kinds (see read_query)
 *     byte 1   filters, rights, and whether other scans continue after each process
 *     byte 2   processes in the list
 *     the rest answers; the first byte of each chooses its form (see the functions below)
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/scan/nt_status.h"
#include "common/scan/scan.h"
#include "tests/rows/scan_checker.h"
#include "tests/virtual/driver_answer.h"
#include <limits.h>

/* Not assert(): that is compiled out in Release, and the corpus is replayed there too. */
#define FUZZ_CHECK(cond) ((cond) ? (void)0 : abort())

enum { STEPS_FREE = 512, STEPS_PER_BYTE = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct address_space {
    int unused;
};

struct script {
    const uint8_t *data;
    size_t size;
    struct query_counts calls;
    struct address_space space;
    uint64_t open_count;
    bool is_over; /* a byte was asked for and there was none */
};

static uint8_t next_byte(struct script *script)
{
    if (script->size == 0) {
        script->is_over = true;
        return 0;
    }
    script->size--;
    return *script->data++;
}

static uint64_t next_number(struct script *script, int bytes)
{
    uint64_t number = 0;

    for (int i = 0; i < bytes; i++)
        number = number << 8 | next_byte(script);
    return number;
}

/* Half of the answers are good; after the end of the input all are refusals. */
static uint32_t next_status(struct script *script)
{
    static const uint32_t failures[] = {0xC0000001u, 0xC0000002u, 0xC0000003u, 0xC000000Bu,
                                        0xC000000Du, 0xC0000017u, 0xC0000022u, 0xC0000098u,
                                        0xC000010Au, 0xC0000141u};
    uint8_t byte = next_byte(script);

    if (script->is_over)
        return NTSTATUS_ACCESS_DENIED;
    if (byte < 0xc0)
        return NTSTATUS_OK;
    return failures[byte % (sizeof failures / sizeof failures[0])];
}

static uint32_t list_processes(void *context, bool with_owners, struct process_list *list)
{
    struct script *script = context;
    uint8_t count = next_byte(script) % 6;

    script->calls.lists++;
    for (uint32_t i = 0; i < count; i++) {
        /* The first owner is unknown, the second the caller, the third somebody else. */
        const struct process_entry entry = {
            .pid = i * 4,
            .start_time = i,
            .owner = {.size = with_owners && i % 3 != 0 ? 12 : 0, .bytes = {(uint8_t)(i % 3)}}};
        FUZZ_CHECK(process_list_add(list, &entry, i % 2 == 0 ? SPAN("a.exe") : SPAN("")));
    }
    return NTSTATUS_OK;
}

static uint32_t open_process(void *context, uint32_t pid, struct process_facts *facts,
                             struct buffer *image, struct address_space **space)
{
    struct script *script = context;
    uint32_t nt_status = next_status(script);

    script->calls.opens++;
    buffer_clear(image);
    if (nt_status != NTSTATUS_OK)
        return nt_status;
    memset(facts, 0, sizeof *facts);
    uint8_t form = next_byte(script);
    facts->access = PROCESS_ACCESS_FULL;
    facts->is_minimal = (form & 32) != 0;
    facts->start_time = form & 1 ? pid / 4 : 0;
    facts->integrity = form & 2 ? 0x2000 : INTEGRITY_UNKNOWN;
    facts->owner = (struct sid){.size = form & 4 ? 12 : 0, .bytes = {1}};
    if (form & 8)
        facts->address_limit = next_number(script, 6);
    if (form & 16)
        FUZZ_CHECK(buffer_append(image, SPAN("\\D\\a.exe")));
    script->open_count++;
    *space = &script->space;
    return NTSTATUS_OK;
}

/* A base and a size near the address, or anything. */
static void next_range(struct script *script, uint64_t address, uint64_t *base, uint64_t *size)
{
    const uint64_t page = address & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);
    uint8_t form = next_byte(script);

    *base = page;
    *size = MEMORY_PAGE_SIZE * (uint64_t)(1 + form / 8);
    switch (form % 8) {
    case 0: /* unaligned */
        *size = form;
        break;
    case 1: /* from below */
        *base = page - MEMORY_PAGE_SIZE * (uint64_t)(form / 8);
        *size *= 2;
        break;
    case 2: /* large */
        *size <<= next_byte(script) % 52;
        break;
    case 3: /* anything */
        *base = next_number(script, 8);
        *size = next_number(script, 8);
        break;
    default:
        break;
    }
}

static uint32_t query_region(struct script *script, uint64_t address, struct region *region)
{
    static const uint32_t states[] = {MEMORY_STATE_COMMIT, MEMORY_STATE_RESERVE, MEMORY_STATE_FREE,
                                      0};
    static const uint32_t types[] = {MEMORY_TYPE_PRIVATE, MEMORY_TYPE_MAPPED, MEMORY_TYPE_IMAGE,
                                     0x123};
    uint32_t nt_status = next_status(script);

    script->calls.regions++;
    if (nt_status != NTSTATUS_OK)
        return nt_status;
    memset(region, 0, sizeof *region);
    next_range(script, address, &region->base, &region->size);
    uint8_t form = next_byte(script);
    region->state = states[form % 4];
    region->type = types[form / 4 % 4];
    region->allocation_base = region->base;
    if (form & 16)
        region->allocation_base -= (uint64_t)next_byte(script) * MEMORY_PAGE_SIZE;
    region->protect = form;
    return NTSTATUS_OK;
}

static uint32_t query_allocation(struct script *script, uint64_t address,
                                 struct allocation *allocation)
{
    uint32_t nt_status = next_status(script);

    script->calls.allocations++;
    if (nt_status != NTSTATUS_OK)
        return nt_status;
    memset(allocation, 0, sizeof *allocation);
    next_range(script, address, &allocation->base, &allocation->size);
    uint8_t form = next_byte(script);
    allocation->type = form < 0xc0 ? 1u << form % 6 : form;
    allocation->protect = form;
    return NTSTATUS_OK;
}

static uint32_t query_name(void *context, struct address_space *space, uint64_t address,
                           struct buffer *name, bool *lossy)
{
    struct script *script = context;
    uint32_t nt_status = next_status(script);

    FUZZ_CHECK(space == &script->space);
    (void)address;
    script->calls.names++;
    buffer_clear(name);
    if (nt_status != NTSTATUS_OK)
        return nt_status;
    uint8_t count = next_byte(script);
    for (int i = 0; i < count % 8; i++)
        FUZZ_CHECK(buffer_append(name, i % 2 == 0 ? SPAN("\\D") : SPAN("\xEF\xBF\xBD")));
    *lossy = count % 8 > 1;
    return NTSTATUS_OK;
}

static uint32_t query_pages(struct script *script, struct page *pages, size_t count)
{
    uint32_t nt_status = next_status(script);

    FUZZ_CHECK(count > 0 && count <= PAGES_BATCH_MAX);
    script->calls.pages++;
    if (nt_status != NTSTATUS_OK)
        return nt_status;
    uint64_t block = next_byte(script);
    for (size_t i = 0; i < count; i++)
        pages[i].attributes = i % 3 == 0 ? block : ~block;
    return NTSTATUS_OK;
}

static uint32_t query_memory(void *context, struct address_space *space,
                             enum memory_class memory_class, uint64_t address, void *answer,
                             size_t size)
{
    struct script *script = context;

    FUZZ_CHECK(space == &script->space);
    if (memory_class == MEMORY_CLASS_BASIC && size == sizeof(struct region))
        return query_region(script, address, answer);
    if (memory_class == MEMORY_CLASS_REGION_EX && size == sizeof(struct allocation))
        return query_allocation(script, address, answer);
    FUZZ_CHECK(memory_class == MEMORY_CLASS_WORKING_SET_EX && address == 0 &&
               size % sizeof(struct page) == 0);
    return query_pages(script, answer, size / sizeof(struct page));
}

static uint32_t list_drivers(void *context, struct buffer *answer)
{
    struct script *script = context;
    const uint32_t nt_status = next_status(script);

    script->calls.lists++;
    buffer_clear(answer);
    if (nt_status != NTSTATUS_OK)
        return nt_status;
    uint8_t count = next_byte(script);
    if (count >= 0xf0) /* cut in its count, or all of it */
        return buffer_append(answer, (struct span){"\xff\xff\xff\xff\xff\xff\xff", count % 8})
                   ? NTSTATUS_OK
                   : NTSTATUS_NO_MEMORY;
    driver_answer_begin(answer, count);
    for (int i = 0; i < count % 4; i++)
        driver_answer_add(answer, count, i % 2 == 0 ? SPAN("\\D\\a.sys") : SPAN("\xE9?"));
    return NTSTATUS_OK;
}

static bool find_services(void *context, uint32_t pid, uint64_t start_time, struct buffer *names)
{
    static const char two[] = "Dhcp\0EventLog";

    (void)context, (void)start_time;
    buffer_clear(names);
    if (pid % 16 == 0)
        FUZZ_CHECK(buffer_append(names, (struct span){two, sizeof two}));
    return pid % 8 == 0;
}

static bool rewrite_path(void *context, struct span device_path, struct buffer *path)
{
    struct script *script = context;

    buffer_clear(path);
    return next_byte(script) % 2 == 0 && device_path.size > 2 && buffer_append(path, SPAN("C:")) &&
           buffer_append(path, span_from(device_path, 2));
}

static void close_process(void *context, struct address_space *space)
{
    struct script *script = context;

    FUZZ_CHECK(space == &script->space && script->open_count == 1);
    script->open_count--;
}

/* What the query points to. */
struct lists {
    uint32_t pids[2];
    struct span name, path;
};

static void read_query(struct script *script, struct lists *lists, struct scan_query *query)
{
    enum { ALL, ONE_PID, PIDS, NAME };
    uint8_t how = next_byte(script);
    uint8_t filters = next_byte(script);
    const unsigned selector = how >> 1 & 3u;

    *lists = (struct lists){{4, 99}, SPAN("a*"), SPAN("*D")};
    *query = (struct scan_query){
        .lists_maps = (how & 1) == 0,
        .all = selector == ALL,
        .pids = lists->pids,
        .pids_count = selector == ONE_PID ? 1
                      : selector == PIDS  ? 2
                                          : 0,
        .names = &lists->name,
        .names_count = selector == NAME || (selector == PIDS && (filters & 32)) ? 1 : 0,
        .views = {.kinds = how >> 5 > 0 ? how >> 5 : VIEW_IMAGE | VIEW_DATA,
                  .paths = &lists->path,
                  .paths_count = filters & 1,
                  .has_address = (filters & 2) != 0,
                  .detail = (enum views_detail)((how >> 3 & 3) % 3)},
        .own_only = (filters & 4) != 0,
        .query_all = (filters & 4) == 0 || (filters & 64) != 0,
        .addresses = (filters & 8) != 0,
        .user = {.size = 12, .bytes = {1}},
        .integrity = filters & 16 ? 0x2000 : INTEGRITY_UNKNOWN,
    };
    query->views.address = query->views.has_address ? next_number(script, 8) : 0;
}

static void check_calls(const struct query_counts *counts, const struct query_counts *calls)
{
    FUZZ_CHECK(counts->lists == calls->lists && counts->opens == calls->opens);
    FUZZ_CHECK(counts->regions == calls->regions && counts->allocations == calls->allocations);
    FUZZ_CHECK(counts->names == calls->names && counts->pages == calls->pages);
}

/* Replaces a scan by another that continues from its checkpoint. */
static void hand_over(struct scan **scan, const struct platform *platform,
                      const struct scan_query *query)
{
    struct scan_checkpoint checkpoint;

    scan_checkpoint_take(*scan, &checkpoint);
    scan_destroy(*scan);
    *scan = scan_create(platform, query, &checkpoint);
    FUZZ_CHECK(*scan != NULL);
    scan_checkpoint_release(&checkpoint);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script script = {.data = data, .size = size};
    const struct platform platform = {.context = &script,
                                      .list = list_processes,
                                      .open = open_process,
                                      .memory = query_memory,
                                      .name = query_name,
                                      .drivers = list_drivers,
                                      .services = find_services,
                                      .path = rewrite_path,
                                      .close = close_process};
    const uint64_t steps_max = STEPS_FREE + (uint64_t)STEPS_PER_BYTE * size;
    struct lists lists;
    struct scan_query query;
    struct scan_checker checker;
    struct scan_row row;

    const bool hands_over = size > 1 && (data[1] & 128) != 0;
    read_query(&script, &lists, &query);
    struct scan *scan = scan_create(&platform, &query, NULL);
    FUZZ_CHECK(scan != NULL);
    scan_checker_init(&checker);
    uint64_t steps = 0;
    do {
        const bool was_between = scan_is_between(scan);
        scan_next(scan, &row);
        scan_checker_row(&checker, &row, scan_counts(scan));
        FUZZ_CHECK(checker.problem == NULL);
        FUZZ_CHECK(++steps <= steps_max);
        if (row.type == SCAN_MAP && query.views.has_address)
            FUZZ_CHECK(query.views.address - row.map.base < row.map.size);
        if (hands_over && !was_between && scan_is_between(scan))
            hand_over(&scan, &platform, &query);
    } while (row.type != SCAN_END && row.type != SCAN_FAILED);
    check_calls(&scan_counts(scan)->queries, &script.calls);
    FUZZ_CHECK(script.open_count == 0);
    scan_destroy(scan);
    return 0;
}
