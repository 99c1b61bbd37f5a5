/* What a client is told at a limit: the limit's name as `info` shows it, its value, and the cure.
 * Part of session.c. */
#ifndef SERVICE_SESSION_FAULT_H
#define SERVICE_SESSION_FAULT_H

#include "common/base/annotations.h"
#include "common/proto/protocol.h"
#include "common/proto/statistics.h"
#include "service/conn.h"

struct session_fault {
    char message[192]; /* terminated */
    const char *hint;
};

/* Why the connection ends; of CONN_REFUSED its owner knows.
 * reason  Of a fault that conn tells. */
void session_fault_text(enum conn_close_reason reason, _In_ const struct server_limits *limits,
                        _Out_ struct session_fault *fault);

/* No slot came free in time.
 * is_begun  The answer had one before and was to have it again. */
void session_fault_scan_text(_In_ const struct server_limits *limits, bool is_begun,
                             _Out_ struct session_fault *fault);

/* The reader of an answer was too slow. */
void session_fault_reader_text(_In_ const struct server_limits *limits,
                               _Out_ struct session_fault *fault);

/* Which limit a connection met that ends for this reason; LIMIT_COUNT: none. */
enum statistics_limit session_fault_limit(enum conn_close_reason reason);

#endif
