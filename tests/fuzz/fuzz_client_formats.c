/* A hostile server and the formats that programs read: whatever it answers, CSV is CSV to the
 * letter, lines with --host are rows that have each member once, and metrics are lines that no name
 * can break. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/run.h"
#include "common/proto/protocol.h"
#include "common/text/utf.h"
#include "tests/rows/csv_reader.h"

static struct asked_list no_paths;

#define FUZZ_CHECK(cond) ((cond) ? (void)0 : abort())

struct server {
    const uint8_t *reply;
    size_t left;
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
    size_t piece = server->left < capacity ? server->left : capacity;

    if (piece == 0)
        return failure_set(failure, FAILURE_CLOSED, NULL);
    memcpy(data, server->reply, piece);
    server->reply += piece;
    server->left -= piece;
    *size = piece;
    return true;
}

static bool on_write(void *context, struct span bytes)
{
    return buffer_append(context, bytes);
}

static void on_complain(void *context, struct span line)
{
    (void)context;
    FUZZ_CHECK(line.size > 0 && line.data[line.size - 1] == '\n');
}

static uint64_t noon(void *context)
{
    (void)context;
    return 134084791231234567u;
}

static void check_csv(struct span text)
{
    static struct csv_reader reader;

    csv_reader_init(&reader, text);
    while (csv_reader_next(&reader))
        for (size_t i = 0; i < reader.width; i++)
            for (size_t k = 0; k < reader.fields[i].text.size;)
                FUZZ_CHECK(!utf_is_unsafe(utf8_next(reader.fields[i].text, &k)));
    FUZZ_CHECK(reader.error == NULL);
}

static void check_lines(struct span text)
{
    struct row_error error;
    struct row row;

    row_init(&row);
    while (text.size > 0) {
        const char *newline = memchr(text.data, '\n', text.size);
        FUZZ_CHECK(newline != NULL);
        const struct span line = {text.data, (size_t)(newline - text.data)};
        FUZZ_CHECK(row_parse(&row, line, &error)); /* refuses a member twice */
        FUZZ_CHECK((row.seen & UINT64_C(1) << MEMBER_SCHEMA) != 0);
        text = span_from(text, line.size + 1);
    }
    row_release(&row);
}

/* Comments, or samples whose labels are closed, each on one line. */
static void check_metrics(struct span text)
{
    while (text.size > 0) {
        const char *newline = memchr(text.data, '\n', text.size);
        FUZZ_CHECK(newline != NULL);
        const struct span line = {text.data, (size_t)(newline - text.data)};
        FUZZ_CHECK(span_starts_with(line, SPAN("# ")) || span_starts_with(line, SPAN("lsmap_")));
        for (size_t i = 0; i < line.size;)
            FUZZ_CHECK(!utf_is_unsafe(utf8_next(line, &i)));
        text = span_from(text, line.size + 1);
    }
}

/* First byte: what is asked and how it is printed. Then the reply. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum output_format formats[] = {FORMAT_CSV, FORMAT_JSON, FORMAT_PROMETHEUS,
                                                 FORMAT_CSV};
    static const uint8_t random[ENVELOPE_RANDOM_SIZE] = {0};
    struct envelope envelope;
    struct buffer out;

    if (size < 1)
        return 0;
    envelope_init(&envelope, "\"PC\\", 0, random);
    uint8_t *reply = malloc(size); /* a block of its own, so that a read beyond it is seen */
    FUZZ_CHECK(reply != NULL);
    memcpy(reply, data + 1, size - 1);
    struct options options = {.command = (data[0] & 1) != 0 ? COMMAND_PS : COMMAND_MAPS,
                              .request.all = true,
                              .format = formats[(data[0] >> 1) & 3],
                              .request.detail = (enum request_detail)((data[0] >> 3) % 3),
                              .quiet = (data[0] & 0x20) != 0,
                              .host = true,
                              .timeout_s = 1};
    if ((data[0] & 0x40) != 0 && options.format != FORMAT_PROMETHEUS)
        options.sort = ORDER_SIZE;
    struct server server = {reply, size - 1};
    const struct transport transport = {&server, on_send, on_receive, NULL};
    const struct output output = {.context = &out, .write = on_write, .complain = on_complain};
    const struct run_settings settings = {
        .options = &options,
        .transport = &transport,
        .output = &output,
        .paths = &no_paths,
        .now = noon,
        .envelope =
            options.format == FORMAT_PROMETHEUS || (data[0] & 0x86) == 0x86 ? NULL : &envelope};

    buffer_init(&out, 64 * OUTPUT_ROW_SIZE_MAX);
    (void)run_request(&settings);
    if (options.format == FORMAT_CSV)
        check_csv(buffer_span(&out));
    else if (options.format == FORMAT_JSON)
        check_lines(buffer_span(&out));
    else
        check_metrics(buffer_span(&out));
    buffer_release(&out);
    free(reply);
    return 0;
}
