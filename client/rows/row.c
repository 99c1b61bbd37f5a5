#include "client/rows/row.h"

#include <string.h>

#include "common/base/assertion.h"
#include "common/json/reader.h"
#include "common/text/number.h"

_Static_assert(MEMBER_COUNT <= 64, "a row has one bit for each member");

#define BIT(member) (UINT64_C(1) << (member))

enum member_type {
    TYPE_TEXT,
    TYPE_UINT32,
    TYPE_UINT64,
    TYPE_ADDRESS, /* text on the wire, a number in the row */
    TYPE_BOOL,
    TYPE_JSON /* an object or an array, kept as it stands */
};

static const struct {
    struct span name;
    enum member_type type;
} members[MEMBER_COUNT] = {
#define X(symbol, name, type) [symbol] = {{name, sizeof(name) - 1}, TYPE_##type},
    ROW_MEMBER_LIST(X)
#undef X
};

/* What a row must know to be of use. */
static const struct {
    struct span name;
    enum row_type type;
    uint64_t required;
} row_types[] = {
    {{"map", 3}, ROW_MAP, BIT(MEMBER_PID) | BIT(MEMBER_SIZE)},
    {{"region", 6}, ROW_REGION, BIT(MEMBER_PID) | BIT(MEMBER_SIZE) | BIT(MEMBER_STATE)},
    {{"process", 7}, ROW_PROCESS, BIT(MEMBER_PID) | BIT(MEMBER_ACCESS)},
    {{"process_error", 13}, ROW_PROCESS_ERROR, BIT(MEMBER_CODE)},
    {{"info", 4}, ROW_INFO, BIT(MEMBER_PRODUCT) | BIT(MEMBER_PROTOCOL)},
    {{"whoami", 6}, ROW_WHOAMI, BIT(MEMBER_RIGHTS)},
    {{"stats", 5}, ROW_STATS, 0},
    {{"file", 4}, ROW_FILE, 0},
    {{"process_change", 14}, ROW_PROCESS_CHANGE, 0},
    {{"map_change", 10}, ROW_MAP_CHANGE, 0},
    {{"end", 3},
     ROW_END,
     BIT(MEMBER_PROCESSES) | BIT(MEMBER_ROWS) | BIT(MEMBER_ERRORS) | BIT(MEMBER_COMPLETE)},
    {{"error", 5}, ROW_ERROR, BIT(MEMBER_CODE) | BIT(MEMBER_MESSAGE)},
};

struct parser {
    struct json_reader reader;
    struct row *row;
    struct buffer *scratch;
    struct row_error *error;
};

static bool fail(struct parser *parser, const char *text)
{
    /* An error of the JSON itself is behind every other and says more. */
    bool broken = parser->reader.error != NULL;

    parser->error->text = broken ? parser->reader.error : text;
    parser->error->offset = broken ? parser->reader.error_offset : parser->reader.token_offset;
    return false;
}

/* The table is in the order of the wire, so the search begins behind the last member found. */
static enum row_member find_member(struct span name, size_t hint)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        size_t member = hint + i < MEMBER_COUNT ? hint + i : hint + i - MEMBER_COUNT;
        if (span_equal(name, members[member].name))
            return (enum row_member)member;
    }
    return MEMBER_COUNT;
}

/* Text without escapes stays where it is; the scratch buffer was made large enough before. */
static bool read_text(struct parser *parser, struct span *text)
{
    struct span token = parser->reader.token;
    struct buffer *scratch = parser->scratch;
    size_t size;

    if (token.size == 0 || memchr(token.data, '\\', token.size) == NULL) {
        *text = (struct span){token.size > 0 ? token.data : "", token.size};
        return true;
    }
    if (!json_unescape(&parser->reader, scratch->data + scratch->size,
                       scratch->capacity - scratch->size, &size))
        return fail(parser, "a text that cannot be unescaped");
    *text = (struct span){scratch->data + scratch->size, size};
    scratch->size += size;
    return true;
}

static bool read_address(struct parser *parser, uint64_t *number)
{
    struct span token = parser->reader.token;

    if (token.size != NUMBER_ADDRESS_SIZE || !span_starts_with(token, SPAN("0x")) ||
        !number_from_hex(span_from(token, 2), number))
        return fail(parser, "an address must be \"0x\" and 16 hexadecimal digits");
    return true;
}

/* Reads behind the opening event up to its close. */
static bool read_json(struct parser *parser, struct span *text)
{
    size_t begin = parser->reader.token_offset;
    unsigned depth = parser->reader.depth - 1;

    while (parser->reader.depth > depth)
        if (json_next(&parser->reader) == JSON_ERROR)
            return fail(parser, NULL);
    *text = (struct span){parser->reader.text.data + begin, parser->reader.offset - begin};
    return true;
}

static bool read_value(struct parser *parser, enum row_member member, enum json_event event)
{
    struct row *row = parser->row;
    uint64_t *number = &row->numbers[member];

    switch (members[member].type) {
    case TYPE_TEXT:
        return event == JSON_STRING ? read_text(parser, &row->texts[member])
                                    : fail(parser, "this member must be a text");
    case TYPE_ADDRESS:
        return event == JSON_STRING ? read_address(parser, number)
                                    : fail(parser, "this member must be an address");
    case TYPE_BOOL:
        *number = event == JSON_TRUE;
        return event == JSON_TRUE || event == JSON_FALSE ||
               fail(parser, "this member must be true or false");
    case TYPE_UINT32:
    case TYPE_UINT64:
        return (event == JSON_NUMBER && json_uint64(&parser->reader, number) &&
                (members[member].type == TYPE_UINT64 || *number <= UINT32_MAX)) ||
               fail(parser, "this member must be a whole number in range");
    case TYPE_JSON:
        return event == JSON_OBJECT_OPEN || event == JSON_ARRAY_OPEN
                   ? read_json(parser, &row->texts[member])
                   : fail(parser, "this member must be an object or an array");
    }
    return false;
}

static bool read_member(struct parser *parser, size_t *hint)
{
    enum row_member member = find_member(parser->reader.token, *hint);

    if (member == MEMBER_COUNT)
        return json_skip(&parser->reader) || fail(parser, NULL);
    if ((parser->row->seen & BIT(member)) != 0)
        return fail(parser, "a member stands twice");
    *hint = member + 1;
    parser->row->seen |= BIT(member);
    enum json_event event = json_next(&parser->reader);
    if (event == JSON_ERROR)
        return fail(parser, NULL);
    if (event == JSON_NULL)
        return true;
    parser->row->known |= BIT(member);
    return read_value(parser, member, event);
}

static bool find_type(struct parser *parser)
{
    struct row *row = parser->row;
    struct span name = row_text(row, MEMBER_TYPE);

    if (name.data == NULL)
        return fail(parser, "the row has no type");
    for (size_t i = 0; i < sizeof row_types / sizeof row_types[0]; i++) {
        if (!span_equal(name, row_types[i].name))
            continue;
        if ((row->known & row_types[i].required) != row_types[i].required)
            return fail(parser, "the row lacks a member that its type must have");
        row->type = row_types[i].type;
        return true;
    }
    return true;
}

bool row_parse(struct span line, struct row *row, struct buffer *scratch, struct row_error *error)
{
    struct parser parser = {.row = row, .scratch = scratch, .error = error};
    enum json_event event;
    size_t hint = 0;

    row->type = ROW_OTHER;
    row->seen = 0;
    row->known = 0;
    json_reader_init(&parser.reader, line, JSON_DEPTH_MAX);
    buffer_clear(scratch);
    if (!buffer_reserve(scratch, line.size))
        return fail(&parser, "the line is too long");
    if (json_next(&parser.reader) != JSON_OBJECT_OPEN)
        return fail(&parser, "a reply's line must be a JSON object");
    while ((event = json_next(&parser.reader)) == JSON_KEY)
        if (!read_member(&parser, &hint))
            return false;
    if (event != JSON_OBJECT_CLOSE || json_next(&parser.reader) != JSON_END)
        return fail(&parser, "a reply's line must be one JSON object");
    return find_type(&parser);
}

bool row_knows(const struct row *row, enum row_member member)
{
    ASSERT(member < MEMBER_COUNT);
    return (row->known & BIT(member)) != 0;
}

struct span row_text(const struct row *row, enum row_member member)
{
    ASSERT(member < MEMBER_COUNT &&
           (members[member].type == TYPE_TEXT || members[member].type == TYPE_JSON));
    return row_knows(row, member) ? row->texts[member] : (struct span){NULL, 0};
}

uint64_t row_number(const struct row *row, enum row_member member, uint64_t otherwise)
{
    ASSERT(member < MEMBER_COUNT && members[member].type != TYPE_TEXT &&
           members[member].type != TYPE_JSON);
    return row_knows(row, member) ? row->numbers[member] : otherwise;
}

struct span row_member_name(enum row_member member)
{
    ASSERT(member < MEMBER_COUNT);
    return members[member].name;
}

bool row_member_is_text(enum row_member member)
{
    ASSERT(member < MEMBER_COUNT);
    return members[member].type == TYPE_TEXT || members[member].type == TYPE_JSON;
}
