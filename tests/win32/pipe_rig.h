/* A pipe server in this process and clients of it, for the tests of the server.
 *
 * The server's platform has made-up processes, so that an answer is as long and as slow as a test
 * wants. Time can run faster, so that no test waits for a real deadline. Clients can be taken for
 * different users, which they are not.
 */
#ifndef TESTS_WIN32_PIPE_RIG_H
#define TESTS_WIN32_PIPE_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/answer/answer.h"
#include "common/scan/platform.h"
#include "common/text/buffer.h"
#include "common/win32/win.h"
#include "service/win32/server.h"

enum {
    RIG_NAME_CAPACITY = 64,
    RIG_WAIT_MS = 10 * 1000, /* for anything that is expected to come */
    RIG_MANY_PROCESSES = 20000
};

struct pipe_rig {
    wchar_t name[RIG_NAME_CAPACITY];    /* complete pipe name, of its own */
    uint32_t processes_count;           /* what `all` lists; pids are 4, 8, 12, ... */
    DWORD open_delay_ms;                /* what opening one of them takes */
    HANDLE blocks;                      /* event: opening pid 8 waits for it; NULL: it does not */
    volatile LONG opening;              /* scans that are opening one now */
    unsigned connections_user_max;      /* 0: the default */
    const struct server_limits *limits; /* NULL: the defaults; the two counts go over them */
    struct statistics *statistics;      /* NULL: those of the rig */
    struct statistics own_statistics;
    struct platform platform;
    struct server_info info;
    struct answer_context context;
    struct server *server;
};

/* Starts a server.
 * rig              Zeroed by the caller, who may set the members before `own_statistics`.
 * speed            1: real time; 20: a second passes in 50 ms.
 * connections_max  0: the default.
 * Returns a Win32 error. */
NODISCARD DWORD pipe_rig_start(struct pipe_rig *rig, unsigned speed, unsigned connections_max);

/* Stops it. Returns the milliseconds that took, UINT32_MAX when it failed. A thread may be lost. */
uint32_t pipe_rig_stop(struct pipe_rig *rig);

/* Whom clients are taken for that connect from now on; 0: who they are, or another user when they are
 * in another process. */
void pipe_rig_set_user(unsigned number);

/* The next client that is to be identified once more waits for this event: its first byte was read alone.
 * The other is true once one does. */
void pipe_rig_block_identity(HANDLE event);
bool pipe_rig_identity_is_blocked(void);

/* Clients connected now, including those that are refused. */
unsigned pipe_rig_connections(struct pipe_rig *rig);

/* Waits until exactly `count` clients are connected. */
bool pipe_rig_wait_connections(struct pipe_rig *rig, unsigned count);

struct pipe_client {
    HANDLE pipe;
    HANDLE event;
    struct buffer in; /* received, from the line read last */
    size_t line_size; /* of that line, with its newline */
    bool is_closed;   /* by the server */
};

NODISCARD DWORD pipe_client_open(struct pipe_client *client, const struct pipe_rig *rig);
void pipe_client_close(struct pipe_client *client);

/* Sends all bytes. False when the server did not take them in time. */
bool pipe_client_send(struct pipe_client *client, const void *bytes, size_t size);
bool pipe_client_send_text(struct pipe_client *client, const char *text);

/* The next line without newline; valid until the next call. False: closed, or nothing came in time.
 */
bool pipe_client_line(struct pipe_client *client, struct span *line);

/* Reads one more time, at most `size` bytes, into what pipe_client_line() gives next. */
bool pipe_client_receive(struct pipe_client *client, size_t size);

/* True when the server closes within RIG_WAIT_MS and sends nothing more. */
bool pipe_client_is_closed(struct pipe_client *client);

/* A complete reply: the lines before its terminal one are counted. */
struct pipe_reply {
    uint64_t rows;
    char last[512]; /* the terminal line, cut if longer; "" when none came */
};

bool pipe_client_reply(struct pipe_client *client, struct pipe_reply *reply);

/* True when a request on this connection, or on a new one, is answered. */
bool pipe_client_is_served(struct pipe_client *client);
bool pipe_rig_serves(const struct pipe_rig *rig);

/* True when `text` occurs in `line`. */
bool text_contains(struct span line, const char *text);

#endif
