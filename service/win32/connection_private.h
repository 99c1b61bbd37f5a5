/* What is inside a connection, for pipe_connection.c (its life and its one operation) and
 * pipe_connection_run.c (what its session wants). */
#ifndef SERVICE_WIN32_CONNECTION_PRIVATE_H
#define SERVICE_WIN32_CONNECTION_PRIVATE_H

#include "service/win32/connection.h"

enum operation { OPERATION_ACCEPT, OPERATION_READ, OPERATION_WRITE };

enum io_state {
    IO_IDLE,     /* the kernel has nothing of ours */
    IO_PENDING,  /* the OVERLAPPED and the buffer are the kernel's until the completion */
    IO_CANCELLED /* still so, and the completion comes soon */
};

/* What to start. */
struct pipe_request {
    enum operation operation;
    char *space;       /* to read into; the kernel's until the completion */
    const char *bytes; /* to write; the same */
    DWORD size;
    uint64_t deadline_ms; /* UINT64_MAX: none */
};

enum phase {
    PHASE_ACCEPTING, /* no client; no session */
    PHASE_ACCEPTED,  /* a client; no session yet */
    PHASE_SERVING,
    PHASE_CLOSED
};

struct pipe_connection {
    struct pipe_connection_link link;
    struct pipe_host *host;
    HANDLE pipe;
    PTP_IO io;
    PTP_WORK work;
    volatile LONG references; /* one for being open, one for each operation and each caller */

    /* the holder's: whoever runs while no operation is pending */
    enum phase phase;
    struct session session; /* PHASE_SERVING */
    uint64_t presence_us;   /* when the client was last known to be there */
    LONG limits_version;    /* of the limits the session has */
    bool is_waiting;        /* for a slot, in the server's queue */

    SRWLOCK lock; /* orders issue, completion, and sweep; guards what follows */
    enum io_state state;
    enum operation operation; /* which is pending */
    uint64_t deadline_ms;     /* of that */
    bool is_stop_told;        /* the session knows that the server stops */
    bool is_evicted;          /* the pending read is cancelled to send the client away */
    OVERLAPPED overlapped;
};

/* Starts an operation. Once it is pending its completion may run, and end, at any moment: the
 * caller must return without touching the connection.
 * Returns ERROR_IO_PENDING; ERROR_RETRY when the session has to be told first that the server
 * stops; else what the call said: it is over and no completion comes. */
NODISCARD DWORD pipe_connection_start(_Inout_ struct pipe_connection *connection,
                                      _In_ const struct pipe_request *request);

/* Lets a pool thread go on with the connection, after others that wait. */
void pipe_connection_resume_later(_Inout_ struct pipe_connection *connection);

/* Ends it; only its holder may.
 * error  Why accepting failed, or ERROR_SUCCESS. */
void pipe_connection_close(_Inout_ struct pipe_connection *connection, DWORD error);

/* pipe_connection_run.c. The holder calls them, with a reference. */

/* PHASE_ACCEPTED: makes the session, or one that tells `busy`. */
void pipe_connection_begin(_Inout_ struct pipe_connection *connection);
/* Tells the session how its read or write ended. */
void pipe_connection_read_done(_Inout_ struct pipe_connection *connection, DWORD error,
                               size_t size);
void pipe_connection_write_done(_Inout_ struct pipe_connection *connection, DWORD error,
                                size_t size);
/* Does what the session asks until something is pending. */
void pipe_connection_run(_Inout_ struct pipe_connection *connection);

#endif
