#include "tests/bench/echo_server.h"

#include <stdlib.h>
#include <string.h>

#include "service/win32/pipe.h"

enum operation { OPERATION_ACCEPT, OPERATION_READ, OPERATION_WRITE };

struct instance {
    HANDLE pipe;
    PTP_IO io;
    enum operation operation; /* which is pending */
    OVERLAPPED overlapped;
    char bytes[ECHO_SIZE_MAX];
};

static BOOL issue(struct instance *instance, DWORD size)
{
    switch (instance->operation) {
    case OPERATION_ACCEPT:
        return ConnectNamedPipe(instance->pipe, &instance->overlapped);
    case OPERATION_READ:
        return ReadFile(instance->pipe, instance->bytes, sizeof instance->bytes, NULL,
                        &instance->overlapped);
    case OPERATION_WRITE:
        break;
    }
    return WriteFile(instance->pipe, instance->bytes, size, NULL, &instance->overlapped);
}

/* Returns false when no completion comes. */
static bool start(struct instance *instance, enum operation operation, DWORD size)
{
    instance->operation = operation;
    memset(&instance->overlapped, 0, sizeof instance->overlapped);
    StartThreadpoolIo(instance->io);
    if (issue(instance, size) || GetLastError() == ERROR_IO_PENDING)
        return true;
    CancelThreadpoolIo(instance->io);
    return false;
}

static void accept_client(struct instance *instance)
{
    while (!start(instance, OPERATION_ACCEPT, 0)) {
        if (GetLastError() == ERROR_PIPE_CONNECTED && start(instance, OPERATION_READ, 0))
            return;
        DisconnectNamedPipe(instance->pipe); /* the client came and went */
    }
}

static void CALLBACK on_completion(PTP_CALLBACK_INSTANCE callback, void *context, void *overlapped,
                                   ULONG error, ULONG_PTR size, PTP_IO io)
{
    struct instance *instance = context;
    bool goes_on = false;
    (void)callback, (void)overlapped, (void)io;

    if (error == ERROR_SUCCESS)
        goes_on = instance->operation == OPERATION_READ
                      ? start(instance, OPERATION_WRITE, (DWORD)size)
                      : start(instance, OPERATION_READ, 0);
    if (goes_on)
        return;
    DisconnectNamedPipe(instance->pipe);
    accept_client(instance);
}

DWORD echo_server_run(const wchar_t *pipe_name, unsigned instances)
{
    static struct instance all[ECHO_INSTANCES_MAX];
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = CreateThreadpool(NULL);

    if (pool == NULL || instances > ECHO_INSTANCES_MAX)
        return ERROR_NOT_ENOUGH_MEMORY;
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    for (unsigned i = 0; i < instances; i++) {
        DWORD error = pipe_create_instance(pipe_name, 0, NULL, &all[i].pipe);
        if (error != ERROR_SUCCESS)
            return error;
        all[i].io = CreateThreadpoolIo(all[i].pipe, on_completion, &all[i], &environment);
        if (all[i].io == NULL)
            return GetLastError();
        accept_client(&all[i]);
    }
    Sleep(INFINITE);
    return ERROR_SUCCESS;
}
