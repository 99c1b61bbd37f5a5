/* The limits that the operator of a server may change.
 *
 * One list gives the members, their wire names (`limits` of an `info` row), the names of the
 * operator's values (service/settings.c), defaults and ranges; so none of these can disagree. What
 * nobody may change is in bounds.h alone.
 */
#ifndef COMMON_PROTO_SERVER_LIMITS_H
#define COMMON_PROTO_SERVER_LIMITS_H

#include <stdint.h>

#include "common/base/annotations.h"
#include "common/base/bounds.h"

/* Columns: member and wire name, operator's name, default, least, most.
 * connections           clients connected at once; more are told `busy`
 * connections_per_user  the same, of one user
 * scans                 scans that run at once; by default SCANS_PER_PROCESSOR
 * scan_wait_ms          how long a request waits for one of those before it is told `busy`
 * first_byte_ms         from connecting to the first byte
 * request_ms            from the first byte of a request to its newline
 * idle_ms               between requests
 * write_ms              a write without progress: the client has stopped reading
 * answer_ms             all the time one answer waits for its reader, or once for its next turn */
#define SERVER_LIMITS_LIST(X)                                                                     \
    X(connections, "Connections", CONNECTIONS_MAX, 1, CONNECTIONS_LIMIT_MAX)                      \
    X(connections_per_user, "ConnectionsPerUser", CONNECTIONS_USER_MAX, 1, CONNECTIONS_LIMIT_MAX) \
    X(scans, "Scans", SCANS_PER_PROCESSOR, 1, SCANS_LIMIT_MAX)                                    \
    X(scan_wait_ms, "ScanWaitMs", CONN_SCAN_WAIT_TIMEOUT_MS, 100, 60 * 1000)                      \
    X(first_byte_ms, "FirstByteMs", CONN_FIRST_BYTE_TIMEOUT_MS, 100, 60 * 1000)                   \
    X(request_ms, "RequestMs", CONN_REQUEST_TIMEOUT_MS, 100, 60 * 1000)                           \
    X(idle_ms, "IdleMs", CONN_IDLE_TIMEOUT_MS, 1000, 24 * 60 * 60 * 1000)                         \
    X(write_ms, "WriteMs", CONN_WRITE_TIMEOUT_MS, 100, 60 * 1000)                                 \
    X(answer_ms, "AnswerMs", CONN_ANSWER_TIMEOUT_MS, 1000, 60 * 60 * 1000)

struct server_limits {
#define X(member, name, initial, least, most) uint32_t member;
    SERVER_LIMITS_LIST(X)
#undef X
};

/* Sets all of them to their defaults.
 * processors  Of the machine; 0 counts as 1. */
void server_limits_default(_Out_ struct server_limits *limits, unsigned processors);

#endif
