/* Hostile request lines: parsed, encoded again, and answered through a small virtual platform. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/answer/answer.h"
#include "common/proto/protocol.h"
#include "common/proto/request.h"
#include "common/text/utf.h"
#include "tests/rows/reply_stream.h"
#include "tests/rows/request_equal.h"
#include "tests/virtual/virtual_layout.h"

/* Not assert(): that is compiled out in Release, and the corpus is replayed there too. */
#define FUZZ_CHECK(cond) ((cond) ? (void)0 : abort())

enum { SLICES_MAX = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char layout_text[] =
    "process pid=4 name=System\n"
    "fault open=0xc0000022\n"
    "process pid=1234 name=a.exe\n"
    "0x10000 0x3000 commit data 0x10000 2 2 \\Device\\HarddiskVolume3\\a.dat\n"
    "0x20000 0x1000 commit image 0x20000 0x80 2 \\Device\\HarddiskVolume3\\Windows\\ntdll.dll\n"
    "0x21000 0x5000 commit image 0x20000 0x80 0x20\n"
    "0x30000 0x1000 commit pagefile 0x30000 4 4\n"
    "process pid=2000 name=names.exe\n"
    "fault name=0xc0000022 pages=0xc0000022\n"
    "0x10000 0x1000 commit image 0x10000 0x80 2 \\Device\\HarddiskVolume3\\a.dll\n"
    "object section \\BaseNamedObjects\\a\n"
    "handle 1234 \\BaseNamedObjects\\a\n";

static uint64_t no_time(void *clock)
{
    (void)clock;
    return 0;
}

/* A good request says the same when it is written and read again. */
static void check_round_trip(const struct request *request)
{
    struct buffer line;
    struct request again;
    struct request_error error;

    buffer_init(&line, 4 * (size_t)REQUEST_SIZE_MAX);
    FUZZ_CHECK(request_encode(request, &line));
    FUZZ_CHECK(line.size > 0 && line.data[line.size - 1] == '\n');
    line.size--;
    /* escaped letter by letter it may be longer than a line may be; it is then refused as such */
    if (line.size < REQUEST_SIZE_MAX) {
        FUZZ_CHECK(request_parse(buffer_span(&line), &again, &error) == STATUS_OK);
        FUZZ_CHECK(request_equal(request, &again));
        request_release(&again);
    }
    buffer_release(&line);
}

static void check_error(enum status status, const struct request_error *error)
{
    FUZZ_CHECK(status == error->code);
    FUZZ_CHECK(status == STATUS_BAD_REQUEST || status == STATUS_TOO_LARGE ||
               status == STATUS_UNSUPPORTED);
    FUZZ_CHECK(error->message[0] != '\0' && error->hint != NULL && error->hint[0] != '\0');
    FUZZ_CHECK(utf8_is_valid(span_from_string(error->message), NULL));
}

/* The reply is complete lines; the last, and only the last, is terminal. */
static void check_answer(struct span line, uint32_t rights, enum status parsed)
{
    static struct virtual_layout layout; /* read once */
    static const struct server_info info = {.mode = "direct"};
    struct virtual_layout_error error;
    struct virtual_platform virtual_;
    struct platform platform;
    struct grant grant = {.rights = rights, .reason = "Because."};
    struct reply_stream stream;
    struct buffer out;
    unsigned slices = 0;

    if (layout.processes == NULL)
        FUZZ_CHECK(virtual_layout_parse(span_from_string(layout_text), &layout, &error));
    virtual_layout_platform(&layout, &virtual_, &platform);
    const struct answer_context context = {.platform = &platform, .info = &info, .now_us = no_time};
    buffer_init(&out, 4 * (size_t)OUTPUT_ROW_SIZE_MAX);
    struct answer *answer = answer_create(&context, &grant, line);
    FUZZ_CHECK(answer != NULL);
    do { /* a refused request is over from the beginning */
        answer_run(answer, NULL, UINT64_MAX, OUTPUT_SIZE);
        FUZZ_CHECK(answer_take(answer, &out));
        FUZZ_CHECK(++slices < SLICES_MAX);
    } while (!answer_is_over(answer));
    answer_destroy(answer);
    FUZZ_CHECK(virtual_.open_count == 0 && layout.objects.open_count == 0);
    FUZZ_CHECK(reply_stream_read(buffer_span(&out), &stream));
    FUZZ_CHECK(reply_stream_is_complete(&stream));
    FUZZ_CHECK(parsed == STATUS_OK || (!stream.is_end && stream.code == parsed));
    buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request request;
    struct request_error error;
    char *copy = malloc(size > 0 ? size : 1); /* exact size, so that every overread shows */

    FUZZ_CHECK(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    const struct span line = {copy, size};
    enum status status = request_parse(line, &request, &error);
    if (status == STATUS_OK) {
        check_round_trip(&request);
        request_release(&request);
    } else
        check_error(status, &error);
    check_answer(line, RIGHTS_ALL, status);
    check_answer(line, RIGHT_CONNECT | RIGHT_QUERY_OWN, status);
    free(copy);
    return 0;
}
