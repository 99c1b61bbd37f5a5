/* Every outcome that a client can see. The wire names are protocol v1 (common/PROTOCOL.md) and keep
 * their meaning. */
#ifndef COMMON_BASE_STATUS_H
#define COMMON_BASE_STATUS_H

#include "common/base/annotations.h"

/* Columns: symbol, wire name, exit code of the client, text. */
#define STATUS_LIST(X)                                                                     \
    X(STATUS_OK, "ok", 0, "Success.")                                                      \
    X(STATUS_BAD_REQUEST, "bad_request", 2, "The request is not valid.")                   \
    X(STATUS_TOO_LARGE, "too_large", 2, "The request exceeds a size limit.")               \
    X(STATUS_UNSUPPORTED, "unsupported", 2, "This server does not support the operation.") \
    X(STATUS_DENIED, "denied", 3, "The caller may not ask this.")                          \
    X(STATUS_NO_SUCH_PROCESS, "no_such_process", 7, "No process has this identifier.")     \
    X(STATUS_ACCESS_DENIED, "access_denied", 1, "Windows refuses access to this process.") \
    X(STATUS_BUSY, "busy", 5, "The server is at a limit; try again later.")                \
    X(STATUS_TIMED_OUT, "timeout", 5, "The time allowed has passed.")                      \
    X(STATUS_STOPPING, "stopping", 4, "The server is stopping.")                           \
    X(STATUS_INTERNAL, "internal", 6, "The server failed; this is an error of lsmap or Windows.")

enum status {
#define X(symbol, name, exit_code, text) symbol,
    STATUS_LIST(X)
#undef X
};

enum { STATUS_COUNT = STATUS_INTERNAL + 1 };

struct status_facts {
    const char *name; /* on the wire, such as "bad_request" */
    int exit_code;    /* of lsmap.exe when a reply ends in this error */
    const char *text; /* one English sentence */
};

extern const struct status_facts status_facts[STATUS_COUNT];

/* The status with this wire name of `size` bytes; STATUS_INTERNAL for an unknown name. */
enum status status_from_name(const char *name, size_t size);

#endif
