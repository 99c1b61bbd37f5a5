#include "common/scan/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bounds.h"
#include "common/scan/nt_status.h"

enum {
    LIST_NAMES_SIZE_MAX = PROCESSES_MAX * 256, /* bytes of all names; a name is a file name */
    FULL_THREADS_OFFSET = 256,                 /* of class 148 */
    FULL_THREAD_SIZE = 136,                    /* SYSTEM_EXTENDED_THREAD_INFORMATION */
    USER_SID_OFFSET_OFFSET = 52                /* in the extension */
};

_Static_assert(offsetof(struct system_process, create_time) == 32, "CreateTime");
_Static_assert(offsetof(struct system_process, name_address) == 64, "ImageName.Buffer");
_Static_assert(offsetof(struct system_process, pid) == 80, "UniqueProcessId");
_Static_assert(offsetof(struct system_process, session_id) == 100, "SessionId");
_Static_assert(sizeof(struct system_process) == 104, "SYSTEM_PROCESS_INFORMATION");

struct process_list *process_list_create(void)
{
    struct process_list *list = calloc(1, sizeof *list);
    if (list == NULL)
        return NULL;
    buffer_init(&list->table, PROCESSES_MAX * sizeof *list->entries);
    buffer_init(&list->names, LIST_NAMES_SIZE_MAX);
    return process_list_hold(list);
}

struct process_list *process_list_hold(struct process_list *list)
{
    if (list != NULL)
        (void)atomic_add(&list->references, 1);
    return list;
}

void process_list_release(struct process_list *list)
{
    if (list == NULL || atomic_add(&list->references, -1) > 0)
        return;
    buffer_release(&list->table);
    buffer_release(&list->names);
    free(list);
}

bool process_list_add(struct process_list *list, const struct process_entry *entry,
                      struct span name)
{
    struct process_entry added = *entry;

    added.name_offset = list->names.size;
    added.name_size = name.size;
    if (!buffer_reserve(&list->table, sizeof added) || !buffer_append(&list->names, name))
        return false;
    buffer_append(&list->table, (struct span){(const char *)&added, sizeof added});
    list->entries = (const struct process_entry *)(const void *)list->table.data;
    list->count++;
    return true;
}

struct span process_list_name(const struct process_list *list, const struct process_entry *entry)
{
    if (entry->name_size == 0)
        return SPAN("");
    return (struct span){list->names.data + entry->name_offset, entry->name_size};
}

/* --- snapshots --- */

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
    return buffer_utf16(name, end - len, len);
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

uint32_t process_snapshot_read(struct span answer, bool is_full, struct process_list *list)
{
    struct system_process process = {.next_offset = 1}; /* not the last */
    uint32_t nt_status = NTSTATUS_OK;
    struct span rest = answer;
    struct buffer name;

    buffer_init(&name, NAME_SIZE_MAX);
    while (nt_status == NTSTATUS_OK && process.next_offset != 0) {
        size_t size = SIZE_MAX;
        if (rest.size >= sizeof process) {
            memcpy(&process, rest.data, sizeof process); /* Wine does not align the links */
            size = process.next_offset != 0 ? process.next_offset : rest.size;
        }
        if (size > rest.size) {
            nt_status = NTSTATUS_INFO_LENGTH_MISMATCH;
            break;
        }
        struct process_entry entry = {.pid = (uint32_t)process.pid,
                                      .parent_pid = (uint32_t)process.parent_pid,
                                      .session_id = process.session_id,
                                      .start_time = process.create_time};
        if (is_full)
            read_owner((struct span){rest.data, size}, process.thread_count, &entry.owner);
        if (entry.pid != 0 && (!read_name(&process, answer, &name) ||
                               !process_list_add(list, &entry, buffer_span(&name))))
            nt_status = NTSTATUS_NO_MEMORY;
        rest = span_from(rest, size);
    }
    buffer_release(&name);
    return nt_status;
}

/* --- services --- */

void services_begin(struct services *services, uint64_t now)
{
    *services = (struct services){.asked_at = now};
    buffer_init(&services->names, SERVICES_MAX * (sizeof(uint32_t) + SERVICE_NAME_SIZE_MAX + 1));
}

void services_release(struct services *services)
{
    buffer_release(&services->names);
    services->asked_at = 0;
    services->count = 0;
}

bool services_add(struct services *services, uint32_t pid, struct span name)
{
    if (pid == 0)
        return true;
    if (name.size == 0 || name.size > SERVICE_NAME_SIZE_MAX ||
        memchr(name.data, '\0', name.size) != NULL || services->count == SERVICES_MAX)
        return false;
    buffer_append(&services->names, (struct span){(const char *)&pid, sizeof pid});
    buffer_append(&services->names, name);
    buffer_append(&services->names, (struct span){"", 1});
    services->count++;
    return !services->names.failed;
}

bool services_find(const struct services *services, uint32_t pid, uint64_t start_time,
                   struct buffer *names)
{
    struct span rest = buffer_span(&services->names);

    buffer_clear(names);
    if (services->asked_at == 0 || start_time > services->asked_at)
        return false;
    while (rest.size > 0) {
        const char *name = rest.data + sizeof pid;
        const size_t size = strlen(name) + 1;
        if (memcmp(rest.data, &pid, sizeof pid) == 0)
            buffer_append(names, (struct span){name, size});
        rest = span_from(rest, sizeof pid + size);
    }
    return !names->failed;
}

/* --- facts --- */

const char *process_access_name(enum process_access access)
{
    static const char *const names[] = {"none", "limited", "full"};
    return names[access];
}

const char *process_arch_name(enum process_arch arch)
{
    static const char *const names[] = {NULL, "x86", "x64", "arm", "arm64"};
    return names[arch];
}

void process_facts_set_unknown(struct process_facts *facts)
{
    *facts =
        (struct process_facts){.protection = PROTECTION_UNKNOWN, .integrity = INTEGRITY_UNKNOWN};
}

void protection_format(char *out, int protection)
{
    /* PS_PROTECTED_TYPE and PS_PROTECTED_SIGNER, by their numbers */
    static const char *const types[8] = {"", "PPL", "PP", "P3", "P4", "P5", "P6", "P7"};
    static const char *const signers[16] = {
        "None",   "Authenticode", "CodeGen", "Antimalware", "Lsa", "Windows",
        "WinTcb", "WinSystem",    "App",     "9",           "10",  "11",
        "12",     "13",           "14",      "15"};
    const unsigned type = (unsigned)protection & 0x7;
    const unsigned signer = (unsigned)protection >> 4 & 0xf;

    if (protection < 0 || protection > 0xff || type == 0)
        (void)snprintf(out, PROTECTION_TEXT_CAPACITY, "%s",
                       protection >= 0 && protection <= 0xff ? "none" : "");
    else
        (void)snprintf(out, PROTECTION_TEXT_CAPACITY, "%s-%s", types[type], signers[signer]);
}
