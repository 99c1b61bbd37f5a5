/* The clients of a rig. */
#include "tests/win32/pipe_rig.h"

#include <string.h>

#include "common/win32/handle.h"
#include "common/win32/system_info.h"

enum { RECEIVE_SIZE = 64 * 1024, RECEIVED_SIZE_MAX = 4 * 1024 * 1024 };

DWORD pipe_client_open(struct pipe_client *client, const struct pipe_rig *rig)
{
    const uint64_t begin_ms = system_now_ms();
    DWORD error = ERROR_PIPE_BUSY;

    memset(client, 0, sizeof *client);
    buffer_init(&client->in, RECEIVED_SIZE_MAX);
    while (error == ERROR_PIPE_BUSY && system_now_ms() - begin_ms < RIG_WAIT_MS) { /* as lsmap */
        HANDLE pipe = CreateFileW(
            rig->name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
            FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
        if (pipe != INVALID_HANDLE_VALUE) {
            client->pipe = pipe;
            client->event = CreateEventW(NULL, TRUE, FALSE, NULL);
            return client->event != NULL ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
        }
        error = GetLastError();
        if (error == ERROR_PIPE_BUSY && !WaitNamedPipeW(rig->name, RIG_WAIT_MS))
            error = GetLastError();
    }
    return error;
}

void pipe_client_close(struct pipe_client *client)
{
    handle_close(&client->pipe);
    handle_close(&client->event);
    buffer_release(&client->in);
}

/* Waits for an operation; a late one is cancelled and waited for. */
static DWORD finish(struct pipe_client *client, OVERLAPPED *overlapped, BOOL is_done, DWORD *size)
{
    DWORD error = is_done ? ERROR_SUCCESS : GetLastError();

    if (error != ERROR_SUCCESS && error != ERROR_IO_PENDING)
        return error;
    if (WaitForSingleObject(client->event, RIG_WAIT_MS) != WAIT_OBJECT_0)
        CancelIoEx(client->pipe, overlapped);
    return GetOverlappedResult(client->pipe, overlapped, size, TRUE) ? ERROR_SUCCESS
                                                                     : GetLastError();
}

bool pipe_client_send(struct pipe_client *client, const void *bytes, size_t size)
{
    OVERLAPPED overlapped = {.hEvent = client->event};
    DWORD written = 0;

    ResetEvent(client->event);
    BOOL is_done = WriteFile(client->pipe, bytes, (DWORD)size, NULL, &overlapped);
    DWORD error = finish(client, &overlapped, is_done, &written);
    return error == ERROR_SUCCESS && written == size;
}

bool pipe_client_send_text(struct pipe_client *client, const char *text)
{
    return pipe_client_send(client, text, strlen(text));
}

bool pipe_client_receive(struct pipe_client *client, size_t size)
{
    OVERLAPPED overlapped = {.hEvent = client->event};
    DWORD read = 0;

    if (!buffer_reserve(&client->in, size))
        return false;
    ResetEvent(client->event);
    BOOL is_done =
        ReadFile(client->pipe, client->in.data + client->in.size, (DWORD)size, NULL, &overlapped);
    DWORD error = finish(client, &overlapped, is_done, &read);
    client->is_closed = error == ERROR_BROKEN_PIPE || error == ERROR_PIPE_NOT_CONNECTED;
    client->in.size += read;
    return error == ERROR_SUCCESS && read > 0;
}

bool pipe_client_line(struct pipe_client *client, struct span *line)
{
    size_t scanned = 0;

    buffer_consume(&client->in, client->line_size);
    client->line_size = 0;
    for (;;) {
        const char *start = client->in.data + scanned;
        const char *end =
            client->in.size > scanned ? memchr(start, '\n', client->in.size - scanned) : NULL;
        if (end != NULL) {
            client->line_size = (size_t)(end - client->in.data) + 1;
            *line = (struct span){client->in.data, client->line_size - 1};
            return true;
        }
        scanned = client->in.size;
        if (!pipe_client_receive(client, RECEIVE_SIZE))
            return false;
    }
}

bool pipe_client_is_closed(struct pipe_client *client)
{
    struct span line;

    return !pipe_client_line(client, &line) && client->is_closed && client->in.size == 0;
}

bool text_contains(struct span line, const char *text)
{
    size_t size = strlen(text);

    for (size_t i = 0; i + size <= line.size; i++)
        if (memcmp(line.data + i, text, size) == 0)
            return true;
    return false;
}

bool pipe_client_reply(struct pipe_client *client, struct pipe_reply *reply)
{
    struct span line;

    memset(reply, 0, sizeof *reply);
    while (pipe_client_line(client, &line)) {
        if (!text_contains(line, "\"type\":\"end\"") &&
            !text_contains(line, "\"type\":\"error\"")) {
            reply->rows++;
            continue;
        }
        size_t size = line.size < sizeof reply->last ? line.size : sizeof reply->last - 1;
        memcpy(reply->last, line.data, size);
        return true;
    }
    return false;
}

bool pipe_client_is_served(struct pipe_client *client)
{
    struct pipe_reply reply;

    return pipe_client_send_text(client, "{\"op\":\"info\"}\n") &&
           pipe_client_reply(client, &reply) && reply.rows == 1;
}

bool pipe_rig_serves(const struct pipe_rig *rig)
{
    struct pipe_client client = {0};
    bool is_ok = pipe_client_open(&client, rig) == ERROR_SUCCESS && pipe_client_is_served(&client);

    pipe_client_close(&client);
    return is_ok;
}
