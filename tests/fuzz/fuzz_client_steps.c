/* A hostile reply through filter, order and sums by file: what comes out is what a reader of
 * lsmap's JSON may rely on, or text that cannot drive a console. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/run.h"
#include "common/proto/protocol.h"

static struct asked_list no_paths;

#define FUZZ_CHECK(cond) ((cond) ? (void)0 : abort())

struct server {
    const uint8_t *reply;
    size_t left;
};

struct heard {
    bool is_json;
    uint64_t rows, promised; /* lines before an end, and what the ends say */
    bool is_ended;
};

static bool on_send(void *context, struct span bytes, struct failure *failure)
{
    (void)context;
    (void)bytes;
    (void)failure;
    return true;
}

static bool on_receive(void *context, char *data, size_t capacity, size_t *size,
                       struct failure *failure)
{
    struct server *server = context;

    *size = server->left < capacity ? server->left : capacity;
    if (*size == 0)
        return failure_set(failure, FAILURE_CLOSED, NULL);
    memcpy(data, server->reply, *size);
    server->reply += *size;
    server->left -= *size;
    return true;
}

/* Results are complete lines, each a row. */
static void check_rows(struct heard *heard, struct span bytes)
{
    struct row row;
    struct row_error error;

    row_init(&row);
    while (bytes.size > 0) {
        const char *newline = memchr(bytes.data, '\n', bytes.size);
        FUZZ_CHECK(newline != NULL);
        struct span line = {bytes.data, (size_t)(newline - bytes.data)};
        FUZZ_CHECK(row_parse(&row, line, &error));
        heard->is_ended = row.type == ROW_END;
        if (heard->is_ended)
            heard->promised += row_number(&row, MEMBER_ROWS, 0);
        else
            heard->rows++;
        bytes = span_from(bytes, line.size + 1);
    }
    row_release(&row);
}

static bool on_write(void *context, struct span bytes)
{
    struct heard *heard = context;

    FUZZ_CHECK(bytes.size > 0 && bytes.data[bytes.size - 1] == '\n');
    if (heard->is_json)
        check_rows(heard, bytes);
    else
        for (size_t i = 0; i < bytes.size; i++)
            FUZZ_CHECK(bytes.data[i] == '\n' ||
                       ((unsigned char)bytes.data[i] >= 0x20 && bytes.data[i] != 0x7f));
    return true;
}

static void on_complain(void *context, struct span line)
{
    (void)context;
    FUZZ_CHECK(line.size > 0 && line.data[line.size - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* First byte: which steps, as characters are at hand: bits 0-1 the order, 2 --top, 3 by file, 4
 * JSON. Second: bits 0-1 --not-under, 2 a console, 3 sizes in bytes. Then the reply. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t reply_size = size - 2;
    uint8_t *reply = malloc(reply_size + 1); /* apart, so that no read beyond it goes unseen */
    struct options *options = calloc(1, sizeof *options);
    if (reply == NULL || options == NULL)
        abort();
    memcpy(reply, data + 2, reply_size);
    options->command = COMMAND_MAPS;
    options->request.all = true;
    options->timeout_s = 1;
    options->sort = (enum order)(data[0] & 3);
    options->top = (data[0] & 4) != 0 ? 2 : 0;
    options->by_file = (data[0] & 8) != 0;
    options->format = (data[0] & 16) != 0 ? FORMAT_JSON : FORMAT_TABLE;
    options->not_under[0] = SPAN("C:\\W");
    options->not_under[1] = SPAN("\\");
    options->not_under_count = data[1] & 1 ? 1 + (data[1] >> 1 & 1u) : 0;
    options->exact = (data[1] & 8) != 0;
    struct server server = {reply, reply_size};
    struct heard heard = {.is_json = options->format == FORMAT_JSON};
    const struct transport transport = {&server, on_send, on_receive, NULL};
    const struct output output = {.context = &heard, .write = on_write, .complain = on_complain};
    const struct run_settings settings = {.options = options,
                                          .transport = &transport,
                                          .output = &output,
                                          .paths = &no_paths,
                                          .folders = options->not_under,
                                          .folders_count = options->not_under_count,
                                          .width = (data[1] & 4) != 0 ? 80 : 0};

    enum outcome outcome = run_request(&settings);
    FUZZ_CHECK(outcome <= OUTCOME_NOTHING);
    if (heard.is_json && (outcome == OUTCOME_COMPLETE || outcome == OUTCOME_NOTHING))
        FUZZ_CHECK(heard.is_ended && heard.rows == heard.promised);
    free(options);
    free(reply);
    return 0;
}
