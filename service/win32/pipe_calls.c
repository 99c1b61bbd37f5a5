#include "service/win32/pipe_calls.h"

#include <stdlib.h>

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
    .create_pool = CreateThreadpool,
    .create_timer = CreateThreadpoolTimer,
    .create_work = CreateThreadpoolWork,
    .create_io = CreateThreadpoolIo,
    .allocate = calloc,
};
