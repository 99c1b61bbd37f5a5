/* What the limited right gives for protected processes: each memory query by itself, with the
 * NTSTATUS as the kernel returned it. */
#include "tests/doctor/checks.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/scan/process.h"
#include "common/win32/handle.h"
#include "common/win32/ntdll.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"

enum {
    REGIONS_MAX = 64 * 1024, /* of one process, until the first image */
    LIST_SIZE_FIRST = 1024 * 1024,
    LIST_SIZE_MAX = 64 * 1024 * 1024,
    NAME_ANSWER_SIZE = 4 * 1024 /* enough for the name of a system image */
};

enum { NT_MEMORY_IMAGE = 6 }; /* struct nt_memory_image; QLI */

struct nt_memory_image {
    void *base;
    SIZE_T size;
    ULONG flags; /* partial map, signing level */
};

static_assert(sizeof(struct nt_memory_image) == 24, "MEMORY_IMAGE_INFORMATION");

/* Steps from region to region up to the first mapped image. Returns the status of the last query;
 * *address receives the base of the image. */
static uint32_t find_image(HANDLE process, uintptr_t *address)
{
    MEMORY_BASIC_INFORMATION basic = {0};
    uintptr_t at = 0;

    for (int i = 0; i < REGIONS_MAX; i++) {
        uint32_t status = (uint32_t)NtQueryVirtualMemory(
            process, (const void *)at, MEMORY_CLASS_BASIC, &basic, sizeof basic, NULL);
        if (status != NTSTATUS_OK)
            return status;
        if (basic.State == MEM_COMMIT && basic.Type == MEM_IMAGE) {
            *address = (uintptr_t)basic.AllocationBase;
            return NTSTATUS_OK;
        }
        if (basic.RegionSize == 0 || at + basic.RegionSize < at)
            break;
        at += basic.RegionSize;
    }
    return NTSTATUS_INVALID_ADDRESS;
}

/* One query of a class at the base of the image. */
static uint32_t query(HANDLE process, uintptr_t address, ULONG information)
{
    union {
        struct nt_string name;
        struct allocation region;
        struct nt_memory_image image;
        char bytes[NAME_ANSWER_SIZE];
    } answer;
    struct page page = {.address = address};
    const void *at = (const void *)address;

    switch (information) {
    case MEMORY_CLASS_WORKING_SET_EX: /* takes its addresses in the buffer */
        return (uint32_t)NtQueryVirtualMemory(process, NULL, information, &page, sizeof page, NULL);
    case MEMORY_CLASS_REGION_EX:
        return (uint32_t)NtQueryVirtualMemory(process, at, information, &answer.region,
                                              sizeof answer.region, NULL);
    case MEMORY_CLASS_IMAGE:
        return (uint32_t)NtQueryVirtualMemory(process, at, information, &answer.image,
                                              sizeof answer.image, NULL);
    default:
        return (uint32_t)NtQueryVirtualMemory(process, at, information, &answer, sizeof answer,
                                              NULL);
    }
}

/* Without the first three a protected process cannot be listed; the others add to its list. */
static const struct {
    ULONG information;
    const char *name;
    bool is_needed;
} classes[] = {
    {MEMORY_CLASS_BASIC, "regions", true},   {MEMORY_CLASS_NAME, "names", true},
    {MEMORY_CLASS_REGION_EX, "views", true}, {MEMORY_CLASS_WORKING_SET_EX, "pages", false},
    {MEMORY_CLASS_IMAGE, "images", false},
};

static void add_status(struct machine *machine, const char *target, size_t index, uint32_t status)
{
    enum doctor_outcome outcome = status == NTSTATUS_OK ? DOCTOR_PASS : DOCTOR_FAIL;
    const char *why = "";
    char subject[DOCTOR_SUBJECT_CAPACITY];

    if (outcome == DOCTOR_FAIL && machine->is_wine) {
        outcome = DOCTOR_SKIP;
        why = ", Wine requires another right or does not know the class";
    } else if (outcome == DOCTOR_FAIL && !classes[index].is_needed) {
        outcome = DOCTOR_SKIP;
        why = ", which lsmap does not depend on";
    }
    (void)snprintf(subject, sizeof subject, "%s class %lu", target,
                   (unsigned long)classes[index].information);
    report_add(&machine->report, DOCTOR_QUERY_LIMITED, outcome, subject, "%s 0x%08lx%s",
               classes[index].name, (unsigned long)status, why);
}

static void check_open(struct machine *machine, const char *target, HANDLE process)
{
    uintptr_t address = 0;
    uint32_t found = find_image(process, &address);

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        uint32_t status = found;
        if (found == NTSTATUS_OK)
            status = query(process, address, classes[i].information);
        else if (machine->is_wine && i > 0) /* the others fail for the same reason */
            break;
        add_status(machine, target, i, status);
    }
}

static void check_target(struct machine *machine, const char *target, const wchar_t *name)
{
    DWORD pid = machine_find_process(name);

    if (pid == 0) {
        report_add(&machine->report, DOCTOR_QUERY_LIMITED, DOCTOR_SKIP, target,
                   "does not run here");
        return;
    }
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    DWORD error = process == NULL ? GetLastError() : ERROR_SUCCESS;
    if (process != NULL)
        check_open(machine, target, process);
    else if (machine->is_elevated)
        report_add(&machine->report, DOCTOR_QUERY_LIMITED, DOCTOR_FAIL, target,
                   "cannot be opened with the limited right: error %lu", (unsigned long)error);
    else
        machine_skip_error(machine, DOCTOR_QUERY_LIMITED, target, "cannot be opened", error);
    handle_close(&process);
}

/* Class 148: each process has an owner, this one has our user. */
static void judge_owners(struct machine *machine, const struct process_list *list)
{
    struct caller self;
    size_t known = 0;
    bool is_right = false;

    const DWORD error = token_facts(GetCurrentProcessToken(), &self);
    for (size_t i = 0; i < list->count && error == ERROR_SUCCESS; i++) {
        known += list->entries[i].owner.size > 0;
        is_right = is_right || (list->entries[i].pid == GetCurrentProcessId() &&
                                sid_equal(&list->entries[i].owner, &self.user));
    }
    report_add(&machine->report, DOCTOR_QUERY_OWNERS,
               is_right && known == list->count ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
               "%lu of %lu processes have an owner, and that of this one is %s",
               (unsigned long)known, (unsigned long)list->count, is_right ? "right" : "wrong");
}

static void check_owners(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_QUERY_OWNERS;
    struct process_list *list = process_list_create();
    struct buffer answer;

    if (machine_skips_wine(machine, check, "lacks SystemFullProcessInformation"))
        goto cleanup;
    buffer_init(&answer, LIST_SIZE_MAX);
    uint32_t status = system_query(NT_SYSTEM_FULL_PROCESSES, LIST_SIZE_FIRST, &answer);
    if (status == NTSTATUS_OK && list != NULL)
        status = process_snapshot_read(buffer_span(&answer), true, list);
    buffer_release(&answer);
    if (status == NTSTATUS_OK && list != NULL)
        judge_owners(machine, list);
    else if (status == NTSTATUS_ACCESS_DENIED && !machine->is_elevated)
        report_add(&machine->report, check, DOCTOR_SKIP, NULL,
                   "only administrators may ask: run lsmap-doctor from an elevated prompt");
    else
        report_add(&machine->report, check, DOCTOR_FAIL, NULL, "the query failed: 0x%08lx",
                   (unsigned long)status);

cleanup:
    process_list_release(list);
}

/* What the kernel keeps to itself: each class by itself, at the lowest address of user space. Windows may
 * refuse them all; another status would be reported as an error. */
static void check_closed(struct machine *machine, const char *target, const wchar_t *name)
{
    const DWORD pid = machine_find_process(name);
    HANDLE process = pid != 0 ? OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid) : NULL;
    const DWORD error = process == NULL && pid != 0 ? GetLastError() : ERROR_SUCCESS;
    char text[128] = "";
    bool is_expected = true;

    if (process == NULL) {
        report_add(&machine->report, DOCTOR_QUERY_CLOSED,
                   pid == 0 || !machine->is_elevated ? DOCTOR_SKIP : DOCTOR_FAIL, target,
                   pid == 0 ? "does not run here" : "cannot be opened: error %lu",
                   (unsigned long)error);
        return;
    }
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        const uint32_t status = query(process, 0x7ffe0000, classes[i].information);
        const size_t size = strlen(text);
        (void)snprintf(text + size, sizeof text - size, " %s 0x%08lx", classes[i].name,
                       (unsigned long)status);
        is_expected =
            is_expected && (i != 0 || status == NTSTATUS_OK || status == NTSTATUS_ACCESS_DENIED);
    }
    report_add(&machine->report, DOCTOR_QUERY_CLOSED,
               is_expected        ? DOCTOR_PASS
               : machine->is_wine ? DOCTOR_SKIP
                                  : DOCTOR_FAIL,
               target, "%s", text + 1);
    handle_close(&process);
}

void check_queries(struct machine *machine)
{
    static const struct {
        const char *target;
        const wchar_t *name;
    } closed[] = {
        {"System", L"System"},
        {"Registry", L"Registry"},
        {"MemCompression", L"MemCompression"},
        {"Secure System", L"Secure System"},
        {"vmmem", L"vmmem"},
    };
    static const struct {
        const char *target;
        const wchar_t *name;
    } targets[] = {
        {"csrss.exe", L"csrss.exe"},
        {"lsass.exe", L"lsass.exe"},
        {"MsMpEng.exe", L"MsMpEng.exe"},
        {"services.exe", L"services.exe"},
    };

    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        check_target(machine, targets[i].target, targets[i].name);
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        check_closed(machine, closed[i].target, closed[i].name);
    check_owners(machine);
}
