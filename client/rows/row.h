/* One row: a line of a reply as typed members, or a row that lsmap makes itself.
 *
 * A member of the protocol has one type, whatever row it belongs to. A row owns its line and what its
 * members refer to. Members that this version does not know stay in the line and are written again
 * with it. A row of an unknown type is ROW_OTHER. A member that is absent or null is not known. */
#ifndef CLIENT_ROWS_ROW_H
#define CLIENT_ROWS_ROW_H

#include "common/proto/protocol.h"
#include "common/text/buffer.h"

/* A line and what lsmap adds to it, in bytes. */
enum { ROW_LINE_SIZE_MAX = OUTPUT_ROW_SIZE_MAX + 4 * 1024 };

/* Columns: symbol, wire name, the members that a row of the type must know. After `stats` come those
 * that lsmap makes; `end` and `error` are terminal: the reply is complete, the request failed. */
#define ROW_TYPE_LIST(X)                                                                    \
    X(ROW_OTHER, "", 0)                                                                     \
    X(ROW_PROCESS, "process", BIT(MEMBER_PID) | BIT(MEMBER_ACCESS))                         \
    X(ROW_MAP, "map", BIT(MEMBER_PID) | BIT(MEMBER_SIZE))                                   \
    X(ROW_REGION, "region", BIT(MEMBER_PID) | BIT(MEMBER_SIZE) | BIT(MEMBER_STATE))         \
    X(ROW_SECTION, "section", BIT(MEMBER_NAME) | BIT(MEMBER_OBJECT))                        \
    X(ROW_PROCESS_ERROR, "process_error", BIT(MEMBER_CODE))                                 \
    X(ROW_INFO, "info", BIT(MEMBER_PRODUCT) | BIT(MEMBER_PROTOCOL))                         \
    X(ROW_WHOAMI, "whoami", BIT(MEMBER_RIGHTS))                                             \
    X(ROW_STATS, "stats", 0)                                                                \
    X(ROW_FILE, "file", 0)                     /* sort.h */                                 \
    X(ROW_STALE, "stale", 0)                   /* stale.h */                                \
    X(ROW_OPEN, "open", BIT(MEMBER_PID))       /* spelling.h: open, but not mapped */       \
    X(ROW_USER, "user", 0)                     /* run.h */                                  \
    X(ROW_PROCESS_CHANGE, "process_change", 0) /* diff.h, as is the next */                 \
    X(ROW_MAP_CHANGE, "map_change", 0)                                                      \
    X(ROW_END, "end",                                                                       \
      BIT(MEMBER_PROCESSES) | BIT(MEMBER_ROWS) | BIT(MEMBER_ERRORS) | BIT(MEMBER_COMPLETE)) \
    X(ROW_ERROR, "error", BIT(MEMBER_CODE) | BIT(MEMBER_MESSAGE))

enum row_type {
#define X(symbol, name, required) symbol,
    ROW_TYPE_LIST(X)
#undef X
        ROW_TYPES_COUNT
};

/* Columns: symbol, wire name, VALUE_*. In the order in which rows have them; after `rights` the
 * members that envelope.h adds, then those of rows that lsmap makes. */
#define ROW_MEMBER_LIST(X)                         \
    X(MEMBER_ID, "id", UINT64)                     \
    X(MEMBER_TYPE, "type", TEXT)                   \
    X(MEMBER_PID, "pid", UINT32)                   \
    X(MEMBER_PROCESS, "process", TEXT)             \
    X(MEMBER_VIEW, "view", ADDRESS)                \
    X(MEMBER_BASE, "base", ADDRESS)                \
    X(MEMBER_SIZE, "size", UINT64)                 \
    X(MEMBER_COMMITTED, "committed", UINT64)       \
    X(MEMBER_KIND, "kind", TEXT)                   \
    X(MEMBER_OBJECT, "object", TEXT)               \
    X(MEMBER_ATTRIBUTES, "attributes", JSON)       \
    X(MEMBER_BACKING, "backing", TEXT)             \
    X(MEMBER_HOLDERS, "holders", JSON)             \
    X(MEMBER_STATE, "state", TEXT)                 \
    X(MEMBER_PROTECT, "protect", TEXT)             \
    X(MEMBER_PATH, "path", TEXT)                   \
    X(MEMBER_DEVICE_PATH, "device_path", TEXT)     \
    X(MEMBER_PATH_LOSSY, "path_lossy", BOOL)       \
    X(MEMBER_NAME_STATUS, "name_status", TEXT)     \
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
    X(MEMBER_OWNER, "owner", TEXT)                 \
    X(MEMBER_SERVICES, "services", JSON)           \
    X(MEMBER_NOTE, "note", TEXT)                   \
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
    X(MEMBER_UNNAMED, "unnamed", UINT64)           \
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
    X(MEMBER_CHANGE, "change", TEXT)               \
    X(MEMBER_REASON, "reason", TEXT)               \
    X(MEMBER_QUESTION, "question", TEXT)

enum row_member {
#define X(symbol, name, type) symbol,
    ROW_MEMBER_LIST(X)
#undef X
        MEMBER_COUNT,
    /* Those of envelope.h are written before all others, in this order. */
    MEMBER_ENVELOPE_FIRST = MEMBER_SCHEMA,
    MEMBER_ENVELOPE_LAST = MEMBER_PROCESS_START
};

enum row_value_type {
    VALUE_TEXT,
    VALUE_UINT32,
    VALUE_UINT64,
    VALUE_ADDRESS, /* text on the wire, a number in the row */
    VALUE_BOOL,
    VALUE_JSON /* an object or an array, kept as it is; row_text() */
};

struct row_member_info {
    struct span name; /* on the wire */
    enum row_value_type type;
};

extern const struct row_member_info row_members[MEMBER_COUNT];

union row_value {
    uint64_t number; /* numbers, addresses; 1 for true */
    struct {
        size_t offset, size; /* in row->text: texts, unescaped; members of type JSON as they are */
    } text;
};

struct row {
    enum row_type type;
    uint64_t seen;    /* bit 1 << member: the row has it */
    uint64_t known;   /* of those, it is not null */
    uint64_t changed; /* of those, it was set and is not what the line says */
    union row_value values[MEMBER_COUNT];
    uint8_t added[MEMBER_COUNT]; /* members that the line does not have, in the order of setting */
    size_t added_count;
    bool failed;        /* memory ran out; the row lacks something */
    size_t line_size;   /* bytes of the line; 0 for a row that lsmap made */
    struct buffer text; /* the line, a newline, then texts that were unescaped or set */
};

struct row_error {
    const char *text; /* static, one clause without capital and full stop */
    size_t offset;    /* bytes from the start of the line */
};

void row_init(_Out_ struct row *row);
void row_release(_Inout_ struct row *row);

/* Reads one line, without its newline, and keeps a copy of it. Returns false with `error` set, and
 * the row empty, for a line that is not one JSON object, has a known member twice or with another
 * type, or lacks a member that its type must have. */
NODISCARD bool row_parse(_Inout_ struct row *row, struct span line, _Out_ struct row_error *error);

/* Makes the row a new one that has only its type. */
void row_begin(_Inout_ struct row *row, enum row_type type);

/* Set a member. One that the line has keeps its place; others are written before it, in the order of
 * setting. An empty text is written as null. `text` must not be one of the same row; of a member of type
 * JSON it is JSON. */
void row_set_text(_Inout_ struct row *row, enum row_member member, struct span text);
void row_set_number(_Inout_ struct row *row, enum row_member member, uint64_t number);
void row_set_null(_Inout_ struct row *row, enum row_member member);

/* Without memory `to` is empty and has failed. */
void row_copy(_Inout_ struct row *to, _In_ const struct row *from);

/* Appends the row as one line of JSON with its newline: as received, with what was set since, members
 * of the envelope first. Returns false, nothing appended, when `out` is at its bound or the row has
 * failed. */
NODISCARD bool row_write(_In_ const struct row *row, _Inout_ struct buffer *out);

/* The line as it was received; empty for a row that lsmap made. */
struct span row_line(_In_ const struct row *row);

/* The member's text, valid until the row changes; data NULL when it is not known. */
struct span row_text(_In_ const struct row *row, enum row_member member);

/* The member's number; `otherwise` when it is not known. */
uint64_t row_number(_In_ const struct row *row, enum row_member member, uint64_t otherwise);

/* True when the row has the member, be it null; when its value is known. */
bool row_has(_In_ const struct row *row, enum row_member member);
bool row_knows(_In_ const struct row *row, enum row_member member);

#endif
