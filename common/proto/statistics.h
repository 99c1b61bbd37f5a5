/* What a server has done since it started: counters, gauges, and how long answers took. Nothing that
 * is counted names a user, a process or a path.
 *
 * An answer keeps its own numbers while it works; its owner adds them once, at its end. Every number
 * has an index and a name, the member of the `stats` row (PROTOCOL.md).
 *
 * Any thread may call what takes a `struct statistics`. With NULL in its place nothing is counted. */
#ifndef COMMON_PROTO_STATISTICS_H
#define COMMON_PROTO_STATISTICS_H

#include "common/base/atomic.h"
#include "common/base/status.h"
#include "common/proto/request.h"

/* The numbers that stand alone. Columns: symbol, wire name. */
#define STATISTICS_PLAIN_LIST(X)                           \
    X(STATISTICS_UPTIME_MS, "uptime_ms")                   \
    X(STATISTICS_CONNECTIONS_NOW, "connections_now")       \
    X(STATISTICS_CONNECTIONS_PEAK, "connections_peak")     \
    X(STATISTICS_CONNECTIONS_OPENED, "connections_opened") \
    X(STATISTICS_BYTES_RECEIVED, "bytes_received")         \
    X(STATISTICS_BYTES_SENT, "bytes_sent")                 \
    X(STATISTICS_ROWS, "rows")                             \
    X(STATISTICS_DENIALS, "denials")

/* The limits that can be met; PROTOCOL.md says when. Columns: symbol, wire name. */
#define STATISTICS_LIMIT_LIST(X)                          \
    X(LIMIT_CONNECTIONS, "connections")                   \
    X(LIMIT_CONNECTIONS_PER_USER, "connections_per_user") \
    X(LIMIT_SCANS, "scans")                               \
    X(LIMIT_SECTIONS, "sections")                         \
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

/* How a request ended; PROTOCOL.md says which is which. Columns: symbol, wire name. */
#define STATISTICS_RESULT_LIST(X) \
    X(RESULT_OK, "ok")            \
    X(RESULT_PARTIAL, "partial")  \
    X(RESULT_DENIED, "denied")    \
    X(RESULT_INVALID, "invalid")  \
    X(RESULT_FAILED, "failed")    \
    X(RESULT_CANCELLED, "cancelled")

/* Requests that take about as long as each other, see PROTOCOL.md. Columns: symbol, wire name. */
#define STATISTICS_CLASS_LIST(X)    \
    X(CLASS_SELF, "self")           \
    X(CLASS_PROCESSES, "processes") \
    X(CLASS_MAPS_ONE, "maps_one")   \
    X(CLASS_MAPS_MANY, "maps_many") \
    X(CLASS_SECTIONS, "sections")

/* Kernel queries. Columns: symbol, wire name, member of struct query_counts of platform.h. */
#define STATISTICS_QUERY_LIST(X)                   \
    X(QUERY_LIST, "list", lists)                   \
    X(QUERY_OPEN, "open", opens)                   \
    X(QUERY_REGION, "region", regions)             \
    X(QUERY_ALLOCATION, "allocation", allocations) \
    X(QUERY_NAME, "name", names)                   \
    X(QUERY_PAGES, "pages", pages)

#define STATISTICS_SYMBOL(symbol, ...) symbol,
enum statistics_limit { STATISTICS_LIMIT_LIST(STATISTICS_SYMBOL) LIMIT_COUNT };
enum statistics_result { STATISTICS_RESULT_LIST(STATISTICS_SYMBOL) RESULT_COUNT };
enum statistics_class { STATISTICS_CLASS_LIST(STATISTICS_SYMBOL) CLASS_COUNT };
enum statistics_query { STATISTICS_QUERY_LIST(STATISTICS_SYMBOL) QUERY_COUNT };

enum {
    STATISTICS_OP_UNKNOWN = OP_COUNT, /* the request could not be read */
    STATISTICS_OP_COUNT,
    STATISTICS_BUCKET_COUNT = 16, /* of a histogram, without the one that has no upper bound */
    STATISTICS_LATENCY_COUNT = STATISTICS_BUCKET_COUNT + 2, /* numbers per class */
    STATISTICS_NAME_CAPACITY = 48
};

/* The index of each number. The row has them in this order. */
enum statistics_index {
    STATISTICS_PLAIN_LIST(STATISTICS_SYMBOL) STATISTICS_REQUESTS, /* + op, result */
    STATISTICS_LIMIT_HITS =
        STATISTICS_REQUESTS + STATISTICS_OP_COUNT * (int)RESULT_COUNT, /* + limit */
    STATISTICS_QUERIES = STATISTICS_LIMIT_HITS + (int)LIMIT_COUNT,     /* + query */
    STATISTICS_LATENCIES = STATISTICS_QUERIES + (int)QUERY_COUNT,      /* + class, position */
    STATISTICS_COUNT = STATISTICS_LATENCIES + (int)CLASS_COUNT * STATISTICS_LATENCY_COUNT
};

/* The buckets' upper bounds, inclusive, ascending: 100 us to 10 s. */
extern const uint64_t statistics_bounds_us[STATISTICS_BUCKET_COUNT];

/* The wire names, by the values of the enums; those of ops are request_op_names. */
extern const char *const statistics_limit_names[LIMIT_COUNT];
extern const char *const statistics_result_names[RESULT_COUNT];
extern const char *const statistics_class_names[CLASS_COUNT];
extern const char *const statistics_query_names[QUERY_COUNT];

/* op  An enum request_op, or STATISTICS_OP_UNKNOWN. */
size_t statistics_request_index(unsigned op, enum statistics_result result);

/* position  A bucket; STATISTICS_BUCKET_COUNT is the count of all, one more their sum in us. */
size_t statistics_latency_index(enum statistics_class class_, unsigned position);

/* The name of the number with this index, terminated: "requests_maps_ok". */
void statistics_name(size_t index, _Out_writes_(STATISTICS_NAME_CAPACITY) char *name);

struct statistics {
    struct lock lock;
    uint64_t started_us;
    uint64_t values[STATISTICS_COUNT]; /* guarded by the lock */
};

/* now_us  From a steady clock, the same as for statistics_read(). */
void statistics_init(_Out_ struct statistics *statistics, uint64_t now_us);

/* A client has connected, also one that is refused then, or has gone. */
void statistics_connection(_Inout_opt_ struct statistics *statistics, bool is_opened);

/* index  STATISTICS_BYTES_SENT, for example; a limit is counted each time it is met. */
void statistics_add(_Inout_opt_ struct statistics *statistics, size_t index, uint64_t amount);
#define statistics_limit_hit(statistics, limit) \
    statistics_add(statistics, STATISTICS_LIMIT_HITS + (size_t)(limit), 1)

/* One request from its line to its end. */
struct statistics_answer {
    unsigned op; /* an enum request_op, or STATISTICS_OP_UNKNOWN */
    enum statistics_result result;
    enum status code;             /* of the terminal line; STATUS_OK for `end` */
    bool asks_others;             /* the scan was not restricted to the caller's own processes */
    enum statistics_class class_; /* only used with OK and PARTIAL, as is elapsed_us */
    uint64_t elapsed_us;
    uint64_t rows;
    uint64_t denials;
    uint64_t queries[QUERY_COUNT]; /* of the kernel */
    uint32_t limits;               /* one bit per enum statistics_limit that was met */
};

/* How a request ended whose terminal line is this error; not STATUS_OK. */
enum statistics_result statistics_result_of(enum status code);

enum statistics_class statistics_class_of(_In_ const struct request *request);

/* A request has ended. */
void statistics_answered(struct statistics *statistics, const struct statistics_answer *answer);

/* All STATISTICS_COUNT numbers at one moment, as the row has them. */
void statistics_read(struct statistics *statistics, uint64_t now_us, uint64_t *values);

#endif
