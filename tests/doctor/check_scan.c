/* What the scan relies on: kinds and sizes of views, queries and their cost, rights, devices. All of
 * it is asked as lsmap --direct asks it, about this process and those that can be opened. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/atomic.h"
#include "common/scan/nt_status.h"
#include "common/scan/scan.h"
#include "common/win32/device_query.h"
#include "common/win32/handle.h"
#include "common/win32/platform_nt.h"
#include "common/win32/system_info.h"
#include "common/win32/system_lists.h"
#include "tests/doctor/checks.h"
#include "tests/doctor/temp_file.h"
#include "tests/doctor/walks.h"

enum {
    ATTEMPTS_MAX = 5, /* this process may allocate between two walks */
    VIEW_SIZE = 0x23000,
    WALK_SLACK = 4,
    DEVICES_MAX = 5, /* named in one finding */
    DEVICE_CAPACITY = 64,
    BENCH_ROUNDS = 3,
    STUCK_MS = 10 * 1000, /* a process that takes longer is left out */
    STUCK_MAX = 4,
    PID_TEXT_CAPACITY = 24
};

enum { NT_OBJECT_BASIC = 0 };

NTSYSAPI nt_result NTAPI NtQueryObject(HANDLE object, ULONG information_class, void *buffer,
                                       ULONG size, ULONG *size_needed);

/* --- this process --- */

static void check_bits(struct machine *machine, const char *what, const void *base, uint32_t bit,
                       uint64_t size)
{
    struct allocation answer = {0};
    const uint32_t kinds = MEMORY_REGION_PRIVATE | MEMORY_REGION_DATA_FILE | MEMORY_REGION_IMAGE |
                           MEMORY_REGION_PAGEFILE | MEMORY_REGION_PHYSICAL;
    const uint32_t status = (uint32_t)NtQueryVirtualMemory(
        GetCurrentProcess(), base, MEMORY_CLASS_REGION_EX, &answer, sizeof answer, NULL);
    const bool is_right = status == NTSTATUS_OK && (answer.type & kinds) == bit &&
                          answer.size == size && answer.base == (uintptr_t)base;

    if (nt_status_is_unsupported(status) && machine->is_wine)
        report_add(&machine->report, DOCTOR_SCAN_KINDS, DOCTOR_SKIP, what, "Wine lacks class 7");
    else
        report_add(&machine->report, DOCTOR_SCAN_KINDS, is_right ? DOCTOR_PASS : DOCTOR_FAIL, what,
                   "status 0x%08lx, bits 0x%lx (expected 0x%lx), 0x%llx bytes (expected 0x%llx)",
                   (unsigned long)status, (unsigned long)answer.type, (unsigned long)bit,
                   (unsigned long long)answer.size, (unsigned long long)size);
}

static uint64_t image_size(const void *image)
{
    const IMAGE_DOS_HEADER *dos = image;
    const IMAGE_NT_HEADERS *headers = (const void *)((const char *)image + dos->e_lfanew);
    const uint64_t size = headers->OptionalHeader.SizeOfImage;

    return (size + MEMORY_PAGE_SIZE - 1) & ~(uint64_t)(MEMORY_PAGE_SIZE - 1);
}

static void check_kinds(struct machine *machine)
{
    const HMODULE image = GetModuleHandleW(NULL);
    struct temp_file file;
    HANDLE section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, VIEW_SIZE, NULL);
    void *view = section != NULL ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    void *memory = VirtualAlloc(NULL, VIEW_SIZE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    check_bits(machine, "image", image, MEMORY_REGION_IMAGE, image_size(image));
    if (temp_file_create(&file, VIEW_SIZE)) {
        check_bits(machine, "data", file.view, MEMORY_REGION_DATA_FILE, VIEW_SIZE);
        temp_file_delete(&file);
    }
    if (view != NULL)
        check_bits(machine, "pagefile", view, MEMORY_REGION_PAGEFILE, VIEW_SIZE);
    if (memory != NULL)
        check_bits(machine, "private", memory, MEMORY_REGION_PRIVATE, VIEW_SIZE);
    if (view != NULL)
        (void)UnmapViewOfFile(view);
    if (memory != NULL)
        (void)VirtualFree(memory, 0, MEM_RELEASE);
    handle_close(&section);
}

static void judge_walks(struct machine *machine, const struct walked *by_allocations,
                        const struct walked *by_regions, const char *difference)
{
    const unsigned long new_queries =
        (unsigned long)(by_allocations->queries.allocations + by_allocations->queries.regions);
    const unsigned long old_queries = (unsigned long)by_regions->queries.regions;

    if (by_allocations->gave_up && machine->is_wine)
        report_add(&machine->report, DOCTOR_SCAN_WALK, DOCTOR_SKIP, NULL, "Wine lacks class 7");
    else if (by_allocations->gave_up)
        report_add(&machine->report, DOCTOR_SCAN_WALK, DOCTOR_FAIL, NULL,
                   "class 7 was given up: 0x%08lx",
                   (unsigned long)by_allocations->allocation_status);
    else
        report_add(
            &machine->report, DOCTOR_SCAN_WALK,
            difference[0] == '\0' && new_queries <= old_queries + WALK_SLACK ? DOCTOR_PASS
                                                                             : DOCTOR_FAIL,
            NULL,
            "%lu views: %lu queries of class 7 and %lu of class 0, or %lu of class 0 alone%s%s",
            (unsigned long)by_regions->count, (unsigned long)by_allocations->queries.allocations,
            (unsigned long)by_allocations->queries.regions, old_queries,
            difference[0] == '\0' ? "" : "; ", difference);
}

static void check_walks(struct machine *machine, const struct platform *platform)
{
    static struct walked by_allocations, by_regions;
    struct address_space self = {.process = GetCurrentProcess()};
    char difference[WALKS_REASON_CAPACITY] = "";

    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        difference[0] = '\0';
        if (!walks_walk(platform, &self, true, &by_allocations) ||
            !walks_walk(platform, &self, false, &by_regions)) {
            (void)snprintf(difference, sizeof difference, "a walk failed");
            continue;
        }
        if (walks_match(&by_allocations, &by_regions, difference))
            break;
    }
    judge_walks(machine, &by_allocations, &by_regions, difference);
}

/* --- rights --- */

/* Security software removes rights from handles; the granted ones say it. Source of the structure:
 * PUBLIC_OBJECT_BASIC_INFORMATION in winternl.h. */
static void check_granted(struct machine *machine, const char *what, DWORD pid)
{
    struct {
        ULONG attributes;
        ACCESS_MASK granted;
        ULONG rest[12];
    } answer = {0};
    const ACCESS_MASK wanted = PROCESS_QUERY_INFORMATION;
    HANDLE process = pid != 0 ? OpenProcess(wanted, FALSE, pid) : NULL;
    const DWORD error = process == NULL ? GetLastError() : ERROR_SUCCESS;

    if (pid == 0) {
        report_add(&machine->report, DOCTOR_HANDLE_ACCESS, DOCTOR_SKIP, what, "does not run here");
    } else if (process == NULL) {
        machine_skip_error(machine, DOCTOR_HANDLE_ACCESS, what, "cannot be opened", error);
    } else {
        const uint32_t status =
            (uint32_t)NtQueryObject(process, NT_OBJECT_BASIC, &answer, sizeof answer, NULL);
        const bool is_full = status == NTSTATUS_OK && (answer.granted & wanted) == wanted;
        report_add(&machine->report, DOCTOR_HANDLE_ACCESS, is_full ? DOCTOR_PASS : DOCTOR_FAIL,
                   what, "asked for 0x%lx, granted 0x%lx%s", (unsigned long)wanted,
                   (unsigned long)answer.granted,
                   is_full ? "" : ": security software may have removed rights");
    }
    handle_close(&process);
}

/* --- devices --- */

static void check_device_query(struct machine *machine)
{
    struct device_map map;
    const uint64_t start_us = system_now_us(NULL);

    device_map_init(&map);
    const DWORD error = device_query_all(&map);
    const unsigned long ms = (unsigned long)((system_now_us(NULL) - start_us) / 1000);
    report_add(&machine->report, DOCTOR_DEVICES_TIME,
               error == ERROR_SUCCESS && ms <= DEVICE_TABLE_WAIT_MAX_MS ? DOCTOR_PASS : DOCTOR_FAIL,
               NULL, "the device query took %lu ms, error %lu; the first scan waits %d ms", ms,
               (unsigned long)error, DEVICE_TABLE_WAIT_MAX_MS);
    device_map_release(&map);
}

/* What a way to list all processes found and cost. */
struct found {
    uint64_t maps, queries, elapsed_us;
    size_t unknown; /* devices without a DOS path */
    char text[DEVICES_MAX * DEVICE_CAPACITY];
};

/* \Device\Name of a device path, once. */
static void add_device(struct found *found, struct span path)
{
    size_t size = 0, slashes = 0;
    char device[DEVICE_CAPACITY];

    while (size < path.size && (path.data[size] != '\\' || ++slashes < 3))
        size++;
    (void)snprintf(device, sizeof device, " %.*s", (int)size, path.data);
    if (strstr(found->text, device) != NULL)
        return;
    found->unknown++;
    if (strlen(found->text) + strlen(device) < sizeof found->text)
        memcpy(found->text + strlen(found->text), device, strlen(device) + 1);
}

/* Other processes are asked on a thread that may hang; it writes here alone, and keeps it if it is
 * given up. */
struct scans {
    const struct platform *platform;
    bool is_bench, is_done, is_measured;
    struct found found, ours, plain;
    uint32_t stuck[STUCK_MAX]; /* processes that are left out */
    size_t stuck_count;
    struct atomic asked; /* processes; stands still while a query does not return */
    struct atomic pid;   /* of the process that is asked */
};

/* For scan_query.check. */
static enum scan_verdict ask_or_skip(void *context, uint32_t pid, uint64_t start_time,
                                     const struct sid *owner, enum scan_stage *stage)
{
    struct scans *scans = context;

    (void)start_time, (void)owner;
    atomic_set(&scans->pid, (long)pid);
    (void)atomic_add(&scans->asked, 1);
    *stage = STAGE_OPEN;
    for (size_t i = 0; i < scans->stuck_count; i++)
        if (scans->stuck[i] == pid)
            return SCAN_SKIP;
    return SCAN_ASK;
}

static bool scan_all(struct scans *scans, struct found *found)
{
    const struct scan_query query = {.lists_maps = true,
                                     .all = true,
                                     .views.kinds = VIEW_IMAGE | VIEW_DATA | VIEW_PAGEFILE,
                                     .query_all = true,
                                     .addresses = true,
                                     .integrity = INTEGRITY_UNKNOWN,
                                     .check = ask_or_skip,
                                     .check_context = scans};
    const uint64_t start_us = system_now_us(NULL);
    struct scan *scan = scan_create(scans->platform, &query, NULL);
    struct scan_row row;

    *found = (struct found){0};
    if (scan == NULL)
        return false;
    do {
        scan_next(scan, &row);
        found->maps += row.type == SCAN_MAP;
        if (row.type == SCAN_MAP && row.map.device_path.data != NULL && row.map.path.data == NULL)
            add_device(found, row.map.device_path);
    } while (row.type != SCAN_END && row.type != SCAN_FAILED);
    const struct query_counts *counts = &scan_counts(scan)->queries;
    found->queries = counts->regions + counts->allocations + counts->names;
    found->elapsed_us = system_now_us(NULL) - start_us;
    scan_destroy(scan);
    return row.type == SCAN_END;
}

static void judge_device_paths(struct machine *machine, const struct scans *scans)
{
    const struct found *found = &scans->found;

    report_add(&machine->report, DOCTOR_DEVICES_PATHS,
               scans->is_done && found->unknown == 0 ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
               "%lu mapped files and sections; devices without a DOS path: %lu%s",
               (unsigned long)found->maps, (unsigned long)found->unknown, found->text);
}

/* --- the bench --- */

/* The plain way: facts and name of every run of pages, as VirtualQueryEx and GetMappedFileNameW ask
 * for them. */
static void plain_process(const struct platform *platform, struct address_space *space,
                          struct buffer *name, struct found *found)
{
    struct region region;
    uint64_t address = 0;
    bool lossy;

    while (platform->memory(platform->context, space, MEMORY_CLASS_BASIC, address, &region,
                            sizeof region) == NTSTATUS_OK &&
           region.size > 0 && region.base + region.size > address) {
        found->queries += 2;
        found->maps +=
            platform->name(platform->context, space, address, name, &lossy) == NTSTATUS_OK;
        address = region.base + region.size;
    }
}

static bool plain_all(struct scans *scans, struct found *found)
{
    const struct platform *platform = scans->platform;
    enum scan_stage stage;
    struct process_list *list = process_list_create();
    const uint64_t start_us = system_now_us(NULL);
    struct process_facts facts;
    struct address_space *space = NULL;
    struct buffer name;

    *found = (struct found){0};
    buffer_init(&name, NAME_SIZE_MAX);
    const bool is_listed =
        list != NULL && platform->list(platform->context, false, list) == NTSTATUS_OK;
    for (size_t i = 0; is_listed && i < list->count; i++) {
        const uint32_t pid = list->entries[i].pid;
        if (ask_or_skip(scans, pid, 0, NULL, &stage) == SCAN_SKIP ||
            platform->open(platform->context, pid, &facts, &name, &space) != NTSTATUS_OK)
            continue;
        plain_process(platform, space, &name, found);
        platform->close(platform->context, space);
    }
    found->elapsed_us = system_now_us(NULL) - start_us;
    buffer_release(&name);
    process_list_release(list);
    return is_listed;
}

static void judge_bench(struct machine *machine, const struct scans *scans)
{
    const struct found *ours = &scans->ours, *plain = &scans->plain;

    if (!scans->is_bench) {
        report_add(&machine->report, DOCTOR_BENCH_SCAN, DOCTOR_SKIP, NULL,
                   "it takes a while: run " DOCTOR_NAME " --bench");
        return;
    }
    const bool is_measured = scans->is_measured && plain->queries > 0 && plain->elapsed_us > 0;
    const double time = is_measured ? (double)ours->elapsed_us / (double)plain->elapsed_us : 0;
    const double queries = is_measured ? (double)ours->queries / (double)plain->queries : 0;
    report_add(
        &machine->report, DOCTOR_BENCH_SCAN, is_measured && queries < 1 ? DOCTOR_PASS : DOCTOR_FAIL,
        NULL,
        "%.1f ms and %llu queries, the plain way %.1f ms and %llu: %.2f of its time, %.2f of "
        "its queries",
        (double)ours->elapsed_us / 1000, (unsigned long long)ours->queries,
        (double)plain->elapsed_us / 1000, (unsigned long long)plain->queries, time, queries);
}

static void keep_best(struct found *best, const struct found *found)
{
    if (best->elapsed_us == 0 || found->elapsed_us < best->elapsed_us)
        *best = *found;
}

/* The first scan waits for the devices, so the second is looked at. */
static DWORD WINAPI run_scans(void *context)
{
    struct scans *scans = context;
    struct found ours, plain;

    scans->is_done = scan_all(scans, &scans->found) && scan_all(scans, &scans->found);
    for (int round = 0; scans->is_bench && round < BENCH_ROUNDS; round++) {
        scans->is_measured = scan_all(scans, &ours) && plain_all(scans, &plain);
        keep_best(&scans->ours, &ours);
        keep_best(&scans->plain, &plain);
    }
    return 0;
}

/* Returns false when the thread stands still in a query; it may end later. */
static bool wait_for_scans(HANDLE thread, struct scans *scans)
{
    long asked;

    do {
        asked = atomic_get(&scans->asked);
        if (WaitForSingleObject(thread, STUCK_MS) == WAIT_OBJECT_0)
            return true;
    } while (asked != atomic_get(&scans->asked));
    return false;
}

static void check_scans(struct machine *machine, const struct platform *platform, bool bench)
{
    uint32_t stuck[STUCK_MAX + 1];

    for (size_t count = 0; count <= STUCK_MAX; count++) {
        struct scans *scans = calloc(1, sizeof *scans);
        HANDLE thread = NULL;
        if (scans == NULL)
            break;
        scans->platform = platform;
        scans->is_bench = bench;
        scans->stuck_count = count;
        memcpy(scans->stuck, stuck, count * sizeof *stuck);
        thread = CreateThread(NULL, 0, run_scans, scans, 0, NULL);
        const bool is_over = thread == NULL || wait_for_scans(thread, scans);
        handle_close(&thread);
        if (is_over) {
            judge_device_paths(machine, scans);
            judge_bench(machine, scans);
            free(scans);
            return;
        }
        stuck[count] = (uint32_t)atomic_get(&scans->pid);
        char subject[PID_TEXT_CAPACITY];
        (void)snprintf(subject, sizeof subject, "process %lu", (unsigned long)stuck[count]);
        report_add(&machine->report, DOCTOR_DEVICES_PATHS, DOCTOR_SKIP, subject,
                   "left out: a query about it did not return within %d s", STUCK_MS / 1000);
    }
    report_add(&machine->report, DOCTOR_DEVICES_PATHS, DOCTOR_FAIL, NULL,
               "no scan of all processes ended");
    report_add(&machine->report, DOCTOR_BENCH_SCAN, DOCTOR_FAIL, NULL, "the same");
}

void check_scan(struct machine *machine, bool bench)
{
    static struct platform platform; /* a thread that hangs may use it until the program ends */

    check_kinds(machine);
    check_granted(machine, "lsmap-doctor.exe", GetCurrentProcessId());
    check_granted(machine, "explorer.exe", machine_find_process(L"explorer.exe"));
    check_granted(machine, "services.exe", machine_find_process(L"services.exe"));
    check_device_query(machine);
    const DWORD debug_error = platform_nt_enable_debug(); /* others are refused without it */
    const DWORD error = platform_nt_create(&platform, 0);
    if (error != ERROR_SUCCESS) {
        report_add(&machine->report, DOCTOR_SCAN_WALK, DOCTOR_FAIL, NULL, "error %lu, debug %lu",
                   (unsigned long)error, (unsigned long)debug_error);
        return;
    }
    check_walks(machine, &platform);
    check_scans(machine, &platform, bench);
}
