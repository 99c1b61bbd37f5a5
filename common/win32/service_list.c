#include "common/win32/service_list.h"

#include <stdlib.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"

enum {
    ANSWER_SIZE = 256 * 1024, /* the most that EnumServicesStatusExW takes */
    ANSWERS_MAX = 64          /* of one query: 64 times 256 KiB are more than SERVICES_MAX */
};

struct service_list {
    service_query query;
    SRWLOCK lock;                /* guards the members below; never held during a query */
    CONDITION_VARIABLE answered; /* the first query has ended */
    struct services services;
    bool is_asking, was_asked;
    ULONGLONG asked_ms;  /* GetTickCount64 of the end of the last query */
    unsigned references; /* the owner's, and that of the thread that asks */
};

/* Types of services, all that the system knows: SERVICE_TYPE_ALL of the SDKs for builds 17763 and
 * 14393, then before per-user services. A bit that a system does not know is
 * ERROR_INVALID_PARAMETER. Source: winnt.h of these SDKs. */
static const DWORD service_types[] = {0x3ff, 0x1ff, SERVICE_WIN32};

/* Adds one answer. What it points at must lie inside. */
static DWORD add_answer(struct services *services, const BYTE *answer, DWORD count,
                        struct buffer *name)
{
    const ENUM_SERVICE_STATUS_PROCESSW *entries = (const void *)answer;

    if (count > ANSWER_SIZE / sizeof *entries)
        return ERROR_INVALID_DATA;
    for (DWORD i = 0; i < count; i++) {
        const wchar_t *text = entries[i].lpServiceName;
        const uintptr_t offset = (uintptr_t)text - (uintptr_t)answer;
        if (offset >= ANSWER_SIZE || offset % sizeof *text != 0)
            return ERROR_INVALID_DATA;
        const size_t len = wcsnlen(text, (ANSWER_SIZE - offset) / sizeof *text);
        buffer_clear(name);
        if (!text_w_append(name, text, len) ||
            !services_add(services, entries[i].ServiceStatusProcess.dwProcessId, buffer_span(name)))
            return ERROR_INVALID_DATA;
    }
    return ERROR_SUCCESS;
}

static DWORD add_all(struct services *services, SC_HANDLE manager, BYTE *answer)
{
    struct buffer name;
    DWORD error = ERROR_MORE_DATA, resume = 0;
    size_t type = 0;

    buffer_init(&name, SERVICE_NAME_SIZE_MAX);
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
        const DWORD added = add_answer(services, answer, count, &name);
        if (added != ERROR_SUCCESS || (error == ERROR_MORE_DATA && resume == last))
            error = added != ERROR_SUCCESS ? added : ERROR_INVALID_DATA;
    }
    buffer_release(&name);
    return error;
}

DWORD service_list_query(struct services *services)
{
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    SC_HANDLE manager = NULL;
    BYTE *answer = malloc(ANSWER_SIZE);

    if (answer == NULL)
        goto cleanup;
    manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ENUMERATE_SERVICE);
    error = manager != NULL ? add_all(services, manager, answer) : GetLastError();

cleanup:
    if (manager != NULL)
        CloseServiceHandle(manager);
    free(answer);
    return error;
}

/* Gives back a reference and the lock, which is held exclusively. */
static void leave(struct service_list *list)
{
    const bool is_last = --list->references == 0;

    ReleaseSRWLockExclusive(&list->lock);
    if (!is_last)
        return;
    services_release(&list->services);
    free(list);
}

static DWORD WINAPI ask(void *context)
{
    struct service_list *list = context;
    struct services made;

    services_begin(&made, system_now_filetime(NULL));
    const DWORD error = list->query(&made);
    AcquireSRWLockExclusive(&list->lock);
    if (error == ERROR_SUCCESS) {
        const struct services old = list->services;
        list->services = made;
        made = old;
    }
    list->is_asking = false;
    list->was_asked = true;
    list->asked_ms = GetTickCount64();
    WakeAllConditionVariable(&list->answered);
    leave(list);
    services_release(&made);
    return 0;
}

/* The lock is held exclusively. */
static void start(struct service_list *list)
{
    if (list->is_asking ||
        (list->was_asked && GetTickCount64() - list->asked_ms < SERVICE_LIST_AGE_MAX_MS))
        return;
    HANDLE thread = CreateThread(NULL, 0, ask, list, 0, NULL);
    if (thread == NULL)
        return; /* the next question tries again */
    list->is_asking = true;
    list->references++;
    handle_close(&thread);
}

DWORD service_list_create(service_query query, struct service_list **out)
{
    struct service_list *list = calloc(1, sizeof *list);

    if (list == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    InitializeSRWLock(&list->lock);
    InitializeConditionVariable(&list->answered);
    list->query = query;
    list->references = 1;
    AcquireSRWLockExclusive(&list->lock);
    start(list);
    ReleaseSRWLockExclusive(&list->lock);
    *out = list;
    return ERROR_SUCCESS;
}

void service_list_destroy(struct service_list *list)
{
    if (list == NULL)
        return;
    AcquireSRWLockExclusive(&list->lock);
    leave(list);
}

bool service_list_find(struct service_list *list, uint32_t pid, uint64_t start_time,
                       struct buffer *names)
{
    AcquireSRWLockExclusive(&list->lock);
    start(list);
    const bool is_known = services_find(&list->services, pid, start_time, names);
    ReleaseSRWLockExclusive(&list->lock);
    return is_known;
}

void service_list_wait(struct service_list *list, DWORD wait_ms)
{
    const ULONGLONG begun_ms = GetTickCount64();

    AcquireSRWLockExclusive(&list->lock);
    while (!list->was_asked && list->is_asking) {
        const ULONGLONG waited_ms = GetTickCount64() - begun_ms;
        if (waited_ms >= wait_ms)
            break;
        (void)SleepConditionVariableSRW(&list->answered, &list->lock, (DWORD)(wait_ms - waited_ms),
                                        0);
    }
    ReleaseSRWLockExclusive(&list->lock);
}
