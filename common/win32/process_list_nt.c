#include "common/win32/process_list_nt.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/win32/ntdll.h"
#include "common/win32/text_w.h"

enum {
    LIST_SIZE_FIRST = 256 * 1024,
    LIST_SIZE_MAX = 64 * 1024 * 1024 /* PROCESSES_MAX processes with a dozen threads each */
};

/* True when all of the name lies inside the snapshot. */
static bool has_name(const struct nt_process_information *process, const char *snapshot,
                     size_t size)
{
    uintptr_t begin = (uintptr_t)snapshot;
    uintptr_t data = (uintptr_t)process->image_name.data;

    return process->image_name.size > 0 && data >= begin && data - begin <= size &&
           process->image_name.size <= size - (data - begin) && data % sizeof(wchar_t) == 0;
}

static bool add_process(struct process_list *list, const struct nt_process_information *process,
                        const char *snapshot, size_t size, struct buffer *name)
{
    struct process_entry entry = {
        .pid = (uint32_t)(uintptr_t)process->pid,
        .parent_pid = (uint32_t)(uintptr_t)process->parent_pid,
        .session_id = process->session_id,
        .start_time = (uint64_t)process->create_time.QuadPart,
    };

    buffer_clear(name);
    if (has_name(process, snapshot, size) &&
        !text_w_append(name, process->image_name.data, process->image_name.size / sizeof(wchar_t)))
        return false;
    return process_list_add(list, &entry, buffer_span(name));
}

/* Adds every process but the idle one. The chain is not trusted: each link must go forward and stay
 * inside. */
static uint32_t add_snapshot(struct process_list *list, const char *snapshot, size_t size,
                             struct buffer *name)
{
    size_t offset = 0;

    while (size - offset >= sizeof(struct nt_process_information)) {
        struct nt_process_information process;
        memcpy(&process, snapshot + offset, sizeof process); /* Wine does not align the links */
        if (process.pid != NULL && !add_process(list, &process, snapshot, size, name))
            return NTSTATUS_NO_MEMORY;
        if (process.next_offset == 0)
            return NTSTATUS_OK;
        if (process.next_offset > size - offset)
            return NTSTATUS_INFO_LENGTH_MISMATCH;
        offset += process.next_offset;
    }
    return NTSTATUS_INFO_LENGTH_MISMATCH;
}

uint32_t process_list_nt_query(struct process_list *list)
{
    struct buffer name, snapshot;

    buffer_init(&name, NAME_SIZE_MAX);
    buffer_init(&snapshot, LIST_SIZE_MAX);
    uint32_t status = system_query(NT_SYSTEM_PROCESSES, LIST_SIZE_FIRST, &snapshot);
    if (status == NTSTATUS_OK)
        status = add_snapshot(list, snapshot.data, snapshot.size, &name);
    buffer_release(&snapshot);
    buffer_release(&name);
    return status;
}
