/* One line of a reply, read strictly into a row.
 *
 * A member of the protocol has one type for ever, whatever row it stands in, so one table of
 * members reads all rows, and later formats can walk it. Members this version does not know are
 * skipped; rows of a type it does not know are ROW_OTHER. A member that is absent or null is
 * unknown, never a value.
 */
#ifndef CLIENT_ROWS_ROW_H
#define CLIENT_ROWS_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum row_type {
    ROW_OTHER,
    ROW_PROCESS,
    ROW_MAP,
    ROW_REGION,
    ROW_PROCESS_ERROR,
    ROW_INFO,
    ROW_WHOAMI,
    ROW_STATS,
    ROW_FILE,           /* made by lsmap itself, see by_file.h */
    ROW_PROCESS_CHANGE, /* and these two, see diff.h */
    ROW_MAP_CHANGE,
    ROW_END,  /* terminal: the reply is whole */
    ROW_ERROR /* terminal: the request failed */
};

/* Columns: symbol, wire name, type (see row.c). In the order in which rows have them; behind
 * `rights` what envelope.h adds, then what by_file.h and diff.h do. */
#define ROW_MEMBER_LIST(X)                         \
    X(MEMBER_ID, "id", UINT64)                     \
    X(MEMBER_TYPE, "type", TEXT)                   \
    X(MEMBER_PID, "pid", UINT32)                   \
    X(MEMBER_PROCESS, "process", TEXT)             \
    X(MEMBER_VIEW, "view", ADDRESS)                \
    X(MEMBER_BASE, "base", ADDRESS)                \
    X(MEMBER_SIZE, "size", UINT64)                 \
    X(MEMBER_KIND, "kind", TEXT)                   \
    X(MEMBER_STATE, "state", TEXT)                 \
    X(MEMBER_PROTECT, "protect", TEXT)             \
    X(MEMBER_PATH, "path", TEXT)                   \
    X(MEMBER_DEVICE_PATH, "device_path", TEXT)     \
    X(MEMBER_PATH_LOSSY, "path_lossy", BOOL)       \
    X(MEMBER_RESIDENT, "resident", UINT64)         \
    X(MEMBER_SHARED, "shared", UINT64)             \
    X(MEMBER_PRIVATE, "private", UINT64)           \
    X(MEMBER_LOCKED, "locked", UINT64)             \
    X(MEMBER_COUNTED, "counted", UINT64)           \
    X(MEMBER_START, "start", TEXT)                 \
    X(MEMBER_PARENT, "parent", UINT32)             \
    X(MEMBER_NAME, "name", TEXT)                   \
    X(MEMBER_IMAGE, "image", TEXT)                 \
    X(MEMBER_SESSION, "session", UINT32)           \
    X(MEMBER_ARCH, "arch", TEXT)                   \
    X(MEMBER_PROTECTION, "protection", TEXT)       \
    X(MEMBER_ACCESS, "access", TEXT)               \
    X(MEMBER_CODE, "code", TEXT)                   \
    X(MEMBER_STAGE, "stage", TEXT)                 \
    X(MEMBER_NT_STATUS, "nt_status", TEXT)         \
    X(MEMBER_MESSAGE, "message", TEXT)             \
    X(MEMBER_HINT, "hint", TEXT)                   \
    X(MEMBER_PROCESSES, "processes", UINT64)       \
    X(MEMBER_ROWS, "rows", UINT64)                 \
    X(MEMBER_ERRORS, "errors", UINT64)             \
    X(MEMBER_UNMATCHED, "unmatched", UINT64)       \
    X(MEMBER_COMPLETE, "complete", BOOL)           \
    X(MEMBER_SCOPE, "scope", TEXT)                 \
    X(MEMBER_ELAPSED_US, "elapsed_us", UINT64)     \
    X(MEMBER_EXITED, "exited", UINT64)             \
    X(MEMBER_QUERIES, "queries", JSON)             \
    X(MEMBER_PRODUCT, "product", TEXT)             \
    X(MEMBER_PROTOCOL, "protocol", UINT32)         \
    X(MEMBER_RIGHTS, "rights", JSON)               \
    X(MEMBER_SCHEMA, "schema", TEXT)               \
    X(MEMBER_HOST, "host", TEXT)                   \
    X(MEMBER_BOOT_TIME, "boot_time", TEXT)         \
    X(MEMBER_SCAN_ID, "scan_id", TEXT)             \
    X(MEMBER_TIME, "time", TEXT)                   \
    X(MEMBER_AGENT_VERSION, "agent_version", TEXT) \
    X(MEMBER_PROCESS_START, "process_start", TEXT) \
    X(MEMBER_VIEWS, "views", UINT64)               \
    X(MEMBER_CHANGE, "change", TEXT)

enum row_member {
#define X(symbol, name, type) symbol,
    ROW_MEMBER_LIST(X)
#undef X
        MEMBER_COUNT
};

struct row {
    enum row_type type;
    uint64_t seen;  /* bit 1 << member: it stood in the line */
    uint64_t known; /* of those, it was not null */
    /* Valid where `known` says so. */
    uint64_t numbers[MEMBER_COUNT];  /* numbers, addresses; 1 for true */
    struct span texts[MEMBER_COUNT]; /* texts, unescaped; members of type JSON as they stood */
};

struct row_error {
    const char *text; /* static, one clause without capital and full stop */
    size_t offset;    /* bytes from the start of the line */
};

/* Reads one line, without its newline.
 * row      Set on success; its contents are undefined on failure. Its texts point into `line` and
 *          `scratch` and are valid until either changes.
 * scratch  Cleared, then holds what had to be unescaped; must be able to grow to the line's size.
 * Returns false with `error` set for what is no JSON object in one line, a known member with
 * another type or twice, and a row without a member that its type must have. */
NODISCARD bool row_parse(struct span line, _Out_ struct row *row, _Inout_ struct buffer *scratch,
                         _Out_ struct row_error *error);

/* The member's text; data NULL when it is not known. */
struct span row_text(_In_ const struct row *row, enum row_member member);

/* The member's number; `otherwise` when it is not known. */
uint64_t row_number(_In_ const struct row *row, enum row_member member, uint64_t otherwise);

bool row_knows(_In_ const struct row *row, enum row_member member);

/* Its name on the wire. */
struct span row_member_name(enum row_member member);

/* True when row_text() is the way to its value. */
bool row_member_is_text(enum row_member member);

#endif
