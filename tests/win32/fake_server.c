#include "tests/win32/fake_server.h"

#include <sddl.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "common/base/sid.h"
#include "common/win32/token.h"

enum { PIPE_SIZE = 4096, FAKE_STOP_TIMEOUT_MS = 10 * 1000 };

/* Receives one request, which ends in a newline. */
static void receive(struct fake_server *server)
{
    DWORD got = 0;

    while (server->received_size < FAKE_RECEIVED_CAPACITY &&
           memchr(server->received, '\n', server->received_size) == NULL &&
           ReadFile(server->pipe, server->received + server->received_size,
                    FAKE_RECEIVED_CAPACITY - server->received_size, &got, NULL) &&
           got > 0)
        server->received_size += got;
}

static void answer(struct fake_server *server)
{
    const struct fake_script *script = &server->script;
    size_t left = script->reply_size;

    for (const char *next = script->reply; left > 0;) {
        size_t piece = script->piece > 0 && script->piece < left ? script->piece : left;
        DWORD written = 0;
        if (!WriteFile(server->pipe, next, (DWORD)piece, &written, NULL) || written == 0)
            return;
        next += written;
        left -= written;
        if (left > 0 && script->pause_ms > 0)
            Sleep(script->pause_ms);
    }
}

/* Answers without a request and closes the connection, as a server at its limit. */
static bool send_away(const struct fake_server *server)
{
    static const char busy[] =
        "{\"type\":\"error\",\"code\":\"busy\",\"message\":\"Full.\",\"hint\":\"h\"}\n";
    DWORD written = 0;

    if (!ConnectNamedPipe(server->pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
        return false;
    (void)WriteFile(server->pipe, busy, sizeof busy - 1, &written, NULL);
    (void)FlushFileBuffers(server->pipe); /* disconnecting discards unread bytes */
    return DisconnectNamedPipe(server->pipe);
}

static DWORD WINAPI serve(void *context)
{
    struct fake_server *server = context;
    DWORD got = 0;
    char byte;

    for (unsigned i = 0; i < server->script.busy_first; i++)
        if (!send_away(server) || server->stopping != 0)
            return 0;
    if (!ConnectNamedPipe(server->pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
        return 0;
    if (!server->script.ignores_request)
        receive(server);
    answer(server);
    if (server->script.hold) /* until the client closes it or sends a second request */
        (void)ReadFile(server->pipe, &byte, 1, &got, NULL);
    else
        (void)FlushFileBuffers(server->pipe); /* disconnecting discards unread bytes */
    (void)DisconnectNamedPipe(server->pipe);
    return 0;
}

/* The owner of the pipe is the user of the test, not the token's default owner. */
static DWORD own_sddl(wchar_t *out, size_t capacity)
{
    HANDLE token = NULL;
    struct sid user = {0};
    char text[SID_TEXT_CAPACITY];

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return GetLastError();
    DWORD error = token_user(token, &user);
    (void)CloseHandle(token);
    if (error != ERROR_SUCCESS)
        return error;
    sid_format(text, &user);
    return swprintf(out, capacity, L"O:%hsD:(A;;GA;;;WD)", text) < 0 ? ERROR_BUFFER_OVERFLOW
                                                                     : ERROR_SUCCESS;
}

static DWORD make_pipe(struct fake_server *server)
{
    wchar_t sddl[SID_TEXT_CAPACITY + 32];
    PSECURITY_DESCRIPTOR descriptor = NULL;
    DWORD error = own_sddl(sddl, sizeof sddl / sizeof sddl[0]);

    if (error != ERROR_SUCCESS)
        return error;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
            server->script.sddl != NULL ? server->script.sddl : sddl, SDDL_REVISION_1, &descriptor,
            NULL))
        return GetLastError();
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, descriptor, FALSE};
    HANDLE pipe = CreateNamedPipeW(server->name, PIPE_ACCESS_DUPLEX,
                                   PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT |
                                       PIPE_REJECT_REMOTE_CLIENTS,
                                   1, PIPE_SIZE, PIPE_SIZE, 0, &attributes);
    error = pipe == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
    (void)LocalFree(descriptor);
    if (error == ERROR_SUCCESS)
        server->pipe = pipe;
    return error;
}

DWORD fake_server_start(struct fake_server *server, const struct fake_script *script)
{
    static unsigned serial;

    *server = (struct fake_server){.script = *script};
    if (script->reply != NULL && script->reply_size == 0)
        server->script.reply_size = strlen(script->reply);
    (void)swprintf(server->name, FAKE_NAME_CAPACITY, L"\\\\.\\pipe\\lsmap-test-%lu-%u",
                   GetCurrentProcessId(), ++serial);
    DWORD error = make_pipe(server);
    if (error != ERROR_SUCCESS)
        return error;
    if (script->taken) {
        HANDLE other = CreateFileW(server->name, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                   OPEN_EXISTING, 0, NULL);
        if (other == INVALID_HANDLE_VALUE)
            return GetLastError();
        server->other = other;
        return ERROR_SUCCESS;
    }
    server->thread = CreateThread(NULL, 0, serve, server, 0, NULL);
    return server->thread == NULL ? GetLastError() : ERROR_SUCCESS;
}

void fake_server_stop(struct fake_server *server)
{
    HANDLE handles[] = {server->other, server->thread, server->pipe};

    server->stopping = 1;
    if (server->thread != NULL && WaitForSingleObject(server->thread, 0) == WAIT_TIMEOUT) {
        /* No client connected: connect, so that the thread ends. */
        HANDLE last = CreateFileW(server->name, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                  OPEN_EXISTING, 0, NULL);
        if (last != INVALID_HANDLE_VALUE)
            (void)CloseHandle(last);
        (void)WaitForSingleObject(server->thread, FAKE_STOP_TIMEOUT_MS);
    }
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++)
        if (handles[i] != NULL)
            (void)CloseHandle(handles[i]);
    server->pipe = server->other = server->thread = NULL;
}
