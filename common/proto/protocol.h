/* What both ends of protocol v1 agree on: names, kinds, rights and limits. The specification is
 * common/PROTOCOL.md. Sizes are bytes, lengths UTF-16 units, times milliseconds. */
#ifndef COMMON_PROTO_PROTOCOL_H
#define COMMON_PROTO_PROTOCOL_H

#include "common/text/span.h"

enum { PROTOCOL_VERSION = 1 };

#define PRODUCT_NAME "lsmap"
#define SERVICE_NAME "lsmapd"
#define SERVICE_DISPLAY_NAME "lsmap mapped file service"

/* Only SYSTEM and members of Administrators may create a pipe below
 * ProtectedPrefix\Administrators, so no other user can take the name first. */
#define PIPE_PREFIX "\\\\.\\pipe\\"
#define PIPE_NAME_DEFAULT PIPE_PREFIX "ProtectedPrefix\\Administrators\\lsmap"

enum {
    PIPE_NAME_LENGTH_MAX = 256, /* UTF-16 units of the full name; source: CreateNamedPipeW */
    PIPE_NAME_CAPACITY = PIPE_NAME_LENGTH_MAX * 3 + 1 /* the same in UTF-8, terminated */
};

/* Makes a full name, terminated, of one as `--pipe` takes it: full, or what follows PIPE_PREFIX. Only
 * this machine's pipes are accepted, and only names that Windows uses as they are written: its path
 * rules would resolve `..` and drop a dot or a space at the end, so that the pipe opened is not the
 * pipe named.
 *
 * Returns NULL; on failure, `out` untouched, what is wrong: a static text that continues "the pipe
 * name ", such as "is empty". */
NODISCARD const char *pipe_name_normalize(struct span name,
                                          _Out_writes_(PIPE_NAME_CAPACITY) char *out);

/* The kinds of mapping that a request can ask for. The bits are those of enum view_kind in
 * common/scan/regions.h. Columns: bit, wire name. */
#define KIND_LIST(X)       \
    X(KIND_IMAGE, "image") \
    X(KIND_DATA, "data")   \
    X(KIND_PAGEFILE, "pagefile")

enum kind { KIND_IMAGE = 1, KIND_DATA = 2, KIND_PAGEFILE = 4 /* and physical views */ };
enum { KINDS_DEFAULT = KIND_IMAGE | KIND_DATA };

/* The rights of a caller, bits of an access mask of our own. A security descriptor grants them, as
 * for any securable object of Windows; service/policy.h decides what a caller gets. The numbers are
 * part of the AccessSddl setting and never change. Columns of the list: bit, wire name. */
#define RIGHTS_LIST(X)              \
    X(RIGHT_CONNECT, "connect")     \
    X(RIGHT_QUERY_OWN, "query_own") \
    X(RIGHT_QUERY_ALL, "query_all") \
    X(RIGHT_ADDRESSES, "addresses") \
    X(RIGHT_STATISTICS, "statistics")

enum right {
    RIGHT_CONNECT = 0x01,    /* info, whoami */
    RIGHT_QUERY_OWN = 0x02,  /* processes that run as the caller */
    RIGHT_QUERY_ALL = 0x04,  /* every process */
    RIGHT_ADDRESSES = 0x08,  /* addresses of other users' processes */
    RIGHT_STATISTICS = 0x10, /* stats */
    RIGHTS_ALL = 0x1f
};

/* Limits that are fixed. */
enum {
    /* one request */
    REQUEST_SIZE_MAX = 256 * 1024, /* a line, its newline included */
    REQUEST_DEPTH_MAX = 4,         /* nested arrays and objects */
    REQUEST_PIDS_MAX = 1024,       /* elements of `pid` */
    REQUEST_NAMES_MAX = 64,        /* elements of `name` */
    REQUEST_PATHS_MAX = 64,        /* elements of `path` */
    REQUEST_ID_SIZE_MAX = 64,      /* a string id; this and the next two after unescaping */
    REQUEST_NAME_SIZE_MAX = 1024,  /* one glob of `name` */
    REQUEST_PATH_LEN_MAX = 32767,  /* one glob of `path`: as many UTF-16 units as a path can have */

    /* one answer */
    OUTPUT_SIZE = 64 * 1024,           /* filled up to here, then written */
    OUTPUT_ROW_SIZE_MAX = 1024 * 1024, /* one row: two names of 32,767 units, every unit escaped */

    CONN_DRAIN_TIMEOUT_MS = 2000, /* after the last line is written; the client may still read */
    STOP_TIMEOUT_MS = 2000        /* from stop to stopped */
};

enum {
    CONNECTIONS_LIMIT_MAX = 1024, /* the most that an operator may set for both */
    SCANS_LIMIT_MAX = 64          /* each scan that runs has a thread */
};

/* The limits that the operator may change; PROTOCOL.md, section 6, says what each is. Columns: member
 * and wire name (`limits` of an `info` row), name of the registry value, default, least, most. */
#define SERVER_LIMITS_LIST(X)                                                   \
    X(connections, "Connections", 128, 1, CONNECTIONS_LIMIT_MAX)                \
    X(connections_per_user, "ConnectionsPerUser", 32, 1, CONNECTIONS_LIMIT_MAX) \
    X(scans, "Scans", 1, 1, SCANS_LIMIT_MAX)                                    \
    X(scan_wait_ms, "ScanWaitMs", 5000, 100, 60 * 1000)                         \
    X(first_byte_ms, "FirstByteMs", 5000, 100, 60 * 1000)                       \
    X(request_ms, "RequestMs", 5000, 100, 60 * 1000)                            \
    X(idle_ms, "IdleMs", 5 * 60 * 1000, 1000, 24 * 60 * 60 * 1000)              \
    X(write_ms, "WriteMs", 10 * 1000, 100, 60 * 1000)                           \
    X(answer_ms, "AnswerMs", 60 * 1000, 1000, 60 * 60 * 1000)

struct server_limits {
#define X(member, name, initial, least, most) uint32_t member;
    SERVER_LIMITS_LIST(X)
#undef X
};

/* Sets every limit to its default.
 * processors  Of the machine; 0 counts as 1. */
void server_limits_default(_Out_ struct server_limits *limits, unsigned processors);

#endif
