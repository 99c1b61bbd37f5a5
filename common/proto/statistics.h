/* What a server has done since it started: counters, gauges, and how long answers took.
 *
 * One `struct statistics` belongs to a server. Whoever counts keeps his numbers to himself while he
 * works and adds them once, at the end of an answer or of an operation, under a lock that the owner
 * gives as two functions: many threads, no atomics, and a few additions are all that happens under
 * the lock. What is counted names no user, process or path, and is the same set of numbers for
 * ever.
 *
 * Every number has an index and a name. The names are the members of the `stats` row (PROTOCOL.md);
 * server and client make them here, so they cannot differ. Counters begin at 0 with the server and
 * only grow.
 *
 * Any thread may call what takes a `struct statistics`. NULL in its place: nothing counts.
 */
#ifndef COMMON_PROTO_STATISTICS_H
#define COMMON_PROTO_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/base/status.h"
#include "common/proto/request.h"

/* The limits that can be met. Columns: symbol, wire name. In the order of the row.
 * CONNECTIONS, CONNECTIONS_PER_USER: a client was refused. SCANS: a scan was refused or had to
 * wait. REQUEST_SIZE: a line; MEMBER_SIZE: an id, a glob, a list in it; ROW_SIZE: a row of a reply.
 * FIRST_BYTE to DRAIN: a deadline of the connection. ANSWER: one answer waited for its reader, or
 * for its next turn, for too long. MEMORY: none was left to serve with. */
#define STATISTICS_LIMIT_LIST(X)                          \
    X(LIMIT_CONNECTIONS, "connections")                   \
    X(LIMIT_CONNECTIONS_PER_USER, "connections_per_user") \
    X(LIMIT_SCANS, "scans")                               \
    X(LIMIT_REQUEST_SIZE, "request_size")                 \
    X(LIMIT_MEMBER_SIZE, "member_size")                   \
    X(LIMIT_ROW_SIZE, "row_size")                         \
    X(LIMIT_FIRST_BYTE, "first_byte")                     \
    X(LIMIT_REQUEST, "request")                           \
    X(LIMIT_IDLE, "idle")                                 \
    X(LIMIT_WRITE, "write")                               \
    X(LIMIT_DRAIN, "drain")                               \
    X(LIMIT_ANSWER, "answer")                             \
    X(LIMIT_MEMORY, "memory")

enum statistics_limit {
#define X(symbol, name) symbol,
    STATISTICS_LIMIT_LIST(X)
#undef X
        LIMIT_COUNT
};

/* How a request ended. Columns: symbol, wire name.
 * OK: `end`, complete. PARTIAL: a process could not be read, or the only one asked for is gone.
 * INVALID: the client's fault. FAILED: the server's. CANCELLED: the client left before the end. */
#define STATISTICS_RESULT_LIST(X) \
    X(RESULT_OK, "ok")            \
    X(RESULT_PARTIAL, "partial")  \
    X(RESULT_DENIED, "denied")    \
    X(RESULT_INVALID, "invalid")  \
    X(RESULT_FAILED, "failed")    \
    X(RESULT_CANCELLED, "cancelled")

enum statistics_result {
#define X(symbol, name) symbol,
    STATISTICS_RESULT_LIST(X)
#undef X
        RESULT_COUNT
};

/* Requests that take alike. Columns: symbol, wire name.
 * SELF: info, whoami, stats. MAPS_ONE: of one pid. MAPS_MANY: of a list, a name, or all. */
#define STATISTICS_CLASS_LIST(X)    \
    X(CLASS_SELF, "self")           \
    X(CLASS_PROCESSES, "processes") \
    X(CLASS_MAPS_ONE, "maps_one")   \
    X(CLASS_MAPS_MANY, "maps_many")

enum statistics_class {
#define X(symbol, name) symbol,
    STATISTICS_CLASS_LIST(X)
#undef X
        CLASS_COUNT
};

/* Kernel queries. Columns: symbol, wire name. */
#define STATISTICS_QUERY_LIST(X)      \
    X(QUERY_LIST, "list")             \
    X(QUERY_OPEN, "open")             \
    X(QUERY_REGION, "region")         \
    X(QUERY_ALLOCATION, "allocation") \
    X(QUERY_NAME, "name")             \
    X(QUERY_PAGES, "pages")

enum statistics_query {
#define X(symbol, name) symbol,
    STATISTICS_QUERY_LIST(X)
#undef X
        QUERY_COUNT
};

enum {
    STATISTICS_OP_UNKNOWN = OP_STATS + 1, /* the request could not be read */
    STATISTICS_OP_COUNT,
    STATISTICS_BUCKET_COUNT = 16, /* of a histogram, the one without upper bound left out */
    STATISTICS_LATENCY_COUNT = STATISTICS_BUCKET_COUNT + 2, /* numbers of one class */
    STATISTICS_NAME_CAPACITY = 48
};

/* The buckets' upper bounds, inclusive, ascending: 100 us to 10 s. */
extern const uint64_t statistics_bounds_us[STATISTICS_BUCKET_COUNT];

/* The index of each number. The row has them in this order. */
enum statistics_index {
    STATISTICS_UPTIME_MS,
    STATISTICS_CONNECTIONS_NOW,
    STATISTICS_CONNECTIONS_PEAK,
    STATISTICS_CONNECTIONS_OPENED, /* those refused included */
    STATISTICS_BYTES_RECEIVED,
    STATISTICS_BYTES_SENT,
    STATISTICS_ROWS,     /* of replies, terminal lines left out */
    STATISTICS_DENIALS,  /* requests and single processes that were refused for lack of a right */
    STATISTICS_REQUESTS, /* statistics_request_index() */
    STATISTICS_LIMIT_HITS = STATISTICS_REQUESTS + STATISTICS_OP_COUNT * RESULT_COUNT, /* + limit */
    STATISTICS_QUERIES = STATISTICS_LIMIT_HITS + LIMIT_COUNT,                         /* + query */
    STATISTICS_LATENCIES = STATISTICS_QUERIES + QUERY_COUNT, /* statistics_latency_index() */
    STATISTICS_COUNT = STATISTICS_LATENCIES + CLASS_COUNT * STATISTICS_LATENCY_COUNT
};

/* op  An enum request_op, or STATISTICS_OP_UNKNOWN. */
size_t statistics_request_index(unsigned op, enum statistics_result result);

/* position  A bucket; STATISTICS_BUCKET_COUNT is the count of all, one more their sum in us. */
size_t statistics_latency_index(enum statistics_class class_, unsigned position);

/* The wire names. */
const char *statistics_op_name(unsigned op);
const char *statistics_result_name(enum statistics_result result);
const char *statistics_limit_name(enum statistics_limit limit);
const char *statistics_class_name(enum statistics_class class_);
const char *statistics_query_name(enum statistics_query query);

/* The name of the number with this index, terminated: "requests_maps_ok". */
void statistics_name(size_t index, _Out_writes_(STATISTICS_NAME_CAPACITY) char *name);

/* A lock of the owner's. Both functions NULL: one thread only. */
struct statistics_lock {
    void *context; /* first argument of both */
    void (*acquire)(void *context);
    void (*release)(void *context);
};

struct statistics {
    struct statistics_lock lock;
    uint64_t started_us;
    uint64_t values[STATISTICS_COUNT]; /* guarded by the lock; each bucket by itself */
};

/* lock    Copied; NULL: one thread only.
 * now_us  A steady clock, the one of statistics_read(). */
void statistics_init(_Out_ struct statistics *statistics,
                     _In_opt_ const struct statistics_lock *lock, uint64_t now_us);

/* A client has connected, be it to be refused; he has gone. */
void statistics_connection_opened(_Inout_opt_ struct statistics *statistics);
void statistics_connection_closed(_Inout_opt_ struct statistics *statistics);

/* A limit was met once. */
void statistics_limit_hit(_Inout_opt_ struct statistics *statistics, enum statistics_limit limit);

/* Bytes went over a connection. */
void statistics_transferred(_Inout_opt_ struct statistics *statistics, uint64_t received,
                            uint64_t sent);

/* One request from its line to its end. */
struct statistics_answer {
    unsigned op; /* an enum request_op, or STATISTICS_OP_UNKNOWN */
    enum statistics_result result;
    enum statistics_class class_; /* of OK and PARTIAL; others tell nothing about speed */
    uint64_t elapsed_us;          /* the same */
    uint64_t rows;
    uint64_t denials;
    uint64_t queries[QUERY_COUNT]; /* made of the kernel */
};

/* How a request ended whose terminal line is this error, which is not STATUS_OK. */
enum statistics_result statistics_result_of(enum status code);

enum statistics_class statistics_class_of(_In_ const struct request *request);

/* A request has ended. */
void statistics_answered(_Inout_opt_ struct statistics *statistics,
                         _In_ const struct statistics_answer *answer);

/* All numbers of one moment, as the row tells them: each bucket with those below it.
 * statistics  Not NULL. */
void statistics_read(_Inout_ struct statistics *statistics, uint64_t now_us,
                     _Out_writes_(STATISTICS_COUNT) uint64_t *values);

#endif
