#include "common/win32/system_lists.h"

#include <stdlib.h>
#include <wchar.h>

#include "common/base/bounds.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"

enum {
    TABLE_AGE_MAX_MS =
        60 * 1000, /* letters move: an older table is refreshed though it knows all */
    MISSED_DEVICES_MAX = 64,
    DESTROY_WAIT_MS = 200,    /* for each of the two threads */
    ANSWER_SIZE = 256 * 1024, /* the most that EnumServicesStatusExW takes */
    ANSWERS_MAX = 64          /* of one query: 64 times 256 KiB are more than SERVICES_MAX */
};

/* --- the services --- */

/* Types of services, all that the system knows: SERVICE_TYPE_ALL of the SDKs for builds 17763 and
 * 14393, then before per-user services. A bit that a system does not know is
 * ERROR_INVALID_PARAMETER. Source: winnt.h of these SDKs. */
static const DWORD service_types[] = {0x3ff, 0x1ff, SERVICE_WIN32};

/* Adds one answer. What it points at must lie inside. */
static bool add_answer(struct services *services, const BYTE *answer, DWORD count,
                       struct buffer *name)
{
    const ENUM_SERVICE_STATUS_PROCESSW *entries = (const void *)answer;

    if (count > ANSWER_SIZE / sizeof *entries)
        return false;
    for (DWORD i = 0; i < count; i++) {
        const wchar_t *text = entries[i].lpServiceName;
        const uintptr_t offset = (uintptr_t)text - (uintptr_t)answer;
        if (offset >= ANSWER_SIZE || offset % sizeof *text != 0)
            return false;
        const size_t len = wcsnlen(text, (ANSWER_SIZE - offset) / sizeof *text);
        buffer_clear(name);
        if (!buffer_utf16(name, text, len) ||
            !services_add(services, entries[i].ServiceStatusProcess.dwProcessId, buffer_span(name)))
            return false;
    }
    return true;
}

static DWORD add_all(struct services *services, SC_HANDLE manager, BYTE *answer)
{
    struct buffer name = {.capacity_max = SERVICE_NAME_SIZE_MAX};
    DWORD error = ERROR_MORE_DATA, resume = 0;
    size_t type = 0;

    for (int i = 0; i < ANSWERS_MAX && error == ERROR_MORE_DATA; i++) {
        DWORD needed = 0, count = 0;
        const DWORD last = resume;
        error = EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, service_types[type],
                                      SERVICE_ACTIVE, answer, ANSWER_SIZE, &needed, &count, &resume,
                                      NULL)
                    ? ERROR_SUCCESS
                    : GetLastError();
        if (error == ERROR_INVALID_PARAMETER && type < 2) {
            type++;
            error = ERROR_MORE_DATA;
            continue;
        }
        if (error != ERROR_SUCCESS && error != ERROR_MORE_DATA)
            break;
        if (!add_answer(services, answer, count, &name) ||
            (error == ERROR_MORE_DATA && resume == last))
            error = ERROR_INVALID_DATA;
    }
    buffer_release(&name);
    return error;
}

DWORD service_list_query(struct services *services)
{
    BYTE *answer = malloc(ANSWER_SIZE);
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ENUMERATE_SERVICE);
    DWORD error = manager != NULL ? ERROR_NOT_ENOUGH_MEMORY : GetLastError();

    if (manager != NULL && answer != NULL)
        error = add_all(services, manager, answer);
    if (manager != NULL)
        CloseServiceHandle(manager);
    free(answer);
    return error;
}

/* --- the lists --- */

/* A query that is repeated. Times are of GetTickCount64(). */
struct refresh {
    LPTHREAD_START_ROUTINE run;
    HANDLE thread; /* the latest one; NULL: none */
    ULONGLONG pause_ms, begun_ms, ended_ms;
    bool is_running, was_run;
};

struct system_lists {
    SRWLOCK lock;             /* all zero is free; guards what follows; never held during a query */
    CONDITION_VARIABLE ended; /* a query has */
    unsigned references;      /* the owner's, and those of the threads that query */
    device_query query_devices;
    service_query query_services;
    struct refresh refresh_devices, refresh_services;
    struct device_map devices;
    struct device_map missed; /* devices that a table did not know: added to every later one */
    struct services services;
};

/* Gives back a reference and the lock, which is held exclusively. */
static void leave(struct system_lists *lists)
{
    const bool is_last = --lists->references == 0;

    ReleaseSRWLockExclusive(&lists->lock);
    if (!is_last)
        return;
    device_map_release(&lists->devices);
    device_map_release(&lists->missed);
    services_release(&lists->services);
    handle_close(&lists->refresh_devices.thread);
    handle_close(&lists->refresh_services.thread);
    free(lists);
}

/* The end of a thread that queried. The lock is held exclusively. */
static void end(struct system_lists *lists, struct refresh *refresh)
{
    refresh->is_running = false;
    refresh->was_run = true;
    refresh->ended_ms = GetTickCount64();
    WakeAllConditionVariable(&lists->ended);
    leave(lists);
}

static DWORD WINAPI refresh_devices(void *context)
{
    struct system_lists *lists = context;
    struct device_map made;

    device_map_init(&made);
    const DWORD error = lists->query_devices(&made);
    AcquireSRWLockExclusive(&lists->lock);
    if (error == ERROR_SUCCESS) {
        const struct device_map old = lists->devices;
        device_map_add_all(&made, &lists->missed);
        lists->devices = made;
        made = old;
    }
    end(lists, &lists->refresh_devices);
    device_map_release(&made);
    return 0;
}

static DWORD WINAPI refresh_services(void *context)
{
    struct system_lists *lists = context;
    struct services made;

    services_begin(&made, system_now_filetime(NULL));
    const DWORD error = lists->query_services(&made);
    AcquireSRWLockExclusive(&lists->lock);
    if (error == ERROR_SUCCESS) {
        const struct services old = lists->services;
        lists->services = made;
        made = old;
    }
    end(lists, &lists->refresh_services);
    services_release(&made);
    return 0;
}

/* The lock is held exclusively. */
static void start(struct system_lists *lists, struct refresh *refresh)
{
    const ULONGLONG now_ms = GetTickCount64();

    if (refresh->is_running || (refresh->was_run && now_ms - refresh->ended_ms < refresh->pause_ms))
        return;
    HANDLE thread = CreateThread(NULL, 0, refresh->run, lists, 0, NULL);
    if (thread == NULL)
        return; /* the next question tries again */
    refresh->is_running = true;
    refresh->begun_ms = now_ms;
    lists->references++;
    handle_close(&refresh->thread);
    refresh->thread = thread;
}

/* Waits for the first query until it has taken `wait_ms`. The lock is held exclusively. */
static void wait_for_first(struct system_lists *lists, const struct refresh *refresh, DWORD wait_ms)
{
    while (!refresh->was_run && refresh->is_running) {
        const ULONGLONG taken_ms = GetTickCount64() - refresh->begun_ms;
        if (taken_ms >= wait_ms)
            return;
        (void)SleepConditionVariableSRW(&lists->ended, &lists->lock, (DWORD)(wait_ms - taken_ms),
                                        0);
    }
}

DWORD system_lists_create(device_query devices, service_query services, struct system_lists **out)
{
    struct system_lists *lists = malloc(sizeof *lists);

    if (lists == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    *lists = (struct system_lists){
        .references = 1,
        .query_devices = devices,
        .query_services = services,
        .refresh_devices = {.run = refresh_devices, .pause_ms = DEVICE_REFRESH_INTERVAL_MS},
        .refresh_services = {.run = refresh_services, .pause_ms = SERVICE_LIST_AGE_MAX_MS}};
    device_map_init(&lists->devices);
    device_map_init(&lists->missed);
    AcquireSRWLockExclusive(&lists->lock);
    start(lists, &lists->refresh_services);
    ReleaseSRWLockExclusive(&lists->lock);
    *out = lists;
    return ERROR_SUCCESS;
}

/* Waits a little for the threads. Wine answers a query about the memory of this process on one of its
 * threads. One that is killed meanwhile, at the end of the process, leaves a lock taken, and every later
 * query about the process hangs. */
void system_lists_destroy(struct system_lists *lists)
{
    const HANDLE threads[] = {lists->refresh_devices.thread, lists->refresh_services.thread};

    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++)
        if (threads[i] != NULL)
            (void)WaitForSingleObject(threads[i], DESTROY_WAIT_MS);
    AcquireSRWLockExclusive(&lists->lock);
    leave(lists);
}

bool system_lists_path(struct system_lists *lists, struct span device_path, struct buffer *path)
{
    const struct refresh *refresh = &lists->refresh_devices;

    AcquireSRWLockShared(&lists->lock);
    bool is_known = device_map_rewrite(&lists->devices, device_path, path);
    const bool is_old =
        !refresh->was_run || GetTickCount64() - refresh->ended_ms >= TABLE_AGE_MAX_MS;
    ReleaseSRWLockShared(&lists->lock);
    if (is_known && !is_old)
        return true;

    AcquireSRWLockExclusive(&lists->lock);
    if (!is_known && lists->devices.count > 0 && lists->missed.count < MISSED_DEVICES_MAX)
        device_map_add_root(&lists->missed, device_path);
    start(lists, &lists->refresh_devices);
    if (!is_known && !refresh->was_run) {
        wait_for_first(lists, refresh, DEVICE_TABLE_WAIT_MAX_MS);
        is_known = device_map_rewrite(&lists->devices, device_path, path);
    }
    ReleaseSRWLockExclusive(&lists->lock);
    return is_known;
}

bool system_lists_services(struct system_lists *lists, uint32_t pid, uint64_t start_time,
                           struct buffer *names)
{
    AcquireSRWLockExclusive(&lists->lock);
    start(lists, &lists->refresh_services);
    const bool is_known = services_find(&lists->services, pid, start_time, names);
    ReleaseSRWLockExclusive(&lists->lock);
    return is_known;
}

void system_lists_wait_services(struct system_lists *lists, DWORD wait_ms)
{
    AcquireSRWLockExclusive(&lists->lock);
    wait_for_first(lists, &lists->refresh_services, wait_ms);
    ReleaseSRWLockExclusive(&lists->lock);
}
