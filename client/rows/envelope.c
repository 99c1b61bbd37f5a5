#include "client/rows/envelope.h"

#include <string.h>

#include "common/base/assertion.h"
#include "common/json/writer.h"
#include "common/proto/protocol.h"
#include "common/text/number.h"
#include "common/version.h"

enum { TIME_MS_SIZE = 23, FILETIME_PER_MS = 10 * 1000, TYPE_SIZE_MAX = 32 };

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

static bool escape_host(struct envelope *envelope)
{
    struct json_writer writer;
    struct buffer line;

    buffer_init(&line, ENVELOPE_HOST_CAPACITY * 6 + 8);
    json_line_begin(&writer, &line);
    json_string(&writer, NULL, span_from_string(envelope->facts->host));
    /* Without the brace before it, and the brace and the newline behind. */
    bool good = json_line_end(&writer) &&
                buffer_append(&envelope->host_json, (struct span){line.data + 1, line.size - 3});
    buffer_release(&line);
    return good;
}

bool envelope_init(struct envelope *envelope, const struct envelope_facts *facts)
{
    *envelope = (struct envelope){.facts = facts};
    buffer_init(&envelope->host_json, ENVELOPE_HOST_CAPACITY * 6 + 8);
    if (!escape_host(envelope)) {
        buffer_release(&envelope->host_json);
        return false;
    }
    if (facts->boot_time != 0)
        timestamp_format(envelope->boot_time, facts->boot_time);
    envelope_uuid(envelope->scan_id, facts->random);
    return true;
}

void envelope_deinit(struct envelope *envelope)
{
    buffer_release(&envelope->host_json);
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

/* True for what needs no escape wherever it stands: letters, digits and the marks of a time. */
static bool is_harmless(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-' || c == ':' || c == '.'))
            return false;
    }
    return text.size > 0;
}

/* Keeps the start of the process whose parts come next. What is no time is not repeated. */
static void keep_start(struct envelope *envelope, const struct row *row)
{
    struct span start = row_text(row, MEMBER_START);

    envelope->has_start = is_harmless(start) && start.size < sizeof envelope->start;
    envelope->start_pid = (uint32_t)row_number(row, MEMBER_PID, 0);
    if (!envelope->has_start)
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

    if (!is_harmless(type) || type.size > TYPE_SIZE_MAX)
        type = SPAN("other");
    memcpy(out, prefix.data, prefix.size);
    memcpy(out + prefix.size, type.data, type.size);
    memcpy(out + prefix.size + type.size, suffix.data, suffix.size);
    return (struct span){out, prefix.size + type.size + suffix.size};
}

static struct span text_or_unknown(const char *text)
{
    return text[0] != '\0' ? span_from_string(text) : (struct span){NULL, 0};
}

/* The values of a row's members, in the order of envelope_members; data NULL: unknown. */
static void fill_values(struct envelope_step *step, struct span *values)
{
    const struct envelope *envelope = step->envelope;
    const struct row *row = &step->row;
    bool known = envelope->has_start && row_number(row, MEMBER_PID, 0) == envelope->start_pid;

    values[0] = write_schema(step->schema, row_text(row, MEMBER_TYPE));
    values[1] = text_or_unknown(envelope->facts->host);
    values[2] = text_or_unknown(envelope->boot_time);
    values[3] = (struct span){envelope->scan_id, ENVELOPE_UUID_SIZE};
    values[4] = (struct span){envelope->time, TIME_MS_SIZE + 1};
    values[5] = SPAN(LSMAP_VERSION_STRING);
    values[6] = text_or_unknown(known ? envelope->start : "");
}

/* A value whose text needs no escape, or the host. */
static bool append_json(const struct envelope *envelope, enum row_member member, struct span text,
                        struct buffer *out)
{
    if (text.data == NULL)
        return buffer_append(out, SPAN("null"));
    if (member == MEMBER_HOST)
        return buffer_append(out, buffer_span(&envelope->host_json));
    return buffer_append(out, SPAN("\"")) && buffer_append(out, text) &&
           buffer_append(out, SPAN("\""));
}

/* One member of the line. The comma is right: a row has a type, so that another member follows. */
static bool append_member(struct envelope_step *step, enum row_member member, struct span value)
{
    return buffer_append(&step->line, SPAN("\"")) &&
           buffer_append(&step->line, row_member_name(member)) &&
           buffer_append(&step->line, SPAN("\":")) &&
           append_json(step->envelope, member, value, &step->line) &&
           buffer_append(&step->line, SPAN(","));
}

static bool write_line(struct envelope_step *step, struct span line, const struct span *values,
                       size_t count, uint64_t seen)
{
    size_t head = 0;

    while (line.data[head] != '{') /* only white space stands before it */
        head++;
    head++;
    buffer_clear(&step->line);
    if (!buffer_append(&step->line, (struct span){line.data, head}))
        return false;
    for (size_t i = 0; i < count; i++)
        if ((seen & UINT64_C(1) << envelope_members[i]) == 0 &&
            !append_member(step, envelope_members[i], values[i]))
            return false;
    return buffer_append(&step->line, span_from(line, head));
}

/* The members in the row, and when they are wanted there in its line. */
static bool add_members(struct envelope_step *step, struct span line)
{
    struct row *row = &step->row;
    size_t count = is_part(row) ? ENVELOPE_MEMBERS : ENVELOPE_MEMBERS - 1;
    struct span values[ENVELOPE_MEMBERS];
    const uint64_t seen = row->seen;

    fill_values(step, values);
    for (size_t i = 0; i < count; i++) {
        enum row_member member = envelope_members[i];
        if ((seen & UINT64_C(1) << member) != 0)
            continue;
        row->seen |= UINT64_C(1) << member;
        row->known |= (uint64_t)(values[i].data != NULL) << member;
        row->texts[member] = values[i];
    }
    return !step->lines || write_line(step, line, values, count, seen);
}

static bool step_begin(void *context, struct buffer *out)
{
    struct envelope_step *step = context;

    return step->next->begin(step->next->context, out);
}

static bool step_row(void *context, const struct row *row, struct span line, struct buffer *out)
{
    struct envelope_step *step = context;

    if ((row->seen & UINT64_C(1) << MEMBER_SCHEMA) != 0)
        return step->next->row(step->next->context, row, line, out);
    read_clock(step->envelope);
    if (row->type == ROW_PROCESS)
        keep_start(step->envelope, row);
    step->row = *row;
    return add_members(step, line) &&
           step->next->row(step->next->context, &step->row,
                           step->lines ? buffer_span(&step->line) : line, out);
}

static bool step_end(void *context, struct buffer *out, bool *more)
{
    struct envelope_step *step = context;

    return step->next->end(step->next->context, out, more);
}

void envelope_step_init(struct envelope_step *step, struct envelope *envelope, bool lines,
                        const struct row_sink *next)
{
    step->envelope = envelope;
    step->lines = lines;
    step->next = next;
    buffer_init(&step->line, OUTPUT_ROW_SIZE_MAX + ENVELOPE_SIZE_MAX);
}

void envelope_step_deinit(struct envelope_step *step)
{
    buffer_release(&step->line);
}

struct row_sink envelope_step_sink(struct envelope_step *step)
{
    return (struct row_sink){step, step_begin, step_row, step_end};
}
