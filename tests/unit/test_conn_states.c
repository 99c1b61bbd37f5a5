#if !defined(_WIN32)
#define _POSIX_C_SOURCE 200809L /* fork, waitpid */
#endif

#include "tests/rows/default_limits.h"
#include "tests/test.h"

#include "service/conn.h"

#include <stdlib.h>

#include "tests/unit/conn_peer.h"

#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

/* The states a connection can be in; each test row brings one about. */
enum place {
    PLACE_NEW,          /* nothing came */
    PLACE_MARK,         /* a byte order mark came */
    PLACE_REQUEST,      /* half a request came */
    PLACE_IDLE,         /* one request is answered */
    PLACE_NEXT_REQUEST, /* one is answered, half of the next came */
    PLACE_SERVE,        /* a request is to be served */
    PLACE_SERVE_ON,     /* a part of its answer is written */
    PLACE_SERVE_FAULT,  /* a fault is to be reported */
    PLACE_WRITE,        /* the answer's end is half written */
    PLACE_WRITE_ON,     /* a part of the answer is half written */
    PLACE_WRITE_LAST,   /* the last line is half written */
    PLACE_DRAIN,        /* the last line is written */
    PLACE_CLOSED,
    PLACES
};

static const char *const place_names[PLACES] = {
    "new",     "mark",  "request",  "idle",       "next request", "serve", "serve on",
    "serving", "write", "write on", "write last", "drain",        "closed"};

static void peer_at(struct peer *peer, enum place place)
{
    peer_init(peer);
    switch (place) {
    case PLACE_NEW:
        break;
    case PLACE_MARK:
        feed_text(peer, "\xEF\xBB\xBF");
        break;
    case PLACE_REQUEST:
        feed_text(peer, "ab");
        break;
    case PLACE_IDLE:
        feed_text(peer, "a\n");
        break;
    case PLACE_NEXT_REQUEST:
        feed_text(peer, "a\nb");
        break;
    case PLACE_SERVE:
        read_only(peer, "a\n");
        break;
    case PLACE_SERVE_ON:
        read_only(peer, "a\n");
        fill_output(peer);
        conn_on_served(&peer->conn, true, peer->now_ms);
        take_written(peer, SIZE_MAX);
        break;
    case PLACE_SERVE_FAULT:
        conn_refuse(&peer->conn, STATUS_BUSY);
        break;
    case PLACE_WRITE:
        read_only(peer, "a\n");
        put(peer, "answer\n");
        conn_on_served(&peer->conn, false, peer->now_ms);
        take_written(peer, 3);
        break;
    case PLACE_WRITE_ON:
        read_only(peer, "a\n");
        fill_output(peer);
        conn_on_served(&peer->conn, true, peer->now_ms);
        take_written(peer, 3);
        break;
    case PLACE_WRITE_LAST:
        conn_refuse(&peer->conn, STATUS_BUSY);
        put(peer, "refused\n");
        conn_on_served(&peer->conn, false, peer->now_ms);
        take_written(peer, 3);
        break;
    case PLACE_DRAIN:
        conn_refuse(&peer->conn, STATUS_BUSY);
        run(peer);
        break;
    case PLACE_CLOSED:
        close_by_peer(peer);
        break;
    case PLACES:
        abort();
    }
    peer->requests_size = 0;
    peer->written_size = 0;
}

static void conn_says_what_to_do_in_each_state(struct test *t)
{
    static const struct {
        enum conn_action action;
        uint64_t timeout_ms; /* 0: none */
    } rows[PLACES] = {
        [PLACE_NEW] = {CONN_READ, DEFAULT_first_byte_ms},
        [PLACE_MARK] = {CONN_READ, DEFAULT_request_ms},
        [PLACE_REQUEST] = {CONN_READ, DEFAULT_request_ms},
        [PLACE_IDLE] = {CONN_READ, DEFAULT_idle_ms},
        [PLACE_NEXT_REQUEST] = {CONN_READ, DEFAULT_request_ms},
        [PLACE_SERVE] = {CONN_SERVE, 0},
        [PLACE_SERVE_ON] = {CONN_SERVE, 0},
        [PLACE_SERVE_FAULT] = {CONN_SERVE, 0},
        [PLACE_WRITE] = {CONN_WRITE, DEFAULT_write_ms},
        [PLACE_WRITE_ON] = {CONN_WRITE, DEFAULT_write_ms},
        [PLACE_WRITE_LAST] = {CONN_WRITE, DEFAULT_write_ms},
        [PLACE_DRAIN] = {CONN_READ, CONN_DRAIN_TIMEOUT_MS},
        [PLACE_CLOSED] = {CONN_CLOSE, 0},
    };

    for (int place = 0; place < PLACES; place++) {
        struct peer peer;

        TEST_ROW(t, "%s", place_names[place]);
        peer_at(&peer, (enum place)place);
        CHECK_INT(t, rows[place].action, peer.conn.action);
        CHECK(t,
              peer.conn.deadline_ms ==
                  (rows[place].timeout_ms > 0 ? peer.now_ms + rows[place].timeout_ms : UINT64_MAX));
        conn_deinit(&peer.conn);
    }
}

static void conn_closes_on_an_error_in_each_state(struct test *t)
{
    for (int place = 0; place < PLACES; place++) {
        struct peer peer;

        TEST_ROW(t, "%s", place_names[place]);
        peer_at(&peer, (enum place)place);
        enum conn_close_reason before = peer.conn.close_reason;
        conn_on_error(&peer.conn, CONN_IO_ERROR);
        CHECK_INT(t, CONN_CLOSE, peer.conn.action);
        CHECK_INT(t, before == CONN_OPEN ? CONN_IO_ERROR : before, peer.conn.close_reason);
        CHECK(t, peer.conn.deadline_ms == UINT64_MAX);
        conn_deinit(&peer.conn);
    }
}

static void conn_heeds_the_deadline_in_each_state(struct test *t)
{
    static const struct {
        enum conn_action action;
        enum conn_close_reason reason;
        const char *served;
    } rows[PLACES] = {
        [PLACE_NEW] = {CONN_READ, CONN_SILENT_TIMEOUT, "<timeout>"},
        [PLACE_MARK] = {CONN_READ, CONN_REQUEST_TIMEOUT, "<timeout>"},
        [PLACE_REQUEST] = {CONN_READ, CONN_REQUEST_TIMEOUT, "<timeout>"},
        [PLACE_IDLE] = {CONN_READ, CONN_IDLE_TIMEOUT, "<timeout>"},
        [PLACE_NEXT_REQUEST] = {CONN_READ, CONN_REQUEST_TIMEOUT, "<timeout>"},
        [PLACE_SERVE] = {CONN_READ, CONN_OPEN, "[a]"},
        [PLACE_SERVE_ON] = {CONN_READ, CONN_OPEN, "[a]"},
        [PLACE_SERVE_FAULT] = {CONN_READ, CONN_REFUSED, "<busy>"},
        [PLACE_WRITE] = {CONN_READ, CONN_WRITE_TIMEOUT, ""}, /* what was sent can be read */
        [PLACE_WRITE_ON] = {CONN_READ, CONN_WRITE_TIMEOUT, ""},
        [PLACE_WRITE_LAST] = {CONN_READ, CONN_REFUSED, ""},
        [PLACE_DRAIN] = {CONN_CLOSE, CONN_REFUSED, ""},
        [PLACE_CLOSED] = {CONN_CLOSE, CONN_PEER_CLOSED, ""},
    };

    for (int place = 0; place < PLACES; place++) {
        struct peer peer;

        TEST_ROW(t, "%s", place_names[place]);
        peer_at(&peer, (enum place)place);
        uint64_t deadline_ms = peer.conn.deadline_ms;
        enum conn_action before = peer.conn.action;

        if (deadline_ms != UINT64_MAX) {
            peer.now_ms = deadline_ms - 1;
            conn_on_deadline(&peer.conn, peer.now_ms);
            CHECK_INT(t, before, peer.conn.action);
            CHECK(t, peer.conn.deadline_ms == deadline_ms);
        }
        peer.now_ms = deadline_ms == UINT64_MAX ? peer.now_ms + 1000000 : deadline_ms;
        conn_on_deadline(&peer.conn, peer.now_ms);
        run(&peer);
        CHECK_INT(t, rows[place].action, peer.conn.action);
        CHECK_INT(t, rows[place].reason, peer.conn.close_reason);
        CHECK_SERVED(t, &peer, rows[place].served);
        conn_deinit(&peer.conn);
    }
}

/* The client is looked at every CONN_DRAIN_TIMEOUT_MS. */
static void conn_drains_while_the_client_reads(struct test *t)
{
    enum { MOST = 20 };
    static const struct {
        const char *name;
        size_t unread[MOST]; /* at each look; the last one stays */
        int looks;           /* the last of which ends it */
    } rows[] = {
        {"has read all and does not close", {0}, 1},
        {"nothing is known", {SIZE_MAX}, 1},
        {"reads nothing", {65536}, 2},
        {"reads and stops", {65536, 60000, 50000}, 4},
        {"reads all and does not close", {65536, 30000, 0}, 3},
        {"reads without end", /* until the bound: 2 s and twice 10 s */
         {100, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90, 89, 88, 87, 86, 85, 84, 83, 82, 81},
         11},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct peer peer;
        int looks = 0;

        TEST_ROW(t, "%s", rows[i].name);
        peer_at(&peer, PLACE_DRAIN);
        for (size_t unread = 0; looks < 2 * MOST; looks++) {
            if (looks < MOST &&
                (looks == 0 || rows[i].unread[looks] != 0 || (looks == 2 && rows[i].looks == 3)))
                unread = rows[i].unread[looks];
            CHECK(t, !conn_check_drain(&peer.conn, unread, peer.conn.deadline_ms - 1));
            peer.now_ms = peer.conn.deadline_ms;
            if (conn_check_drain(&peer.conn, unread, peer.now_ms))
                break;
            CHECK(t, peer.conn.deadline_ms > peer.now_ms);
        }
        CHECK_INT(t, rows[i].looks, looks + 1);
        conn_on_deadline(&peer.conn, peer.now_ms);
        CHECK_INT(t, CONN_CLOSE, peer.conn.action);
        conn_deinit(&peer.conn);
    }
}

static void conn_stops_in_each_state(struct test *t)
{
    static const struct {
        enum conn_action action; /* right after conn_stop() */
        const char *served;      /* once all is done */
        const char *written;     /* its last bytes */
        enum conn_close_reason reason;
    } rows[PLACES] = {
        [PLACE_NEW] = {CONN_SERVE, "<stopping>", "stopping\n", CONN_STOPPED},
        [PLACE_MARK] = {CONN_SERVE, "<stopping>", "stopping\n", CONN_STOPPED},
        [PLACE_REQUEST] = {CONN_SERVE, "<stopping>", "stopping\n", CONN_STOPPED},
        [PLACE_IDLE] = {CONN_SERVE, "<stopping>", "stopping\n", CONN_STOPPED},
        [PLACE_NEXT_REQUEST] = {CONN_SERVE, "<stopping>", "stopping\n", CONN_STOPPED},
        [PLACE_SERVE] = {CONN_SERVE, "[a]", "a\n", CONN_STOPPED},
        [PLACE_SERVE_ON] = {CONN_SERVE, "[a]", "a\n", CONN_STOPPED},
        [PLACE_SERVE_FAULT] = {CONN_SERVE, "<busy>", "busy\n", CONN_REFUSED},
        [PLACE_WRITE] = {CONN_WRITE, "<stopping>", "wer\nstopping\n", CONN_STOPPED},
        [PLACE_WRITE_ON] = {CONN_WRITE, "[a]", "abcde\na\n", CONN_STOPPED},
        [PLACE_WRITE_LAST] = {CONN_WRITE, "", "used\n", CONN_REFUSED},
        [PLACE_DRAIN] = {CONN_READ, "", "", CONN_REFUSED},
        [PLACE_CLOSED] = {CONN_CLOSE, "", "", CONN_PEER_CLOSED},
    };

    for (int place = 0; place < PLACES; place++) {
        static struct peer peer;
        size_t tail_size = strlen(rows[place].written);

        TEST_ROW(t, "%s", place_names[place]);
        peer_at(&peer, (enum place)place);
        uint64_t stop_ms = peer.now_ms;
        conn_stop(&peer.conn, stop_ms);
        conn_stop(&peer.conn, stop_ms + 100); /* the second changes nothing */
        CHECK_INT(t, rows[place].action, peer.conn.action);
        if (peer.conn.action == CONN_WRITE) { /* nor is what is pending touched */
            CHECK_INT(t, stop_ms + CONN_STOP_TIMEOUT_MS, peer.conn.deadline_ms);
            while (peer.conn.action == CONN_WRITE) {
                peer.written_size = 0;
                take_written(&peer, 4000);
            }
        }
        run(&peer);
        CHECK_SERVED(t, &peer, rows[place].served);
        REQUIRE(t, peer.written_size >= tail_size);
        CHECK_MEM(t, rows[place].written, tail_size, peer.written + peer.written_size - tail_size,
                  tail_size);
        CHECK_INT(t, rows[place].reason, peer.conn.close_reason);
        if (place != PLACE_CLOSED) {
            CHECK_INT(t, CONN_READ, peer.conn.action);
            CHECK_INT(t, stop_ms + CONN_STOP_TIMEOUT_MS, peer.conn.deadline_ms);
            conn_on_deadline(&peer.conn, stop_ms + CONN_STOP_TIMEOUT_MS);
        }
        CHECK_INT(t, CONN_CLOSE, peer.conn.action);
        conn_deinit(&peer.conn);
    }
}

/* The owner ends an answer that goes on: its next line is the last, in bounded time. */
static void conn_ends_after_an_answer_that_took_too_long(struct test *t)
{
    static const enum place places[] = {PLACE_SERVE, PLACE_SERVE_ON, PLACE_WRITE_ON};

    for (size_t i = 0; i < TEST_COUNT(places); i++) {
        static struct peer peer;

        TEST_ROW(t, "%s", place_names[places[i]]);
        peer_at(&peer, places[i]);
        uint64_t end_ms = peer.now_ms + DEFAULT_write_ms + CONN_DRAIN_TIMEOUT_MS;
        conn_end_answer(&peer.conn, CONN_ANSWER_TIMEOUT, peer.now_ms);
        while (peer.conn.action == CONN_WRITE) {
            peer.now_ms += 100;
            CHECK(t, peer.conn.deadline_ms <= end_ms);
            peer.written_size = 0;
            take_written(&peer, 4000);
        }
        run(&peer);
        CHECK_SERVED(t, &peer, "[a]");
        CHECK_INT(t, CONN_ANSWER_TIMEOUT, peer.conn.close_reason);
        CHECK_INT(t, CONN_READ, peer.conn.action);
        conn_stop(&peer.conn, peer.now_ms); /* which may come on top */
        CHECK(t, peer.conn.deadline_ms <= peer.now_ms + CONN_STOP_TIMEOUT_MS);
        conn_on_deadline(&peer.conn, peer.conn.deadline_ms);
        CHECK_INT(t, CONN_CLOSE, peer.conn.action);
        CHECK_INT(t, CONN_ANSWER_TIMEOUT, peer.conn.close_reason);
        conn_deinit(&peer.conn);
    }
}

static void conn_does_not_serve_the_pipelined_rest_when_stopped(struct test *t)
{
    struct peer peer;

    peer_init(&peer);
    read_only(&peer, "a\nb\nc\n");
    conn_stop(&peer.conn, peer.now_ms);
    run(&peer);
    CHECK_SERVED(t, &peer, "[a]");
    CHECK_INT(t, CONN_READ, peer.conn.action);
    conn_deinit(&peer.conn);
}

static void conn_cuts_a_trickle(struct test *t)
{
    struct peer peer;
    int seconds = 0;

    peer_init(&peer);
    peer.now_ms += DEFAULT_first_byte_ms - 1;
    while (peer.conn.action == CONN_READ && peer.served_count == 0 && seconds < 100) {
        (void)feed(&peer, "x", 1, 1);
        peer.now_ms += 1000;
        seconds++;
        conn_on_deadline(&peer.conn, peer.now_ms);
        run(&peer);
    }
    CHECK_INT(t, DEFAULT_request_ms / 1000, seconds);
    CHECK_SERVED(t, &peer, "<timeout>");
    CHECK_INT(t, CONN_REQUEST_TIMEOUT, peer.conn.close_reason);
    conn_deinit(&peer.conn);
}

static void conn_extends_the_write_deadline_with_progress(struct test *t)
{
    struct peer peer;

    peer_at(&peer, PLACE_WRITE);
    peer.now_ms += DEFAULT_write_ms - 1;
    take_written(&peer, 1);
    CHECK_INT(t, peer.now_ms + DEFAULT_write_ms, peer.conn.deadline_ms);
    conn_deinit(&peer.conn);
}

static void conn_does_not_extend_the_drain(struct test *t)
{
    struct peer peer;

    peer_at(&peer, PLACE_DRAIN);
    uint64_t deadline_ms = peer.conn.deadline_ms;
    peer.now_ms += 1;
    feed_text(&peer, "more");
    CHECK_INT(t, deadline_ms, peer.conn.deadline_ms);
    CHECK_INT(t, CONN_READ, peer.conn.action);
    conn_deinit(&peer.conn);
}

static void conn_closes_without_memory_to_answer(struct test *t)
{
    struct peer peer;

    peer_at(&peer, PLACE_SERVE);
    conn_on_error(&peer.conn, CONN_NO_MEMORY);
    CHECK_INT(t, CONN_CLOSE, peer.conn.action);
    CHECK_INT(t, CONN_NO_MEMORY, peer.conn.close_reason);
    conn_deinit(&peer.conn);
}

enum wrong_call {
    CALL_SPACE,
    CALL_READ,
    CALL_REQUEST,
    CALL_SERVED,
    CALL_PENDING,
    CALL_WRITTEN,
    CALL_REFUSE,
    CALLS
};

static void call_conn(struct conn *conn, enum wrong_call call)
{
    size_t capacity = 0;

    switch (call) {
    case CALL_SPACE:
        (void)conn_space(conn, &capacity);
        break;
    case CALL_READ:
        conn_on_read(conn, 0, 2000);
        break;
    case CALL_REQUEST:
        (void)conn_request(conn);
        break;
    case CALL_SERVED:
        conn_on_served(conn, false, 2000);
        break;
    case CALL_PENDING:
        (void)conn_pending(conn);
        break;
    case CALL_WRITTEN:
        conn_on_written(conn, 1, 2000);
        break;
    case CALL_REFUSE:
        conn_refuse(conn, STATUS_BUSY);
        break;
    case CALLS:
        abort();
    }
}

#if !defined(_WIN32)
/* A failed assertion ends the process: so it is a child that makes the call. */
static bool call_is_asserted(struct conn *conn, enum wrong_call call)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        (void)close(STDERR_FILENO); /* where the assertion is reported */
        call_conn(conn, call);
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status != 0;
}
#endif

static void conn_asserts_calls_in_the_wrong_state(struct test *t)
{
#if defined(_WIN32)
    (void)call_conn;
    TEST_SKIP(t, "a failed assertion cannot be caught here");
#else
    enum { READ = 1, SERVE = 2, WRITE = 4 };
    static const int allowed[CALLS] = {
        [CALL_SPACE] = READ,          [CALL_READ] = READ,     [CALL_REQUEST] = SERVE,
        [CALL_SERVED] = SERVE,        [CALL_PENDING] = WRITE, [CALL_WRITTEN] = WRITE,
        [CALL_REFUSE] = READ | SERVE,
    };
    static const struct {
        enum place place;
        int state;
    } places[] = {{PLACE_NEW, READ}, {PLACE_SERVE, SERVE}, {PLACE_WRITE, WRITE}, {PLACE_CLOSED, 0}};

    for (size_t p = 0; p < TEST_COUNT(places); p++) {
        struct peer peer;

        peer_at(&peer, places[p].place);
        for (int call = 0; call < CALLS; call++) {
            TEST_ROW(t, "call %d, %s", call, place_names[places[p].place]);
            CHECK_INT(t, (allowed[call] & places[p].state) == 0,
                      call_is_asserted(&peer.conn, (enum wrong_call)call));
        }
        conn_deinit(&peer.conn);
    }
#endif
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(conn_says_what_to_do_in_each_state),
        TEST_CASE(conn_closes_on_an_error_in_each_state),
        TEST_CASE(conn_heeds_the_deadline_in_each_state),
        TEST_CASE(conn_drains_while_the_client_reads),
        TEST_CASE(conn_stops_in_each_state),
        TEST_CASE(conn_ends_after_an_answer_that_took_too_long),
        TEST_CASE(conn_does_not_serve_the_pipelined_rest_when_stopped),
        TEST_CASE(conn_cuts_a_trickle),
        TEST_CASE(conn_extends_the_write_deadline_with_progress),
        TEST_CASE(conn_does_not_extend_the_drain),
        TEST_CASE(conn_closes_without_memory_to_answer),
        TEST_CASE(conn_asserts_calls_in_the_wrong_state),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
