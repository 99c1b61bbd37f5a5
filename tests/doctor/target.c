#include "tests/doctor/target.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"
#include "service/access.h"
#include "service/settings.h"
#include "service/win32/access_cmd.h"
#include "service/win32/pipe.h"
#include "service/win32/settings_registry.h"

enum { POLL_INTERVAL_MS = 50 };

DWORD pipe_open(const wchar_t *name, DWORD access, HANDLE *pipe)
{
    HANDLE opened = CreateFileW(name, access, 0, NULL, OPEN_EXISTING,
                                SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);

    if (opened == INVALID_HANDLE_VALUE)
        return GetLastError();
    *pipe = opened;
    return ERROR_SUCCESS;
}

/* Returns ERROR_TIMEOUT without a complete line in time. */
static DWORD read_line(HANDLE pipe, DWORD timeout_ms, char *answer, DWORD capacity)
{
    DWORD size = 0;

    for (DWORD waited_ms = 0; waited_ms < timeout_ms; waited_ms += POLL_INTERVAL_MS) {
        DWORD available = 0, read = 0;
        if (!PeekNamedPipe(pipe, NULL, 0, NULL, &available, NULL))
            return GetLastError();
        if (available == 0) {
            Sleep(POLL_INTERVAL_MS);
            continue;
        }
        if (!ReadFile(pipe, answer + size, capacity - 1 - size, &read, NULL))
            return GetLastError();
        size += read;
        answer[size] = '\0';
        char *end = strchr(answer, '\n');
        if (end != NULL)
            *end = '\0';
        if (end != NULL || size == capacity - 1)
            return ERROR_SUCCESS;
    }
    return ERROR_TIMEOUT;
}

DWORD pipe_exchange(HANDLE pipe, const char *request, DWORD timeout_ms, char *answer,
                    DWORD capacity)
{
    DWORD size = 0;

    if (!WriteFile(pipe, request, (DWORD)strlen(request), &size, NULL))
        return GetLastError();
    return read_line(pipe, timeout_ms, answer, capacity);
}

DWORD pipe_ask(const wchar_t *name, DWORD timeout_ms, char *answer, DWORD capacity)
{
    HANDLE pipe = NULL;

    DWORD error = pipe_open(name, GENERIC_READ | GENERIC_WRITE, &pipe);
    if (error == ERROR_PIPE_BUSY && WaitNamedPipeW(name, timeout_ms))
        error = pipe_open(name, GENERIC_READ | GENERIC_WRITE, &pipe);
    if (error == ERROR_SUCCESS)
        error = pipe_exchange(pipe, "{\"op\":\"info\"}\n", timeout_ms, answer, capacity);
    handle_close(&pipe);
    return error;
}

/* What the service made of its settings at its start, unless they were changed since. */
static DWORD take_service_pipe(struct target *target)
{
    struct settings settings;
    struct access_setup setup = {0};

    settings_default(&settings, 1);
    settings_registry_read(HKEY_LOCAL_MACHINE, SETTINGS_REGISTRY_KEY, &settings);
    DWORD error = access_setup_create(&settings, NULL, &setup);
    if (error == ERROR_SUCCESS && setup.pipe_sddl.size > sizeof target->sddl)
        error = ERROR_BUFFER_OVERFLOW;
    if (error == ERROR_SUCCESS) {
        memcpy(target->sddl, setup.pipe_sddl.data, setup.pipe_sddl.size);
        error =
            text_w_from_utf8(target->name, TARGET_NAME_LENGTH, span_from_string(PIPE_NAME_DEFAULT));
    }
    access_setup_release(&setup);
    return error;
}

/* The guard, once, and an instance that listens. */
static DWORD make_instance(struct target *target)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;

    DWORD error = descriptor_create(target->sddl, &descriptor);
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security, .lpSecurityDescriptor = descriptor};
    if (error == ERROR_SUCCESS && target->guard == NULL)
        error = pipe_create_guard(target->name, &security, &target->guard);
    if (error == ERROR_SUCCESS)
        error = pipe_create_instance(target->name, 0, &security, &target->instance);
    descriptor_free(&descriptor);
    return error;
}

static DWORD make_own_pipe(struct target *target)
{
    char access_sddl[ACCESS_SDDL_CONSOLE_CAPACITY];
    struct caller self;

    target->is_own = true;
    (void)swprintf(target->name, TARGET_NAME_LENGTH, L"\\\\.\\pipe\\lsmap-doctor-%lu",
                   (unsigned long)GetCurrentProcessId());
    DWORD error = token_facts(GetCurrentProcessToken(), &self);
    if (error == ERROR_SUCCESS &&
        !access_console_sddl(&self.user, false, target->sddl, access_sddl))
        error = ERROR_INVALID_SID;
    return error == ERROR_SUCCESS ? make_instance(target) : error;
}

void target_open(struct target *target, bool is_service)
{
    memset(target, 0, sizeof *target);
    target->error = is_service ? take_service_pipe(target) : make_own_pipe(target);
}

void target_renew(struct target *target)
{
    if (!target->is_own || target->error != ERROR_SUCCESS)
        return;
    pipe_close(&target->instance);
    target->error = make_instance(target);
}

void target_close(struct target *target)
{
    pipe_close(&target->instance);
    pipe_close(&target->guard);
}

const char *target_describe(const struct target *target)
{
    return target->is_own ? "a pipe made like that of the service" : "the service's pipe";
}
