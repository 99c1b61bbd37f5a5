/* `lsmap watch`: asks again and again, on one connection, and prints what came and went since the
 * last answer. Pure; win32/main.c gives it the server and the time, tests give it scripts.
 *
 * An answer that did not come to its end is dropped and the one before it stays what the next is compared
 * with: neither a restart of the service nor a lost connection makes anything look new. */
#ifndef CLIENT_WATCH_H
#define CLIENT_WATCH_H

#include "client/run.h"

struct watch_server {
    void *context; /* first argument of all */

    /* Makes the transport ready for one request within the time-out, connecting when it is not. NULL
     * with `failure` set: it cannot. */
    const struct transport *(*ready)(void *context, struct failure *failure);

    /* Closes the connection. */
    void (*close)(void *context);

    /* Waits. Returns false to end the watch. */
    bool (*wait)(void *context, unsigned ms);

    uint64_t (*now)(void *context); /* FILETIME */
};

/* Watches until the first answer fails, an answer denies or refuses the question, the reader of the
 * results is gone, or server->wait() ends it. Returns OUTCOME_COMPLETE in the last two cases. */
enum outcome run_watch(_In_ const struct run_settings *settings,
                       _In_ const struct watch_server *server);

#endif
