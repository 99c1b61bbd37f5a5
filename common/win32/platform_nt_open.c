#include <stdlib.h>

#include "common/scan/nt_status.h"
#include "common/win32/handle.h"
#include "common/win32/platform_nt_private.h"
#include "common/win32/token.h"

static uint32_t open_with(uint32_t pid, ACCESS_MASK access, HANDLE *process)
{
    struct nt_object_attributes attributes = {.size = sizeof attributes};
    struct nt_client_id client_id = {.process = (HANDLE)(uintptr_t)pid};
    return (uint32_t)NtOpenProcess(process, access, &attributes, &client_id);
}

/* The ladder. PROCESS_QUERY_INFORMATION reads everything we ask for; protected processes grant only
 * PROCESS_QUERY_LIMITED_INFORMATION, to anybody. PROCESS_VM_READ and all rights that change a
 * process are never asked for. */
static uint32_t open_process(uint32_t pid, HANDLE *process, enum process_access *access)
{
    uint32_t status = open_with(pid, PROCESS_QUERY_INFORMATION, process);
    *access = PROCESS_ACCESS_FULL;
    if (status == NTSTATUS_ACCESS_DENIED) {
        status = open_with(pid, PROCESS_QUERY_LIMITED_INFORMATION, process);
        *access = PROCESS_ACCESS_LIMITED;
    }
    /* Windows calls a pid that nobody has a bad parameter when it is 0. */
    return pid == 0 && status != NTSTATUS_OK ? NTSTATUS_INVALID_CID : status;
}

/* Windows ignores the two low bits of a pid: 1235 opens process 1232. */
static bool is_same_pid(HANDLE process, uint32_t pid)
{
    struct nt_process_basic basic;
    nt_result result =
        NtQueryInformationProcess(process, NT_PROCESS_BASIC, &basic, sizeof basic, NULL);
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

static enum process_arch query_arch(const struct ntdll_optional *optional, HANDLE process)
{
    struct nt_process_machine type = {0};
    USHORT machine = IMAGE_FILE_MACHINE_UNKNOWN;
    USHORT native = IMAGE_FILE_MACHINE_UNKNOWN;
    BOOL is_wow64 = FALSE;

    /* Only this one tells an x64 process on ARM64, which is no WOW64 process, from a native one. */
    if (optional->get_process_information != NULL &&
        optional->get_process_information(process, NT_PROCESS_MACHINE_TYPE, &type, sizeof type))
        return arch_from_machine(type.machine);
    if (optional->is_wow64_process2 != NULL &&
        optional->is_wow64_process2(process, &machine, &native))
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

    /* TOKEN_QUERY reads who the process runs as and nothing else. What fails stays unknown. */
    if (!OpenProcessToken(process, TOKEN_QUERY, &token))
        return;
    if (token_user(token, &facts->owner) != ERROR_SUCCESS)
        facts->owner = (struct sid){0};
    if (token_integrity(token, &facts->integrity) != ERROR_SUCCESS)
        facts->integrity = INTEGRITY_UNKNOWN;
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

uint32_t platform_nt_open(void *context, uint32_t pid, struct process_facts *facts,
                          struct buffer *image, struct address_space **space)
{
    const struct platform_nt *platform = context;
    struct address_space *made = NULL;
    HANDLE process = NULL;
    enum process_access access;
    bool lossy;

    uint32_t status = open_process(pid, &process, &access);
    if (status != NTSTATUS_OK)
        return status;
    if (!is_same_pid(process, pid)) {
        handle_close(&process);
        return NTSTATUS_INVALID_CID;
    }
    made = calloc(1, sizeof *made);
    if (made == NULL) {
        handle_close(&process);
        return NTSTATUS_NO_MEMORY;
    }
    made->process = process;

    *facts = (struct process_facts){
        .access = access,
        .start_time = query_start_time(process),
        .address_limit = platform->address_limit,
        .arch = query_arch(&platform->optional, process),
        .protection = query_protection(process),
        .integrity = INTEGRITY_UNKNOWN,
    };
    query_owner(process, facts);
    if (address_space_query_name(made, query_image_name, NULL, image, &lossy) != NTSTATUS_OK)
        buffer_clear(image);
    *space = made;
    return NTSTATUS_OK;
}

void platform_nt_close(void *context, struct address_space *space)
{
    (void)context;
    if (space == NULL)
        return;
    handle_close(&space->process);
    free(space->answer);
    free(space);
}
