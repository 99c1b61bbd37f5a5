#include "common/win32/device_table.h"

#include <stdlib.h>

#include "common/base/assertion.h"
#include "common/base/bounds.h"
#include "common/scan/device_map.h"
#include "common/win32/device_query.h"

/* Letters move: an older table is refreshed even if it knows every device. */
enum { SNAPSHOT_AGE_MAX_MS = 60 * 1000 };

struct snapshot {
    struct device_map map; /* never changed once it is published */
    ULONGLONG made_ms;     /* GetTickCount64 */
    LONG references;       /* changed with the interlocked functions only */
};

struct device_table {
    SRWLOCK lock;             /* guards the members below; never held during a query */
    struct snapshot *current; /* owned: one reference */
    bool refreshing;          /* one thread is querying the system */
    ULONGLONG refreshed_ms;   /* GetTickCount64 of the last query */
    uint64_t refreshes;
};

static struct snapshot *snapshot_create(void)
{
    struct snapshot *made = calloc(1, sizeof *made);
    if (made == NULL)
        return NULL;
    made->references = 1;
    made->made_ms = GetTickCount64();
    device_map_init(&made->map);
    if (device_query_all(&made->map) != ERROR_SUCCESS) {
        device_map_release(&made->map);
        free(made);
        return NULL;
    }
    return made;
}

static void snapshot_release(struct snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    LONG left = InterlockedDecrement(&snapshot->references);
    ASSERT(left >= 0);
    if (left > 0)
        return;
    device_map_release(&snapshot->map);
    free(snapshot);
}

/* The reference keeps the snapshot alive when another thread publishes a newer one. */
static struct snapshot *acquire_current(struct device_table *table)
{
    AcquireSRWLockShared(&table->lock);
    struct snapshot *snapshot = table->current;
    InterlockedIncrement(&snapshot->references);
    ReleaseSRWLockShared(&table->lock);
    return snapshot;
}

/* True for the one thread that may query the system now; it must call publish(). */
static bool claim_refresh(struct device_table *table)
{
    ULONGLONG now_ms = GetTickCount64();

    AcquireSRWLockExclusive(&table->lock);
    bool claimed = !table->refreshing && now_ms - table->refreshed_ms >= DEVICE_REFRESH_INTERVAL_MS;
    if (claimed)
        table->refreshing = true;
    ReleaseSRWLockExclusive(&table->lock);
    return claimed;
}

/* made  NULL when the query failed: the old snapshot stays. */
static void publish(struct device_table *table, struct snapshot *made)
{
    struct snapshot *old = NULL;
    ULONGLONG now_ms = GetTickCount64();

    AcquireSRWLockExclusive(&table->lock);
    if (made != NULL) {
        old = table->current;
        table->current = made;
    }
    table->refreshing = false;
    table->refreshed_ms = now_ms;
    table->refreshes++;
    ReleaseSRWLockExclusive(&table->lock);
    snapshot_release(old);
}

/* Queries the system again, if it is time and no other thread does. Returns true when the caller's
 * table is no longer the current one. */
static bool refresh(struct device_table *table)
{
    if (!claim_refresh(table))
        return false;
    struct snapshot *made = snapshot_create();
    publish(table, made);
    return made != NULL;
}

/* is_old  Receives whether the table should be refreshed. */
static bool rewrite_current(struct device_table *table, struct span device_path,
                            struct buffer *path, bool *is_old)
{
    struct snapshot *snapshot = acquire_current(table);
    bool known = device_map_rewrite(&snapshot->map, device_path, path);
    *is_old = GetTickCount64() - snapshot->made_ms >= SNAPSHOT_AGE_MAX_MS;
    snapshot_release(snapshot);
    return known;
}

DWORD device_table_create(struct device_table **out)
{
    struct device_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    InitializeSRWLock(&table->lock);
    table->current = snapshot_create();
    if (table->current == NULL) {
        free(table);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    table->refreshed_ms = GetTickCount64();
    table->refreshes = 1;
    *out = table;
    return ERROR_SUCCESS;
}

void device_table_destroy(struct device_table *table)
{
    if (table == NULL)
        return;
    snapshot_release(table->current);
    free(table);
}

/* Wine gives files that it maps before a process runs (l_intl.nls) a DOS path. */
static bool is_dos_path(struct span path)
{
    return path.size > 2 && path.data[1] == ':' && path.data[2] == '\\';
}

bool device_table_rewrite(struct device_table *table, struct span device_path, struct buffer *path)
{
    if (is_dos_path(device_path)) {
        buffer_clear(path);
        return buffer_append(path, device_path);
    }
    bool is_old;
    bool known = rewrite_current(table, device_path, path, &is_old);
    if ((!known || is_old) && refresh(table))
        known = rewrite_current(table, device_path, path, &is_old);
    return known;
}

uint64_t device_table_refreshes(struct device_table *table)
{
    AcquireSRWLockShared(&table->lock);
    uint64_t refreshes = table->refreshes;
    ReleaseSRWLockShared(&table->lock);
    return refreshes;
}
