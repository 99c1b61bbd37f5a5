#include "common/win32/platform_nt.h"

#include <stdlib.h>

#include "common/scan/nt_status.h"
#include "common/scan/process.h"
#include "common/text/utf.h"
#include "common/win32/device_query.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/system_lists.h"
#include "common/win32/token.h"

enum {
    NAME_ANSWER_SIZE_FIRST = 1024,
    LIST_SIZE_FIRST = 256 * 1024,
    LIST_SIZE_MAX = 64 * 1024 * 1024,    /* PROCESSES_MAX processes with a dozen threads each */
    DRIVERS_SIZE_FIRST = 128 * 1024,     /* 440 drivers */
    HANDLES_SIZE_FIRST = 4 * 1024 * 1024 /* 100,000 handles */
};

/* The context of the platform. Never changed, except for the lists, which have locks. */
struct platform_nt {
    struct system_lists *lists;              /* owned */
    get_process_information get_information; /* of kernel32.dll; NULL: Wine 8 */
    uint64_t address_limit;                  /* first address above the user space of any process */
    struct object_calls objects;
};

/* --- names --- */

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

static uint32_t copy_name(const struct nt_string *answer, size_t answer_size, struct buffer *name,
                          bool *lossy)
{
    size_t len = answer->size / sizeof(wchar_t);

    if (!is_inside(answer, answer_size))
        return NTSTATUS_INFO_LENGTH_MISMATCH;
    /* Wine counts the terminator of the files it maps before a process runs. */
    while (len > 0 && answer->data[len - 1] == L'\0')
        len--;
    if (!buffer_utf16(name, answer->data, len))
        return NTSTATUS_NO_MEMORY;
    *lossy = utf16_is_lossy(answer->data, len);
    return NTSTATUS_OK;
}

uint32_t platform_nt_query_name(struct address_space *space, name_query query, const void *address,
                                struct buffer *name, bool *lossy)
{
    /* Nearly all names fit the first. What is needed is not asked for: some file systems report "too
     * small" and then "needs 0". */
    static const ULONG sizes[] = {NAME_ANSWER_SIZE_FIRST, NT_NAME_ANSWER_SIZE_MAX};
    uint32_t status = NTSTATUS_BUFFER_TOO_SMALL;

    buffer_clear(name);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        status = (uint32_t)query(space->process, address, &space->answer, sizes[i]);
        if (status == NTSTATUS_OK)
            return copy_name(&space->answer.name, sizes[i], name, lossy);
        if (status != NTSTATUS_BUFFER_OVERFLOW && status != NTSTATUS_INFO_LENGTH_MISMATCH &&
            status != NTSTATUS_BUFFER_TOO_SMALL)
            break;
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

/* Protected processes grant only the second right. PROCESS_VM_READ and rights that change a process
 * are never requested. */
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

    /* Only this query knows an x64 process on ARM64, which is not a WOW64 process. */
    if (platform->get_information != NULL &&
        platform->get_information(process, NT_PROCESS_MACHINE_TYPE, &type, sizeof type))
        return arch_from_machine(type.machine);
    if (!IsWow64Process2(process, &machine, &native))
        return ARCH_UNKNOWN;
    return arch_from_machine(machine != IMAGE_FILE_MACHINE_UNKNOWN ? machine : native);
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

static nt_result query_image_name(HANDLE process, const void *address, void *answer, ULONG size)
{
    (void)address;
    return NtQueryInformationProcess(process, NT_PROCESS_IMAGE_NAME, answer, size, NULL);
}

static void close_space(void *context, struct address_space *space)
{
    (void)context;
    handle_close(&space->process);
    free(space);
}

static uint32_t open_space(void *context, uint32_t pid, struct process_facts *facts,
                           struct buffer *image, struct address_space **space)
{
    const struct platform_nt *platform = context;
    enum process_access access = PROCESS_ACCESS_NONE;
    bool lossy, is_minimal = false;

    struct address_space *made = malloc(sizeof *made);
    if (made == NULL)
        return NTSTATUS_NO_MEMORY;
    made->process = NULL;
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

static nt_result query_mapped_name(HANDLE process, const void *address, void *answer, ULONG size)
{
    return NtQueryVirtualMemory(process, address, MEMORY_CLASS_NAME, answer, size, NULL);
}

static uint32_t query_name(void *context, struct address_space *space, uint64_t address,
                           struct buffer *name, bool *lossy)
{
    (void)context;
    return platform_nt_query_name(space, query_mapped_name, (const void *)(uintptr_t)address, name,
                                  lossy);
}

/* --- named objects --- */

static uint32_t open_object(void *context, enum object_type type, uint64_t parent,
                            const uint16_t *name, size_t len, uint64_t *handle)
{
    const USHORT size = (USHORT)(len * sizeof *name); /* an object's name has no more than this */
    struct nt_string text = {size, size, (wchar_t *)(uintptr_t)name};
    struct nt_object_attributes attributes = {.size = sizeof attributes,
                                              .root_directory = (HANDLE)(uintptr_t)parent,
                                              .object_name = &text};
    HANDLE opened = NULL;

    (void)context;
    const nt_result result = type == OBJECT_DIRECTORY
                                 ? NtOpenDirectoryObject(&opened, NT_DIRECTORY_QUERY, &attributes)
                                 : NtOpenSection(&opened, NT_SECTION_QUERY, &attributes);
    if (result == 0)
        *handle = (uint64_t)(uintptr_t)opened;
    return (uint32_t)result;
}

static uint32_t read_directory(void *context, uint64_t directory, bool is_single, size_t size,
                               uint32_t *ordinal, struct buffer *answer)
{
    ULONG next = *ordinal;

    (void)context;
    const nt_result result = NtQueryDirectoryObject((HANDLE)(uintptr_t)directory, answer->data,
                                                    (ULONG)size, is_single, next == 0, &next, NULL);
    answer->size = result == 0 || (uint32_t)result == NTSTATUS_MORE_ENTRIES ? size : 0;
    *ordinal = next;
    return (uint32_t)result;
}

static uint32_t query_section(void *context, uint64_t section, struct section_basic *answer)
{
    (void)context;
    return (uint32_t)NtQuerySection((HANDLE)(uintptr_t)section, NT_SECTION_BASIC, answer,
                                    sizeof *answer, NULL);
}

static void close_object(void *context, uint64_t handle)
{
    (void)context;
    CloseHandle((HANDLE)(uintptr_t)handle);
}

static uint32_t list_handles(void *context, struct buffer *answer)
{
    (void)context;
    if (system_is_wine()) /* Wine 8's server crashes while a process has no handle: server/handle.c. */
        return NTSTATUS_NOT_IMPLEMENTED;
    return system_query(NT_SYSTEM_HANDLES, HANDLES_SIZE_FIRST, answer);
}

/* --- the platform --- */

static uint32_t list_processes(void *context, bool with_owners, struct process_list *list)
{
    struct buffer answer = {.capacity_max = LIST_SIZE_MAX};

    (void)context;
    uint32_t status = with_owners ? system_query(NT_SYSTEM_FULL_PROCESSES, LIST_SIZE_FIRST, &answer)
                                  : NTSTATUS_INVALID_INFO_CLASS;
    if (status != NTSTATUS_OK) { /* this system has no owners, or not for us */
        with_owners = false;
        status = system_query(NT_SYSTEM_PROCESSES, LIST_SIZE_FIRST, &answer);
    }
    if (status == NTSTATUS_OK)
        status = process_snapshot_read(buffer_span(&answer), with_owners, list);
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
    return system_lists_services(((struct platform_nt *)context)->lists, pid, start_time, names);
}

static bool rewrite_path(void *context, struct span device_path, struct buffer *path)
{
    return system_lists_path(((struct platform_nt *)context)->lists, device_path, path);
}

DWORD platform_nt_create(struct platform *platform, DWORD wait_ms)
{
    SYSTEM_INFO system;
    struct platform_nt *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD error = system_lists_create(device_query_all, service_list_query, &made->lists);
    if (error != ERROR_SUCCESS) {
        free(made);
        return error;
    }
    made->get_information =
        (get_process_information)system_function(L"kernel32.dll", "GetProcessInformation");
    GetNativeSystemInfo(&system);
    made->address_limit = (uint64_t)(uintptr_t)system.lpMaximumApplicationAddress + 1;
    made->objects = (struct object_calls){.own_pid = GetCurrentProcessId(),
                                          .open = open_object,
                                          .read = read_directory,
                                          .section = query_section,
                                          .close = close_object,
                                          .handles = list_handles};
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
    system_lists_wait_services(made->lists, wait_ms);
    return ERROR_SUCCESS;
}

void platform_nt_destroy(struct platform *platform)
{
    struct platform_nt *made = platform->context;
    if (made != NULL)
        system_lists_destroy(made->lists);
    free(made);
    platform->context = NULL;
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
