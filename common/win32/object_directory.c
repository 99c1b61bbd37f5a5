#include "common/win32/object_directory.h"

#include "common/scan/nt_status.h"
#include "common/win32/ntdll.h"

enum { HANDLES_SIZE_FIRST = 4 * 1024 * 1024 }; /* 100,000 handles */

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

static uint32_t query_handles(void *context, struct buffer *answer)
{
    (void)context;
    return system_query(NT_SYSTEM_HANDLES, HANDLES_SIZE_FIRST, answer);
}

void object_directory_calls(struct object_calls *calls)
{
    *calls = (struct object_calls){.own_pid = GetCurrentProcessId(),
                                   .open = open_object,
                                   .read = read_directory,
                                   .section = query_section,
                                   .close = close_object,
                                   .handles = query_handles};
}
