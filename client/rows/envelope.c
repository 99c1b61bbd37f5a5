#include "client/rows/envelope.h"

#include <string.h>

#include "common/text/number.h"
#include "common/version.h"

enum { TIME_MS_SIZE = 23, FILETIME_PER_MS = 10 * 1000, TYPE_SIZE_MAX = 32, SCHEMA_CAPACITY = 48 };

const enum row_member envelope_members[ENVELOPE_MEMBERS] = {
    MEMBER_SCHEMA, MEMBER_HOST,          MEMBER_BOOT_TIME,    MEMBER_SCAN_ID,
    MEMBER_TIME,   MEMBER_AGENT_VERSION, MEMBER_PROCESS_START};

void envelope_uuid(char *out, const uint8_t *random)
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

void envelope_init(struct envelope *envelope, const struct envelope_facts *facts)
{
    *envelope = (struct envelope){.facts = facts};
    if (facts->boot_time != 0)
        timestamp_format(envelope->boot_time, facts->boot_time);
    envelope_uuid(envelope->scan_id, facts->random);
}

/* Formatting a time costs more than the rest of a row. */
static void read_clock(struct envelope *envelope)
{
    uint64_t now = envelope->facts->now(envelope->facts->context);

    if (envelope->time[0] != '\0' && now / FILETIME_PER_MS == envelope->time_ms)
        return;
    envelope->time_ms = now / FILETIME_PER_MS;
    timestamp_format(envelope->time, now);
    memcpy(envelope->time + TIME_MS_SIZE, "Z", 2);
}

/* True for letters, digits and the punctuation of a time. */
static bool is_plain(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-' || c == ':' || c == '.'))
            return false;
    }
    return text.size > 0;
}

/* Keeps the start of a process for the rows about its parts. What is no time is not repeated. */
static void keep_start(struct envelope *envelope, const struct row *row)
{
    struct span start = row_text(row, MEMBER_START);

    envelope->start_pid = (uint32_t)row_number(row, MEMBER_PID, 0);
    envelope->start[0] = '\0';
    if (!is_plain(start) || start.size >= sizeof envelope->start)
        return;
    memcpy(envelope->start, start.data, start.size);
    envelope->start[start.size] = '\0';
}

static bool is_part(const struct row *row)
{
    return row->type == ROW_MAP || row->type == ROW_REGION || row->type == ROW_PROCESS_ERROR;
}

/* "lsmap.map/1" */
static struct span write_schema(char *out, struct span type)
{
    static const struct span prefix = {"lsmap.", 6}, suffix = {"/1", 2};

    if (!is_plain(type) || type.size > TYPE_SIZE_MAX)
        type = SPAN("other");
    memcpy(out, prefix.data, prefix.size);
    memcpy(out + prefix.size, type.data, type.size);
    memcpy(out + prefix.size + type.size, suffix.data, suffix.size);
    return (struct span){out, prefix.size + type.size + suffix.size};
}

void envelope_add(struct envelope *envelope, struct row *row)
{
    char schema[SCHEMA_CAPACITY];

    if (row_has(row, MEMBER_SCHEMA))
        return;
    read_clock(envelope);
    if (row->type == ROW_PROCESS)
        keep_start(envelope, row);
    bool has_start = row_number(row, MEMBER_PID, 0) == envelope->start_pid;
    const struct span values[ENVELOPE_MEMBERS] = {
        write_schema(schema, row_text(row, MEMBER_TYPE)),
        span_from_string(envelope->facts->host),
        span_from_string(envelope->boot_time),
        {envelope->scan_id, ENVELOPE_UUID_SIZE},
        {envelope->time, TIME_MS_SIZE + 1},
        SPAN(LSMAP_VERSION_STRING),
        span_from_string(has_start ? envelope->start : ""),
    };
    for (size_t i = 0; i < (is_part(row) ? ENVELOPE_MEMBERS : ENVELOPE_MEMBERS - 1); i++)
        if (!row_has(row, envelope_members[i]))
            row_set_text(row, envelope_members[i], values[i]);
}
