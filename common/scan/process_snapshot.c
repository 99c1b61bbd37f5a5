#include "common/scan/process_snapshot.h"

#include <string.h>

#include "common/base/bounds.h"
#include "common/scan/nt_status.h"
#include "common/text/utf.h"

enum {
    FULL_THREADS_OFFSET = 256,
    FULL_THREAD_SIZE = 136,     /* SYSTEM_EXTENDED_THREAD_INFORMATION */
    USER_SID_OFFSET_OFFSET = 52 /* in the extension */
};

_Static_assert(offsetof(struct system_process, create_time) == 32, "CreateTime");
_Static_assert(offsetof(struct system_process, name_address) == 64, "ImageName.Buffer");
_Static_assert(offsetof(struct system_process, pid) == 80, "UniqueProcessId");
_Static_assert(offsetof(struct system_process, session_id) == 100, "SessionId");
_Static_assert(sizeof(struct system_process) == 104, "SYSTEM_PROCESS_INFORMATION");

/* Reads the file name, without the folders that class 148 gives. Returns false without memory; a name
 * that does not lie inside is not known. */
static bool read_name(const struct system_process *process, struct span answer, struct buffer *name)
{
    const uint64_t offset = process->name_address - (uintptr_t)answer.data;

    buffer_clear(name);
    if (process->name_size == 0 || offset > answer.size ||
        process->name_size > answer.size - offset || process->name_address % sizeof(uint16_t) != 0)
        return true;
    const uint16_t *end = (const uint16_t *)(const void *)(answer.data + offset) +
                          process->name_size / sizeof(uint16_t);
    size_t len = 0;
    while (len < process->name_size / sizeof(uint16_t) && end[-(ptrdiff_t)len - 1] != '\\')
        len++;
    if (len == 0)
        return true;
    const size_t size = utf8_from_utf16(NULL, 0, end - len, len);
    char *text = buffer_extend(name, size);
    if (text != NULL)
        (void)utf8_from_utf16(text, size, end - len, len);
    return text != NULL;
}

/* Reads the owner from the entry of one process; it stays unknown when it does not lie inside. */
static void read_owner(struct span entry, uint32_t thread_count, struct sid *owner)
{
    const uint64_t extension = FULL_THREADS_OFFSET + (uint64_t)FULL_THREAD_SIZE * thread_count;
    uint32_t sid_offset = 0;

    if (extension > entry.size ||
        entry.size - extension < USER_SID_OFFSET_OFFSET + sizeof sid_offset)
        return;
    entry = span_from(entry, (size_t)extension);
    memcpy(&sid_offset, entry.data + USER_SID_OFFSET_OFFSET, sizeof sid_offset);
    if (sid_offset < USER_SID_OFFSET_OFFSET + sizeof sid_offset || sid_offset > entry.size)
        return;
    entry = span_from(entry, sid_offset);
    if (entry.size < 2)
        return;
    const size_t size = 8 + 4 * (size_t)(unsigned char)entry.data[1]; /* SubAuthorityCount */
    if (size > entry.size || !sid_set(owner, entry.data, size))
        owner->size = 0;
}

static uint32_t read_all(struct span answer, bool is_full, struct process_list *list,
                         struct buffer *name)
{
    struct span rest = answer;
    struct system_process process;

    while (rest.size >= sizeof process) {
        memcpy(&process, rest.data, sizeof process); /* Wine does not align the links */
        const size_t size = process.next_offset != 0 ? process.next_offset : rest.size;
        if (size > rest.size)
            return NTSTATUS_INFO_LENGTH_MISMATCH;
        struct process_entry entry = {.pid = (uint32_t)process.pid,
                                      .parent_pid = (uint32_t)process.parent_pid,
                                      .session_id = process.session_id,
                                      .start_time = process.create_time};
        if (is_full)
            read_owner((struct span){rest.data, size}, process.thread_count, &entry.owner);
        if (entry.pid != 0 && (!read_name(&process, answer, name) ||
                               !process_list_add(list, &entry, buffer_span(name))))
            return NTSTATUS_NO_MEMORY;
        if (process.next_offset == 0)
            return NTSTATUS_OK;
        rest = span_from(rest, size);
    }
    return NTSTATUS_INFO_LENGTH_MISMATCH;
}

uint32_t process_snapshot_read(struct span answer, bool is_full, struct process_list *list)
{
    struct buffer name;

    buffer_init(&name, NAME_SIZE_MAX);
    const uint32_t nt_status = read_all(answer, is_full, list, &name);
    buffer_release(&name);
    return nt_status;
}
