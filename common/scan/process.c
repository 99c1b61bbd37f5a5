#include "common/scan/process.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/bounds.h"

/* Bytes of all names; a name is a file name. */
enum { LIST_NAMES_SIZE_MAX = PROCESSES_MAX * 256 };

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
    /* PS_PROTECTED_TYPE and PS_PROTECTED_SIGNER, in the order of their numbers */
    static const char *const types[] = {"", "PPL", "PP"};
    static const char *const signers[] = {"None",        "Authenticode", "CodeGen",
                                          "Antimalware", "Lsa",          "Windows",
                                          "WinTcb",      "WinSystem",    "App"};

    const bool is_known = protection >= 0 && protection <= 0xff;
    const unsigned type = (unsigned)protection & 0x7;
    const unsigned signer = (unsigned)protection >> 4 & 0xf;
    if (!is_known || type == 0) {
        (void)snprintf(out, PROTECTION_TEXT_CAPACITY, "%s", is_known ? "none" : "");
        return;
    }

    char type_text[8], signer_text[8];
    (void)snprintf(type_text, sizeof type_text, "P%u", type);
    (void)snprintf(signer_text, sizeof signer_text, "%u", signer);
    (void)snprintf(out, PROTECTION_TEXT_CAPACITY, "%s-%s",
                   type < sizeof types / sizeof types[0] ? types[type] : type_text,
                   signer < sizeof signers / sizeof signers[0] ? signers[signer] : signer_text);
}
