/* One connection as an automaton without I/O: bytes in, request lines out, reply bytes out. The owner
 * does what `action` says and reports back. Framing, limits and deadlines are decided only here.
 *
 *              +------------------------ between requests ------------------------+
 *              v                                                                  |
 *   init --> READ --(a complete line)--> SERVE --(bytes to send)--> WRITE --(done)+
 *              |                         ^   ^--(the answer goes on)--+           |
 *              +---(a fault to report)---+                                        | the last line
 *              |                                                                  v
 *              +--(peer closed, I/O error)--> CLOSE <--(peer closed, deadline)-- READ, discarding
 *
 * A line ends with `\n`; a `\r` before it is dropped, and so is a UTF-8 byte order mark at the
 * start of the connection. Each byte is searched once and moved at most once for each read.
 *
 * A call that does not belong to the current action is asserted. One thread at a time. */
#ifndef SERVICE_CONN_H
#define SERVICE_CONN_H

#include "common/base/status.h"
#include "common/proto/protocol.h"
#include "common/text/buffer.h"

enum {
    CONN_SPACE_SIZE = 512, /* the first space to read into; it doubles */
    CONN_OUTPUT_SIZE_MAX = OUTPUT_SIZE + OUTPUT_ROW_SIZE_MAX + 4096, /* the last is for `end` */
    CONN_DRAIN_SIZE_MAX = 1024 * 1024, /* read and discarded after the last line */
    CONN_DRAIN_WRITES = 2,             /* the last line must be read within so many write_ms */
    CONN_ANSWER_WRITES = 4, /* the same from conn_end_answer() on: there is more to write first */
    CONN_STOP_TIMEOUT_MS = STOP_TIMEOUT_MS / 2 /* from conn_stop() to CONN_CLOSE, at most */
};

enum conn_action {
    CONN_READ,  /* read into conn_space(), then conn_on_read() */
    CONN_SERVE, /* append the answer to conn_request(), or report `fault`, to `out`, then
                   conn_on_served() */
    CONN_WRITE, /* write conn_pending(), then conn_on_written() */
    CONN_CLOSE  /* disconnect and release; close_reason says why */
};

enum conn_close_reason {
    CONN_OPEN,        /* no reason to close */
    CONN_PEER_CLOSED, /* the client closed its end */
    CONN_IO_ERROR,    /* the pipe failed */
    CONN_REFUSED,     /* the owner refused to serve: conn_refuse() */
    CONN_STOPPED,     /* the server stops */
    /* a limit was met */
    CONN_SILENT_TIMEOUT,  /* no first byte */
    CONN_REQUEST_TIMEOUT, /* an unfinished request */
    CONN_IDLE_TIMEOUT,    /* no request for too long */
    CONN_WRITE_TIMEOUT,   /* the client stopped reading; it can read what is in the pipe */
    CONN_ANSWER_TIMEOUT,  /* the owner ended an answer that took too long: conn_end_answer() */
    CONN_TOO_LARGE,       /* a line above REQUEST_SIZE_MAX: framing is lost */
    CONN_NO_MEMORY
};

struct conn {
    /* for the owner to look at */
    enum conn_action action; /* the same until it is reported back */
    enum status fault;       /* CONN_SERVE: the error to report; STATUS_OK: there is a request */
    struct buffer out;       /* bytes to send, at most CONN_OUTPUT_SIZE_MAX */
    enum conn_close_reason close_reason; /* CONN_OPEN until it is decided */
    uint64_t deadline_ms; /* when the action must have made progress; UINT64_MAX: none */
    bool is_last;         /* what is being served or written is the last: drain and close then */
    bool is_stopping;     /* conn_stop() was called */

    /* private to conn.c */
    const struct server_limits *limits;
    struct buffer in;         /* bytes received and not yet served, at most REQUEST_SIZE_MAX */
    size_t line_offset;       /* where the current or next line begins */
    size_t line_size;         /* bytes of the current line, newline included; 0: none */
    size_t search_offset;     /* no newline between the current line and here */
    size_t written_size;      /* bytes of `out` that are sent */
    size_t drained_size;      /* bytes discarded after the last line */
    size_t unread_size;       /* of what was sent, when it was looked at last */
    uint64_t end_deadline_ms; /* no deadline is later than this; UINT64_MAX: not limited */
    enum conn_close_reason timeout_reason; /* CONN_READ: what passing the deadline means */
    bool has_begun;      /* the first line has begun: no byte order mark can come */
    bool answer_goes_on; /* after this write, serve the same request again */
};

/* limits  Must outlive the connection. When they change between two calls, a deadline that is set
 *         stays.
 * now_ms  A steady clock, here and below. Does not allocate. */
void conn_init(_Out_ struct conn *conn, _In_ const struct server_limits *limits, uint64_t now_ms);
void conn_deinit(_Inout_ struct conn *conn);

/* The last line is sent, or what was sent is all that the client gets: CONN_READ only discards. */
bool conn_is_draining(_In_ const struct conn *conn);

/* CONN_READ: where to put bytes, valid until conn_on_read(): `size` of them are there, 0 when the
 * client closed its end. NULL without memory; the next action is then CONN_CLOSE. */
char *conn_space(_Inout_ struct conn *conn, _Out_ size_t *capacity);
void conn_on_read(_Inout_ struct conn *conn, size_t size, uint64_t now_ms);

/* CONN_SERVE without fault: the line, without its end and byte order mark, valid until it is read;
 * then it is freed when nothing follows it. */
struct span conn_request(_In_ const struct conn *conn);
void conn_on_request_read(_Inout_ struct conn *conn);

/* CONN_SERVE is done for now.
 * more  The same request is served again: at once, or when the output has reached OUTPUT_SIZE, once
 *       that is written. False for a fault. */
void conn_on_served(_Inout_ struct conn *conn, bool more, uint64_t now_ms);

/* CONN_WRITE: the bytes to send, valid until conn_on_written(): `size` were taken, 1 or more. */
struct span conn_pending(_In_ const struct conn *conn);
void conn_on_written(_Inout_ struct conn *conn, size_t size, uint64_t now_ms);

/* The pipe failed, or there is no memory to go on; the next action is CONN_CLOSE. */
void conn_on_error(_Inout_ struct conn *conn, enum conn_close_reason reason);

/* With a read or write pending: has the deadline passed? After the last line it moves, within bounds,
 * when the client has read something since the last one.
 * unread_size  Bytes that are sent and not read; SIZE_MAX: unknown, which counts as nothing read. */
NODISCARD bool conn_check_drain(_Inout_ struct conn *conn, size_t unread_size, uint64_t now_ms);

/* The deadline has passed; does nothing before. While we read the client gets `timeout`, then is
 * closed; while we write nothing more is written, but what is in the pipe can be read; after the last
 * line it is closed at once. No read or write may be pending: what they transferred is reported
 * first. */
void conn_on_deadline(_Inout_ struct conn *conn, uint64_t now_ms);

/* CONN_READ, or CONN_SERVE before anything is served: the client gets the fault `code`, then the
 * connection closes. No read may be pending. Does nothing after a fault. */
void conn_refuse(_Inout_ struct conn *conn, enum status code);

/* While an answer is served, or written and not complete: it is the last. Its owner aborts it, the
 * client gets time to read the line, then the connection closes. A write may be pending. */
void conn_end_answer(_Inout_ struct conn *conn, enum conn_close_reason reason, uint64_t now_ms);

/* The server stops. Between requests the client gets `stopping`, after what is being written; an
 * answer being served is aborted by its owner. Then the connection closes, within
 * CONN_STOP_TIMEOUT_MS if its deadlines are heeded. A write may be pending, a read may not. Does
 * nothing the second time. */
void conn_stop(_Inout_ struct conn *conn, uint64_t now_ms);

#endif
