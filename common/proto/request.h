/* A request: one JSON line of protocol v1 as a plain struct, and back.
 *
 * The parser is strict: unknown and repeated members, wrong types, values out of range and members
 * that contradict each other are refused with the member's name and its byte offset in the line. */
#ifndef COMMON_PROTO_REQUEST_H
#define COMMON_PROTO_REQUEST_H

#include "common/base/status.h"
#include "common/json/writer.h"
#include "common/proto/protocol.h"
#include "common/text/buffer.h"

/* Columns: symbol, wire name. */
#define REQUEST_OP_LIST(X)       \
    X(OP_INFO, "info")           \
    X(OP_WHOAMI, "whoami")       \
    X(OP_PROCESSES, "processes") \
    X(OP_MAPS, "maps")           \
    X(OP_SECTIONS, "sections")   \
    X(OP_STATS, "stats")

/* How much is asked about each view. Columns: symbol, wire name. */
#define REQUEST_DETAIL_LIST(X)   \
    X(DETAIL_VIEWS, "views")     \
    X(DETAIL_REGIONS, "regions") \
    X(DETAIL_PAGES, "pages")

#define REQUEST_SYMBOL(symbol, name) symbol,
enum request_op { REQUEST_OP_LIST(REQUEST_SYMBOL) OP_COUNT };
enum request_detail { REQUEST_DETAIL_LIST(REQUEST_SYMBOL) DETAIL_COUNT };

/* The wire names of the ops, and "unknown" for a request that could not be read. */
extern const char *const request_op_names[OP_COUNT + 1];

enum request_id_type { REQUEST_ID_NONE, REQUEST_ID_INT, REQUEST_ID_STRING };

struct request_id {
    enum request_id_type type;
    int64_t number;
    char text[REQUEST_ID_SIZE_MAX]; /* UTF-8, not terminated */
    size_t text_size;
};

/* The texts of a parsed request are in `texts`. In a request that is filled by hand, names and paths
 * refer to memory of the caller, which must live as long as the request. */
struct request {
    struct request_id id;
    enum request_op op;

    /* The selector of OP_PROCESSES, OP_MAPS and OP_SECTIONS: `all`, or at least one pid or name. */
    bool all;
    bool own;                        /* only processes that run as the caller */
    uint32_t pids[REQUEST_PIDS_MAX]; /* in the order given, repeats dropped */
    size_t pids_count;
    struct span names[REQUEST_NAMES_MAX]; /* globs; as the pids */
    size_t names_count;

    /* The filters of OP_MAPS. */
    uint32_t kinds;                       /* KIND_* bits */
    struct span paths[REQUEST_PATHS_MAX]; /* globs; none: no filter */
    size_t paths_count;
    bool has_address;
    uint64_t address;

    enum request_detail detail;
    bool debug;          /* the `end` row has the number of kernel queries */
    struct buffer texts; /* owned; empty unless the request was parsed */
};

struct request_error {
    enum status code;  /* BAD_REQUEST, TOO_LARGE, UNSUPPORTED, or INTERNAL without memory */
    char message[192]; /* UTF-8, terminated; names the member and its offset */
    const char *hint;  /* static text: what to do instead */
};

/* A request for `op` with every other member at its default. */
void request_init(_Out_ struct request *request, enum request_op op);

void request_release(_Inout_ struct request *request); /* frees the texts */

/* Reads one line, without its newline.
 * request  Set on success; request_release() frees it. On failure only `id` is set, as far as it
 *          could be read, so that the error line can carry it, and there is nothing to free.
 * Returns STATUS_OK, or error->code with `error` filled. */
NODISCARD enum status request_parse(struct span line, _Out_ struct request *request,
                                    _Out_ struct request_error *error);

/* Appends the request as one line with its newline, without members at their default. Returns false,
 * the buffer unchanged, when it does not fit. */
NODISCARD bool request_encode(_In_ const struct request *request, _Inout_ struct buffer *out);

/* Writes the member `id`, unless there is none. */
void request_id_write(_Inout_ struct json_writer *writer, _In_ const struct request_id *id);

#endif
