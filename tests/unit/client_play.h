/* Runs a command against a scripted server and keeps what it sent and printed. */
#ifndef TESTS_UNIT_CLIENT_PLAY_H
#define TESTS_UNIT_CLIENT_PLAY_H

#include <stdlib.h>
#include <string.h>

#include "client/run.h"
#include "common/proto/protocol.h"
#include "tests/rows/asked_paths.h"
#include "tests/test.h"

/* A server that sends the text of its script, `step` bytes at a time, and then fails. */
struct script {
    const char *reply;
    size_t offset;
    size_t step;               /* bytes received at once; 0: all */
    bool by_line;              /* a line at once */
    enum failure_kind failure; /* when the reply is over */
    enum failure_kind send;    /* FAILURE_COUNT: sending works */
    struct buffer sent;
    int attempts; /* connections to a busy server; 0: it cannot be asked again */
};

static inline bool script_send(void *context, struct span bytes, struct failure *failure)
{
    struct script *script = context;

    if (script->send != FAILURE_COUNT)
        return failure_set(failure, script->send, NULL);
    return buffer_append(&script->sent, bytes) || failure_set(failure, FAILURE_MEMORY, NULL);
}

static inline bool script_receive(void *context, char *data, size_t capacity, size_t *size,
                                  struct failure *failure)
{
    struct script *script = context;
    size_t left = strlen(script->reply) - script->offset;
    size_t step = script->step > 0 ? script->step : capacity;

    if (left == 0)
        return failure_set(failure, script->failure, NULL);
    const char *newline = strchr(script->reply + script->offset, '\n');
    if (script->by_line && newline != NULL)
        step = (size_t)(newline - script->reply) + 1 - script->offset;
    *size = step < left ? step : left;
    *size = *size < capacity ? *size : capacity;
    memcpy(data, script->reply + script->offset, *size);
    script->offset += *size;
    return true;
}

static inline bool script_reconnect(void *context, struct failure *failure)
{
    struct script *script = context;

    return --script->attempts > 0 || failure_set(failure, FAILURE_BUSY, NULL);
}

struct printed {
    struct buffer out, error;
    size_t writes;
    size_t writes_max; /* then the reader of the results is gone */
};

static inline bool print_result(void *context, struct span bytes)
{
    struct printed *printed = context;

    if (printed->writes == printed->writes_max)
        return false;
    printed->writes++;
    return buffer_append(&printed->out, bytes);
}

static inline void print_diagnostic(void *context, struct span line)
{
    struct printed *printed = context;

    if (!buffer_append(&printed->error, line))
        printed->writes_max = 0;
}

struct play {
    struct script script;
    struct printed printed;
    struct options options;
    size_t width;
    struct envelope *envelope;
    uint64_t (*now)(void *context);
};

static inline void play_begin(struct play *play, const char *reply)
{
    *play = (struct play){
        .script = {.reply = reply, .failure = FAILURE_CLOSED, .send = FAILURE_COUNT},
        .printed = {.writes_max = SIZE_MAX},
        .options = {.command = COMMAND_MAPS, .request.all = true, .pipe = "PIPE", .timeout_s = 9}};
    buffer_init(&play->script.sent, 4 * REQUEST_SIZE_MAX);
    buffer_init(&play->printed.out, 4 * OUTPUT_ROW_SIZE_MAX);
    buffer_init(&play->printed.error, OUTPUT_ROW_SIZE_MAX);
}

static inline enum outcome play_run(struct play *play)
{
    const struct transport transport = {&play->script, script_send, script_receive,
                                        play->script.attempts > 0 ? script_reconnect : NULL};
    const struct output output = {
        .context = &play->printed, .write = print_result, .complain = print_diagnostic};
    static struct asked_list patterns, images;
    const struct run_settings settings = {.options = &play->options,
                                          .transport = &transport,
                                          .output = &output,
                                          .width = play->width,
                                          .paths = &patterns,
                                          .images = &images,
                                          .folders = play->options.not_under,
                                          .folders_count = play->options.not_under_count,
                                          .envelope = play->envelope,
                                          .now = play->now};

    asked_paths(&patterns, &play->options);
    asked_init(&images);
    for (size_t i = 0; i < play->options.images_count; i++)
        (void)asked_add(&images, ASKED_FILE, play->options.images[i]);
    enum outcome outcome = run_request(&settings);
    asked_release(&patterns);
    asked_release(&images);
    return outcome;
}

static inline void play_end(struct play *play)
{
    buffer_release(&play->script.sent);
    buffer_release(&play->printed.out);
    buffer_release(&play->printed.error);
}

static inline void play_check(struct test *t, const char *expected, const struct buffer *actual)
{
    if (!CHECK_MEM(t, expected, strlen(expected), actual->data, actual->size))
        printf("%.*s\n", (int)actual->size, actual->data != NULL ? actual->data : "");
}

#define PROCESS(id) \
    "{\"id\":" id ",\"type\":\"process\",\"pid\":7,\"name\":\"a\",\"access\":\"full\"}\n"
#define MAP(id) "{\"id\":" id ",\"type\":\"map\",\"pid\":7,\"size\":4096,\"path\":\"C:\\\\x\"}\n"
#define PROCESS_ERROR(id)                                                             \
    "{\"id\":" id ",\"type\":\"process_error\",\"pid\":7,\"process\":\"a\",\"code\":" \
    "\"access_denied\",\"stage\":\"open\",\"nt_status\":null,\"message\":\"No.\"}\n"
#define UNMATCHED(id, pid, name)                                                  \
    "{\"id\":" id ",\"type\":\"process_error\",\"pid\":" pid ",\"process\":" name \
    ",\"code\":\"no_such_process\",\"stage\":\"select\",\"nt_status\":null,\"message\":\"No.\"}\n"
#define END_UNMATCHED(id, processes, rows, unmatched)                            \
    "{\"id\":" id ",\"type\":\"end\",\"processes\":" processes ",\"rows\":" rows \
    ",\"errors\":0,\"complete\":true,\"scope\":\"all\",\"elapsed_us\":1234,"     \
    "\"unmatched\":" unmatched "}\n"
#define END(id, processes, rows, errors, complete)                               \
    "{\"id\":" id ",\"type\":\"end\",\"processes\":" processes ",\"rows\":" rows \
    ",\"errors\":" errors ",\"complete\":" complete ",\"scope\":\"all\",\"elapsed_us\":1234}\n"
#define ERROR(id, code) \
    "{" id "\"type\":\"error\",\"code\":\"" code "\",\"message\":\"m\",\"hint\":\"h\"}\n"
#define GOOD PROCESS("1") MAP("1") END("1", "1", "2", "0", "true")

#endif
