/* The input is a script of one letter and one number each: what the client, the clock, the shell
 * and the platform do to a session on a small machine. Whatever happens: it ends, every line is
 * valid JSON, each request has exactly one terminal line unless the connection was cut, and no
 * process stays open. */
#include "service/session.h"

#include <stdio.h>
#include <string.h>

#include "tests/fuzz/failing_heap.h"
#include "tests/fuzz/script.h"
#include "tests/rows/reply_lines.h"
#include "tests/rows/small_machine.h"
#include "tests/virtual/virtual_objects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    WRITTEN_SIZE_MAX = 8 * 1024 * 1024,
    WRITTEN_SIZE_ENOUGH = 16 * 1024, /* nothing more is sent then */
    ACTIONS_MAX = 100000,
#ifdef HAS_MISSED /* the replay plays each seed to its end */
    STEPS_MAX = 24,
#else
    STEPS_MAX = 12,
#endif
    READS_MAX = 64, /* of what one step sends: it may be read byte by byte */
    VIEWS_FEW = 5,
    MAPS_PARSED = 8, /* rows of maps that are parsed; of the rest only the ends are looked at */
    MANY_PIDS = 1025
};

static struct small_machine machine; /* made once: its regions never change */
static struct virtual_objects objects;
static struct statistics statistics;
static struct watchdog watchdog;
static struct watch watch; /* of the thread that scans */
static struct watch_target hung;
static unsigned
    hang_in; /* the call of the machine, from now, that does not return in time; 0: none */
static bool is_hung;

/* Errors that the corpus must reach, for the replay: a part of their message. */
static const char *const must_reach[] = {
    "is longer than 1024",
    "(limit request_size)",
    "repeated kind",
    "must not contain \\\\u0000",
    "did not get its first turn",
    "did not get another turn",
    "waited for this answer's reader",
    "Another program than before",
    "Windows did not give the list",
    "\"type\":\"section\"",
    "\"type\":\"stats\"",
    "\"code\":\"timeout\"",
};
static bool is_reached[sizeof must_reach / sizeof must_reach[0]];

int fuzz_missed(void);

/* The number of things in must_reach that no input has reached; prints them. */
int fuzz_missed(void)
{
    int count = 0;

    for (size_t i = 0; i < sizeof must_reach / sizeof must_reach[0]; i++) {
        if (!is_reached[i])
            printf("no input reaches: %s\n", must_reach[i]);
        count += !is_reached[i];
    }
    return count;
}

static uint64_t clock_ms(void)
{
    return 1;
}

static void hang(void)
{
    if (hang_in > 0 && --hang_in == 0)
        is_hung = watchdog_abandon(&watchdog, &watch, 0, &hung);
}

static void hang_platform(struct virtual_platform *virtual_, enum virtual_call call)
{
    (void)virtual_;
    (void)call;
    hang();
}

static void hang_objects(struct virtual_objects *tree, enum virtual_object_call call)
{
    (void)tree;
    (void)call;
    hang();
}

struct world {
    struct script script;
    struct session session;
    enum filtered_admins filtered_admins;
    struct caller caller;
    bool has_caller;
    struct server_limits limits;
    bool no_turns; /* no scan gets a turn */
    uint64_t turn_us;
    uint64_t now_ms;
    struct buffer *written; /* lives on: its memory is used again */
    size_t write_size;      /* bytes taken by each write */
    size_t requests_count;  /* lines sent while they were heard */
    struct caller opener;
    struct caller first; /* is_identified: who wrote the first bytes */
    bool is_identified;
    bool is_cut; /* a write may have ended within a line */
};

/* The machine is asked nothing outside a turn. */
static void serve(struct world *world)
{
    const uint64_t calls = machine.virtual_.calls_total + objects.calls_total;

    session_serve(&world->session, world->now_ms);
    FUZZ_CHECK(machine.virtual_.calls_total + objects.calls_total == calls);
}

/* Another writer than the first gets nothing. */
static void identify(struct world *world)
{
    struct caller writer = caller_unknown;

    if (world->has_caller)
        writer = world->caller;
    session_on_caller(&world->session, world->filtered_admins, world->has_caller ? &writer : NULL);
    if (!world->is_identified)
        world->first = writer;
    world->is_identified = true;
    FUZZ_CHECK(world->session.conn.is_stopping ||
               world->session.conn.is_last == !caller_is_same(&world->first, &writer));
}

/* Does at most `actions` that need no client. */
static void act(struct world *world, size_t actions)
{
    struct session *session = &world->session;

    for (size_t i = 0; i < actions; i++) {
        switch (session_next(session)) {
        case SESSION_SCAN: {
            if (world->no_turns)
                return;
            watchdog_init(&watchdog, clock_ms);
            watch = (struct watch){.seen_ms = 0};
            is_hung = false;
            const bool is_kept = session_scan(session, &watch, machine.clock_us + world->turn_us);
            FUZZ_CHECK(is_kept == !is_hung);
            if (!is_kept) {
                session_on_abandoned(session, &hung, world->now_ms);
                break;
            }
            session_on_served(session, world->now_ms);
            break;
        }
        case SESSION_IDENTIFY:
            identify(world);
            break;
        case SESSION_SERVE:
            serve(world);
            break;
        case SESSION_WRITE: {
            struct span pending = conn_pending(&session->conn);
            if (pending.size > world->write_size)
                pending.size = world->write_size;
            const unsigned long fail_in = heap_fail_in;
            heap_fail_in = 0;
            FUZZ_CHECK(buffer_append(world->written, pending));
            heap_fail_in = fail_in;
            session_on_written(session, pending.size, world->now_ms);
            break;
        }
        case SESSION_READ:
        case SESSION_CLOSE:
            return;
        }
    }
    FUZZ_CHECK(actions < ACTIONS_MAX); /* it comes to an end */
}

static void send(struct world *world, const char *bytes, size_t size)
{
    for (int reads = 0;
         reads < READS_MAX && size > 0 && session_next(&world->session) == SESSION_READ &&
         world->written->size < WRITTEN_SIZE_ENOUGH;
         reads++) {
        size_t capacity = 0;
        char *space = session_space(&world->session, &capacity);
        bool is_heard = !world->session.conn.is_last; /* else it is discarded */

        FUZZ_CHECK(space != NULL || heap_has_failed);
        if (space == NULL)
            return;
        FUZZ_CHECK(capacity > 0);
        size_t part = size < capacity ? size : capacity;
        memcpy(space, bytes, part);
        for (size_t i = 0; i < part; i++)
            world->requests_count += is_heard && bytes[i] == '\n';
        session_on_read(&world->session, part, world->now_ms);
        bytes += part;
        size -= part;
        act(world, 1);
    }
}

static void send_request(struct world *world, uint8_t number)
{
    static const char *const requests[] = {
        "{\"op\":\"info\"}\n",
        "{\"id\":1,\"op\":\"whoami\"}\r\n",
        "{\"id\":\"x\",\"op\":\"processes\",\"all\":true}\n",
        "{\"id\":2,\"op\":\"maps\",\"pid\":100}\n",
        "{\"id\":3,\"op\":\"maps\",\"pid\":[100,100,77,200]}\n",
        "{\"id\":4,\"op\":\"maps\",\"all\":true,\"debug\":true}\n",
        "{\"id\":5,\"op\":\"maps\",\"name\":\"*.exe\",\"detail\":\"regions\"}\n",
        "{\"id\":6,\"op\":\"maps\",\"all\":true,\"detail\":\"pages\"}\n",
        "{\"id\":7,\"op\":\"maps\",\"all\":true,\"path\":\"*.dll\"}\n",
        "{\"id\":8,\"op\":\"maps\",\"pid\":100,\"address\":\"0x10000000\"}\n",
        "{\"id\":9,\"op\":\"maps\",\"pid\":77}\n",
        "{\"id\":10,\"op\":\"stats\"}\n",
        "{\"id\":11,\"op\":\"maps\"}\n",
        "\n",
        "\xEF\xBB\xBF{}\n",
    };
    const char *request = requests[number % (sizeof requests / sizeof requests[0])];

    send(world, request, strlen(request));
}

static void send_other(struct world *world, uint8_t number)
{
    static const char *const requests[] = {
        "{\"id\":14,\"op\":\"sections\",\"all\":true}\n",
        "{\"id\":15,\"op\":\"sections\",\"name\":\"Global\\\\*\"}\n",
        "{\"id\":16,\"op\":\"maps\",\"all\":true,\"own\":true}\n",
        "{\"id\":17,\"op\":\"maps\",\"name\":\"a\\u0000\"}\n",
    };
    const char *request = requests[number % (sizeof requests / sizeof requests[0])];

    send(world, request, strlen(request));
}

/* Requests at the limits: more pids than are allowed, a line as long as one may be, and longer, and
 * kinds that repeat. */
static void send_large(struct world *world, uint8_t number)
{
    static char pids[64 + 5 * MANY_PIDS], line[REQUEST_SIZE_MAX + 1];
    static size_t pids_size;

    if (pids_size == 0) {
        memset(line, ' ', sizeof line);
        pids_size = (size_t)snprintf(pids, sizeof pids, "{\"id\":12,\"op\":\"maps\",\"pid\":[1000");
        for (int i = 1; i < MANY_PIDS; i++)
            pids_size += (size_t)snprintf(pids + pids_size, 8, ",%d", 1000 + i);
        pids_size += (size_t)snprintf(pids + pids_size, 8, "]}\n");
    }
    switch (number % 4) {
    case 0:
        send(world, pids, pids_size);
        break;
    case 1:
        line[REQUEST_SIZE_MAX - 1] = '\n';
        send(world, line, REQUEST_SIZE_MAX);
        break;
    case 2:
        line[REQUEST_SIZE_MAX - 1] = ' ';
        send(world, line, sizeof line);
        break;
    default: {
        static const char kinds[] =
            "{\"id\":13,\"op\":\"maps\",\"all\":true,\"kinds\":[\"data\",\"image\",\"data\"]}\n";
        send(world, kinds, sizeof kinds - 1);
        break;
    }
    }
}

static void change_caller(struct world *world, uint8_t number)
{
    world->caller = small_machine_caller(number);
    world->has_caller = number != 0xff;
    if ((number & 0x20) != 0)
        world->caller.level = CALLER_LEVEL_ANONYMOUS;
    if ((number & 0x40) != 0)
        world->caller.app_container = FACT_YES;
    world->caller.integrity = (number & 0x80) != 0 ? INTEGRITY_UNKNOWN : 0x2000;
}

static void change_machine(uint8_t number)
{
    struct virtual_platform *virtual_ = &machine.virtual_;

    virtual_->fail_at = virtual_->calls_total + 1 + number;
    virtual_->fail_with = (number & 1) != 0 ? NTSTATUS_ACCESS_DENIED : NTSTATUS_INVALID_CID;
    virtual_->has_allocation = (number & 2) != 0;
}

/* What cuts the connection off or ends it early. */
static void interrupt(struct world *world, uint8_t what, uint8_t number)
{
    struct session *session = &world->session;
    size_t capacity = 0;

    switch (what) {
    case 't':
        world->now_ms += number * (uint64_t)100;
        break;
    case 'T':
        if (session_deadline_ms(session) != UINT64_MAX)
            world->now_ms = session_deadline_ms(session);
        break;
    case 's':
        session_stop(session, world->now_ms);
        return;
    case 'r':
        if (session_next(session) == SESSION_IDENTIFY ||
            (session_next(session) == SESSION_READ && !session->conn.is_last))
            session_refuse(session, STATUS_BUSY, "Refused.");
        return;
    case 'z':
        if (session_next(session) == SESSION_READ && conn_space(&session->conn, &capacity) != NULL)
            session_on_read(session, 0, world->now_ms);
        return;
    default:
        world->is_cut = true;
        session_on_error(session);
        return;
    }
    const enum session_action action = session_next(session);
    if ((action == SESSION_READ || action == SESSION_WRITE) &&
        !session_check(session, number * (size_t)256, world->now_ms))
        return; /* it goes on */
    world->is_cut = world->is_cut || action == SESSION_WRITE;
    session_on_deadline(session, world->now_ms);
}

static void step(struct world *world)
{
    static const char filler[1024 * 256];
    uint8_t what = script_byte(&world->script);
    uint8_t number = script_byte(&world->script);
    size_t taken = 0;

    switch (what) {
    case 'b': { /* bytes */
        const uint8_t *bytes = script_bytes(&world->script, number, &taken);
        send(world, (const char *)bytes, taken);
        break;
    }
    case 'f': /* filler, to reach the limits */
        send(world, filler, number * (size_t)16);
        break;
    case 'F':
        send(world, filler, number * (size_t)1024);
        break;
    case 'q': /* a request that is understood */
        send_request(world, number);
        break;
    case 'p': /* another one */
        send_other(world, number);
        break;
    case 'Q': /* a large one */
        send_large(world, number);
        break;
    case 'x': /* an allocation that fails */
        heap_fail_in = number;
        break;
    case 'a': /* act */
        act(world, number);
        break;
    case 'w': /* size of each write */
        world->write_size = 1 + number * (size_t)600;
        break;
    case 'c':
        change_caller(world, number);
        break;
    case 'm':
        change_machine(number);
        break;
    case 'v': /* views of the big process */
        machine.processes[2].regions_count = number / (size_t)16;
        break;
    case 'V': /* many */
        machine.processes[2].regions_count = number * (size_t)2;
        break;
    case 'n': /* scans get turns, or not */
        world->no_turns = number % 2 == 1;
        break;
    case 'h': /* a call that hangs */
        hang_in = number;
        break;
    case 'l': /* how long turns are */
        world->turn_us = number;
        break;
    case 'o': /* the operator changes a limit */
        world->limits.answer_ms = 1000 + number * (uint32_t)100;
        session_set_limits(&world->session, &world->limits);
        break;
    case 't': /* time */
    case 'T': /* as long as it takes */
    case 's': /* stop */
    case 'r': /* refuse */
    case 'e': /* error */
    case 'z': /* the client closes */
        interrupt(world, what, number);
        break;
    default:
        break;
    }
}

/* Skips a row of type map without parsing it. Returns false for another line. */
static bool skip_map(struct span *text)
{
    static const char type[] = "\"type\":\"map\"";
    const char *newline = memchr(text->data, '\n', text->size);
    const size_t size = (size_t)(newline - text->data);
    const struct span head = {text->data, size < 32 ? size : 32};

    for (size_t i = 0; i + sizeof type - 1 <= head.size; i++) {
        if (memcmp(head.data + i, type, sizeof type - 1) != 0)
            continue;
        FUZZ_CHECK(text->data[0] == '{' && newline[-1] == '}');
        *text = span_from(*text, size + 1);
        return true;
    }
    return false;
}

/* Looks only while something was not reached. */
static void mark_reached(struct span text)
{
#ifdef HAS_MISSED
    for (size_t i = 0; i < sizeof must_reach / sizeof must_reach[0]; i++)
        for (size_t at = 0, size = strlen(must_reach[i]); !is_reached[i] && at + size <= text.size;
             at++)
            is_reached[i] = memcmp(text.data + at, must_reach[i], size) == 0;
#else
    (void)text;
#endif
}

/* A strict client accepts what is in `written`. */
static void check_written(const struct world *world)
{
    struct span text = buffer_span(world->written);
    enum conn_close_reason reason = world->session.conn.close_reason;
    struct reply_line line = {.is_terminal = true};
    size_t terminals_count = 0, lines_count = 0;

    mark_reached(text);
    while (text.size > 0 && memchr(text.data, '\n', text.size) != NULL) {
        if (lines_count++ >= MAPS_PARSED && skip_map(&text)) {
            line.is_terminal = false;
            continue;
        }
        FUZZ_CHECK(reply_line_next(&text, &line));
        terminals_count += line.is_terminal;
    }
    FUZZ_CHECK(terminals_count <= world->requests_count + 1);
    if (world->is_cut || heap_has_failed)
        return;
    FUZZ_CHECK(text.size == 0);
    FUZZ_CHECK(line.is_terminal);
    if (reason == CONN_PEER_CLOSED) /* heard to its end */
        FUZZ_CHECK(terminals_count == world->requests_count);
    else if (reason != CONN_WRITE_TIMEOUT)
        FUZZ_CHECK(terminals_count > 0 && span_equal(line.type, SPAN("error")));
}

/* The client reads to the end, then closes. */
static void finish(struct world *world)
{
    size_t capacity = 0;

    world->write_size = SIZE_MAX;
    world->no_turns = false;
    heap_fail_in = 0;
    act(world, ACTIONS_MAX);
    if (session_next(&world->session) == SESSION_READ) {
        FUZZ_CHECK(conn_space(&world->session.conn, &capacity) != NULL);
        session_on_read(&world->session, 0, world->now_ms);
    }
    FUZZ_CHECK(session_next(&world->session) == SESSION_CLOSE);
    FUZZ_CHECK(world->session.answer == NULL);
    FUZZ_CHECK(machine.virtual_.open_count == 0 && objects.open_count == 0);
}

/* Sets the machine to its beginning. */
static void reset_machine(void)
{
    static struct small_machine begin;
    const size_t fixed = offsetof(struct small_machine, processes);

    if (machine.context.platform == NULL) {
        small_machine_init(&machine);
        machine.processes[2].regions_count = VIEWS_FEW;
        machine.virtual_.objects = &objects;
        machine.virtual_.on_call = hang_platform;
        machine.context.statistics = &statistics;
        objects.on_call = hang_objects;
        virtual_objects_hold(&objects, 100,
                             virtual_objects_add(&objects, "\\BaseNamedObjects\\one", false));
        (void)virtual_objects_add(&objects, "\\Sessions\\1\\BaseNamedObjects\\two", false);
        memcpy(&begin, &machine, sizeof machine);
    }
    memcpy((char *)&machine + fixed, (char *)&begin + fixed, sizeof machine - fixed);
    statistics_init(&statistics, 0);
    hang_in = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    static struct buffer written;

    if (written.capacity_max == 0)
        buffer_init(&written, WRITTEN_SIZE_MAX);
    buffer_clear(&written);
    heap_fail_in = 0;
    heap_has_failed = false;
    reset_machine();
    world = (struct world){.script = {data, size, 0},
                           .filtered_admins = FILTERED_ADMINS_FULL,
                           .now_ms = 1000,
                           .turn_us = 1000,
                           .written = &written,
                           .write_size = SIZE_MAX};
    world.caller = small_machine_caller(RIGHTS_ALL);
    world.opener = world.caller;
    world.has_caller = true;
    server_limits_default(&world.limits, 1);
    session_init(&world.session, &machine.context, &world.limits, &world.opener, world.now_ms);
    for (int i = 0; i < STEPS_MAX && world.script.offset < world.script.size &&
                    written.size < WRITTEN_SIZE_ENOUGH;
         i++)
        step(&world);
    finish(&world);
    check_written(&world);
    session_deinit(&world.session);
    return 0;
}
