/* A program that occupies the pipe name of another server, for test_squatter.c.
 *
 *     squatter PIPE SDDL     creates the pipe, prints "ready", waits for one client, reads until it
 *                            closes, prints "received N" (bytes)
 *     squatter --service     runs as a service named lsmapd that serves nothing
 */
#include "common/win32/win.h"

#include <sddl.h>
#include <stdio.h>
#include <wchar.h>

#include "common/proto/protocol.h"

enum { PIPE_SIZE = 4096, WAIT_MS = 30 * 1000 };

/* Waits for an operation. Returns its bytes; 0 also on failure. */
static DWORD finish(HANDLE pipe, OVERLAPPED *operation, BOOL begun)
{
    DWORD size = 0;

    if (!begun && GetLastError() != ERROR_IO_PENDING)
        return 0;
    if (WaitForSingleObject(operation->hEvent, WAIT_MS) != WAIT_OBJECT_0)
        (void)CancelIoEx(pipe, operation);
    return GetOverlappedResult(pipe, operation, &size, TRUE) ? size : 0;
}

/* Reads until the client closes the pipe; returns the number of bytes. */
static unsigned receive_all(HANDLE pipe, HANDLE event)
{
    char bytes[PIPE_SIZE];
    unsigned received = 0;

    for (;;) {
        OVERLAPPED operation = {.hEvent = event};
        BOOL begun = ReadFile(pipe, bytes, sizeof bytes, NULL, &operation);
        DWORD size = finish(pipe, &operation, begun);
        if (size == 0)
            return received;
        received += size;
    }
}

static int squat(const wchar_t *name, const wchar_t *sddl)
{
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security};
    OVERLAPPED connect = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};

    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1,
                                                              &security.lpSecurityDescriptor, NULL))
        return 2;
    HANDLE pipe = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE,
                                   1, PIPE_SIZE, PIPE_SIZE, 0, &security);
    if (pipe == INVALID_HANDLE_VALUE) {
        printf("failed %lu\n", (unsigned long)GetLastError());
        return 1;
    }
    puts("ready");
    fflush(stdout);
    BOOL begun = ConnectNamedPipe(pipe, &connect);
    if (begun || GetLastError() != ERROR_PIPE_CONNECTED)
        (void)finish(pipe, &connect, begun);
    printf("received %u\n", receive_all(pipe, connect.hEvent));
    fflush(stdout);
    return 0;
}

static SERVICE_STATUS_HANDLE status_handle;
static HANDLE stop_event;

static void report(DWORD state)
{
    SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                             .dwCurrentState = state,
                             .dwControlsAccepted =
                                 state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP : 0};

    (void)SetServiceStatus(status_handle, &status);
}

static void WINAPI control(DWORD code)
{
    report(code == SERVICE_CONTROL_STOP ? SERVICE_STOP_PENDING : SERVICE_RUNNING);
    if (code == SERVICE_CONTROL_STOP)
        SetEvent(stop_event); /* last: the next state is STOPPED */
}

static void WINAPI service_main(DWORD count, wchar_t **arguments)
{
    (void)count, (void)arguments;
    stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    status_handle = RegisterServiceCtrlHandlerW(L"" SERVICE_NAME, control);
    if (stop_event == NULL || status_handle == NULL)
        return;
    report(SERVICE_RUNNING);
    (void)WaitForSingleObject(stop_event, 2 * WAIT_MS);
    report(SERVICE_STOPPED);
}

int wmain(int argc, wchar_t **argv); /* no header declares it */

int wmain(int argc, wchar_t **argv)
{
    static wchar_t name[] = L"" SERVICE_NAME;
    const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};

    if (argc == 2 && wcscmp(argv[1], L"--service") == 0)
        return StartServiceCtrlDispatcherW(table) ? 0 : 1;
    return argc == 3 ? squat(argv[1], argv[2]) : 2;
}
