#include "service/win32/pipe.h"

#include <stdlib.h>

#include "common/win32/handle.h"

#if defined(_MSC_VER)
#pragma warning( \
    disable : 4232) /* an imported function's address is known at load time: enough here */
#endif

struct pipe_calls pipe_calls = {
    .create_named_pipe = CreateNamedPipeW,
    .connect_named_pipe = ConnectNamedPipe,
    .disconnect_named_pipe = DisconnectNamedPipe,
    .peek_named_pipe = PeekNamedPipe,
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

enum { GUARD_ATTEMPTS_MAX = 16 };

static DWORD create_instance(const wchar_t *name, DWORD first, SECURITY_ATTRIBUTES *security,
                             HANDLE *pipe)
{
    HANDLE created = pipe_calls.create_named_pipe(
        name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first,
        PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
        PIPE_UNLIMITED_INSTANCES, PIPE_QUOTA_OUT_SIZE, PIPE_QUOTA_IN_SIZE, 0, security);
    if (created == INVALID_HANDLE_VALUE)
        return GetLastError();
    *pipe = created;
    return ERROR_SUCCESS;
}

/* A new instance listens: a client could get it. Windows disconnects a listening instance; Wine
 * refuses, so there we open the instance ourselves and disconnect that. A client that was faster is
 * disconnected the same way. Only ConnectNamedPipe would make the instance listen again, and it is
 * never called. */
static DWORD disconnect_guard(const wchar_t *name, HANDLE guard)
{
    DWORD error = ERROR_PIPE_LISTENING;

    for (int attempt = 0; attempt < GUARD_ATTEMPTS_MAX && error == ERROR_PIPE_LISTENING;
         attempt++) {
        HANDLE own_end = NULL;
        if (attempt > 0) {
            own_end = CreateFileW(name, GENERIC_READ, 0, NULL, OPEN_EXISTING,
                                  SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
            if (own_end == INVALID_HANDLE_VALUE)
                own_end = NULL; /* a client has it, and loses it now */
        }
        error = pipe_calls.disconnect_named_pipe(guard) ? ERROR_SUCCESS : GetLastError();
        handle_close(&own_end);
    }
    return error;
}

DWORD pipe_create_guard(const wchar_t *name, SECURITY_ATTRIBUTES *security, HANDLE *guard)
{
    HANDLE pipe = NULL;

    DWORD error = create_instance(name, FILE_FLAG_FIRST_PIPE_INSTANCE, security, &pipe);
    if (error == ERROR_SUCCESS)
        error = disconnect_guard(name, pipe);
    if (error == ERROR_SUCCESS)
        *guard = pipe;
    else
        handle_close(&pipe);
    return error;
}

DWORD pipe_create_instance(const wchar_t *name, SECURITY_ATTRIBUTES *security, HANDLE *pipe)
{
    return create_instance(name, 0, security, pipe);
}

bool pipe_is_abandoned(HANDLE pipe)
{
    DWORD available = 0;

    return !pipe_calls.peek_named_pipe(pipe, NULL, 0, NULL, &available, NULL);
}
