/* Finds a process in a snapshot by its pid; the product has no need to. */
#ifndef TESTS_ROWS_PROCESS_FIND_H
#define TESTS_ROWS_PROCESS_FIND_H

#include <stddef.h>
#include <stdint.h>

#include "common/scan/process.h"

/* NULL when there is none. */
static inline const struct process_entry *process_find(const struct process_list *list,
                                                       uint32_t pid)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->entries[i].pid == pid)
            return &list->entries[i];
    return NULL;
}

#endif
