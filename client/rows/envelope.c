#include "client/rows/envelope.h"

#include <stdio.h>
#include <string.h>

#include "common/text/number.h"
#include "common/version.h"

enum { TIME_MS_SIZE = 23, FILETIME_PER_MS = 10 * 1000, TYPE_SIZE_MAX = 32, SCHEMA_CAPACITY = 48 };

/* A random UUID (RFC 9562, version 4), terminated. */
static void put_uuid(char *out, const uint8_t *random)
{
    for (size_t i = 0; i < ENVELOPE_RANDOM_SIZE; i++) {
        unsigned byte = random[i];
        if (i == 6)
            byte = (byte & 0x0fu) | 0x40u; /* version 4 */
        if (i == 8)
            byte = (byte & 0x3fu) | 0x80u; /* variant */
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        out = number_put_hex(out, byte, 2);
    }
    *out = '\0';
}

void envelope_init(struct envelope *envelope, const char *host, uint64_t boot_time,
                   const uint8_t *random)
{
    *envelope = (struct envelope){.host = host};
    if (boot_time != 0)
        timestamp_format(envelope->boot_time, boot_time);
    put_uuid(envelope->scan_id, random);
}

/* Formatting a time costs more than the rest of a row. */
static void set_time(struct envelope *envelope, uint64_t now)
{
    if (envelope->time[0] != '\0' && now / FILETIME_PER_MS == envelope->time_ms)
        return;
    envelope->time_ms = now / FILETIME_PER_MS;
    timestamp_format(envelope->time, now);
    memcpy(envelope->time + TIME_MS_SIZE, "Z", 2);
}

/* Keeps the start of a process for the rows about its parts. */
static void keep_start(struct envelope *envelope, const struct row *row)
{
    struct span start = row_text(row, MEMBER_START);

    envelope->start_pid = (uint32_t)row_number(row, MEMBER_PID, 0);
    if (start.size == 0 || start.size >= sizeof envelope->start)
        start = SPAN(""); /* it is no time */
    (void)snprintf(envelope->start, sizeof envelope->start, "%.*s", (int)start.size, start.data);
}

void envelope_add(struct envelope *envelope, struct row *row, uint64_t now)
{
    struct span type = row_text(row, MEMBER_TYPE);
    char schema[SCHEMA_CAPACITY]; /* "lsmap.map/1" */

    if (row_has(row, MEMBER_SCHEMA))
        return;
    if (type.size == 0 || type.size > TYPE_SIZE_MAX)
        type = SPAN("other");
    (void)snprintf(schema, sizeof schema, "lsmap.%.*s/1", (int)type.size, type.data);
    set_time(envelope, now);
    if (row->type == ROW_PROCESS)
        keep_start(envelope, row);
    const bool has_start = row_number(row, MEMBER_PID, 0) == envelope->start_pid;
    const struct span values[] = {span_from_string(schema),
                                  span_from_string(envelope->host),
                                  span_from_string(envelope->boot_time),
                                  span_from_string(envelope->scan_id),
                                  span_from_string(envelope->time),
                                  SPAN(LSMAP_VERSION_STRING),
                                  span_from_string(has_start ? envelope->start : "")};
    const bool is_part =
        row->type == ROW_MAP || row->type == ROW_REGION || row->type == ROW_PROCESS_ERROR;
    const int last = is_part ? MEMBER_ENVELOPE_LAST : MEMBER_ENVELOPE_LAST - 1;
    for (int member = MEMBER_ENVELOPE_FIRST; member <= last; member++)
        if (!row_has(row, (enum row_member)member))
            row_set_text(row, (enum row_member)member, values[member - MEMBER_ENVELOPE_FIRST]);
}
