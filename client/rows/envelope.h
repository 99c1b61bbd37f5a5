/* What --host adds to every row, so that files of many machines can be put together.
 *
 * Which schema the row has, which machine, boot and scan it comes from, when it was received and by
 * which version; and in rows about a part of a process its start, for a process identifier alone is
 * used again. A step between rows and a format: it hands on each row with these members, in the
 * line right behind its opening brace; all else stays as it came.
 */
#ifndef CLIENT_ROWS_ENVELOPE_H
#define CLIENT_ROWS_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/rows/row.h"
#include "client/rows/sink.h"
#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"
#include "common/text/timestamp.h"

enum {
    ENVELOPE_RANDOM_SIZE = 16, /* bytes */
    ENVELOPE_UUID_SIZE = 36,
    ENVELOPE_SCHEMA_CAPACITY = 48,
    ENVELOPE_HOST_CAPACITY = 256,
    ENVELOPE_SIZE_MAX = 2 * 1024 /* by which a line grows */
};

/* What the envelope wants to know of the world; win32/host_facts.c tells
 * it. */
struct envelope_facts {
    char host[ENVELOPE_HOST_CAPACITY];    /* computer name, UTF-8, terminated; "" unknown */
    uint64_t boot_time;                   /* FILETIME; 0: unknown */
    uint8_t random[ENVELOPE_RANDOM_SIZE]; /* of which the scan's identifier is made */
    uint64_t (*now)(void *context);       /* FILETIME */
    void *context;
};

struct envelope {
    const struct envelope_facts *facts;
    struct buffer host_json; /* quoted and escaped */
    char boot_time[TIMESTAMP_CAPACITY];
    char scan_id[ENVELOPE_UUID_SIZE + 1];
    char time[TIMESTAMP_CAPACITY];
    uint64_t time_ms; /* what `time` says; since 1601 */
    char start[TIMESTAMP_CAPACITY];
    uint32_t start_pid; /* whose start that is */
    bool has_start;
};

/* facts  Must outlive the envelope.
 * Returns false without memory, with nothing to deinit. */
NODISCARD bool envelope_init(_Out_ struct envelope *envelope,
                             _In_ const struct envelope_facts *facts);

/* Accepts one that is all zero. */
void envelope_deinit(_Inout_ struct envelope *envelope);

struct envelope_step {
    struct envelope *envelope;
    bool lines;
    const struct row_sink *next;
    struct buffer line;
    struct row row;
    char schema[ENVELOPE_SCHEMA_CAPACITY];
};

/* A row that has a `schema` passes as it is: two steps in one chain are no harm. Of the other
 * members a row keeps those it has.
 * envelope, next  Must outlive the step.
 * lines           The next sink reads lines; when not, it gets them as they came. */
void envelope_step_init(_Out_ struct envelope_step *step, struct envelope *envelope, bool lines,
                        const struct row_sink *next);
void envelope_step_deinit(_Inout_ struct envelope_step *step);

/* The step as a sink; `step` must outlive it. */
struct row_sink envelope_step_sink(_Inout_ struct envelope_step *step);

/* The members in the order in which they are written; process_start, which not all rows have, is
 * the last. */
enum { ENVELOPE_MEMBERS = 7 };
extern const enum row_member envelope_members[ENVELOPE_MEMBERS];

/* A random UUID (RFC 9562, version 4) of 16 random bytes; terminated. */
void envelope_uuid(_Out_writes_(ENVELOPE_UUID_SIZE + 1) char *out,
                   _In_reads_bytes_(ENVELOPE_RANDOM_SIZE) const uint8_t *random);

#endif
