/* What each format costs, natively, over the replies of a virtual machine. Prints a table; judges
 * nothing.
 *
 *     bench_formats [COPIES]
 *
 * All of the client runs as for `lsmap -a`, from bytes received to bytes written into nowhere; the
 * replies are made before the clock starts. Rounds take turns, so that a machine whose speed drifts
 * is fair to all; the best counts. The last column sets what a format costs more than --json
 * against a scan that takes SCAN_NS_PER_ROW, less than any Windows needs for a row: one query of a
 * name alone is above it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/run.h"
#include "common/base/bounds.h"
#include "tests/formats/virtual_machine.h"

static struct asked_list no_paths;

enum { ROUNDS = 15, COPIES_DEFAULT = 50, SCAN_NS_PER_ROW = 5000, REPLY_SIZE_MAX = 1 << 30 };

/* A reply that is played back. */
struct recording {
    struct buffer bytes;
    size_t offset;
};

static bool play_send(void *context, struct span bytes, struct failure *failure)
{
    struct recording *recording = context;

    (void)bytes;
    (void)failure;
    recording->offset = 0;
    return true;
}

static bool play_receive(void *context, char *data, size_t capacity, size_t *size,
                         struct failure *failure)
{
    struct recording *recording = context;
    size_t left = recording->bytes.size - recording->offset;

    if (left == 0)
        return failure_set(failure, FAILURE_CLOSED, NULL);
    *size = left < capacity ? left : capacity;
    memcpy(data, recording->bytes.data + recording->offset, *size);
    recording->offset += *size;
    return true;
}

static bool keep(void *context, struct span bytes)
{
    return buffer_append(context, bytes);
}

static bool count(void *context, struct span bytes)
{
    *(uint64_t *)context += bytes.size;
    return true;
}

static void ignore(void *context, struct span line)
{
    (void)context;
    (void)line;
}

/* Two microseconds a row: the time is formatted anew every 500 rows. Asking Windows costs less than
 * asking a C library, which would drown what is measured. */
static uint64_t now_filetime(void *context)
{
    static uint64_t now = 134084791231234567u;

    (void)context;
    return now += 20;
}

/* Processor time where the C library has it, so that other programs on the machine cost little. */
static double now_ns(void)
{
    return (double)clock() * (1e9 / CLOCKS_PER_SEC);
}

static const struct {
    const char *name;
    struct options options;
    bool host;
} formats[] = {
    {"--json", {.format = FORMAT_JSON}, false},
    {"--json --host", {.format = FORMAT_JSON}, true},
    {"--csv", {.format = FORMAT_CSV}, false},
    {"--csv --host", {.format = FORMAT_CSV}, true},
    {"table", {.format = FORMAT_TABLE}, false},
    {"--prometheus", {.format = FORMAT_PROMETHEUS}, false},
    {"--by-file", {.format = FORMAT_TABLE, .by_file = true}, false},
    {"--sort size", {.format = FORMAT_TABLE, .sort = ORDER_SIZE}, false},
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

static void record(struct recording *recording, size_t copies)
{
    struct virtual_machine *machine = virtual_machine_create(copies);
    const struct options options = {
        .command = COMMAND_MAPS, .request.all = true, .format = FORMAT_JSON, .timeout_s = 1};
    const struct output output = {.context = &recording->bytes, .write = keep, .complain = ignore};
    const struct run_settings settings = {.options = &options,
                                          .transport = virtual_machine_transport(machine),
                                          .output = &output,
                                          .paths = &no_paths};

    buffer_init(&recording->bytes, REPLY_SIZE_MAX);
    (void)run_request(&settings);
    virtual_machine_destroy(machine);
}

static double run_format(size_t index, struct recording *recording, uint64_t *written)
{
    static const uint8_t random[ENVELOPE_RANDOM_SIZE] = {0};
    const struct transport transport = {
        .context = recording, .send = play_send, .receive = play_receive};
    const struct output output = {.context = written, .write = count, .complain = ignore};
    struct options options = formats[index].options;
    struct envelope envelope;

    envelope_init(&envelope, "PC", 0, random);
    options.command = COMMAND_MAPS;
    options.request.all = true;
    options.host = formats[index].host;
    const struct run_settings settings = {.options = &options,
                                          .transport = &transport,
                                          .output = &output,
                                          .paths = &no_paths,
                                          .envelope = formats[index].host ? &envelope : NULL,
                                          .now = now_filetime};
    *written = 0;
    double begin = now_ns();
    (void)run_request(&settings);
    return now_ns() - begin;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static double times[FORMATS][ROUNDS];
    size_t copies = argc > 1 ? strtoul(argv[1], NULL, 10) : COPIES_DEFAULT;
    uint64_t written[FORMATS];
    struct recording recording = {.offset = 0};
    size_t rows = 0;

    record(&recording, copies);
    for (size_t i = 0; i < recording.bytes.size; i++)
        rows += recording.bytes.data[i] == '\n';
    printf("%zu rows, %zu bytes, best of %d rounds\n", rows, recording.bytes.size, ROUNDS);
    printf("  %-14s %9s %9s %12s %10s %18s\n", "format", "ms", "ns/row", "bytes", "to --json",
           "of a scan of 5 us");
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < FORMATS; i++)
            times[i][round] = run_format(i, &recording, &written[i]);
    for (size_t i = 0; i < FORMATS; i++) {
        qsort(times[i], ROUNDS, sizeof times[i][0], compare);
        double time = times[i][0], json = times[0][0];
        double per_row = time / (double)rows, more = (time - json) / (double)rows;
        printf("  %-14s %9.2f %9.0f %12" PRIu64 " %9.2fx %17.1f%%\n", formats[i].name, time / 1e6,
               per_row, written[i], time / json,
               100 * more / ((double)SCAN_NS_PER_ROW + json / (double)rows));
    }
    buffer_release(&recording.bytes);
    return 0;
}
