/* A connection to whoever answers: a pipe (win32/pipe_client.c), this process itself
 * (win32/direct_link.c), or a script of a test. */
#ifndef CLIENT_SERVER_LINK_H
#define CLIENT_SERVER_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "client/outcome.h"
#include "common/base/annotations.h"
#include "common/text/span.h"

enum { LINK_RECEIVE_SIZE = 64 * 1024 }; /* asked for at once: few calls, whatever the row size */

struct link {
    void *context; /* first argument of all */

    /* Sends all bytes, one request line. Returns false with `failure` set; FAILURE_CLOSED when the
     * other end is gone, which may have left an answer to be received. */
    bool (*send)(void *context, struct span bytes, struct failure *failure);

    /* Receives at least one byte. Returns false with `failure` set; FAILURE_CLOSED at the end. */
    bool (*receive)(void *context, char *data, size_t capacity, size_t *size,
                    struct failure *failure);

    /* The server said that it is busy: waits a little and connects anew. Returns false with
     * `failure` set, FAILURE_BUSY when the time for it is over. NULL: there is nothing to wait for.
     */
    bool (*again)(void *context, struct failure *failure);
};

#endif
