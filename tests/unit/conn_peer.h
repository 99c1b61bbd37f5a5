/* The other end of a connection, for the tests of conn.c: plays the pipe and the answers.
 *
 * Every request is answered by itself and a newline, every fault by its wire name.
 */
#ifndef TESTS_UNIT_CONN_PEER_H
#define TESTS_UNIT_CONN_PEER_H

#include <stdlib.h>

#include "service/conn.h"
#include "tests/test.h"

/* Plays the pipe: feeds bytes in pieces, serves each request with what `serve` says, collects what
 * is written. */
struct peer {
    struct conn conn;
    struct server_limits limits;
    uint64_t now_ms;
    char requests[4096]; /* each served line in brackets, each fault as <name> */
    size_t requests_size;
    char written[4096];
    size_t written_size;
    size_t served_count;
    size_t written_total;
};

static inline void note(struct peer *peer, const char *before, struct span text, const char *after)
{
    int size =
        snprintf(peer->requests + peer->requests_size, sizeof peer->requests - peer->requests_size,
                 "%s%.*s%s", before, (int)text.size, text.data != NULL ? text.data : "", after);
    if (size > 0 && peer->requests_size + (size_t)size < sizeof peer->requests)
        peer->requests_size += (size_t)size;
}

static inline void peer_init(struct peer *peer)
{
    *peer = (struct peer){.now_ms = 1000};
    server_limits_default(&peer->limits, 1);
    conn_init(&peer->conn, &peer->limits, peer->now_ms);
}

/* Answers with "<request>\n" in one piece. */
static inline void serve_echo(struct peer *peer)
{
    struct buffer *out = &peer->conn.out;
    enum status fault = peer->conn.fault;
    bool fits = true;

    if (fault != STATUS_OK) {
        note(peer, "<", span_from_string(status_facts[fault].name), ">");
        fits = buffer_append(out, span_from_string(status_facts[fault].name));
    } else {
        note(peer, "[", conn_request(&peer->conn), "]");
        fits = buffer_append(out, conn_request(&peer->conn));
    }
    if (!fits || !buffer_append(out, SPAN("\n")))
        abort();
    peer->served_count++;
    conn_on_served(&peer->conn, false, peer->now_ms);
}

static inline void take_written(struct peer *peer, size_t size_max)
{
    struct span pending = conn_pending(&peer->conn);
    size_t size = pending.size < size_max ? pending.size : size_max;
    size_t room = sizeof peer->written - peer->written_size;
    size_t kept = size < room ? size : room;

    memcpy(peer->written + peer->written_size, pending.data, kept);
    peer->written_size += kept;
    peer->written_total += size;
    conn_on_written(&peer->conn, size, peer->now_ms);
}

/* Does all that can be done without the client. */
static inline void run(struct peer *peer)
{
    for (int i = 0; i < 100000; i++) {
        enum conn_action action = peer->conn.action;
        if (action == CONN_SERVE)
            serve_echo(peer);
        else if (action == CONN_WRITE)
            take_written(peer, SIZE_MAX);
        else
            return;
    }
    abort();
}

/* Feeds bytes in pieces of at most `piece` and serves what comes of it. Returns the bytes taken
 * before it closed. */
static inline size_t feed(struct peer *peer, const char *data, size_t size, size_t piece)
{
    size_t done = 0;

    while (done < size && peer->conn.action == CONN_READ) {
        size_t capacity = 0;
        char *space = conn_space(&peer->conn, &capacity);
        size_t part = size - done < piece ? size - done : piece;

        if (space == NULL)
            break;
        if (part > capacity)
            part = capacity;
        memcpy(space, data + done, part);
        conn_on_read(&peer->conn, part, peer->now_ms);
        done += part;
        run(peer);
    }
    return done;
}

static inline void feed_text(struct peer *peer, const char *text)
{
    (void)feed(peer, text, strlen(text), SIZE_MAX);
}

/* Reads without serving, so that the connection stops in CONN_SERVE. */
static inline void read_only(struct peer *peer, const char *text)
{
    size_t capacity = 0;
    char *space = conn_space(&peer->conn, &capacity);

    if (space == NULL || capacity < strlen(text))
        abort();
    memcpy(space, text, strlen(text));
    conn_on_read(&peer->conn, strlen(text), peer->now_ms);
}

/* Appends to the output while it is served. */
static inline void put(struct peer *peer, const char *text)
{
    if (!buffer_append(&peer->conn.out, span_from_string(text)))
        abort();
}

static inline void fill_output(struct peer *peer)
{
    struct buffer *out = &peer->conn.out;

    while (out->size < OUTPUT_SIZE)
        put(peer, "0123456789abcde\n");
}

static inline void close_by_peer(struct peer *peer)
{
    size_t capacity = 0;

    if (conn_space(&peer->conn, &capacity) == NULL)
        abort();
    conn_on_read(&peer->conn, 0, peer->now_ms);
}

#define CHECK_SERVED(t, peer, text) \
    CHECK_MEM(t, text, strlen(text), (peer)->requests, (peer)->requests_size)
#define CHECK_WRITTEN(t, peer, text) \
    CHECK_MEM(t, text, strlen(text), (peer)->written, (peer)->written_size)

#endif
