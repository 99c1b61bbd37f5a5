#include "common/win32/platform_nt.h"

#include <stdlib.h>

#include "common/base/assertion.h"
#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/scan/process_snapshot.h"
#include "common/text/utf.h"
#include "common/win32/device_query.h"
#include "common/win32/device_table.h"
#include "common/win32/handle.h"
#include "common/win32/object_directory.h"
#include "common/win32/service_list.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"

enum {
    NAME_ANSWER_SIZE_FIRST = 1024,
    NAME_ATTEMPTS_MAX = 8,
    LIST_SIZE_FIRST = 256 * 1024,
    LIST_SIZE_MAX = 64 * 1024 * 1024, /* PROCESSES_MAX processes with a dozen threads each */
    DRIVERS_SIZE_FIRST = 128 * 1024   /* 440 drivers */
};

/* The context of the platform. Never changed, except for the lists, which have locks. */
struct platform_nt {
    struct device_table *devices;            /* owned */
    struct service_list *services;           /* owned */
    get_process_information get_information; /* of kernel32.dll; NULL: not there */
    is_wow64_process2 is_wow64;              /* the same */
    uint64_t address_limit;                  /* first address above the user space of any process */
    struct object_calls objects;
};

/* --- names --- */

/* Makes room for `needed` bytes, or for the longest possible name when that is no more than there
 * is: some file systems report "too small" and then "needs 0". */
static bool grow_answer(struct address_space *space, size_t needed)
{
    size_t size = NAME_ANSWER_SIZE_FIRST;

    if (space->answer_size > 0) {
        size = space->answer_size * 2;
        if (size < needed)
            size = needed;
        if (needed <= space->answer_size || size > NT_NAME_ANSWER_SIZE_MAX)
            size = NT_NAME_ANSWER_SIZE_MAX;
    }
    struct nt_string *answer = malloc(size);
    if (answer == NULL)
        return false;
    free(space->answer);
    space->answer = answer;
    space->answer_size = size;
    return true;
}

static bool is_too_small(uint32_t status)
{
    return status == NTSTATUS_BUFFER_OVERFLOW || status == NTSTATUS_INFO_LENGTH_MISMATCH ||
           status == NTSTATUS_BUFFER_TOO_SMALL;
}

/* True when all of the text lies after the structure and inside the answer. */
static bool is_inside(const struct nt_string *answer, size_t answer_size)
{
    uintptr_t begin = (uintptr_t)answer;
    uintptr_t data = (uintptr_t)answer->data;

    if (answer->size == 0)
        return true;
    return data >= begin + sizeof *answer && data - begin <= answer_size &&
           answer->size <= answer_size - (data - begin) && data % sizeof(wchar_t) == 0;
}

static uint32_t copy_name(const struct address_space *space, struct buffer *name, bool *lossy)
{
    const struct nt_string *answer = space->answer;
    size_t len = answer->size / sizeof(wchar_t);

    if (!is_inside(answer, space->answer_size))
        return NTSTATUS_INFO_LENGTH_MISMATCH;
    /* Wine counts the terminator of the files it maps before a process runs. */
    while (len > 0 && answer->data[len - 1] == L'\0')
        len--;
    if (!text_w_append(name, answer->data, len))
        return NTSTATUS_NO_MEMORY;
    *lossy = utf16_is_lossy(answer->data, len);
    return NTSTATUS_OK;
}

uint32_t platform_nt_query_name(struct address_space *space, name_query query, const void *address,
                                struct buffer *name, bool *lossy)
{
    uint32_t status = NTSTATUS_BUFFER_TOO_SMALL;

    buffer_clear(name);
    if (space->answer_size == 0 && !grow_answer(space, 0))
        return NTSTATUS_NO_MEMORY;
    for (int attempt = 0; attempt < NAME_ATTEMPTS_MAX; attempt++) {
        size_t needed = 0;
        status =
            (uint32_t)query(space->process, address, space->answer, space->answer_size, &needed);
        if (status == NTSTATUS_OK)
            return copy_name(space, name, lossy);
        if (!is_too_small(status) || space->answer_size >= NT_NAME_ANSWER_SIZE_MAX)
            return status;
        if (!grow_answer(space, needed))
            return NTSTATUS_NO_MEMORY;
    }
    return status;
}

/* --- opening --- */

static uint32_t open_with(uint32_t pid, ACCESS_MASK access, HANDLE *process)
{
    struct nt_object_attributes attributes = {.size = sizeof attributes};
    struct nt_client_id client_id = {.process = (HANDLE)(uintptr_t)pid};
    return (uint32_t)NtOpenProcess(process, access, &attributes, &client_id);
}

/* PROCESS_QUERY_INFORMATION reads everything we ask for; protected processes grant only
 * PROCESS_QUERY_LIMITED_INFORMATION. PROCESS_VM_READ and rights that change a process are never
 * requested. */
static uint32_t open_process(uint32_t pid, HANDLE *process, enum process_access *access)
{
    uint32_t status = open_with(pid, PROCESS_QUERY_INFORMATION, process);
    *access = PROCESS_ACCESS_FULL;
    if (status == NTSTATUS_ACCESS_DENIED) {
        status = open_with(pid, PROCESS_QUERY_LIMITED_INFORMATION, process);
        *access = PROCESS_ACCESS_LIMITED;
    }
    /* For pid 0 Windows returns STATUS_INVALID_PARAMETER instead. */
    return pid == 0 && status != NTSTATUS_OK ? NTSTATUS_INVALID_CID : status;
}

/* Windows ignores the two low bits of a pid: 1235 opens process 1232.
 * is_minimal  Receives whether it has no PEB. Returns false for another process. */
static bool is_process(HANDLE process, uint32_t pid, bool *is_minimal)
{
    struct nt_process_basic basic;
    nt_result result =
        NtQueryInformationProcess(process, NT_PROCESS_BASIC, &basic, sizeof basic, NULL);
    *is_minimal = result >= 0 && basic.peb == NULL;
    return result < 0 || basic.pid == pid;
}

static uint64_t query_start_time(HANDLE process)
{
    FILETIME created, exited, kernel, user;
    if (!GetProcessTimes(process, &created, &exited, &kernel, &user))
        return 0;
    return (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
}

static enum process_arch arch_from_machine(USHORT machine)
{
    switch (machine) {
    case IMAGE_FILE_MACHINE_I386:
        return ARCH_X86;
    case IMAGE_FILE_MACHINE_AMD64:
        return ARCH_X64;
    case IMAGE_FILE_MACHINE_ARM:
    case IMAGE_FILE_MACHINE_THUMB:
    case IMAGE_FILE_MACHINE_ARMNT:
        return ARCH_ARM;
    case IMAGE_FILE_MACHINE_ARM64:
        return ARCH_ARM64;
    default:
        return ARCH_UNKNOWN;
    }
}

static enum process_arch query_arch(const struct platform_nt *platform, HANDLE process)
{
    struct nt_process_machine type = {0};
    USHORT machine = IMAGE_FILE_MACHINE_UNKNOWN;
    USHORT native = IMAGE_FILE_MACHINE_UNKNOWN;
    BOOL is_wow64 = FALSE;

    /* Only this query knows an x64 process on ARM64, which is not a WOW64 process. */
    if (platform->get_information != NULL &&
        platform->get_information(process, NT_PROCESS_MACHINE_TYPE, &type, sizeof type))
        return arch_from_machine(type.machine);
    if (platform->is_wow64 != NULL && platform->is_wow64(process, &machine, &native))
        return arch_from_machine(machine != IMAGE_FILE_MACHINE_UNKNOWN ? machine : native);
    if (IsWow64Process(process, &is_wow64))
        return is_wow64 ? ARCH_X86 : ARCH_X64;
    return ARCH_UNKNOWN;
}

static int query_protection(HANDLE process)
{
    uint8_t protection = 0;
    nt_result result = NtQueryInformationProcess(process, NT_PROCESS_PROTECTION, &protection,
                                                 sizeof protection, NULL);
    return result < 0 ? PROTECTION_UNKNOWN : protection;
}

static void query_owner(HANDLE process, struct process_facts *facts)
{
    HANDLE token = NULL;

    /* TOKEN_QUERY reads which user the process runs as. What fails stays unknown. */
    if (!OpenProcessToken(process, TOKEN_QUERY, &token))
        return;
    (void)(token_user(token, &facts->owner) == ERROR_SUCCESS);
    (void)(token_integrity(token, &facts->integrity) == ERROR_SUCCESS);
    handle_close(&token);
}

static nt_result query_image_name(HANDLE process, const void *address, void *buffer, size_t size,
                                  size_t *needed)
{
    ULONG needed_size = 0;
    (void)address;
    nt_result result = NtQueryInformationProcess(process, NT_PROCESS_IMAGE_NAME, buffer,
                                                 (ULONG)size, &needed_size);
    *needed = needed_size;
    return result;
}

static void close_space(void *context, struct address_space *space)
{
    (void)context;
    if (space == NULL)
        return;
    handle_close(&space->process);
    free(space->answer);
    free(space);
}

static uint32_t open_space(void *context, uint32_t pid, struct process_facts *facts,
                           struct buffer *image, struct address_space **space)
{
    const struct platform_nt *platform = context;
    enum process_access access = PROCESS_ACCESS_NONE;
    bool lossy, is_minimal = false;

    struct address_space *made = calloc(1, sizeof *made);
    if (made == NULL)
        return NTSTATUS_NO_MEMORY;
    uint32_t status = open_process(pid, &made->process, &access);
    if (status == NTSTATUS_OK && !is_process(made->process, pid, &is_minimal))
        status = NTSTATUS_INVALID_CID;
    if (status != NTSTATUS_OK) {
        close_space(NULL, made);
        return status;
    }
    *facts = (struct process_facts){
        .access = access,
        .start_time = query_start_time(made->process),
        .address_limit = platform->address_limit,
        .is_minimal = is_minimal,
        .arch = query_arch(platform, made->process),
        .protection = query_protection(made->process),
        .integrity = INTEGRITY_UNKNOWN,
    };
    query_owner(made->process, facts);
    if (platform_nt_query_name(made, query_image_name, NULL, image, &lossy) != NTSTATUS_OK)
        buffer_clear(image);
    *space = made;
    return NTSTATUS_OK;
}

/* --- memory --- */

static_assert(sizeof(struct region) == sizeof(MEMORY_BASIC_INFORMATION) &&
                  offsetof(struct region, size) == offsetof(MEMORY_BASIC_INFORMATION, RegionSize) &&
                  offsetof(struct region, type) == offsetof(MEMORY_BASIC_INFORMATION, Type),
              "a region is what Windows calls one");

static uint32_t query_memory(void *context, struct address_space *space,
                             enum memory_class memory_class, uint64_t address, void *answer,
                             size_t size)
{
    (void)context;
    return (uint32_t)NtQueryVirtualMemory(space->process, (const void *)(uintptr_t)address,
                                          (ULONG)memory_class, answer, size, NULL);
}

static nt_result query_mapped_name(HANDLE process, const void *address, void *buffer, size_t size,
                                   size_t *needed)
{
    SIZE_T needed_size = 0;
    nt_result result =
        NtQueryVirtualMemory(process, address, MEMORY_CLASS_NAME, buffer, size, &needed_size);
    *needed = needed_size;
    return result;
}

static uint32_t query_name(void *context, struct address_space *space, uint64_t address,
                           struct buffer *name, bool *lossy)
{
    (void)context;
    return platform_nt_query_name(space, query_mapped_name, (const void *)(uintptr_t)address, name,
                                  lossy);
}

/* --- the platform --- */

static uint32_t list_processes(void *context, bool with_owners, struct process_list *list)
{
    struct buffer answer;
    bool has_owners = with_owners;

    (void)context;
    buffer_init(&answer, LIST_SIZE_MAX);
    uint32_t status = has_owners ? system_query(NT_SYSTEM_FULL_PROCESSES, LIST_SIZE_FIRST, &answer)
                                 : NTSTATUS_INVALID_INFO_CLASS;
    if (status != NTSTATUS_OK) { /* this system has no owners, or not for us */
        has_owners = false;
        status = system_query(NT_SYSTEM_PROCESSES, LIST_SIZE_FIRST, &answer);
    }
    if (status == NTSTATUS_OK)
        status = process_snapshot_read(buffer_span(&answer), has_owners, list);
    buffer_release(&answer);
    return status;
}

static uint32_t list_drivers(void *context, struct buffer *answer)
{
    (void)context;
    return system_query(NT_SYSTEM_MODULES, DRIVERS_SIZE_FIRST, answer);
}

static bool find_services(void *context, uint32_t pid, uint64_t start_time, struct buffer *names)
{
    struct platform_nt *platform = context;
    return service_list_find(platform->services, pid, start_time, names);
}

static bool rewrite_path(void *context, struct span device_path, struct buffer *path)
{
    struct platform_nt *platform = context;
    return device_table_rewrite(platform->devices, device_path, path);
}

static uint64_t query_address_limit(void)
{
    SYSTEM_INFO info;
    GetNativeSystemInfo(&info);
    return (uint64_t)(uintptr_t)info.lpMaximumApplicationAddress + 1;
}

DWORD platform_nt_create(struct platform *platform)
{
    struct platform_nt *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = device_table_create(device_query_all, &made->devices);
    if (error == ERROR_SUCCESS)
        error = service_list_create(service_list_query, &made->services);
    if (error != ERROR_SUCCESS) {
        device_table_destroy(made->devices);
        free(made);
        return error;
    }
    made->get_information =
        (get_process_information)system_function(L"kernel32.dll", "GetProcessInformation");
    made->is_wow64 = (is_wow64_process2)system_function(L"kernel32.dll", "IsWow64Process2");
    made->address_limit = query_address_limit();
    object_directory_calls(&made->objects);
    *platform = (struct platform){
        .context = made,
        .hides_shares = token_administrator(GetCurrentProcessToken()) != ADMINISTRATOR_ENABLED,
        .list = list_processes,
        .open = open_space,
        .memory = query_memory,
        .name = query_name,
        .drivers = list_drivers,
        .services = find_services,
        .path = rewrite_path,
        .close = close_space,
        .objects = &made->objects,
    };
    return ERROR_SUCCESS;
}

void platform_nt_destroy(struct platform *platform)
{
    struct platform_nt *made = platform->context;
    if (made != NULL) {
        device_table_destroy(made->devices);
        service_list_destroy(made->services);
    }
    free(made);
    platform->context = NULL;
}

void platform_nt_wait_services(struct platform *platform, DWORD wait_ms)
{
    service_list_wait(((struct platform_nt *)platform->context)->services, wait_ms);
}

DWORD platform_nt_enable_debug(void)
{
    HANDLE token = NULL;
    TOKEN_PRIVILEGES privileges = {.PrivilegeCount = 1};

    privileges.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (!LookupPrivilegeValueW(NULL, SE_DEBUG_NAME, &privileges.Privileges[0].Luid) ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token))
        return GetLastError();
    /* The call succeeds even if it enabled nothing: only the last error shows that. */
    (void)AdjustTokenPrivileges(token, FALSE, &privileges, 0, NULL, NULL);
    const DWORD error = GetLastError();
    handle_close(&token);
    return error;
}
