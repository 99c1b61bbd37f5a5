#include "service/win32/pipe.h"

#include <stdlib.h>

#include "common/base/assertion.h"
#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/ntdll.h"
#include "common/win32/system_info.h"
#include "service/access.h"
#include "service/win32/access_cmd.h"
#include "service/win32/events.h"

#if defined(_MSC_VER)
#pragma warning( \
    disable : 4232) /* an imported function's address is known at load time: enough here */
#endif

/* What was sent and not read takes up the quota. Wine does not know what is left of it. */
static size_t query_unread(HANDLE pipe)
{
    struct nt_file_pipe_local answer;
    struct nt_io_status io;

    if (system_is_wine() ||
        NtQueryInformationFile(pipe, &io, &answer, sizeof answer, NT_FILE_PIPE_LOCAL) < 0)
        return SIZE_MAX;
    return answer.out_quota - answer.out_quota_available;
}

struct pipe_calls pipe_calls = {
    .create_named_pipe = CreateNamedPipeW,
    .connect_named_pipe = ConnectNamedPipe,
    .disconnect_named_pipe = DisconnectNamedPipe,
    .peek_named_pipe = PeekNamedPipe,
    .unread_size = query_unread,
    .read_file = ReadFile,
    .write_file = WriteFile,
    .cancel_io = CancelIoEx,
    .impersonate_client = ImpersonateNamedPipeClient,
    .open_thread_token = OpenThreadToken,
    .create_event = CreateEventW,
    .create_thread = CreateThread,
    .create_pool = CreateThreadpool,
    .create_timer = CreateThreadpoolTimer,
    .create_work = CreateThreadpoolWork,
    .create_io = CreateThreadpoolIo,
    .allocate = calloc,
};

enum {
    /* also the guard, and those that scan threads and the 16 threads of the pool are closing */
    INSTANCES_MAX = (int)CONNECTIONS_LIMIT_MAX + SEATS_ACCEPTING_MAX + SEATS_LEAVING_MAX + 1 +
                    SCANS_LIMIT_MAX + 16
};

/* Held while an instance is made or closed, so that no instance is left out when all are closed, and
 * none is closed twice. */
static SRWLOCK instances_lock = SRWLOCK_INIT;
static HANDLE instances[INSTANCES_MAX]; /* that are open; NULL: a free place */
static bool are_all_closed;             /* for good */

/* Under the lock. Returns the place of an instance, or NULL. */
static HANDLE *find_place(HANDLE instance)
{
    for (int i = 0; i < INSTANCES_MAX; i++)
        if (instances[i] == instance)
            return &instances[i];
    return NULL;
}

void pipe_close(HANDLE *pipe)
{
    if (*pipe == NULL)
        return;
    AcquireSRWLockExclusive(&instances_lock);
    HANDLE *place = find_place(*pipe);
    if (place != NULL) {                         /* else it was closed with all others */
        pipe_calls.disconnect_named_pipe(*pipe); /* fails when no client ever came: fine */
        handle_close(place);
    }
    ReleaseSRWLockExclusive(&instances_lock);
    *pipe = NULL;
}

void pipe_close_all(void)
{
    AcquireSRWLockExclusive(&instances_lock);
    are_all_closed = true;
    for (int i = 0; i < INSTANCES_MAX; i++) {
        if (instances[i] != NULL)
            DisconnectNamedPipe(instances[i]);
        handle_close(&instances[i]);
    }
    ReleaseSRWLockExclusive(&instances_lock);
}

void pipe_end_process(int code)
{
    pipe_close_all();
    TerminateProcess(GetCurrentProcess(), (UINT)code);
    ASSERT(false);
}

DWORD pipe_create_instance(const wchar_t *name, DWORD first, SECURITY_ATTRIBUTES *security,
                           HANDLE *pipe)
{
    DWORD error = ERROR_NO_SYSTEM_RESOURCES;

    AcquireSRWLockExclusive(&instances_lock);
    HANDLE *place = are_all_closed ? NULL : find_place(NULL);
    if (place != NULL) {
        HANDLE created = pipe_calls.create_named_pipe(
            name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first,
            PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
            PIPE_UNLIMITED_INSTANCES, PIPE_QUOTA_OUT_SIZE, PIPE_QUOTA_IN_SIZE, 0, security);
        error = created == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
        if (error == ERROR_SUCCESS) {
            *place = created;
            *pipe = created;
        }
    }
    ReleaseSRWLockExclusive(&instances_lock);
    return error;
}

/* Opens the other end as a client that nobody can impersonate. Returns NULL on failure. */
static HANDLE open_client(const wchar_t *name)
{
    HANDLE client = CreateFileW(name, GENERIC_READ, 0, NULL, OPEN_EXISTING,
                                SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
    return client != INVALID_HANDLE_VALUE ? client : NULL;
}

/* Returns ERROR_ACCESS_DENIED when the name is not ours to take. */
static DWORD take_over(const wchar_t *name, SECURITY_ATTRIBUTES *security, HANDLE *pipe)
{
    struct descriptor intended = {0}, found = {0};
    HANDLE client = open_client(name), further = NULL;
    /* A client finds the name while a server has an instance open, even if all are busy. Source:
     * ReactOS, npfs/create.c, NpFsdCreate: ServerOpenCount. */
    const bool is_served = client != NULL || GetLastError() != ERROR_FILE_NOT_FOUND;

    DWORD error = pipe_create_instance(name, 0, security, &further);
    if (error == ERROR_SUCCESS)
        error = descriptor_copy(security->lpSecurityDescriptor, &intended);
    if (error == ERROR_SUCCESS)
        error = descriptor_copy_object(further, SE_KERNEL_OBJECT, 0, &found);
    if (error == ERROR_SUCCESS && access_may_take_over(is_served, &intended, &found)) {
        *pipe = further;
        further = NULL;
        event_pipe_taken_over(name);
    } else {
        error = ERROR_ACCESS_DENIED;
    }
    pipe_close(&further);
    handle_close(&client);
    descriptor_release(&found);
    descriptor_release(&intended);
    return error;
}

DWORD pipe_create_guard(const wchar_t *name, SECURITY_ATTRIBUTES *security, HANDLE *guard)
{
    HANDLE pipe = NULL;

    DWORD error = pipe_create_instance(name, FILE_FLAG_FIRST_PIPE_INSTANCE, security, &pipe);
    if (error == ERROR_ACCESS_DENIED && security != NULL)
        error = take_over(name, security, &pipe);
    if (error == ERROR_SUCCESS) {
        /* A new instance listens: a client could get it. Windows disconnects a listening instance;
         * Wine refuses, so we connect ourselves, unless a client was faster, and disconnect that.
         * Only ConnectNamedPipe would make it listen again, and that is never called. */
        HANDLE client = open_client(name);
        if (!pipe_calls.disconnect_named_pipe(pipe))
            error = GetLastError();
        handle_close(&client);
    }
    if (error == ERROR_SUCCESS)
        *guard = pipe;
    else
        pipe_close(&pipe);
    return error;
}

bool pipe_is_abandoned(HANDLE pipe)
{
    DWORD available = 0;

    return !pipe_calls.peek_named_pipe(pipe, NULL, 0, NULL, &available, NULL);
}
