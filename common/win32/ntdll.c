#include "common/win32/ntdll.h"

#include "common/scan/nt_status.h"

enum {
    SYSTEM_ATTEMPTS_MAX = 16,
    SYSTEM_SLACK = 64 * 1024 /* for what is added between two attempts */
};

uint32_t system_query(enum nt_system_class system_class, size_t first, struct buffer *answer)
{
    uint32_t status = NTSTATUS_INFO_LENGTH_MISMATCH;
    size_t capacity = first;

    for (int attempt = 0; attempt < SYSTEM_ATTEMPTS_MAX; attempt++) {
        ULONG needed = 0;
        buffer_clear(answer);
        if (!buffer_reserve(answer, capacity))
            return NTSTATUS_NO_MEMORY;
        status = (uint32_t)NtQuerySystemInformation((ULONG)system_class, answer->data,
                                                    (ULONG)capacity, &needed);
        if (status == NTSTATUS_OK) {
            answer->size = needed > 0 && needed < capacity ? needed : capacity;
            return NTSTATUS_OK;
        }
        if (status != NTSTATUS_INFO_LENGTH_MISMATCH && status != NTSTATUS_BUFFER_TOO_SMALL)
            return status;
        const size_t wanted = (size_t)needed + SYSTEM_SLACK;
        capacity = wanted > capacity * 2 ? wanted : capacity * 2;
    }
    return status;
}

any_function system_function(const wchar_t *module_name, const char *name)
{
    HMODULE module = GetModuleHandleW(module_name);
    if (module == NULL)
        module = LoadLibraryExW(module_name, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    return module != NULL ? (any_function)GetProcAddress(module, name) : NULL;
}
