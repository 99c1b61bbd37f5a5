#include "common/json/reader.h"

#include "common/base/assertion.h"
#include "common/json/token.h"

enum state {
    AT_VALUE,   /* a value must follow */
    AT_ELEMENT, /* behind `[`: a value or `]` */
    AT_MEMBER,  /* behind `{`: a name or `}` */
    AFTER_VALUE /* behind a value: a comma, a close, or the end of the text */
};

static enum json_event open_level(struct json_reader *reader, bool is_object)
{
    if (reader->depth == reader->depth_max)
        return json_fail(reader, "nested too deeply", reader->offset);
    reader->stack = reader->stack << 1 | (is_object ? 1u : 0u);
    reader->depth++;
    reader->offset++;
    reader->state = is_object ? AT_MEMBER : AT_ELEMENT;
    return is_object ? JSON_OBJECT_OPEN : JSON_ARRAY_OPEN;
}

static enum json_event close_level(struct json_reader *reader)
{
    bool is_object = (reader->stack & 1) != 0;
    reader->stack >>= 1;
    reader->depth--;
    reader->offset++;
    reader->state = AFTER_VALUE;
    return is_object ? JSON_OBJECT_CLOSE : JSON_ARRAY_CLOSE;
}

static enum json_event read_value(struct json_reader *reader)
{
    int byte = json_peek(reader, reader->offset);
    reader->state = AFTER_VALUE;
    switch (byte) {
    case '{':
        return open_level(reader, true);
    case '[':
        return open_level(reader, false);
    case '"':
        return json_read_string(reader, JSON_STRING);
    case 't':
        return json_read_word(reader, SPAN("true"), JSON_TRUE);
    case 'f':
        return json_read_word(reader, SPAN("false"), JSON_FALSE);
    case 'n':
        return json_read_word(reader, SPAN("null"), JSON_NULL);
    default:
        if (byte == '-' || (byte >= '0' && byte <= '9'))
            return json_read_number(reader);
        return json_fail(reader, "a value must be here", reader->offset);
    }
}

/* Reads a member's name and its colon. */
static enum json_event read_key(struct json_reader *reader)
{
    if (json_peek(reader, reader->offset) != '"')
        return json_fail(reader, "a member name in quotes must be here", reader->offset);
    if (json_read_string(reader, JSON_KEY) == JSON_ERROR)
        return JSON_ERROR;
    json_skip_space(reader);
    if (json_peek(reader, reader->offset) != ':')
        return json_fail(reader, "a colon must be here", reader->offset);
    reader->offset++;
    reader->state = AT_VALUE;
    return JSON_KEY;
}

static enum json_event read_after_value(struct json_reader *reader)
{
    int byte = json_peek(reader, reader->offset);
    if (reader->depth == 0)
        return byte < 0 ? JSON_END : json_fail(reader, "text behind the value", reader->offset);
    bool in_object = (reader->stack & 1) != 0;
    if (byte == (in_object ? '}' : ']'))
        return close_level(reader);
    if (byte != ',')
        return json_fail(reader, in_object ? "`,` or `}` must be here" : "`,` or `]` must be here",
                         reader->offset);
    reader->offset++;
    json_skip_space(reader);
    reader->token_offset = reader->offset;
    return in_object ? read_key(reader) : read_value(reader);
}

void json_reader_init(struct json_reader *reader, struct span text, unsigned depth_max)
{
    ASSERT(depth_max <= JSON_DEPTH_MAX);
    *reader = (struct json_reader){.text = text, .depth_max = depth_max, .state = AT_VALUE};
}

enum json_event json_next(struct json_reader *reader)
{
    if (reader->error != NULL)
        return JSON_ERROR;
    json_skip_space(reader);
    reader->token_offset = reader->offset;
    switch ((enum state)reader->state) {
    case AT_ELEMENT:
        return json_peek(reader, reader->offset) == ']' ? close_level(reader) : read_value(reader);
    case AT_MEMBER:
        return json_peek(reader, reader->offset) == '}' ? close_level(reader) : read_key(reader);
    case AFTER_VALUE:
        return read_after_value(reader);
    case AT_VALUE:
    default:
        return read_value(reader);
    }
}

bool json_skip(struct json_reader *reader)
{
    unsigned depth = reader->depth;
    do { /* every event but the error takes at least one byte, and the end is never inside */
        enum json_event event = json_next(reader);
        if (event == JSON_ERROR || event == JSON_END)
            return false;
    } while (reader->depth > depth);
    if (reader->depth == depth)
        return true;
    json_fail(reader, "a value must be here", reader->token_offset);
    return false;
}
