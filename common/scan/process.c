#include "common/scan/process.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/bounds.h"

enum {
    LIST_CAPACITY_FIRST = 256,
    LIST_NAMES_SIZE_MAX = PROCESSES_MAX * 256 /* bytes of all names; a name is a file name */
};

void process_list_init(struct process_list *list)
{
    *list = (struct process_list){0};
    buffer_init(&list->names, LIST_NAMES_SIZE_MAX);
}

void process_list_release(struct process_list *list)
{
    free(list->entries);
    buffer_release(&list->names);
    list->entries = NULL;
    list->count = 0;
    list->capacity = 0;
}

static bool reserve_entry(struct process_list *list)
{
    if (list->count < list->capacity)
        return true;
    if (list->count >= PROCESSES_MAX)
        return false;
    size_t capacity = list->capacity > 0 ? list->capacity * 2 : LIST_CAPACITY_FIRST;
    if (capacity > PROCESSES_MAX)
        capacity = PROCESSES_MAX;
    struct process_entry *entries = realloc(list->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return false;
    list->entries = entries;
    list->capacity = capacity;
    return true;
}

bool process_list_add(struct process_list *list, const struct process_entry *entry,
                      struct span name)
{
    size_t name_offset = list->names.size;

    if (!reserve_entry(list) || !buffer_append(&list->names, name))
        return false;
    struct process_entry *added = &list->entries[list->count++];
    *added = *entry;
    added->name_offset = name_offset;
    added->name_size = name.size;
    return true;
}

struct span process_list_name(const struct process_list *list, const struct process_entry *entry)
{
    if (entry->name_size == 0)
        return SPAN("");
    return (struct span){list->names.data + entry->name_offset, entry->name_size};
}

const struct process_entry *process_list_find(const struct process_list *list, uint32_t pid)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->entries[i].pid == pid)
            return &list->entries[i];
    return NULL;
}

const char *process_access_name(enum process_access access)
{
    switch (access) {
    case PROCESS_ACCESS_FULL:
        return "full";
    case PROCESS_ACCESS_LIMITED:
        return "limited";
    case PROCESS_ACCESS_NONE:
        break;
    }
    return "none";
}

const char *process_arch_name(enum process_arch arch)
{
    switch (arch) {
    case ARCH_X86:
        return "x86";
    case ARCH_X64:
        return "x64";
    case ARCH_ARM:
        return "arm";
    case ARCH_ARM64:
        return "arm64";
    case ARCH_UNKNOWN:
        break;
    }
    return NULL;
}

bool protection_format(char *out, int protection)
{
    /* PS_PROTECTED_TYPE and PS_PROTECTED_SIGNER, in the order of their numbers */
    static const char *const types[] = {"", "PPL", "PP"};
    static const char *const signers[] = {"None",        "Authenticode", "CodeGen",
                                          "Antimalware", "Lsa",          "Windows",
                                          "WinTcb",      "WinSystem",    "App"};

    if (protection < 0 || protection > 0xff)
        return false;
    unsigned type = (unsigned)protection & 0x7;
    unsigned signer = (unsigned)protection >> 4;
    if (type == 0) {
        (void)snprintf(out, PROTECTION_TEXT_CAPACITY, "none");
        return true;
    }

    char type_text[8];
    if (type < sizeof types / sizeof types[0])
        (void)snprintf(type_text, sizeof type_text, "%s", types[type]);
    else
        (void)snprintf(type_text, sizeof type_text, "P%u", type);
    if (signer < sizeof signers / sizeof signers[0])
        (void)snprintf(out, PROTECTION_TEXT_CAPACITY, "%s-%s", type_text, signers[signer]);
    else
        (void)snprintf(out, PROTECTION_TEXT_CAPACITY, "%s-%u", type_text, signer);
    return true;
}
