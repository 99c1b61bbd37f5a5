#include "client/rows/row.h"

#include <string.h>

#include "common/base/assertion.h"
#include "common/base/bounds.h"
#include "common/json/reader.h"
#include "common/json/writer.h"
#include "common/text/number.h"

_Static_assert(MEMBER_COUNT <= 64, "a row has one bit for each member");

#define BIT(member) (UINT64_C(1) << (member))

enum {
    /* A line with its texts unescaped, and what is set: two paths at most. */
    TEXT_SIZE_MAX = 2 * ROW_LINE_SIZE_MAX + 4 * NAME_SIZE_MAX
};

const struct row_member_info row_members[MEMBER_COUNT] = {
#define X(symbol, name, type) {{name, sizeof(name) - 1}, VALUE_##type},
    ROW_MEMBER_LIST(X)
#undef X
};

static const struct {
    struct span name;
    uint64_t required;
} types[ROW_TYPES_COUNT] = {
#define X(symbol, name, required) {{name, sizeof(name) - 1}, required},
    ROW_TYPE_LIST(X)
#undef X
};

/* Rows are written in the order of the table, so the search begins after the last member found. */
static enum row_member find_member(struct span name, size_t hint)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        size_t member = hint + i < MEMBER_COUNT ? hint + i : hint + i - MEMBER_COUNT;
        if (span_equal(name, row_members[member].name))
            return (enum row_member)member;
    }
    return MEMBER_COUNT;
}

/* Text without escapes stays where it is in the line. Returns NULL, or what is wrong, like all below. */
static const char *read_text(struct row *row, const struct json_reader *reader,
                             union row_value *value)
{
    struct buffer *text = &row->text;
    size_t size = reader->token.size;

    value->text.offset = reader->token_offset + 1; /* after the quote */
    value->text.size = size;
    if (size == 0 || memchr(reader->token.data, '\\', size) == NULL)
        return NULL;
    if (!json_unescape(reader, text->data + text->size, text->capacity - text->size, &size))
        return "this text is too long";
    if (memchr(text->data + text->size, '\0', size) != NULL)
        return "this member must not contain \\u0000: no name has it";
    value->text.offset = text->size;
    value->text.size = size;
    text->size += size;
    return NULL;
}

static const char *read_value(struct row *row, struct json_reader *reader, enum row_member member)
{
    const enum json_event event = json_next(reader);
    const unsigned depth = reader->depth;
    const struct span token = reader->token;
    union row_value *value = &row->values[member];
    bool good = false;

    if (event == JSON_NULL || event == JSON_ERROR) /* an error comes again */
        return NULL;
    row->known |= BIT(member);
    switch (row_members[member].type) {
    case VALUE_TEXT:
        return event == JSON_STRING ? read_text(row, reader, value) : "this member must be a text";
    case VALUE_ADDRESS:
        good = event == JSON_STRING && token.size == NUMBER_ADDRESS_SIZE &&
               span_starts_with(token, SPAN("0x")) &&
               number_from_hex(span_from(token, 2), &value->number);
        return good ? NULL : "this member must be \"0x\" and 16 hexadecimal digits";
    case VALUE_BOOL:
        value->number = event == JSON_TRUE;
        good = event == JSON_TRUE || event == JSON_FALSE;
        return good ? NULL : "this member must be true or false";
    case VALUE_UINT32:
    case VALUE_UINT64:
        good = event == JSON_NUMBER && json_uint64(reader, &value->number) &&
               (row_members[member].type == VALUE_UINT64 || value->number <= UINT32_MAX);
        return good ? NULL : "this member must be an integer in range";
    case VALUE_JSON:
        if (event != JSON_OBJECT_OPEN && event != JSON_ARRAY_OPEN)
            return "this member must be an object or an array";
        value->text.offset = reader->token_offset;
        while (reader->depth >= depth && json_next(reader) != JSON_ERROR) {
        }
        value->text.size = reader->offset - value->text.offset;
        break;
    }
    return NULL;
}

static const char *find_type(struct row *row)
{
    struct span name = row_text(row, MEMBER_TYPE);

    if (name.data == NULL)
        return "the row has no type";
    for (int type = ROW_OTHER + 1; type < ROW_TYPES_COUNT; type++)
        if (span_equal(name, types[type].name))
            row->type = (enum row_type)type;
    bool is_complete = (row->known & types[row->type].required) == types[row->type].required;
    return is_complete ? NULL : "the row lacks a member that its type must have";
}

static const char *parse(struct row *row, struct json_reader *reader)
{
    enum json_event event;
    size_t hint = 0;

    if (json_next(reader) != JSON_OBJECT_OPEN)
        return "a row must be a JSON object";
    while ((event = json_next(reader)) == JSON_KEY) {
        const enum row_member member = find_member(reader->token, hint);
        const char *why = NULL;
        if (member == MEMBER_COUNT && json_skip(reader))
            continue;
        if (member == MEMBER_COUNT)
            break;
        if (row_has(row, member))
            return "a member occurs twice";
        hint = (size_t)member + 1;
        row->seen |= BIT(member);
        if ((why = read_value(row, reader, member)) != NULL)
            return why;
    }
    if (event != JSON_OBJECT_CLOSE || json_next(reader) != JSON_END)
        return "a row must be one JSON object";
    return find_type(row);
}

static void clear(struct row *row)
{
    row->type = ROW_OTHER;
    row->seen = row->known = row->changed = 0;
    row->added_count = 0;
    row->failed = false;
    row->line_size = 0;
    buffer_clear(&row->text);
}

void row_init(struct row *row)
{
    buffer_init(&row->text, TEXT_SIZE_MAX);
    clear(row);
}

void row_release(struct row *row)
{
    clear(row);
    buffer_release(&row->text);
}

bool row_parse(struct row *row, struct span line, struct row_error *error)
{
    struct json_reader reader;

    clear(row);
    /* Room for a newline and for each text a second time: this memory must not move while the
     * reader looks into it. */
    if (line.size > ROW_LINE_SIZE_MAX || !buffer_reserve(&row->text, 2 * line.size + 1)) {
        *error = (struct row_error){"the line is too long", 0};
        return false;
    }
    if (line.size > 0)
        memcpy(row->text.data, line.data, line.size);
    row->text.data[line.size] = '\n';
    row->text.size = line.size + 1;
    row->line_size = line.size;
    json_reader_init(&reader, row_line(row), JSON_DEPTH_MAX);
    const char *why = parse(row, &reader);
    if (why == NULL)
        return true;
    /* An error of the JSON itself is the cause of every other. */
    *error = reader.error != NULL ? (struct row_error){reader.error, reader.error_offset}
                                  : (struct row_error){why, reader.token_offset};
    clear(row);
    return false;
}

void row_begin(struct row *row, enum row_type type)
{
    clear(row);
    row->type = type;
    row_set_text(row, MEMBER_TYPE, types[type].name);
}

static bool is_text(enum row_member member)
{
    return row_members[member].type == VALUE_TEXT || row_members[member].type == VALUE_JSON;
}

static union row_value *set(struct row *row, enum row_member member, bool known)
{
    ASSERT(member < MEMBER_COUNT);
    if (row_has(row, member))
        row->changed |= BIT(member);
    else
        row->added[row->added_count++] = (uint8_t)member;
    row->seen |= BIT(member);
    row->known = known ? row->known | BIT(member) : row->known & ~BIT(member);
    return &row->values[member];
}

void row_set_text(struct row *row, enum row_member member, struct span text)
{
    union row_value *value = set(row, member, text.size > 0);

    ASSERT(is_text(member));
    value->text.offset = row->text.size;
    row->failed = !buffer_append(&row->text, text) || row->failed;
    value->text.size = row->text.size - value->text.offset;
}

void row_set_number(struct row *row, enum row_member member, uint64_t number)
{
    set(row, member, true)->number = number;
    ASSERT(!is_text(member));
}

void row_set_null(struct row *row, enum row_member member)
{
    (void)set(row, member, false);
}

void row_copy(struct row *to, const struct row *from)
{
    struct buffer text = to->text;

    buffer_clear(&text);
    bool good = buffer_append(&text, buffer_span(&from->text));
    *to = *from;
    to->text = text;
    if (!good) {
        clear(to);
        to->failed = true;
    }
}

static void put_value(const struct row *row, enum row_member member, struct json_writer *writer)
{
    const union row_value *value = &row->values[member];
    const enum row_value_type type = row_members[member].type;

    if (!row_knows(row, member))
        json_put_null(writer);
    else if (type == VALUE_TEXT)
        json_put_string(writer, row_text(row, member));
    else if (type == VALUE_JSON) {
        json_put_raw(writer, row->text.data + value->text.offset, value->text.size);
        json_put_raw(writer, ",", 1);
    } else if (type == VALUE_ADDRESS)
        json_put_address(writer, value->number);
    else if (type == VALUE_BOOL)
        json_put_bool(writer, value->number != 0);
    else
        json_put_uint(writer, value->number);
}

static void write_added(const struct row *row, bool of_envelope, struct json_writer *writer)
{
    for (size_t i = 0; i < row->added_count; i++) {
        enum row_member member = (enum row_member)row->added[i];
        if ((member >= MEMBER_ENVELOPE_FIRST && member <= MEMBER_ENVELOPE_LAST) != of_envelope)
            continue;
        json_put_name(writer, row_members[member].name);
        put_value(row, member, writer);
    }
}

/* Copies the members of the line, except for the values that were set and the closing brace. */
static void write_line(const struct row *row, struct json_writer *writer)
{
    struct span line = row_line(row);
    struct json_reader reader;
    size_t hint = 0;

    while (line.data[line.size - 1] != '}')
        line.size--;
    json_reader_init(&reader, line, JSON_DEPTH_MAX);
    (void)json_next(&reader); /* the line was read before: it is an object */
    line.size--;
    size_t copied = reader.offset;
    for (uint64_t left = row->changed; left != 0 && json_next(&reader) == JSON_KEY;) {
        enum row_member member = find_member(reader.token, hint);
        struct json_reader value = reader;
        if (!json_skip(&reader) || member == MEMBER_COUNT || (left & BIT(member)) == 0)
            continue;
        hint = (size_t)member + 1;
        left &= ~BIT(member);
        (void)json_next(&value);
        json_put_raw(writer, line.data + copied, value.token_offset - copied);
        put_value(row, member, writer);
        json_drop_comma(writer); /* the line has its own */
        copied = reader.offset;
    }
    json_put_raw(writer, line.data + copied, line.size - copied);
}

bool row_write(const struct row *row, struct buffer *out)
{
    struct json_writer writer;

    if (row->failed)
        return false;
    if (row->line_size > 0 && row->added_count == 0 && row->changed == 0)
        return buffer_append(out, (struct span){row->text.data, row->line_size + 1});
    json_line_begin(&writer, out);
    write_added(row, true, &writer);
    write_added(row, false, &writer);
    if (row->line_size > 0)
        write_line(row, &writer);
    return json_line_end(&writer);
}

struct span row_line(const struct row *row)
{
    return (struct span){row->text.data, row->line_size};
}

bool row_has(const struct row *row, enum row_member member)
{
    ASSERT(member < MEMBER_COUNT);
    return (row->seen & BIT(member)) != 0;
}

bool row_knows(const struct row *row, enum row_member member)
{
    ASSERT(member < MEMBER_COUNT);
    return (row->known & BIT(member)) != 0;
}

struct span row_text(const struct row *row, enum row_member member)
{
    const union row_value *value = &row->values[member];

    ASSERT(is_text(member));
    if (!row_knows(row, member))
        return (struct span){NULL, 0};
    return (struct span){row->text.data + value->text.offset, value->text.size};
}

uint64_t row_number(const struct row *row, enum row_member member, uint64_t otherwise)
{
    ASSERT(!is_text(member));
    return row_knows(row, member) ? row->values[member].number : otherwise;
}
