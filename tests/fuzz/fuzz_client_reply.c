/* A hostile server: whatever it answers, in whatever pieces, the client ends with one of its exit codes,
 * says why, and writes nothing to a console that could drive it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/run.h"
#include "common/base/bounds.h"

static struct asked_list no_paths;

#define FUZZ_CHECK(cond) ((cond) ? (void)0 : abort())

enum { RECONNECTS_MAX = 3 };

struct printed {
    const uint8_t *reply; /* JSON output must be a beginning of it; NULL for a table */
    size_t size;
    size_t lines; /* diagnostics */
};

struct server {
    const uint8_t *reply;
    size_t left;
    size_t piece; /* bytes sent at once */
    unsigned reconnects;
    struct printed *printed;
};

static bool on_send(void *context, struct span bytes, struct failure *failure)
{
    (void)context;
    (void)failure;
    FUZZ_CHECK(bytes.size > 0 && bytes.data[bytes.size - 1] == '\n');
    return true;
}

static bool on_receive(void *context, char *data, size_t capacity, size_t *size,
                       struct failure *failure)
{
    struct server *server = context;
    size_t piece = server->piece < server->left ? server->piece : server->left;

    if (piece == 0)
        return failure_set(failure, FAILURE_CLOSED, NULL);
    FUZZ_CHECK(piece <= capacity);
    memcpy(data, server->reply, piece);
    server->reply += piece;
    server->left -= piece;
    *size = piece;
    return true;
}

/* Nothing was printed of a busy server's answer, so the output begins with the rest. */
static bool on_reconnect(void *context, struct failure *failure)
{
    struct server *server = context;

    if (server->reconnects++ == RECONNECTS_MAX)
        return failure_set(failure, FAILURE_BUSY, NULL);
    FUZZ_CHECK(server->printed->size == 0 && server->printed->lines == 0);
    if (server->printed->reply != NULL)
        server->printed->reply = server->reply;
    return true;
}

static void check_shown(struct span text)
{
    FUZZ_CHECK(text.size > 0 && text.data[text.size - 1] == '\n');
    for (size_t i = 0; i < text.size; i++)
        FUZZ_CHECK(text.data[i] == '\n' ||
                   ((unsigned char)text.data[i] >= 0x20 && text.data[i] != 0x7f));
}

static bool on_write(void *context, struct span bytes)
{
    struct printed *printed = context;

    if (printed->reply == NULL) {
        check_shown(bytes);
        return true;
    }
    FUZZ_CHECK(memcmp(printed->reply + printed->size, bytes.data, bytes.size) == 0);
    printed->size += bytes.size;
    return true;
}

static void on_complain(void *context, struct span line)
{
    struct printed *printed = context;

    check_shown(line);
    printed->lines++;
}

/* First byte: options. Second: bytes in a piece. Then the reply. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum command commands[] = {COMMAND_MAPS, COMMAND_PS, COMMAND_INFO, COMMAND_STATS};

    if (size < 2)
        return 0;
    size_t reply_size = size - 2;
    uint8_t *reply =
        malloc(reply_size + 1); /* its own block, so that reads beyond it are detected */
    if (reply == NULL)
        return 0;
    memcpy(reply, data + 2, reply_size);
    struct options options = {.command = commands[data[0] & 3],
                              .request.all = true,
                              .format = (data[0] & 4) != 0 ? FORMAT_JSON : FORMAT_TABLE,
                              .request.debug = (data[0] & 8) != 0,
                              .request.detail = (enum request_detail)((data[0] >> 4) % 3),
                              .timeout_s = 1};
    struct printed printed = {.reply = options.format == FORMAT_JSON ? reply : NULL};
    struct server server = {reply, reply_size, (size_t)data[1] + 1, 0, &printed};
    const struct transport transport = {&server, on_send, on_receive, on_reconnect};
    const struct output output = {.context = &printed, .write = on_write, .complain = on_complain};
    const struct run_settings settings = {.options = &options,
                                          .transport = &transport,
                                          .output = &output,
                                          .paths = &no_paths,
                                          .width = (data[0] & 0x80) != 0 ? 80 : 0};

    enum outcome outcome = run_request(&settings);
    FUZZ_CHECK(outcome <= OUTCOME_NOTHING);
    /* Only a reply with an end row is complete; the shortest one has 65 bytes. */
    FUZZ_CHECK(outcome != OUTCOME_COMPLETE || reply_size > 64);
    FUZZ_CHECK(printed.reply == NULL || printed.size <= reply_size);
    FUZZ_CHECK(outcome != OUTCOME_BROKEN || printed.lines > 0);
    free(reply);
    return 0;
}
