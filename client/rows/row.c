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

static const struct {
    struct span name;
    enum row_value_type type;
} members[MEMBER_COUNT] = {
#define X(symbol, name, type) [symbol] = {{name, sizeof(name) - 1}, VALUE_##type},
    ROW_MEMBER_LIST(X)
#undef X
};

/* The types, and the members that a row of the type must know. */
static const struct {
    struct span name;
    uint64_t required;
} types[ROW_TYPES_COUNT] = {
    [ROW_PROCESS] = {{"process", 7}, BIT(MEMBER_PID) | BIT(MEMBER_ACCESS)},
    [ROW_MAP] = {{"map", 3}, BIT(MEMBER_PID) | BIT(MEMBER_SIZE)},
    [ROW_REGION] = {{"region", 6}, BIT(MEMBER_PID) | BIT(MEMBER_SIZE) | BIT(MEMBER_STATE)},
    [ROW_SECTION] = {{"section", 7}, BIT(MEMBER_NAME) | BIT(MEMBER_OBJECT)},
    [ROW_PROCESS_ERROR] = {{"process_error", 13}, BIT(MEMBER_CODE)},
    [ROW_INFO] = {{"info", 4}, BIT(MEMBER_PRODUCT) | BIT(MEMBER_PROTOCOL)},
    [ROW_WHOAMI] = {{"whoami", 6}, BIT(MEMBER_RIGHTS)},
    [ROW_STATS] = {{"stats", 5}, 0},
    [ROW_FILE] = {{"file", 4}, 0},
    [ROW_STALE] = {{"stale", 5}, 0},
    [ROW_OPEN] = {{"open", 4}, BIT(MEMBER_PID)},
    [ROW_USER] = {{"user", 4}, 0},
    [ROW_PROCESS_CHANGE] = {{"process_change", 14}, 0},
    [ROW_MAP_CHANGE] = {{"map_change", 10}, 0},
    [ROW_END] = {{"end", 3},
                 BIT(MEMBER_PROCESSES) | BIT(MEMBER_ROWS) | BIT(MEMBER_ERRORS) |
                     BIT(MEMBER_COMPLETE)},
    [ROW_ERROR] = {{"error", 5}, BIT(MEMBER_CODE) | BIT(MEMBER_MESSAGE)},
};

struct row_parser {
    struct json_reader reader;
    struct row *row;
    struct row_error *error;
};

static bool fail(struct row_parser *parser, const char *text)
{
    /* An error of the JSON itself is the cause of every other. */
    bool broken = parser->reader.error != NULL;

    parser->error->text = broken ? parser->reader.error : text;
    parser->error->offset = broken ? parser->reader.error_offset : parser->reader.token_offset;
    return false;
}

/* Rows are written in the order of the table, so the search begins after the last member found. */
static enum row_member find_member(struct span name, size_t hint)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        size_t member = hint + i < MEMBER_COUNT ? hint + i : hint + i - MEMBER_COUNT;
        if (span_equal(name, members[member].name))
            return (enum row_member)member;
    }
    return MEMBER_COUNT;
}

/* Text without escapes stays where it is in the line. */
static bool read_text(struct row_parser *parser, union row_value *value)
{
    const struct json_reader *reader = &parser->reader;
    struct buffer *text = &parser->row->text;
    size_t size = reader->token.size;

    if (size == 0 || memchr(reader->token.data, '\\', size) == NULL) {
        value->text.offset = reader->token_offset + 1; /* after the quote */
        value->text.size = size;
        return true;
    }
    if (!json_unescape(reader, text->data + text->size, text->capacity - text->size, &size))
        return fail(parser, "this text is too long");
    if (memchr(text->data + text->size, '\0', size) != NULL)
        return fail(parser, "this member must not contain \\u0000: no name has it");
    value->text.offset = text->size;
    value->text.size = size;
    text->size += size;
    return true;
}

static bool read_address(struct span token, union row_value *value)
{
    return token.size == NUMBER_ADDRESS_SIZE && span_starts_with(token, SPAN("0x")) &&
           number_from_hex(span_from(token, 2), &value->number);
}

/* Reads from the opening event up to its close. */
static bool read_json(struct json_reader *reader, union row_value *value)
{
    unsigned depth = reader->depth - 1;

    value->text.offset = reader->token_offset;
    while (reader->depth > depth)
        if (json_next(reader) == JSON_ERROR)
            return false;
    value->text.size = reader->offset - value->text.offset;
    return true;
}

static bool read_value(struct row_parser *parser, enum row_member member, enum json_event event)
{
    union row_value *value = &parser->row->values[member];
    struct json_reader *reader = &parser->reader;

    switch (members[member].type) {
    case VALUE_TEXT:
        return event == JSON_STRING ? read_text(parser, value)
                                    : fail(parser, "this member must be a text");
    case VALUE_ADDRESS:
        return (event == JSON_STRING && read_address(reader->token, value)) ||
               fail(parser, "this member must be \"0x\" and 16 hexadecimal digits");
    case VALUE_BOOL:
        value->number = event == JSON_TRUE;
        return event == JSON_TRUE || event == JSON_FALSE ||
               fail(parser, "this member must be true or false");
    case VALUE_UINT32:
    case VALUE_UINT64:
        return (event == JSON_NUMBER && json_uint64(reader, &value->number) &&
                (members[member].type == VALUE_UINT64 || value->number <= UINT32_MAX)) ||
               fail(parser, "this member must be an integer in range");
    case VALUE_JSON:
        return ((event == JSON_OBJECT_OPEN || event == JSON_ARRAY_OPEN) &&
                read_json(reader, value)) ||
               fail(parser, "this member must be an object or an array");
    }
    return false;
}

static bool read_member(struct row_parser *parser, size_t *hint)
{
    enum row_member member = find_member(parser->reader.token, *hint);

    if (member == MEMBER_COUNT)
        return json_skip(&parser->reader) || fail(parser, NULL);
    if (row_has(parser->row, member))
        return fail(parser, "a member occurs twice");
    *hint = (size_t)member + 1;
    parser->row->seen |= BIT(member);
    enum json_event event = json_next(&parser->reader);
    if (event == JSON_ERROR)
        return fail(parser, NULL);
    if (event == JSON_NULL)
        return true;
    parser->row->known |= BIT(member);
    return read_value(parser, member, event);
}

static bool find_type(struct row_parser *parser)
{
    struct row *row = parser->row;
    struct span name = row_text(row, MEMBER_TYPE);

    if (name.data == NULL)
        return fail(parser, "the row has no type");
    for (int type = ROW_OTHER + 1; type < ROW_TYPES_COUNT; type++)
        if (span_equal(name, types[type].name))
            row->type = (enum row_type)type;
    return (row->known & types[row->type].required) == types[row->type].required ||
           fail(parser, "the row lacks a member that its type must have");
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

static bool parse(struct row_parser *parser)
{
    struct json_reader *reader = &parser->reader;
    enum json_event event;
    size_t hint = 0;

    if (json_next(reader) != JSON_OBJECT_OPEN)
        return fail(parser, "a row must be a JSON object");
    while ((event = json_next(reader)) == JSON_KEY)
        if (!read_member(parser, &hint))
            return false;
    if (event != JSON_OBJECT_CLOSE || json_next(reader) != JSON_END)
        return fail(parser, "a row must be one JSON object");
    return find_type(parser);
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
    struct row_parser parser = {.row = row, .error = error};

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
    json_reader_init(&parser.reader, row_line(row), JSON_DEPTH_MAX);
    if (parse(&parser))
        return true;
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
    return members[member].type == VALUE_TEXT || members[member].type == VALUE_JSON;
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
    const uint64_t number = row->values[member].number;

    if (!row_knows(row, member))
        json_put_null(writer);
    else if (members[member].type == VALUE_TEXT)
        json_put_string(writer, row_text(row, member));
    else if (members[member].type == VALUE_JSON) {
        json_put_raw(writer, row_text(row, member).data, row_text(row, member).size);
        json_put_raw(writer, ",", 1);
    } else if (members[member].type == VALUE_ADDRESS)
        json_put_address(writer, number);
    else if (members[member].type == VALUE_BOOL)
        json_put_bool(writer, number != 0);
    else
        json_put_uint(writer, number);
}

static void write_added(const struct row *row, bool of_envelope, struct json_writer *writer)
{
    for (size_t i = 0; i < row->added_count; i++) {
        enum row_member member = (enum row_member)row->added[i];
        if ((member >= MEMBER_ENVELOPE_FIRST && member <= MEMBER_ENVELOPE_LAST) != of_envelope)
            continue;
        json_put_name(writer, members[member].name);
        put_value(row, member, writer);
    }
}

/* Copies the members of the line, except for the values that were set and the closing brace. */
static bool write_line(const struct row *row, struct json_writer *writer)
{
    struct span line = row_line(row);
    struct json_reader reader;
    size_t hint = 0;

    while (line.size > 0 && line.data[line.size - 1] != '}')
        line.size--;
    json_reader_init(&reader, line, JSON_DEPTH_MAX);
    if (json_next(&reader) != JSON_OBJECT_OPEN)
        return false;
    line.size--;
    size_t copied = reader.offset;
    for (uint64_t left = row->changed; left != 0 && json_next(&reader) == JSON_KEY;) {
        enum row_member member = find_member(reader.token, hint);
        struct json_reader value = reader;
        if (!json_skip(&reader))
            return false;
        if (member == MEMBER_COUNT || (left & BIT(member)) == 0)
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
    return true;
}

bool row_write(const struct row *row, struct buffer *out)
{
    const size_t begin = out->size;
    struct json_writer writer;
    bool good;

    if (row->failed)
        return false;
    if (row->line_size > 0 && row->added_count == 0 && row->changed == 0) {
        good = buffer_append(out, (struct span){row->text.data, row->line_size + 1});
    } else {
        json_line_begin(&writer, out);
        write_added(row, true, &writer);
        write_added(row, false, &writer);
        good = (row->line_size == 0 || write_line(row, &writer)) && json_line_end(&writer);
    }
    if (!good)
        buffer_truncate(out, begin);
    return good;
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
    return value->text.size > 0
               ? (struct span){row->text.data + value->text.offset, value->text.size}
               : SPAN("");
}

uint64_t row_number(const struct row *row, enum row_member member, uint64_t otherwise)
{
    ASSERT(!is_text(member));
    return row_knows(row, member) ? row->values[member].number : otherwise;
}

struct span row_member_name(enum row_member member)
{
    ASSERT(member < MEMBER_COUNT);
    return members[member].name;
}

enum row_value_type row_member_type(enum row_member member)
{
    ASSERT(member < MEMBER_COUNT);
    return members[member].type;
}
