#include "service/win32/server.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "service/win32/descriptor.h"
#include "service/win32/pipe.h"
#include "service/win32/pipe_calls.h"
#include "service/win32/server_private.h"

/* The sessions need half of it; behind this something hangs. */
enum { STOP_WAIT_MS = STOP_TIMEOUT_MS - 100 };

static void CALLBACK on_timer(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    struct server *server = context;
    (void)instance, (void)timer;

    server_clients_sweep(server);
    server_scans_sweep(server);
    server_clients_refill(server);
}

static DWORD create_pool(struct server *server)
{
    server->pool = pipe_calls.create_pool(NULL);
    if (server->pool == NULL)
        return GetLastError();
    server_scans_configure(server, &server->limits);
    InitializeThreadpoolEnvironment(&server->environment);
    SetThreadpoolCallbackPool(&server->environment, server->pool);
    server->timer = pipe_calls.create_timer(on_timer, server, &server->environment);
    return server->timer == NULL ? GetLastError() : ERROR_SUCCESS;
}

static DWORD create_event(HANDLE *event)
{
    *event = pipe_calls.create_event(NULL, TRUE, FALSE, NULL);
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

DWORD server_set_access(struct server *server, const char *access_sddl, const struct policy *policy)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;

    DWORD error = descriptor_create(access_sddl, &descriptor);
    if (error == ERROR_SUCCESS)
        client_access_set(&server->host.access, descriptor, policy);
    return error;
}

static DWORD set_config(struct server *server, const struct server_config *config)
{
    size_t length = wcslen(config->pipe_name);

    if (length > PIPE_NAME_LENGTH_MAX)
        return ERROR_INVALID_NAME;
    memcpy(server->pipe_name, config->pipe_name, (length + 1) * sizeof *server->pipe_name);
    if (config->limits != NULL)
        server->limits = *config->limits;
    else
        server_limits_default(&server->limits, system_processors());
    server->host.environment = &server->environment;
    server->host.context = config->context;
    server->host.now_ms = config->now_ms != NULL ? config->now_ms : system_now_ms;
    server_clients_init(server);
    server_scans_init(server);
    DWORD error = descriptor_create(config->pipe_sddl, &server->pipe_descriptor);
    if (error != ERROR_SUCCESS)
        return error;
    server->security.nLength = sizeof server->security;
    server->security.lpSecurityDescriptor = server->pipe_descriptor;
    return server_set_access(server, config->access_sddl, &config->policy);
}

DWORD server_create(const struct server_config *config, struct server **server)
{
    struct server *created = pipe_calls.allocate(1, sizeof *created);

    if (created == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    created->alive = 1;
    InitializeSRWLock(&created->lock);
    InitializeSRWLock(&created->host.access.lock);
    InitializeSRWLock(&created->slots_lock);
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
    server_scans_sweep(server);
    server_clients_leave(server);
    if (WaitForSingleObject(server->freed, STOP_WAIT_MS) != WAIT_OBJECT_0)
        return ERROR_TIMEOUT;
    destroy(server);
    return ERROR_SUCCESS;
}

void server_configure(struct server *server, const struct server_limits *limits)
{
    AcquireSRWLockExclusive(&server->lock);
    server->limits = *limits;
    InterlockedIncrement(&server->host.limits_version);
    ReleaseSRWLockExclusive(&server->lock);
    server_scans_configure(server, limits);
    server_clients_refill(server);
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
