#include "server.h"

#include <stdlib.h>
#include <string.h>

#include "assertion.h"
#include "descriptor.h"
#include "handle.h"
#include "pipe.h"
#include "server_private.h"
#include "system_info.h"

enum { STOP_WAIT_MS = 2 * STOP_TIMEOUT_MS }; /* the sessions need less; then something hangs */

/* Few threads: what they do is ask the kernel, and each step is short. */
enum { THREADS_PER_PROCESSOR = 2, THREADS_MIN = 2, THREADS_MAX = 16 };

static void CALLBACK on_timer(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    struct server *server = context;
    (void)instance, (void)timer;

    server_clients_sweep(server);
    server_clients_refill(server);
}

static DWORD create_pool(struct server *server)
{
    SYSTEM_INFO system;

    GetSystemInfo(&system);
    DWORD threads = system.dwNumberOfProcessors * THREADS_PER_PROCESSOR;
    if (threads < THREADS_MIN)
        threads = THREADS_MIN;
    if (threads > THREADS_MAX)
        threads = THREADS_MAX;
    server->pool = CreateThreadpool(NULL);
    if (server->pool == NULL)
        return GetLastError();
    SetThreadpoolThreadMaximum(server->pool, threads);
    InitializeThreadpoolEnvironment(&server->environment);
    SetThreadpoolCallbackPool(&server->environment, server->pool);
    server->timer = CreateThreadpoolTimer(on_timer, server, &server->environment);
    return server->timer == NULL ? GetLastError() : ERROR_SUCCESS;
}

static DWORD create_event(HANDLE *event)
{
    *event = CreateEventW(NULL, TRUE, FALSE, NULL);
    return *event == NULL ? GetLastError() : ERROR_SUCCESS;
}

/* No connection exists. */
static void destroy(struct server *server)
{
    if (server->timer != NULL) {
        SetThreadpoolTimer(server->timer, NULL, 0, 0);
        WaitForThreadpoolTimerCallbacks(server->timer, TRUE);
        CloseThreadpoolTimer(server->timer);
    }
    if (server->pool != NULL) {
        DestroyThreadpoolEnvironment(&server->environment);
        CloseThreadpool(server->pool);
    }
    handle_close(&server->guard);
    handle_close(&server->failed);
    handle_close(&server->freed);
    descriptor_free(&server->pipe_descriptor);
    descriptor_free(&server->host.access.descriptor);
    free(server);
}

static DWORD set_config(struct server *server, const struct server_config *config)
{
    size_t length = wcslen(config->pipe_name);

    if (length > PIPE_NAME_LENGTH_MAX)
        return ERROR_INVALID_NAME;
    memcpy(server->pipe_name, config->pipe_name, (length + 1) * sizeof *server->pipe_name);
    server->connections_max =
        config->connections_max != 0 ? config->connections_max : CONNECTIONS_MAX;
    server->connections_user_max =
        config->connections_user_max != 0 ? config->connections_user_max : CONNECTIONS_USER_MAX;
    server->host.environment = &server->environment;
    server->host.context = config->context;
    server->host.now_ms = config->now_ms != NULL ? config->now_ms : system_now_ms;
    server_clients_init(server);
    user_name_query_self(&server->host.access.self);
    DWORD error = descriptor_create(config->pipe_sddl, &server->pipe_descriptor);
    if (error != ERROR_SUCCESS)
        return error;
    server->security.nLength = sizeof server->security;
    server->security.lpSecurityDescriptor = server->pipe_descriptor;
    return descriptor_create(config->access_sddl, &server->host.access.descriptor);
}

DWORD server_create(const struct server_config *config, struct server **server)
{
    struct server *created = calloc(1, sizeof *created);

    if (created == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    created->alive = 1;
    InitializeSRWLock(&created->lock);
    DWORD error = set_config(created, config);
    if (error == ERROR_SUCCESS)
        error = create_event(&created->failed);
    if (error == ERROR_SUCCESS)
        error = create_event(&created->freed);
    if (error == ERROR_SUCCESS)
        error = create_pool(created);
    if (error == ERROR_SUCCESS)
        error = pipe_create_guard(created->pipe_name, &created->security, &created->guard);
    if (error != ERROR_SUCCESS) {
        destroy(created);
        return error;
    }
    server_clients_refill(created);
    AcquireSRWLockExclusive(&created->lock);
    error = created->failures > 0 ? created->last_error : ERROR_SUCCESS;
    ReleaseSRWLockExclusive(&created->lock);
    if (error == ERROR_SUCCESS) {
        *server = created;
        return ERROR_SUCCESS;
    }
    DWORD stopped = server_stop(created);
    ASSERT(stopped == ERROR_SUCCESS); /* there was no session that could hang */
    return error;
}

DWORD server_stop(struct server *server)
{
    if (server == NULL)
        return ERROR_SUCCESS;
    AcquireSRWLockExclusive(&server->lock);
    pipe_host_stop(&server->host);
    ReleaseSRWLockExclusive(&server->lock);
    server_clients_sweep(server);
    server_clients_leave(server);
    if (WaitForSingleObject(server->freed, STOP_WAIT_MS) != WAIT_OBJECT_0)
        return ERROR_TIMEOUT;
    destroy(server);
    return ERROR_SUCCESS;
}

HANDLE server_failed_event(const struct server *server)
{
    return server->failed;
}

unsigned server_connections(struct server *server)
{
    AcquireSRWLockExclusive(&server->lock);
    unsigned connected = server->connected;
    ReleaseSRWLockExclusive(&server->lock);
    return connected;
}
