/* A hostile server: whatever it answers, in whatever pieces, the client ends, says so in one of its
 * exit codes, and writes nothing to a console that could drive it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/run.h"
#include "common/base/bounds.h"

#define FUZZ_CHECK(cond) ((cond) ? (void)0 : abort())

struct server {
    const uint8_t *reply;
    size_t left;
    size_t piece; /* bytes given at once */
};

struct heard {
    const uint8_t *reply; /* what JSON output must be a beginning of; NULL for a table */
    size_t size;
    size_t lines; /* diagnostics */
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

static void check_shown(struct span text)
{
    FUZZ_CHECK(text.size > 0 && text.data[text.size - 1] == '\n');
    for (size_t i = 0; i < text.size; i++)
        FUZZ_CHECK(text.data[i] == '\n' ||
                   ((unsigned char)text.data[i] >= 0x20 && text.data[i] != 0x7f));
}

static bool on_write(void *context, struct span bytes)
{
    struct heard *heard = context;

    if (heard->reply == NULL) {
        check_shown(bytes);
        return true;
    }
    FUZZ_CHECK(memcmp(heard->reply + heard->size, bytes.data, bytes.size) == 0);
    heard->size += bytes.size;
    return true;
}

static void on_complain(void *context, struct span line)
{
    struct heard *heard = context;

    check_shown(line);
    heard->lines++;
}

/* First byte: how to ask and to print. Second: bytes in a piece. Then the reply. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum command commands[] = {COMMAND_MAPS, COMMAND_PS, COMMAND_INFO, COMMAND_STATS};

    if (size < 2)
        return 0;
    size_t reply_size = size - 2;
    uint8_t *reply = malloc(reply_size + 1); /* apart, so that no read beyond it goes unseen */
    if (reply == NULL)
        return 0;
    memcpy(reply, data + 2, reply_size);
    struct options options = {.command = commands[data[0] & 3],
                              .all = true,
                              .format = (data[0] & 4) != 0 ? FORMAT_JSON : FORMAT_TABLE,
                              .debug = (data[0] & 8) != 0,
                              .detail = (enum request_detail)((data[0] >> 4) % 3),
                              .timeout_s = 1};
    struct server server = {reply, reply_size, (size_t)data[1] + 1};
    struct heard heard = {.reply = options.format == FORMAT_JSON ? reply : NULL};
    const struct transport transport = {&server, on_send, on_receive, NULL};
    const struct output output = {.context = &heard, .write = on_write, .complain = on_complain};
    const struct run_settings settings = {.options = &options,
                                          .transport = &transport,
                                          .output = &output,
                                          .pipe = "PIPE",
                                          .width = (data[0] & 0x80) != 0 ? 80 : 0};

    enum outcome outcome = run_request(&settings);
    FUZZ_CHECK(outcome <= OUTCOME_NOTHING);
    /* Only a reply that ends as it should is complete; the shortest end row has 65 bytes. */
    FUZZ_CHECK(outcome != OUTCOME_COMPLETE || reply_size > 64);
    FUZZ_CHECK(heard.reply == NULL || heard.size <= reply_size);
    FUZZ_CHECK(outcome != OUTCOME_BROKEN || heard.lines > 0);
    free(reply);
    return 0;
}
