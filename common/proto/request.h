/* A request: one JSON line of protocol v1 as a plain struct, and back.
 *
 * Strict: unknown and repeated members, wrong types, values out of range and selectors that
 * contradict each other are refused with the member's name and its offset in the line. Pure; no
 * allocation.
 */
#ifndef COMMON_PROTO_REQUEST_H
#define COMMON_PROTO_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/base/status.h"
#include "common/proto/protocol.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum request_op { OP_INFO, OP_WHOAMI, OP_PROCESSES, OP_MAPS, OP_STATS };

enum request_id_type { REQUEST_ID_NONE, REQUEST_ID_INT, REQUEST_ID_STRING };

struct request_id {
    enum request_id_type type;
    int64_t number;
    char text[REQUEST_ID_SIZE_MAX]; /* UTF-8, not terminated */
    size_t text_size;
};

enum selector_type {
    SELECTOR_NONE,
    SELECTOR_PID,  /* one number: an unknown pid is an error of the request */
    SELECTOR_PIDS, /* a list: an unknown pid is a process_error row */
    SELECTOR_NAME,
    SELECTOR_ALL
};

enum request_detail { DETAIL_VIEWS, DETAIL_REGIONS, DETAIL_PAGES };

struct request {
    struct request_id id;
    enum request_op op;
    enum selector_type selector;
    uint32_t pids[REQUEST_PIDS_MAX]; /* in the order given, repeats dropped */
    size_t pids_count;               /* 1 for SELECTOR_PID */
    char name[REQUEST_GLOB_SIZE_MAX];
    size_t name_size; /* bytes; a glob, for SELECTOR_NAME */
    uint32_t kinds;   /* VIEW_* bits; image and data unless given */
    char path[REQUEST_GLOB_SIZE_MAX];
    size_t path_size; /* bytes; 0: no path filter */
    bool has_address;
    uint64_t address;
    enum request_detail detail;
    bool debug; /* the `end` row tells what the scan cost */
};

struct request_error {
    enum status code;  /* STATUS_BAD_REQUEST, STATUS_TOO_LARGE or STATUS_UNSUPPORTED */
    char message[192]; /* UTF-8, terminated; names the member and its offset */
    const char *hint;  /* static text: what to do instead */
};

/* A request for `op` with every member at its default. */
void request_init(_Out_ struct request *request, enum request_op op);

/* Reads one line, without its newline.
 * request  Set on success. On failure only `id` is set, as far as it could be read, so that the
 * error line can carry it. Returns STATUS_OK, or error->code with `error` filled. */
NODISCARD enum status request_parse(struct span line, _Out_ struct request *request,
                                    _Out_ struct request_error *error);

/* Appends the request as one line with its newline. Members at their default are left out.
 * Returns false when it does not fit. */
NODISCARD bool request_encode(_In_ const struct request *request, _Inout_ struct buffer *out);

/* The wire name of an op. */
const char *request_op_name(enum request_op op);

#endif
