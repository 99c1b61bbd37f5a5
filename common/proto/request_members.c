#include "common/proto/request_parser.h"

#include <string.h>

#include "common/base/assertion.h"
#include "common/scan/regions.h"
#include "common/text/number.h"

static bool read_id(struct request_parser *parser, enum json_event event);
static bool read_op(struct request_parser *parser, enum json_event event);
static bool read_pid(struct request_parser *parser, enum json_event event);
static bool read_name(struct request_parser *parser, enum json_event event);
static bool read_all(struct request_parser *parser, enum json_event event);
static bool read_kinds(struct request_parser *parser, enum json_event event);
static bool read_path(struct request_parser *parser, enum json_event event);
static bool read_address(struct request_parser *parser, enum json_event event);
static bool read_detail(struct request_parser *parser, enum json_event event);
static bool read_debug(struct request_parser *parser, enum json_event event);

static const struct {
    const char *name;
    bool (*read)(struct request_parser *parser, enum json_event event);
    const char *must_be; /* ends "member ... must be " */
    const char *hint;
} members[MEMBERS_COUNT] = {
    [MEMBER_ID] = {"id", read_id, "an integer of 64 bits or a string",
                   "Give \"id\":1 or \"id\":\"a\", or none."},
    [MEMBER_OP] = {"op", read_op, "a string",
                   "This server answers info, whoami, processes and maps."},
    [MEMBER_PID] = {"pid", read_pid, "an integer from 0 to 4294967295, or a list of such",
                    "Give a process identifier, \"pid\":1234, or a list, \"pid\":[1,2]."},
    [MEMBER_NAME] = {"name", read_name, "a string that is not empty",
                     "Give a process name, where * is any text and ? any character."},
    [MEMBER_ALL] = {"all", read_all, "true", "Give \"all\":true, or select by pid or name."},
    [MEMBER_KINDS] = {"kinds", read_kinds, "a list of kinds that is not empty",
                      "Give some of [\"image\",\"data\",\"pagefile\"], each once; physical views "
                      "come with pagefile."},
    [MEMBER_PATH] = {"path", read_path, "a string that is not empty",
                     "Give a path or file name, where * is any text and ? any character."},
    [MEMBER_ADDRESS] = {"address", read_address,
                        "a string of \"0x\" and 1 to 16 hexadecimal digits",
                        "Give an address such as \"address\":\"0x7ffb3c0a0000\"."},
    [MEMBER_DETAIL] = {"detail", read_detail, "\"views\", \"regions\" or \"pages\"",
                       "Leave it out for one row a view."},
    [MEMBER_DEBUG] = {"debug", read_debug, "true or false",
                      "Leave it out unless you want to know what the answer cost."},
};

const char *request_member_name(enum request_member member)
{
    return members[member].name;
}

enum request_member request_member_find(const struct json_reader *reader)
{
    char text[16];
    struct span name = {text, 0};
    enum request_member member = MEMBER_ID;

    if (!json_unescape(reader, text, sizeof text, &name.size))
        return MEMBERS_COUNT;
    while (member < MEMBERS_COUNT && !span_equal(name, span_from_string(members[member].name)))
        member++;
    return member;
}

bool request_member_read(struct request_parser *parser)
{
    return members[parser->member].read(parser, json_next(&parser->reader));
}

static bool fail_value(const struct request_parser *parser)
{
    return request_fail(parser->error, STATUS_BAD_REQUEST, members[parser->member].hint,
                        "member \"%s\" at offset %zu must be %s", members[parser->member].name,
                        parser->offsets[parser->member], members[parser->member].must_be);
}

static bool fail_too_large(const struct request_parser *parser, int limit, const char *unit)
{
    return request_fail(parser->error, STATUS_TOO_LARGE, members[parser->member].hint,
                        "member \"%s\" at offset %zu is longer than %d %s",
                        members[parser->member].name, parser->offsets[parser->member], limit, unit);
}

/* what  "unknown" or "repeated", with the noun of an element. */
static bool fail_word(const struct request_parser *parser, enum status code, const char *what)
{
    char shown[REQUEST_SHOWN_CAPACITY];

    request_shown(shown, &parser->reader);
    return request_fail(parser->error, code, members[parser->member].hint,
                        "member \"%s\" at offset %zu: %s \"%s\" at offset %zu",
                        members[parser->member].name, parser->offsets[parser->member], what, shown,
                        request_token_offset(&parser->reader));
}

/* True when the last string is this word. */
static bool token_is(const struct json_reader *reader, const char *word)
{
    char text[16];
    struct span token = {text, 0};

    return json_unescape(reader, text, sizeof text, &token.size) &&
           span_equal(token, span_from_string(word));
}

bool request_id_read(const struct json_reader *reader, enum json_event event, struct request_id *id)
{
    struct request_id read = {.type = REQUEST_ID_STRING};

    if (event == JSON_NUMBER && json_int64(reader, &read.number))
        read.type = REQUEST_ID_INT;
    else if (event != JSON_STRING ||
             !json_unescape(reader, read.text, sizeof read.text, &read.text_size))
        return false;
    *id = read;
    return true;
}

static bool read_id(struct request_parser *parser, enum json_event event)
{
    if (request_id_read(&parser->reader, event, &parser->request->id))
        return true;
    return event == JSON_STRING ? fail_too_large(parser, REQUEST_ID_SIZE_MAX, "bytes")
                                : fail_value(parser);
}

static bool read_op(struct request_parser *parser, enum json_event event)
{
    if (event != JSON_STRING)
        return fail_value(parser);
    for (enum request_op op = OP_INFO; op <= OP_STATS; op++) {
        if (token_is(&parser->reader, request_op_name(op))) {
            parser->request->op = op;
            return true;
        }
    }
    return fail_word(parser, STATUS_UNSUPPORTED, "unknown op");
}

static bool read_pid_number(const struct json_reader *reader, enum json_event event, uint32_t *pid)
{
    uint64_t number;

    if (event != JSON_NUMBER || !json_uint64(reader, &number) || number > UINT32_MAX)
        return false;
    *pid = (uint32_t)number;
    return true;
}

static void add_pid(struct request *request, uint32_t pid)
{
    for (size_t i = 0; i < request->pids_count; i++)
        if (request->pids[i] == pid)
            return;
    request->pids[request->pids_count++] = pid;
}

static bool read_pid_list(struct request_parser *parser)
{
    struct json_reader *reader = &parser->reader;
    enum json_event event;
    size_t count = 0;
    uint32_t pid;

    while ((event = json_next(reader)) != JSON_ARRAY_CLOSE) {
        if (!read_pid_number(reader, event, &pid))
            return request_fail(parser->error, STATUS_BAD_REQUEST, members[MEMBER_PID].hint,
                                "member \"pid\" at offset %zu: the element at offset %zu must be "
                                "an integer from 0 to 4294967295",
                                parser->offsets[MEMBER_PID], reader->token_offset);
        if (++count > REQUEST_PIDS_MAX)
            return fail_too_large(parser, REQUEST_PIDS_MAX, "elements");
        add_pid(parser->request, pid);
    }
    if (count == 0)
        return request_fail(parser->error, STATUS_BAD_REQUEST, members[MEMBER_PID].hint,
                            "member \"pid\" at offset %zu is an empty list",
                            parser->offsets[MEMBER_PID]);
    return true;
}

static bool read_pid(struct request_parser *parser, enum json_event event)
{
    struct request *request = parser->request;

    if (event == JSON_ARRAY_OPEN) {
        request->selector = SELECTOR_PIDS;
        return read_pid_list(parser);
    }
    if (!read_pid_number(&parser->reader, event, &request->pids[0]))
        return fail_value(parser);
    request->selector = SELECTOR_PID;
    request->pids_count = 1;
    return true;
}

static bool read_glob(struct request_parser *parser, enum json_event event, char *glob,
                      size_t *size)
{
    if (event != JSON_STRING)
        return fail_value(parser);
    if (!json_unescape(&parser->reader, glob, REQUEST_GLOB_SIZE_MAX, size))
        return fail_too_large(parser, REQUEST_GLOB_SIZE_MAX, "bytes");
    return *size > 0 || fail_value(parser);
}

static bool read_name(struct request_parser *parser, enum json_event event)
{
    parser->request->selector = SELECTOR_NAME;
    return read_glob(parser, event, parser->request->name, &parser->request->name_size);
}

static bool read_path(struct request_parser *parser, enum json_event event)
{
    return read_glob(parser, event, parser->request->path, &parser->request->path_size);
}

static bool read_all(struct request_parser *parser, enum json_event event)
{
    parser->request->selector = SELECTOR_ALL;
    return event == JSON_TRUE || fail_value(parser);
}

static bool read_kinds(struct request_parser *parser, enum json_event event)
{
    static const enum view_kind all[] = {VIEW_IMAGE, VIEW_DATA, VIEW_PAGEFILE};
    uint32_t kinds = 0;

    if (event != JSON_ARRAY_OPEN)
        return fail_value(parser);
    while ((event = json_next(&parser->reader)) != JSON_ARRAY_CLOSE) {
        uint32_t kind = 0;
        if (event != JSON_STRING)
            return fail_value(parser);
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            if (token_is(&parser->reader, view_kind_name(all[i])))
                kind = (uint32_t)all[i];
        if (kind == 0)
            return fail_word(parser, STATUS_BAD_REQUEST, "unknown kind");
        if ((kinds & kind) != 0)
            return fail_word(parser, STATUS_BAD_REQUEST, "repeated kind");
        kinds |= kind;
    }
    if (kinds == 0)
        return fail_value(parser);
    parser->request->kinds = kinds;
    return true;
}

static bool read_address(struct request_parser *parser, enum json_event event)
{
    char text[18]; /* "0x" and 16 digits */
    size_t size = 0;
    uint64_t address = 0;

    if (event != JSON_STRING || !json_unescape(&parser->reader, text, sizeof text, &size) ||
        size < 3 || memcmp(text, "0x", 2) != 0 ||
        !number_from_hex((struct span){text + 2, size - 2}, &address))
        return fail_value(parser);
    parser->request->address = address;
    parser->request->has_address = true;
    return true;
}

static bool read_detail(struct request_parser *parser, enum json_event event)
{
    if (event != JSON_STRING)
        return fail_value(parser);
    for (enum request_detail detail = DETAIL_VIEWS; detail <= DETAIL_PAGES; detail++) {
        if (token_is(&parser->reader, request_detail_name(detail))) {
            parser->request->detail = detail;
            return true;
        }
    }
    return fail_value(parser);
}

static bool read_debug(struct request_parser *parser, enum json_event event)
{
    parser->request->debug = event == JSON_TRUE;
    return event == JSON_TRUE || event == JSON_FALSE || fail_value(parser);
}
