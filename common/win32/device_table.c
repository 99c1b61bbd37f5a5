#include "common/win32/device_table.h"

#include <stdlib.h>

#include "common/base/bounds.h"
#include "common/win32/handle.h"

enum {
    TABLE_AGE_MAX_MS =
        60 * 1000, /* letters move: an older table is refreshed though it knows all */
    MISSED_DEVICES_MAX = 64
};

struct device_table {
    device_table_query query;
    SRWLOCK lock;              /* guards the members below; never held during a query */
    CONDITION_VARIABLE loaded; /* a query has ended */
    struct device_map map;
    struct device_map missed; /* devices that a table did not know: added to every later one */
    bool is_loaded;
    bool is_refreshing;
    ULONGLONG asked_ms;     /* GetTickCount64 of the first question; 0: none yet */
    ULONGLONG refreshed_ms; /* GetTickCount64 of the end of the last query */
    uint64_t refreshes;
    unsigned references; /* the owner's, and that of the thread that queries */
};

DWORD device_table_create(device_table_query query, struct device_table **out)
{
    struct device_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    InitializeSRWLock(&table->lock);
    InitializeConditionVariable(&table->loaded);
    device_map_init(&table->map);
    device_map_init(&table->missed);
    table->query = query;
    table->references = 1;
    *out = table;
    return ERROR_SUCCESS;
}

/* Gives back a reference and the lock, which is held exclusively. */
static void leave(struct device_table *table)
{
    const bool is_last = --table->references == 0;
    ReleaseSRWLockExclusive(&table->lock);
    if (!is_last)
        return;
    device_map_release(&table->map);
    device_map_release(&table->missed);
    free(table);
}

void device_table_destroy(struct device_table *table)
{
    if (table == NULL)
        return;
    AcquireSRWLockExclusive(&table->lock);
    leave(table);
}

static DWORD WINAPI refresh(void *context)
{
    struct device_table *table = context;
    struct device_map made;

    device_map_init(&made);
    const DWORD error = table->query(&made);
    AcquireSRWLockExclusive(&table->lock);
    if (error == ERROR_SUCCESS) {
        const struct device_map old = table->map;
        device_map_add_all(&made, &table->missed);
        table->map = made;
        made = old;
        table->is_loaded = true;
    }
    table->is_refreshing = false;
    table->refreshed_ms = GetTickCount64();
    table->refreshes++;
    WakeAllConditionVariable(&table->loaded);
    leave(table);
    device_map_release(&made);
    return 0;
}

/* The lock is held exclusively. */
static void start_refresh(struct device_table *table)
{
    const ULONGLONG age_ms = GetTickCount64() - table->refreshed_ms;

    if (table->is_refreshing || (table->refreshes > 0 && age_ms < DEVICE_REFRESH_INTERVAL_MS))
        return;
    HANDLE thread = CreateThread(NULL, 0, refresh, table, 0, NULL);
    if (thread == NULL)
        return; /* the next miss tries again */
    table->is_refreshing = true;
    table->references++;
    handle_close(&thread);
}

/* The lock is held exclusively. */
static void wait_for_first(struct device_table *table)
{
    if (table->asked_ms == 0)
        table->asked_ms = GetTickCount64();
    while (!table->is_loaded && table->is_refreshing) {
        const ULONGLONG waited_ms = GetTickCount64() - table->asked_ms;
        if (waited_ms >= DEVICE_TABLE_WAIT_MAX_MS)
            return;
        (void)SleepConditionVariableSRW(&table->loaded, &table->lock,
                                        (DWORD)(DEVICE_TABLE_WAIT_MAX_MS - waited_ms), 0);
    }
}

bool device_table_rewrite(struct device_table *table, struct span device_path, struct buffer *path)
{
    AcquireSRWLockShared(&table->lock);
    bool is_known = device_map_rewrite(&table->map, device_path, path);
    const bool is_old =
        !table->is_loaded || GetTickCount64() - table->refreshed_ms >= TABLE_AGE_MAX_MS;
    ReleaseSRWLockShared(&table->lock);
    if (is_known && !is_old)
        return true;

    AcquireSRWLockExclusive(&table->lock);
    if (!is_known && table->is_loaded && table->missed.count < MISSED_DEVICES_MAX)
        device_map_add_root(&table->missed, device_path);
    start_refresh(table);
    if (!is_known && !table->is_loaded) {
        wait_for_first(table);
        is_known = device_map_rewrite(&table->map, device_path, path);
    }
    ReleaseSRWLockExclusive(&table->lock);
    return is_known;
}

uint64_t device_table_refreshes(struct device_table *table)
{
    AcquireSRWLockShared(&table->lock);
    const uint64_t refreshes = table->refreshes;
    ReleaseSRWLockShared(&table->lock);
    return refreshes;
}
