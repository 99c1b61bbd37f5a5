#include "common/proto/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/proto/request_parser.h"
#include "common/text/utf.h"

#define BIT(member) (1u << (member))

static const uint32_t MEMBERS_ALWAYS = BIT(MEMBER_ID) | BIT(MEMBER_OP) | BIT(MEMBER_DEBUG);
static const uint32_t MEMBERS_SELECTOR = BIT(MEMBER_PID) | BIT(MEMBER_NAME) | BIT(MEMBER_ALL);

static const char HINT_LINE[] = "Send one JSON object in UTF-8 on each line.";
static const char HINT_MEMBERS[] = "Known are id, op, pid, name, all, kinds, path, address, detail "
                                   "and debug.";
static const char HINT_SELECTOR[] =
    "Select processes by one of \"pid\":1234, \"pid\":[1,2], \"name\":\"chrome*\", \"all\":true.";

bool request_fail(struct request_error *error, enum status code, const char *hint,
                  const char *format, ...)
{
    va_list arguments;

    error->code = code;
    error->hint = hint;
    va_start(arguments, format);
    int size = vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    /* the client's text is cut to REQUEST_SHOWN_SIZE_MAX, so a message is never cut by its end */
    ASSERT(size > 0 && (size_t)size < sizeof error->message);
    return false;
}

void request_shown(char *out, const struct json_reader *reader)
{
    char text[REQUEST_SHOWN_SIZE_MAX];
    struct span shown = {text, 0};
    size_t size = 0;
    bool is_cut = false;

    if (!json_unescape(reader, text, sizeof text, &shown.size))
        shown = reader->token; /* too long: as it stands in the line, and cut */
    for (size_t offset = 0; offset < shown.size && !is_cut;) {
        size_t begin = offset;
        uint32_t c = utf8_next(shown, &offset);
        if (offset > REQUEST_SHOWN_SIZE_MAX) {
            is_cut = true;
        } else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
            out[size++] = '?';
        } else {
            memcpy(out + size, shown.data + begin, offset - begin);
            size += offset - begin;
        }
    }
    memcpy(out + size, is_cut ? "..." : "", is_cut ? 4 : 1);
}

size_t request_token_offset(const struct json_reader *reader)
{
    return (size_t)(reader->token.data - reader->text.data);
}

static bool is_blank(struct span line)
{
    for (size_t i = 0; i < line.size; i++)
        if (memchr(" \t\r\n", line.data[i], 4) == NULL)
            return false;
    return true;
}

/* Reads the whole line without looking at members other than `id`: is it one JSON object, not too
 * deep? The id is found wherever it stands before the first fault, so that every error line
 * carries it. The first `id` counts; one that is no valid id is not echoed. */
static bool survey(struct span line, struct request_id *id, struct request_error *error)
{
    struct json_reader reader;
    enum json_event event;
    enum json_event first = JSON_ERROR;
    bool is_id_seen = false;
    bool is_deep = false;
    size_t deep_offset = 0;

    json_reader_init(&reader, line, JSON_DEPTH_MAX);
    while ((event = json_next(&reader)) != JSON_END && event != JSON_ERROR) {
        if (first == JSON_ERROR)
            first = event;
        if (reader.depth > REQUEST_DEPTH_MAX && !is_deep) {
            is_deep = true;
            deep_offset = reader.token_offset;
        }
        if (event == JSON_KEY && reader.depth == 1 && !is_id_seen &&
            request_member_find(&reader) == MEMBER_ID) {
            is_id_seen = true;
            event = json_next(&reader);
            request_id_read(&reader, event, id);
        }
    }
    if (is_deep)
        return request_fail(error, STATUS_BAD_REQUEST, HINT_MEMBERS,
                            "nested deeper than %d levels at offset %zu", REQUEST_DEPTH_MAX,
                            deep_offset);
    if (event == JSON_ERROR)
        return request_fail(error, STATUS_BAD_REQUEST, HINT_LINE,
                            "not valid JSON at offset %zu: %s", reader.error_offset, reader.error);
    if (first != JSON_OBJECT_OPEN)
        return request_fail(error, STATUS_BAD_REQUEST, HINT_LINE, "the request is not an object");
    return true;
}

static bool read_member(struct request_parser *parser)
{
    size_t offset = request_token_offset(&parser->reader);

    parser->member = request_member_find(&parser->reader);
    if (parser->member == MEMBERS_COUNT) {
        char shown[REQUEST_SHOWN_CAPACITY];
        request_shown(shown, &parser->reader);
        return request_fail(parser->error, STATUS_BAD_REQUEST, HINT_MEMBERS,
                            "unknown member \"%s\" at offset %zu", shown, offset);
    }
    if ((parser->seen & BIT(parser->member)) != 0)
        return request_fail(parser->error, STATUS_BAD_REQUEST, "Give each member once.",
                            "repeated member \"%s\" at offset %zu",
                            request_member_name(parser->member), offset);
    parser->seen |= BIT(parser->member);
    parser->offsets[parser->member] = offset;
    return request_member_read(parser);
}

static bool read_members(struct request_parser *parser)
{
    json_reader_init(&parser->reader, parser->line, REQUEST_DEPTH_MAX);
    enum json_event event = json_next(&parser->reader);
    ASSERT(event == JSON_OBJECT_OPEN); /* survey() has seen that it is one */
    while ((event = json_next(&parser->reader)) == JSON_KEY)
        if (!read_member(parser))
            return false;
    ASSERT(event == JSON_OBJECT_CLOSE);
    return true;
}

/* The member of `set` that comes first in the line; `set` holds at least one that was seen. */
static enum request_member first_of(const struct request_parser *parser, uint32_t set)
{
    enum request_member first = MEMBERS_COUNT;

    for (enum request_member m = MEMBER_ID; m < MEMBERS_COUNT; m++)
        if ((set & BIT(m)) != 0 &&
            (first == MEMBERS_COUNT || parser->offsets[m] < parser->offsets[first]))
            first = m;
    ASSERT(first != MEMBERS_COUNT);
    return first;
}

static bool check_selector(const struct request_parser *parser)
{
    uint32_t given = parser->seen & MEMBERS_SELECTOR;

    if (given == 0)
        return request_fail(parser->error, STATUS_BAD_REQUEST, HINT_SELECTOR,
                            "op \"%s\" needs one of the members \"pid\", \"name\", \"all\"",
                            request_op_name(parser->request->op));
    enum request_member first = first_of(parser, given);
    given &= ~BIT(first);
    if (given == 0)
        return true;
    enum request_member second = first_of(parser, given);
    return request_fail(parser->error, STATUS_BAD_REQUEST, HINT_SELECTOR,
                        "member \"%s\" at offset %zu: \"%s\" at offset %zu selects already",
                        request_member_name(second), parser->offsets[second],
                        request_member_name(first), parser->offsets[first]);
}

/* The rules between members, which may come in any order. */
static bool check_members(const struct request_parser *parser)
{
    enum request_op op = parser->request->op;
    uint32_t allowed = UINT32_MAX;

    if ((parser->seen & BIT(MEMBER_OP)) == 0)
        return request_fail(parser->error, STATUS_BAD_REQUEST,
                            "Say what you want, such as \"op\":\"maps\".",
                            "member \"op\" is missing");
    if (op == OP_PROCESSES)
        allowed = MEMBERS_ALWAYS | MEMBERS_SELECTOR;
    else if (op != OP_MAPS)
        allowed = MEMBERS_ALWAYS;
    if ((parser->seen & ~allowed) != 0) {
        enum request_member member = first_of(parser, parser->seen & ~allowed);
        return request_fail(parser->error, STATUS_BAD_REQUEST, "Leave it out.",
                            "member \"%s\" at offset %zu does not belong to op \"%s\"",
                            request_member_name(member), parser->offsets[member],
                            request_op_name(op));
    }
    return allowed == MEMBERS_ALWAYS || check_selector(parser);
}

static bool parse_line(struct span line, struct request *request, struct request_error *error)
{
    struct request_parser parser = {.line = line, .request = request, .error = error};

    if (is_blank(line))
        return request_fail(error, STATUS_BAD_REQUEST, HINT_LINE, "the line is empty");
    if (!survey(line, &request->id, error))
        return false;
    if (line.size >= REQUEST_SIZE_MAX)
        return request_fail(error, STATUS_TOO_LARGE, "Ask in several requests.",
                            "the line is longer than %d bytes", REQUEST_SIZE_MAX);
    return read_members(&parser) && check_members(&parser);
}

enum status request_parse(struct span line, struct request *request, struct request_error *error)
{
    struct request parsed;

    request_init(&parsed, OP_INFO);
    if (!parse_line(line, &parsed, error)) {
        request->id = parsed.id;
        return error->code;
    }
    *request = parsed;
    return STATUS_OK;
}
