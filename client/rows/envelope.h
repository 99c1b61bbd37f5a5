/* The members that --host adds to every row, so that files of many machines can be put together:
 * the schema of the row; the machine, boot and scan that it comes from; when it was received and by
 * which version; and in rows about a part of a process its start, because Windows uses process
 * identifiers again. */
#ifndef CLIENT_ROWS_ENVELOPE_H
#define CLIENT_ROWS_ENVELOPE_H

#include "client/rows/row.h"
#include "common/text/timestamp.h"

enum { ENVELOPE_RANDOM_SIZE = 16, ENVELOPE_UUID_SIZE = 36 };

struct envelope {
    const char *host; /* the caller's: computer name, UTF-8, terminated; "" not known */
    char boot_time[TIMESTAMP_CAPACITY];
    char scan_id[ENVELOPE_UUID_SIZE + 1];
    char time[TIMESTAMP_CAPACITY];
    uint64_t time_ms;               /* of `time`; since 1601 */
    char start[TIMESTAMP_CAPACITY]; /* of the last process; "": not known */
    uint32_t start_pid;
};

/* boot_time  FILETIME; 0: not known.
 * random     ENVELOPE_RANDOM_SIZE bytes, from which the scan's identifier is made. */
void envelope_init(struct envelope *envelope, const char *host, uint64_t boot_time,
                   const uint8_t *random);

/* Adds the members from MEMBER_ENVELOPE_FIRST on to a row that has no `schema`; it keeps those it
 * has. The last one, process_start, is only for parts of a process, which must follow their
 * ROW_PROCESS. now  FILETIME. */
void envelope_add(_Inout_ struct envelope *envelope, _Inout_ struct row *row, uint64_t now);

#endif
