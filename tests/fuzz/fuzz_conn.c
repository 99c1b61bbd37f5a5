/* The input is a script of one letter and one number each: what the client, the clock and the
 * server do to a connection. From outside it must look like a plain stream: every line that is served
 * is the next line that was sent, every byte that is written the next that was put. */
#include "service/conn.h"

#include <string.h>

#include "tests/fuzz/failing_heap.h"
#include "tests/fuzz/script.h"
#include "tests/rows/default_limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    SENT_SIZE_MAX = 512 * 1024,
    PUT_SIZE_MAX = 1024 * 1024,
    ACTIONS_MAX = 100000,
    STEPS_MAX = 64
};

struct world {
    struct script script;
    struct conn conn;
    struct server_limits limits;
    uint64_t now_ms;
    char *sent;       /* SENT_SIZE_MAX bytes: all that was sent while lines were served */
    size_t sent_size; /* bytes */
    size_t line_offset;
    size_t put_count; /* bytes put into the output; each is its number */
    size_t written_count;
    size_t answer_size; /* what the next answers are like: bytes at each service */
    unsigned answer_parts;
    unsigned part;
    size_t write_size; /* bytes taken by each write */
};

static void check_invariants(const struct world *world)
{
    const struct conn *conn = &world->conn;
    enum conn_action action = conn->action;
    uint64_t deadline_ms = conn->deadline_ms;

    FUZZ_CHECK(conn->in.size <= REQUEST_SIZE_MAX && conn->in.capacity <= REQUEST_SIZE_MAX);
    if (action == CONN_READ || action == CONN_WRITE)
        FUZZ_CHECK(deadline_ms <= world->now_ms + DEFAULT_idle_ms);
    else
        FUZZ_CHECK(deadline_ms == UINT64_MAX);
    FUZZ_CHECK((action != CONN_CLOSE) || conn->close_reason != CONN_OPEN);
}

/* The line that was sent next, by the plainest reading of the rules. */
static void check_request(struct world *world, struct span request)
{
    const char *from = world->sent + world->line_offset;
    size_t rest = world->sent_size - world->line_offset;
    const char *newline = rest > 0 ? memchr(from, '\n', rest) : NULL;

    FUZZ_CHECK(newline != NULL);
    struct span line = {from, (size_t)(newline - from)};
    if (world->line_offset == 0 && span_starts_with(line, SPAN("\xEF\xBB\xBF")))
        line = span_from(line, 3);
    FUZZ_CHECK(line.size < REQUEST_SIZE_MAX);
    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    FUZZ_CHECK(span_equal(line, request));
}

/* Byte n of all output is n % 251: what follows the first `count` bytes of it, in pieces. */
static struct span next_output(size_t count, size_t size)
{
    static char pattern[251 * 64];

    if (pattern[1] == 0)
        for (size_t i = 0; i < sizeof pattern; i++)
            pattern[i] = (char)(unsigned char)(i % 251);
    const size_t begin = count % 251;
    return (struct span){pattern + begin,
                         size < sizeof pattern - begin ? size : sizeof pattern - begin};
}

static void put(struct world *world, size_t size)
{
    struct buffer *out = &world->conn.out;

    if (!buffer_reserve(out, size)) { /* no memory: the connection ends */
        conn_on_error(&world->conn, CONN_NO_MEMORY);
        return;
    }
    while (size > 0) {
        const struct span piece = next_output(world->put_count, size);
        memcpy(out->data + out->size, piece.data, piece.size);
        out->size += piece.size;
        world->put_count += piece.size;
        size -= piece.size;
    }
}

static void serve(struct world *world)
{
    if (world->conn.fault != STATUS_OK) {
        put(world, 10);
        if (world->conn.action == CONN_CLOSE)
            return;
        conn_on_served(&world->conn, false, world->now_ms);
        FUZZ_CHECK(world->conn.action == CONN_WRITE);
        return;
    }
    struct span request = conn_request(&world->conn);
    check_request(world, request);
    put(world, world->put_count < PUT_SIZE_MAX ? world->answer_size : 1);
    if (world->conn.action == CONN_CLOSE)
        return;
    bool more = world->part++ < world->answer_parts;
    if (!more) {
        const char *newline =
            memchr(world->sent + world->line_offset, '\n', world->sent_size - world->line_offset);
        world->line_offset = (size_t)(newline - world->sent) + 1;
        world->part = 0;
    }
    conn_on_served(&world->conn, more, world->now_ms);
}

static void write_some(struct world *world)
{
    struct span pending = conn_pending(&world->conn);
    size_t size = pending.size < world->write_size ? pending.size : world->write_size;

    FUZZ_CHECK(pending.size > 0);
    for (size_t done = 0; done < size;) {
        const struct span piece = next_output(world->written_count, size - done);
        FUZZ_CHECK(memcmp(pending.data + done, piece.data, piece.size) == 0);
        world->written_count += piece.size;
        done += piece.size;
    }
    conn_on_written(&world->conn, size, world->now_ms);
}

/* Does at most `actions` that need no client. */
static void act(struct world *world, size_t actions)
{
    for (size_t i = 0; i < actions; i++) {
        enum conn_action action = world->conn.action;

        check_invariants(world);
        if (action == CONN_SERVE)
            serve(world);
        else if (action == CONN_WRITE)
            write_some(world);
        else
            return;
    }
    FUZZ_CHECK(actions < ACTIONS_MAX); /* it comes to an end */
}

static void send(struct world *world, const uint8_t *bytes, size_t size)
{
    while (size > 0 && world->conn.action == CONN_READ) {
        size_t capacity = 0;
        char *space = conn_space(&world->conn, &capacity);
        bool is_heard = !world->conn.is_last; /* else it is discarded */

        FUZZ_CHECK(space != NULL || heap_has_failed);
        if (space == NULL)
            return;
        FUZZ_CHECK(capacity > 0);
        size_t part = size < capacity ? size : capacity;
        if (part > SENT_SIZE_MAX - world->sent_size)
            return;
        memcpy(space, bytes, part);
        if (is_heard) {
            memcpy(world->sent + world->sent_size, bytes, part);
            world->sent_size += part;
        }
        conn_on_read(&world->conn, part, world->now_ms);
        bytes += part;
        size -= part;
        act(world, 1);
    }
}

static void step(struct world *world)
{
    static const uint8_t filler[1024 * 256]; /* NUL is a byte like any other here */
    uint8_t what = script_byte(&world->script);
    uint8_t number = script_byte(&world->script);
    size_t taken = 0;

    switch (what) {
    case 'b': /* bytes */
    {
        const uint8_t *bytes = script_bytes(&world->script, number, &taken);
        send(world, bytes, taken);
        break;
    }
    case 'f': /* filler, to reach the limits */
        send(world, filler, number * (size_t)16);
        break;
    case 'F':
        send(world, filler, number * (size_t)1024);
        break;
    case 'a': /* act */
        act(world, number);
        break;
    case 'o': /* size of the output at each service */
        world->answer_size = number * (size_t)16;
        break;
    case 'O': /* a large one */
        world->answer_size = number * (size_t)512;
        break;
    case 'x': /* an allocation that fails */
        heap_fail_in = number;
        break;
    case 'p': /* parts of an answer */
        world->answer_parts = number % 8;
        break;
    case 'w': /* size of each write */
        world->write_size = 1 + number * (size_t)600;
        break;
    case 't': /* time */
        world->now_ms += number * (uint64_t)100;
        conn_on_deadline(&world->conn, world->now_ms);
        break;
    case 'T': /* as long as it takes */
        if (world->conn.deadline_ms != UINT64_MAX)
            world->now_ms = world->conn.deadline_ms;
        conn_on_deadline(&world->conn, world->now_ms);
        break;
    case 'c': /* the answer takes too long */
        if (world->conn.action != CONN_READ && world->conn.action != CONN_CLOSE && world->part > 0)
            conn_end_answer(&world->conn, CONN_ANSWER_TIMEOUT, world->now_ms);
        break;
    case 's':
        conn_stop(&world->conn, world->now_ms);
        break;
    case 'r':
        if (world->conn.action == CONN_READ && !world->conn.is_last)
            conn_refuse(&world->conn, STATUS_BUSY);
        break;
    case 'e':
        conn_on_error(&world->conn, CONN_IO_ERROR);
        break;
    case 'z':
        if (world->conn.action == CONN_READ && conn_space(&world->conn, &taken) != NULL)
            conn_on_read(&world->conn, 0, world->now_ms);
        break;
    default:
        break;
    }
    check_invariants(world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char sent[SENT_SIZE_MAX];
    struct world world = {.script = {data, size, 0},
                          .now_ms = 1000,
                          .sent = sent,
                          .answer_size = 7,
                          .write_size = SIZE_MAX};

    heap_fail_in = 0;
    heap_has_failed = false;
    server_limits_default(&world.limits, 1);
    conn_init(&world.conn, &world.limits, world.now_ms);
    for (int i = 0; i < STEPS_MAX && world.script.offset < world.script.size; i++)
        step(&world);

    world.write_size = SIZE_MAX;
    act(&world, ACTIONS_MAX);
    /* Two deadlines at most: one to be reported, one to be drained. */
    for (int i = 0; i < 2 && world.conn.action == CONN_READ; i++) {
        conn_on_deadline(&world.conn, world.conn.deadline_ms);
        act(&world, ACTIONS_MAX);
    }
    FUZZ_CHECK(world.conn.action == CONN_CLOSE);
    conn_deinit(&world.conn);
    return 0;
}
