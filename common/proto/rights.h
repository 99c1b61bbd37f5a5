/* The rights a caller can have, bits of an access mask of our own.
 *
 * They are granted by a security descriptor as for any securable object of Windows;
 * service/policy.h decides what a caller gets. The numbers are part of the AccessSddl setting and
 * never change.
 */
#ifndef COMMON_PROTO_RIGHTS_H
#define COMMON_PROTO_RIGHTS_H

#include <stdint.h>

enum right {
    RIGHT_CONNECT = 0x01,    /* info, whoami */
    RIGHT_QUERY_OWN = 0x02,  /* processes that run as the caller */
    RIGHT_QUERY_ALL = 0x04,  /* every process */
    RIGHT_ADDRESSES = 0x08,  /* addresses of other users' processes */
    RIGHT_STATISTICS = 0x10, /* stats */
    RIGHTS_ALL = 0x1f
};

/* Columns: bit, wire name. Used by whoami and by the table of rights. */
#define RIGHTS_LIST(X)              \
    X(RIGHT_CONNECT, "connect")     \
    X(RIGHT_QUERY_OWN, "query_own") \
    X(RIGHT_QUERY_ALL, "query_all") \
    X(RIGHT_ADDRESSES, "addresses") \
    X(RIGHT_STATISTICS, "statistics")

#endif
