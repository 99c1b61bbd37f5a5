#include "common/win32/service_list.h"

#include <stdlib.h>
#include <wchar.h>

enum {
    ANSWER_SIZE = 256 * 1024, /* the most that EnumServicesStatusExW takes */
    ANSWERS_MAX = 64          /* of one query: 64 times 256 KiB are more than SERVICES_MAX */
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
        if (!buffer_utf16(name, text, len) ||
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
