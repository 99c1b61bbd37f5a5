/* Bytes per second of the JSON writer on one core, and of fprintf for the same rows. Prints a table
 * and judges nothing.
 *
 * The texts for fprintf are escaped beforehand; the writer escapes them itself. Both write to the
 * null device, in pieces of OUTPUT_SIZE. Rounds alternate; the best counts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/answer/reply.h"
#include "common/proto/protocol.h"
#include "common/text/span.h"

#if defined(_WIN32)
#define NOWHERE "NUL"
#else
#define NOWHERE "/dev/null"
#endif

enum { ROWS = 200 * 1000, ROUNDS = 15, LINE_CAPACITY = 1024 };

static const struct process_entry process = {.pid = 672};

static struct scan_row make_row(uint64_t i)
{
    return (struct scan_row){
        .type = SCAN_MAP,
        .process = &process,
        .process_name = SPAN("lsass.exe"),
        .show_addresses = true,
        .map = {.base = UINT64_C(0x7ff6a1b20000) + i * 0x10000,
                .size = 61440 + i % 64 * 4096,
                .committed = 61440 + i % 64 * 4096,
                .kind = VIEW_IMAGE,
                .protect = 0x80,
                .device_path =
                    SPAN("\\Device\\HarddiskVolume3\\Windows\\System32\\d\xc3\xa9j\xc3\xa0.dll"),
                .path = SPAN("C:\\Windows\\System32\\d\xc3\xa9j\xc3\xa0.dll")},
    };
}

static const char format[] =
    "{\"id\":1,\"type\":\"map\",\"pid\":%" PRIu32 ",\"process\":\"%s\",\"base\":\"0x%016" PRIx64
    "\",\"size\":%" PRIu64 ",\"committed\":%" PRIu64
    ",\"kind\":\"%s\",\"protect\":\"%s\",\"path\":\"%s\","
    "\"device_path\":\"%s\"}\n";

#define ARGUMENTS(row)                                                                            \
    (row)->process->pid, "lsass.exe", (row)->map.base, (row)->map.size, (row)->map.committed,     \
        "image", "PAGE_EXECUTE_WRITECOPY", "C:\\\\Windows\\\\System32\\\\d\xc3\xa9j\xc3\xa0.dll", \
        "\\\\Device\\\\HarddiskVolume3\\\\Windows\\\\System32\\\\d\xc3\xa9j\xc3\xa0.dll"

static double now(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static FILE *open_nowhere(int mode, size_t size)
{
    FILE *file = fopen(NOWHERE, "wb");

    if (file == NULL || setvbuf(file, NULL, mode, size) != 0)
        exit(1);
    return file;
}

static double run_writer(uint64_t *written)
{
    const struct request_id id = {.type = REQUEST_ID_INT, .number = 1};
    FILE *file = open_nowhere(_IONBF, 0);
    struct buffer out;

    buffer_init(&out, 2 * OUTPUT_ROW_SIZE_MAX);
    *written = 0;
    const double begin = now();
    for (uint64_t i = 0; i < ROWS; i++) {
        const struct scan_row row = make_row(i);
        if (!reply_row(&out, &id, &row, DETAIL_VIEWS))
            exit(1);
        if (out.size >= OUTPUT_SIZE || i + 1 == ROWS) {
            *written += fwrite(out.data, 1, out.size, file);
            buffer_clear(&out);
        }
    }
    const double seconds = now() - begin;
    buffer_release(&out);
    (void)fclose(file);
    return seconds;
}

static double run_fprintf(uint64_t *written)
{
    FILE *file = open_nowhere(_IOFBF, OUTPUT_SIZE);

    *written = 0;
    const double begin = now();
    for (uint64_t i = 0; i < ROWS; i++) {
        const struct scan_row row = make_row(i);
        const int size = fprintf(file, format, ARGUMENTS(&row));
        *written += size > 0 ? (uint64_t)size : 0;
    }
    (void)fflush(file);
    const double seconds = now() - begin;
    (void)fclose(file);
    return seconds;
}

/* Both must write the same. */
static void check_rows(void)
{
    const struct request_id id = {.type = REQUEST_ID_INT, .number = 1};
    const struct scan_row row = make_row(5);
    char line[LINE_CAPACITY];
    struct buffer out;

    buffer_init(&out, OUTPUT_ROW_SIZE_MAX);
    const int size = snprintf(line, sizeof line, format, ARGUMENTS(&row));
    if (!reply_row(&out, &id, &row, DETAIL_VIEWS) || size < 0 || out.size != (size_t)size ||
        memcmp(out.data, line, out.size) != 0) {
        printf("bench_writer: the rows differ:\n%s%.*s", line, (int)out.size,
               out.data != NULL ? out.data : "");
        exit(1);
    }
    buffer_release(&out);
}

int main(void)
{
    double writer = 1e9, plain = 1e9;
    uint64_t writer_size = 0, plain_size = 0;

    check_rows();
    for (int round = 0; round < ROUNDS; round++) {
        const double a = run_writer(&writer_size), b = run_fprintf(&plain_size);
        writer = a < writer ? a : writer;
        plain = b < plain ? b : plain;
    }
    printf("Rows of JSON: %d map rows, %" PRIu64 " bytes; the best of %d rounds.\n\n", ROWS,
           writer_size, ROUNDS);
    printf("  %-10s %10s %10s\n", "", "MB/s", "ns/row");
    printf("  %-10s %10.1f %10.0f\n", "writer", (double)writer_size / writer / 1e6,
           writer * 1e9 / (double)ROWS);
    printf("  %-10s %10.1f %10.0f\n", "fprintf", (double)plain_size / plain / 1e6,
           plain * 1e9 / (double)ROWS);
    printf("  writer/fprintf %.2f\n", plain / writer);
    return 0;
}
