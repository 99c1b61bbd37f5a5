#include "client/win32/pipe.h"

#include "client/trust.h"
#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"

#include <aclapi.h>

enum {
    BUSY_PAUSE_FIRST_MS = 50, /* doubled each time */
    BUSY_PAUSE_MAX_MS = 1000,
    BUSY_ANSWER_MS = 200 /* no attempt is made that has less time for its answer */
};

/* The state of the lsmapd service. Returns a Win32 error, such as ERROR_SERVICE_DOES_NOT_EXIST. */
static DWORD query_service(SERVICE_STATUS_PROCESS *status)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT), service = NULL;
    DWORD error = ERROR_SUCCESS, size = 0;

    if (manager != NULL)
        service = OpenServiceW(manager, L"" SERVICE_NAME, SERVICE_QUERY_STATUS);
    if (service == NULL || !QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)status,
                                                 sizeof *status, &size))
        error = GetLastError();
    if (service != NULL)
        (void)CloseServiceHandle(service);
    if (manager != NULL)
        (void)CloseServiceHandle(manager);
    return error;
}

static void query_owner(HANDLE pipe, struct sid *owner)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID sid = NULL;
    DWORD error = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &sid, NULL,
                                  NULL, NULL, &descriptor);

    /* An owner that does not fit a struct sid stays unknown. */
    if (error == ERROR_SUCCESS && sid != NULL && IsValidSid(sid))
        (void)!sid_set(owner, sid, GetLengthSid(sid));
    (void)LocalFree(descriptor);
}

static bool has_ended(DWORD pid)
{
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);

    if (process == NULL)
        return GetLastError() == ERROR_INVALID_PARAMETER; /* else it exists and is not ours */
    bool is_over = WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
    handle_close(&process);
    return is_over;
}

/* Gathers what trust_decide() needs; what cannot be read has its unknown value, which is never trusted. */
static void query_facts(HANDLE pipe, bool is_default, struct trust_facts *facts)
{
    SERVICE_STATUS_PROCESS status = {0};
    ULONG server_pid = 0;

    *facts = (struct trust_facts){.is_default = is_default};
    query_owner(pipe, &facts->owner);
    (void)(token_user(GetCurrentProcessToken(), &facts->user) == ERROR_SUCCESS);
    if (GetNamedPipeServerProcessId(pipe, &server_pid)) {
        facts->server_pid = server_pid;
        facts->has_server_ended = server_pid != 0 && has_ended(server_pid);
    }
    if (is_default && query_service(&status) == ERROR_SUCCESS)
        facts->service_pid = status.dwProcessId;
}

/* Why the pipe of the service does not exist. */
static enum failure_kind find_absence(void)
{
    SERVICE_STATUS_PROCESS status = {0};
    DWORD error = query_service(&status);

    if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        return FAILURE_NOT_INSTALLED;
    /* When Windows does not say, that is probably the cause, and the advice is the same. */
    if (error != ERROR_SUCCESS || status.dwCurrentState == SERVICE_STOPPED)
        return FAILURE_NOT_RUNNING;
    if (status.dwCurrentState == SERVICE_RUNNING || status.dwCurrentState == SERVICE_PAUSED)
        return FAILURE_NO_PIPE;
    return FAILURE_STARTING;
}

static DWORD remaining_ms(uint64_t deadline_ms)
{
    uint64_t now = system_now_ms();

    return now < deadline_ms ? (DWORD)(deadline_ms - now) : 0;
}

static bool fail_system(struct failure *failure, const char *what, DWORD error)
{
    char text[FAILURE_DETAIL_CAPACITY - 64];

    return failure_set(failure, FAILURE_SYSTEM, "%s: %s", what,
                       text_w_error(text, sizeof text, error));
}

static bool fail_open(struct failure *failure, bool is_default, DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
        return failure_set(failure, is_default ? find_absence() : FAILURE_NO_SERVER, NULL);
    case ERROR_ACCESS_DENIED:
        return failure_set(failure, is_default ? FAILURE_DENIED : FAILURE_DENIED_PIPE, NULL);
    case ERROR_PIPE_BUSY:
    case ERROR_SEM_TIMEOUT:
        return failure_set(failure, FAILURE_BUSY, NULL);
    default:
        return fail_system(failure, "the pipe cannot be opened", error);
    }
}

/* Other clients may take each free instance before us: whoever waits is woken, the first one gets it.
 * Source: ReactOS, npfs/waitsup.c, NpCancelWaiter. Only time limits the attempts. */
static DWORD open_pipe(const wchar_t *name, uint64_t deadline_ms, HANDLE *pipe)
{
    DWORD error = ERROR_PIPE_BUSY;

    while (error == ERROR_PIPE_BUSY) {
        /* Read, write, and read the owner. Not GENERIC_WRITE: it includes
         * FILE_CREATE_PIPE_INSTANCE, which the service grants to SYSTEM only. */
        error = handle_open_file(pipe, name, FILE_GENERIC_READ | FILE_WRITE_DATA, 0, OPEN_EXISTING,
                                 FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT |
                                     SECURITY_IDENTIFICATION);
        if (error != ERROR_PIPE_BUSY)
            break;
        DWORD wait_ms = remaining_ms(deadline_ms); /* 0 would mean the pipe's default timeout */
        if (wait_ms == 0)
            break;
        if (!WaitNamedPipeW(name, wait_ms))
            error = GetLastError();
    }
    return error;
}

/* Reads, or writes, and waits for the end. Returns ERROR_TIMEOUT when the operation was cancelled; it
 * has ended in any case. */
static DWORD transfer(struct pipe_client *client, void *in, const void *out, size_t size,
                      DWORD *done)
{
    const uint64_t deadline_ms = system_now_ms() + client->left_ms;

    client->operation = (OVERLAPPED){.hEvent = client->event};
    if (!(in != NULL ? ReadFile(client->pipe, in, (DWORD)size, NULL, &client->operation)
                     : WriteFile(client->pipe, out, (DWORD)size, NULL, &client->operation))) {
        const DWORD error = GetLastError();
        if (error != ERROR_IO_PENDING)
            return error;
    }
    bool in_time = WaitForSingleObject(client->event, client->left_ms) == WAIT_OBJECT_0;
    client->left_ms = remaining_ms(deadline_ms);
    if (!in_time)
        (void)CancelIoEx(client->pipe, &client->operation);
    if (GetOverlappedResult(client->pipe, &client->operation, done, TRUE))
        return ERROR_SUCCESS; /* also when it ended just before it was cancelled */
    const DWORD error = GetLastError();
    return !in_time && error == ERROR_OPERATION_ABORTED ? ERROR_TIMEOUT : error;
}

static bool fail_transfer(struct failure *failure, DWORD error)
{
    switch (error) {
    case ERROR_TIMEOUT:
        return failure_set(failure, FAILURE_TIMED_OUT, NULL);
    case ERROR_BROKEN_PIPE:
    case ERROR_NO_DATA:
    case ERROR_PIPE_NOT_CONNECTED:
    case ERROR_HANDLE_EOF:
        return failure_set(failure, FAILURE_CLOSED, NULL);
    default:
        return fail_system(failure, "the pipe failed", error);
    }
}

static bool pipe_send(void *context, struct span bytes, struct failure *failure)
{
    DWORD size = 0, error = transfer(context, NULL, bytes.data, bytes.size, &size);

    if (error == ERROR_SUCCESS && size != bytes.size)
        error = ERROR_WRITE_FAULT; /* a byte pipe takes all of it */
    return error == ERROR_SUCCESS || fail_transfer(failure, error);
}

static bool pipe_receive(void *context, char *data, size_t capacity, size_t *size,
                         struct failure *failure)
{
    struct pipe_client *client = context;
    DWORD received = 0, error = ERROR_SUCCESS;

    /* A write of zero bytes completes a read; the timeout ends this loop, too. */
    do {
        error = transfer(client, data, NULL, capacity, &received);
    } while (error == ERROR_SUCCESS && received == 0 && client->left_ms > 0);
    if (error == ERROR_SUCCESS && received == 0)
        error = ERROR_TIMEOUT;
    *size = received;
    return error == ERROR_SUCCESS || fail_transfer(failure, error);
}

/* The owner of a pipe cannot be read once its server has closed it. */
static bool has_hung_up(HANDLE pipe)
{
    DWORD available = 0;

    return !PeekNamedPipe(pipe, NULL, 0, NULL, &available, NULL) &&
           GetLastError() != ERROR_ACCESS_DENIED;
}

/* Opens the pipe after `pause_ms` and checks its server. */
static bool connect_pipe(struct pipe_client *client, DWORD pause_ms, struct failure *failure)
{
    const uint64_t deadline_ms = system_now_ms() + client->left_ms;
    struct span name = span_from_string(client->name);
    bool is_default = trust_is_default_pipe(name);
    wchar_t name_w[PIPE_NAME_LENGTH_MAX + 1];
    struct trust_facts facts;
    HANDLE pipe = NULL;

    Sleep(pause_ms);
    DWORD error = text_w_from_utf8(name_w, sizeof name_w / sizeof name_w[0], name);
    if (error == ERROR_SUCCESS)
        error = open_pipe(name_w, deadline_ms, &pipe);
    client->left_ms = remaining_ms(deadline_ms);
    if (error != ERROR_SUCCESS)
        return fail_open(failure, is_default, error);
    query_facts(pipe, is_default, &facts);
    if (!trust_decide(&facts, failure)) {
        if (facts.owner.size == 0 && has_hung_up(pipe))
            (void)failure_set(failure, FAILURE_NO_REPLY, NULL);
        handle_close(&pipe);
        return false;
    }
    client->pipe = pipe;
    return true;
}

/* A server at its limit closes the connection: each attempt connects and checks the server again. */
static bool pipe_reconnect(void *context, struct failure *failure)
{
    struct pipe_client *client = context;

    const DWORD pause_ms = client->pause_ms;
    if (client->left_ms < pause_ms + BUSY_ANSWER_MS)
        return failure_set(failure, FAILURE_BUSY, NULL);
    handle_close(&client->pipe);
    client->pause_ms = pause_ms < BUSY_PAUSE_MAX_MS / 2 ? pause_ms * 2 : BUSY_PAUSE_MAX_MS;
    return connect_pipe(client, pause_ms, failure);
}

bool pipe_client_open(struct pipe_client *client, const char *name, unsigned timeout_s,
                      struct failure *failure)
{
    *client = (struct pipe_client){
        .event = CreateEventW(NULL, TRUE, FALSE, NULL),
        .left_ms = timeout_s * 1000,
        .name = name,
        .pause_ms = BUSY_PAUSE_FIRST_MS,
        .transport = {client, pipe_send, pipe_receive, pipe_reconnect},
    };
    if (client->event == NULL)
        return fail_system(failure, "no event", GetLastError());
    if (connect_pipe(client, 0, failure))
        return true;
    pipe_client_close(client);
    return false;
}

void pipe_client_close(struct pipe_client *client)
{
    handle_close(&client->pipe);
    handle_close(&client->event);
}
