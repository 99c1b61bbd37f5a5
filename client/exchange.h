/* One request and its reply: sends the line, splits the reply into rows and checks them.
 *
 * Every line is read strictly and must carry the request's id; the reply must end in exactly one
 * terminal line whose counts agree with the rows before it: one that was cut, mixed up or forged is
 * never taken for complete. A server that is busy is asked again as long as the transport allows it.
 * Pure; the bytes come and go through a transport. */
#ifndef CLIENT_EXCHANGE_H
#define CLIENT_EXCHANGE_H

#include "client/outcome.h"
#include "common/proto/request.h"

enum { TRANSPORT_RECEIVE_SIZE = 64 * 1024 }; /* bytes asked for at once */

/* A connection to a server: a pipe (win32/pipe.c), this process itself (win32/direct.c), or a script of
 * a test. Each function returns false with `failure` set. */
struct transport {
    void *context; /* first argument of all */

    /* Sends all bytes, one request line. FAILURE_CLOSED: the server is gone, and may have left an
     * answer to be received. */
    bool (*send)(void *context, struct span bytes, struct failure *failure);

    /* Receives at least one byte. FAILURE_CLOSED: the end. */
    bool (*receive)(void *context, char *data, size_t capacity, size_t *size,
                    struct failure *failure);

    /* The server is busy: waits a little and connects again. FAILURE_BUSY: the time for it is over.
     * NULL: the server is never busy. */
    bool (*reconnect)(void *context, struct failure *failure);
};

enum exchange_event {
    EXCHANGE_ROW,   /* the next row is in `row` until the next call */
    EXCHANGE_WAIT,  /* no complete row is there; the next call waits for bytes */
    EXCHANGE_END,   /* the terminal row was the last one and agrees with the others */
    EXCHANGE_FAILED /* see `failure`; the transport cannot be used again */
};

struct exchange {
    const struct transport *transport; /* the caller's */
    const struct request *request;     /* the one being answered; the caller's */
    struct row row;
    struct buffer input; /* received bytes */
    size_t input_offset; /* of the next line in `input` */
    uint64_t line;       /* number of the row's line in the reply, from 1 */
    uint64_t rows, processes, errors, unmatched;
    unsigned attempts; /* at a busy server */
    bool must_receive, is_over;
};

void exchange_init(_Out_ struct exchange *exchange, _In_ const struct transport *transport);
void exchange_deinit(_Inout_ struct exchange *exchange);

/* Sends a request, the first one or the next after EXCHANGE_END; it must stay until the reply has ended.
 * Returns false with `failure` set; the transport cannot be used again then. */
NODISCARD bool exchange_begin(struct exchange *exchange, const struct request *request,
                              struct failure *failure);

/* Goes on with the reply. `failure` is set with EXCHANGE_FAILED only. */
NODISCARD enum exchange_event exchange_next(struct exchange *exchange, struct failure *failure);

#endif
