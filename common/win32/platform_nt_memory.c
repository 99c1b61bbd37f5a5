#include <stdlib.h>

#include "common/base/assertion.h"
#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/text/utf.h"
#include "common/win32/platform_nt_private.h"
#include "common/win32/text_w.h"

enum { NAME_ANSWER_SIZE_FIRST = 1024, NAME_ATTEMPTS_MAX = 8 };

static const void *pointer(uint64_t address)
{
    return (const void *)(uintptr_t)address;
}

static uint64_t address_of(const void *at)
{
    return (uint64_t)(uintptr_t)at;
}

uint32_t platform_nt_region(void *context, struct address_space *space, uint64_t address,
                            struct region *region)
{
    MEMORY_BASIC_INFORMATION basic;

    (void)context;
    uint32_t status = (uint32_t)NtQueryVirtualMemory(space->process, pointer(address),
                                                     NT_MEMORY_BASIC, &basic, sizeof basic, NULL);
    if (status != NTSTATUS_OK)
        return status;
    bool is_free = basic.State == MEM_FREE;
    *region = (struct region){
        .base = address_of(basic.BaseAddress),
        .size = basic.RegionSize,
        .allocation_base = is_free ? 0 : address_of(basic.AllocationBase),
        .allocation_protect = is_free ? 0 : basic.AllocationProtect,
        .state = basic.State,
        /* Windows says PAGE_NOACCESS for free pages, which nobody set. */
        .protect = basic.State == MEM_COMMIT ? basic.Protect : 0,
        .type = is_free ? 0 : basic.Type,
    };
    return NTSTATUS_OK;
}

uint32_t platform_nt_allocation(void *context, struct address_space *space, uint64_t address,
                                struct allocation *allocation)
{
    struct nt_memory_region answer;

    (void)context;
    uint32_t status = (uint32_t)NtQueryVirtualMemory(
        space->process, pointer(address), NT_MEMORY_REGION, &answer, sizeof answer, NULL);
    if (status != NTSTATUS_OK)
        return status;
    *allocation = (struct allocation){
        .base = address_of(answer.allocation_base),
        .size = answer.size,
        .protect = answer.allocation_protect,
        .type = answer.type,
    };
    return NTSTATUS_OK;
}

uint32_t platform_nt_pages(void *context, struct address_space *space, uint64_t address,
                           size_t count, uint64_t *blocks)
{
    struct nt_working_set_page pages[PAGES_BATCH_MAX];

    (void)context;
    ASSERT(count <= PAGES_BATCH_MAX);
    for (size_t i = 0; i < count; i++) {
        pages[i].address = (void *)(uintptr_t)(address + i * MEMORY_PAGE_SIZE);
        pages[i].attributes = 0;
    }
    uint32_t status = (uint32_t)NtQueryVirtualMemory(space->process, NULL, NT_MEMORY_WORKING_SET_EX,
                                                     pages, count * sizeof pages[0], NULL);
    if (status != NTSTATUS_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        blocks[i] = pages[i].attributes;
    return NTSTATUS_OK;
}

/* Gives the answer room for `needed` bytes, or for the longest name there can be when that would be
 * no gain: Windows 7 and some file systems say "too small" and then "needs 0". */
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

/* True when the text lies wholly behind the structure and inside the answer. */
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

uint32_t address_space_query_name(struct address_space *space, name_query query,
                                  const void *address, struct buffer *name, bool *lossy)
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

static nt_result query_mapped_name(HANDLE process, const void *address, void *buffer, size_t size,
                                   size_t *needed)
{
    SIZE_T needed_size = 0;
    nt_result result =
        NtQueryVirtualMemory(process, address, NT_MEMORY_MAPPED_NAME, buffer, size, &needed_size);
    *needed = needed_size;
    return result;
}

uint32_t platform_nt_name(void *context, struct address_space *space, uint64_t address,
                          struct buffer *name, bool *lossy)
{
    (void)context;
    return address_space_query_name(space, query_mapped_name, pointer(address), name, lossy);
}
