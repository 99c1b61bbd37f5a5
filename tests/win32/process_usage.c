#include "tests/win32/process_usage.h"

#include <psapi.h>

#include "common/scan/process.h"
#include "common/win32/ntdll.h"
#include "common/win32/system_info.h"
#include "tests/win32/host_maps.h"

enum { LIST_SIZE = 4 * 1024 * 1024 };

struct nt_handle_entry {
    void *object;
    ULONG_PTR pid;
    ULONG_PTR handle;
    ULONG access;
    USHORT creator_index;
    USHORT type_index;
    ULONG attributes;
    ULONG reserved;
};

struct nt_handle_list {
    ULONG_PTR count;
    ULONG_PTR reserved;
    struct nt_handle_entry entries[1]; /* count of them */
};

static_assert(sizeof(struct nt_handle_entry) == 40, "SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX");

static _Alignas(16) char list[LIST_SIZE];

static bool query_list(ULONG information_class)
{
    ULONG size = 0;

    return NtQuerySystemInformation(information_class, list, sizeof list, &size) == 0;
}

/* Returns 0 when it is not known. */
static uint32_t query_threads(DWORD pid)
{
    if (!query_list(NT_SYSTEM_PROCESSES))
        return 0;
    for (size_t offset = 0;;) {
        const struct system_process *process =
            (const struct system_process *)(const void *)(list + offset);
        if ((DWORD)process->pid == pid)
            return process->thread_count;
        if (process->next_offset == 0)
            return 0;
        offset += process->next_offset;
    }
}

/* Counts them one by one: Wine's GetProcessHandleCount always returns 0, and its process list has
 * the size of the table. Returns 0 when it is not known. */
static uint32_t query_handles(DWORD pid)
{
    const struct nt_handle_list *handles = (const struct nt_handle_list *)(const void *)list;
    uint32_t count = 0;

    if (!query_list(NT_SYSTEM_HANDLES))
        return 0;
    for (ULONG_PTR i = 0; i < handles->count; i++)
        count += handles->entries[i].pid == pid;
    return count;
}

/* Wine's GetProcessMemoryInfo always describes the calling process. */
static uint64_t query_memory(HANDLE process, const char *word)
{
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};

    if (system_is_wine())
        return host_private_size(host_process_find(word));
    return GetProcessMemoryInfo(process, &memory, sizeof memory) ? memory.PagefileUsage : 0;
}

bool process_usage_query(HANDLE process, DWORD pid, const char *word, struct process_usage *usage)
{
    const struct process_usage now = {.handles = query_handles(pid),
                                      .threads = query_threads(pid),
                                      .memory_size = query_memory(process, word)};

    if (now.handles == 0 || now.threads == 0 || now.memory_size == 0)
        return false;
    *usage = now;
    return true;
}
