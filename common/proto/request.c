#include "common/proto/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/json/reader.h"
#include "common/text/number.h"
#include "common/text/utf.h"

enum {
    SHOWN_SIZE_MAX = 32,                /* bytes of the client's own text in a message */
    SHOWN_CAPACITY = SHOWN_SIZE_MAX + 4 /* with "..." and a terminator */
};

/* Columns: symbol, name, what it must be, hint. Texts that list words are made of the lists. */
#define WORD(symbol, name) name ", "
#define MEMBER_LIST(X)                                                                         \
    X(ID, id, "an integer of 64 bits or a string", "Give \"id\":1 or \"id\":\"a\", or none.")  \
    X(OP, op, "a string", "This server answers " REQUEST_OP_LIST(WORD) "and nothing else.")    \
    X(PID, pid, "an integer from 0 to 4294967295",                                             \
      "Give a process identifier, \"pid\":1234, or a list, \"pid\":[1,2].")                    \
    X(NAME, name, "a string that is not empty",                                                \
      "Give a process name, where * is any text and ? any character, or a list of such.")      \
    X(ALL, all, "true", "Give \"all\":true, or select by pid or name.")                        \
    X(OWN, own, "true or false", "Give \"own\":true to ask about your own processes only.")    \
    X(KINDS, kinds, "a list of kinds that is not empty",                                       \
      "Give some of " KIND_LIST(WORD) "each once; physical views come with pagefile.")         \
    X(PATH, path, "a string that is not empty",                                                \
      "Give a path or file name, where * is any text and ? any character, or a list of such.") \
    X(ADDRESS, address, "a string of \"0x\" and 1 to 16 hexadecimal digits",                   \
      "Give an address such as \"address\":\"0x7ffb3c0a0000\".")                               \
    X(DETAIL, detail, "a string",                                                              \
      "Give one of " REQUEST_DETAIL_LIST(WORD) "or leave it out for one row per view.")        \
    X(DEBUG, debug, "true or false", "Leave it out unless you want to know what the answer cost.")

enum member {
#define X(symbol, name, must_be, hint) IN_##symbol,
    MEMBER_LIST(X)
#undef X
        MEMBERS_COUNT
};

#define BIT(member) (1u << (member))

static const uint32_t MEMBERS_ALWAYS = BIT(IN_ID) | BIT(IN_OP) | BIT(IN_DEBUG);
static const uint32_t MEMBERS_SELECTOR = BIT(IN_PID) | BIT(IN_NAME) | BIT(IN_ALL);
static const uint32_t MEMBERS_LIST = BIT(IN_PID) | BIT(IN_NAME) | BIT(IN_PATH);

static const char HINT_LINE[] = "Send one JSON object in UTF-8 on each line.";
static const char HINT_MEMBERS[] = "Known are "
#define X(symbol, name, must_be, hint) #name ", "
    MEMBER_LIST(X)
#undef X
        "and no others.";
static const char HINT_SELECTOR[] =
    "Select processes by \"all\":true, or by \"pid\":1234, \"pid\":[1,2], \"name\":\"chrome*\" or "
    "pid and name together.";

static const struct {
    const char *name, *must_be, *hint;
} members[MEMBERS_COUNT] = {
#define X(symbol, name, must_be, hint) {#name, must_be, hint},
    MEMBER_LIST(X)
#undef X
};

static const uint32_t kind_bits[] = {
#define X(bit, name) bit,
    KIND_LIST(X)
#undef X
};

static const char *const kind_names[] = {
#define X(bit, name) name,
    KIND_LIST(X)
#undef X
};

enum { KINDS_COUNT = sizeof kind_bits / sizeof kind_bits[0] };

static const char *const op_names[OP_COUNT] = {
#define X(symbol, name) name,
    REQUEST_OP_LIST(X)
#undef X
};

static const char *const detail_names[DETAIL_COUNT] = {
#define X(symbol, name) name,
    REQUEST_DETAIL_LIST(X)
#undef X
};

struct parser {
    struct json_reader reader;
    struct request *request;       /* filled member by member */
    struct request_error *error;   /* filled by the first fault */
    enum member member;            /* the one whose value is being read */
    bool is_in_list;               /* an element of its list */
    uint32_t seen;                 /* one bit per member */
    size_t offsets[MEMBERS_COUNT]; /* bytes from the line's start to the member's name */
};

void request_init(struct request *request, enum request_op op)
{
    memset(request, 0, sizeof *request);
    request->op = op;
    request->kinds = KINDS_DEFAULT;
}

void request_release(struct request *request)
{
    buffer_release(&request->texts);
}

const char *request_op_name(enum request_op op)
{
    ASSERT(op < OP_COUNT);
    return op_names[op];
}

/* --- failures; all return false, for `return fail(...)` --- */

PRINTF_FORMAT(4, 5)
static bool fail(struct parser *parser, enum status code, const char *hint, const char *format, ...)
{
    struct request_error *error = parser->error;
    va_list arguments;

    error->code = code;
    error->hint = hint;
    va_start(arguments, format);
    int size = vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    /* the client's text is cut to SHOWN_SIZE_MAX, so no message is cut at its end */
    ASSERT(size > 0 && (size_t)size < sizeof error->message);
    return false;
}

/* text  What is wrong with the value of the member, or with the element of its list. */
static bool fail_member(struct parser *parser, enum status code, const char *text)
{
    const enum member member = parser->member;
    char element[48] = "";

    if (parser->is_in_list)
        (void)snprintf(element, sizeof element, ": the element at offset %zu",
                       parser->reader.token_offset);
    return fail(parser, code, members[member].hint, "member \"%s\" at offset %zu%s %s",
                members[member].name, parser->offsets[member], element, text);
}

static bool fail_value(struct parser *parser)
{
    const bool may_be_list = !parser->is_in_list && (MEMBERS_LIST & BIT(parser->member)) != 0;
    char text[96];

    (void)snprintf(text, sizeof text, "must be %s%s", members[parser->member].must_be,
                   may_be_list ? ", or a list of such" : "");
    return fail_member(parser, STATUS_BAD_REQUEST, text);
}

static bool fail_too_large(struct parser *parser, int limit, const char *unit)
{
    char text[64];

    (void)snprintf(text, sizeof text, "is longer than %d %s", limit, unit);
    return fail_member(parser, STATUS_TOO_LARGE, text);
}

/* The text of the last key or string, cut and without control characters, for a message. */
static void show_token(char *out, const struct json_reader *reader)
{
    char text[SHOWN_SIZE_MAX];
    struct span shown = {text, 0};
    size_t size = 0;
    bool is_cut = false;

    if (!json_unescape(reader, text, sizeof text, &shown.size))
        shown = reader->token; /* too long: shown as it is in the line, and cut */
    for (size_t offset = 0; offset < shown.size && !is_cut;) {
        size_t begin = offset;
        uint32_t c = utf8_next(shown, &offset);
        if (offset > SHOWN_SIZE_MAX) {
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

/* Bytes from the line's start to the text of the last key or string, without its quote. */
static size_t text_offset(const struct json_reader *reader)
{
    return (size_t)(reader->token.data - reader->text.data);
}

/* what  "unknown kind" and the like; an unknown op may be one of a later version. */
static bool fail_word(struct parser *parser, const char *what)
{
    const enum status code = parser->member == IN_OP ? STATUS_UNSUPPORTED : STATUS_BAD_REQUEST;
    char shown[SHOWN_CAPACITY];

    show_token(shown, &parser->reader);
    return fail(parser, code, members[parser->member].hint,
                "member \"%s\" at offset %zu: %s \"%s\" at offset %zu",
                members[parser->member].name, parser->offsets[parser->member], what, shown,
                text_offset(&parser->reader));
}

/* --- values; `event` is the one that begins the value or the element --- */

/* True when the last key or string is this word, whatever its escapes. */
static bool token_is(const struct json_reader *reader, const char *word)
{
    char text[16];
    struct span token = {text, 0};

    return json_unescape(reader, text, sizeof text, &token.size) &&
           span_equal(token, span_from_string(word));
}

/* Takes the value just read as an id: an integer or a short string.
 * Returns false, `id` untouched, for anything else. */
static bool take_id(const struct json_reader *reader, enum json_event event, struct request_id *id)
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

static bool read_id(struct parser *parser, enum json_event event)
{
    if (take_id(&parser->reader, event, &parser->request->id))
        return true;
    return event == JSON_STRING ? fail_too_large(parser, REQUEST_ID_SIZE_MAX, "bytes")
                                : fail_value(parser);
}

/* Reads a string that must be one of the words.
 * what   "unknown op" and the like.
 * index  Receives the index of the word. */
static bool read_word(struct parser *parser, enum json_event event, const char *const *words,
                      int count, const char *what, int *index)
{
    if (event != JSON_STRING)
        return fail_value(parser);
    for (*index = 0; *index < count; (*index)++)
        if (token_is(&parser->reader, words[*index]))
            return true;
    return fail_word(parser, what);
}

static bool read_op(struct parser *parser, enum json_event event)
{
    int op;

    if (!read_word(parser, event, op_names, OP_COUNT, "unknown op", &op))
        return false;
    parser->request->op = (enum request_op)op;
    return true;
}

static bool read_detail(struct parser *parser, enum json_event event)
{
    int detail;

    if (!read_word(parser, event, detail_names, DETAIL_COUNT, "unknown detail", &detail))
        return false;
    parser->request->detail = (enum request_detail)detail;
    return true;
}

/* Reads one value, or a list of 1 to `limit` of them, repeats included. */
static bool read_list(struct parser *parser, enum json_event event, int limit,
                      bool (*read)(struct parser *parser, enum json_event event))
{
    int count = 0;

    if (event != JSON_ARRAY_OPEN)
        return read(parser, event);
    while ((event = json_next(&parser->reader)) != JSON_ARRAY_CLOSE) {
        if (++count > limit)
            return fail_too_large(parser, limit, "elements");
        parser->is_in_list = true;
        if (!read(parser, event))
            return false;
        parser->is_in_list = false;
    }
    return count > 0 || fail_member(parser, STATUS_BAD_REQUEST, "is an empty list");
}

static bool read_one_pid(struct parser *parser, enum json_event event)
{
    struct request *request = parser->request;
    uint64_t pid;

    if (event != JSON_NUMBER || !json_uint64(&parser->reader, &pid) || pid > UINT32_MAX)
        return fail_value(parser);
    for (size_t i = 0; i < request->pids_count; i++)
        if (request->pids[i] == pid)
            return true;
    request->pids[request->pids_count++] = (uint32_t)pid;
    return true;
}

static bool read_pid(struct parser *parser, enum json_event event)
{
    return read_list(parser, event, REQUEST_PIDS_MAX, read_one_pid);
}

/* Unescapes the string into the request's texts. */
static bool read_text(struct parser *parser, enum json_event event, struct span *text)
{
    struct buffer *texts = &parser->request->texts;

    if (event != JSON_STRING || parser->reader.token.size == 0)
        return fail_value(parser);
    if (texts->data == NULL) { /* all texts together are shorter than the line: they never move */
        buffer_init(texts, parser->reader.text.size);
        if (!buffer_reserve(texts, parser->reader.text.size))
            return fail(parser, STATUS_INTERNAL, "Try again later.", "out of memory");
    }
    text->data = texts->data + texts->size;
    return json_unescape(&parser->reader, texts->data + texts->size, texts->capacity - texts->size,
                         &text->size);
}

static void add_glob(struct request *request, struct span glob, struct span *globs, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        if (span_equal(globs[i], glob))
            return;
    globs[(*count)++] = glob;
    request->texts.size += glob.size;
}

static bool read_one_name(struct parser *parser, enum json_event event)
{
    struct request *request = parser->request;
    struct span glob;

    if (!read_text(parser, event, &glob))
        return false;
    if (glob.size > REQUEST_NAME_SIZE_MAX)
        return fail_too_large(parser, REQUEST_NAME_SIZE_MAX, "bytes");
    add_glob(request, glob, request->names, &request->names_count);
    return true;
}

static bool read_name(struct parser *parser, enum json_event event)
{
    return read_list(parser, event, REQUEST_NAMES_MAX, read_one_name);
}

static bool read_one_path(struct parser *parser, enum json_event event)
{
    struct request *request = parser->request;
    struct span glob;

    if (!read_text(parser, event, &glob))
        return false;
    if (utf16_from_utf8(NULL, 0, glob) > REQUEST_PATH_LEN_MAX)
        return fail_too_large(parser, REQUEST_PATH_LEN_MAX, "UTF-16 units");
    add_glob(request, glob, request->paths, &request->paths_count);
    return true;
}

static bool read_path(struct parser *parser, enum json_event event)
{
    return read_list(parser, event, REQUEST_PATHS_MAX, read_one_path);
}

static bool read_all(struct parser *parser, enum json_event event)
{
    parser->request->all = true;
    return event == JSON_TRUE || fail_value(parser);
}

static bool read_own(struct parser *parser, enum json_event event)
{
    parser->request->own = event == JSON_TRUE;
    return event == JSON_TRUE || event == JSON_FALSE || fail_value(parser);
}

static bool read_debug(struct parser *parser, enum json_event event)
{
    parser->request->debug = event == JSON_TRUE;
    return event == JSON_TRUE || event == JSON_FALSE || fail_value(parser);
}

static bool read_kinds(struct parser *parser, enum json_event event)
{
    uint32_t found = 0;
    int kind;

    if (event != JSON_ARRAY_OPEN)
        return fail_value(parser);
    while ((event = json_next(&parser->reader)) == JSON_STRING) {
        if (!read_word(parser, event, kind_names, KINDS_COUNT, "unknown kind", &kind))
            return false;
        if ((found & kind_bits[kind]) != 0)
            return fail_word(parser, "repeated kind");
        found |= kind_bits[kind];
    }
    if (event != JSON_ARRAY_CLOSE || found == 0)
        return fail_value(parser);
    parser->request->kinds = found;
    return true;
}

static bool read_address(struct parser *parser, enum json_event event)
{
    char text[NUMBER_ADDRESS_SIZE];
    struct span digits = {text + 2, 0};
    size_t size = 0;

    if (event != JSON_STRING || !json_unescape(&parser->reader, text, sizeof text, &size) ||
        size < 3 || memcmp(text, "0x", 2) != 0)
        return fail_value(parser);
    digits.size = size - 2;
    parser->request->has_address = number_from_hex(digits, &parser->request->address);
    return parser->request->has_address || fail_value(parser);
}

/* --- the line --- */

/* The member that the last key names; MEMBERS_COUNT for an unknown one. */
static enum member find_member(const struct json_reader *reader)
{
    int member = 0;

    while (member < MEMBERS_COUNT && !token_is(reader, members[member].name))
        member++;
    return (enum member)member;
}

/* Reads the member whose name was read last. */
static bool read_member(struct parser *parser)
{
    static bool (*const read[MEMBERS_COUNT])(struct parser *, enum json_event) = {
#define X(symbol, name, must_be, hint) read_##name,
        MEMBER_LIST(X)
#undef X
    };
    const size_t offset = text_offset(&parser->reader);
    const enum member member = find_member(&parser->reader);
    char shown[SHOWN_CAPACITY];

    if (member == MEMBERS_COUNT) {
        show_token(shown, &parser->reader);
        return fail(parser, STATUS_BAD_REQUEST, HINT_MEMBERS, "unknown member \"%s\" at offset %zu",
                    shown, offset);
    }
    if ((parser->seen & BIT(member)) != 0)
        return fail(parser, STATUS_BAD_REQUEST, "Give each member once.",
                    "repeated member \"%s\" at offset %zu", members[member].name, offset);
    parser->seen |= BIT(member);
    parser->offsets[member] = offset;
    parser->member = member;
    return read[member](parser, json_next(&parser->reader));
}

/* The member of `set` that comes first in the line; at least one of them was seen. */
static enum member first_of(const struct parser *parser, uint32_t set)
{
    int first = -1;

    for (int member = 0; member < MEMBERS_COUNT; member++)
        if ((set & parser->seen & BIT(member)) != 0 &&
            (first < 0 || parser->offsets[member] < parser->offsets[first]))
            first = member;
    ASSERT(first >= 0);
    return (enum member)first;
}

/* The rules between members, which may come in any order. */
static bool check_members(struct parser *parser)
{
    const enum request_op op = parser->request->op;
    const uint32_t seen = parser->seen;
    uint32_t allowed = UINT32_MAX;

    if ((seen & BIT(IN_OP)) == 0)
        return fail(parser, STATUS_BAD_REQUEST, "Say what you want, such as \"op\":\"maps\".",
                    "member \"op\" is missing");
    if (op == OP_PROCESSES)
        allowed = MEMBERS_ALWAYS | MEMBERS_SELECTOR | BIT(IN_OWN);
    else if (op != OP_MAPS)
        allowed = MEMBERS_ALWAYS;
    if ((seen & ~allowed) != 0) {
        const enum member member = first_of(parser, ~allowed);
        return fail(parser, STATUS_BAD_REQUEST, "Leave it out.",
                    "member \"%s\" at offset %zu does not belong to op \"%s\"",
                    members[member].name, parser->offsets[member], request_op_name(op));
    }
    if (allowed == MEMBERS_ALWAYS)
        return true;
    if ((seen & MEMBERS_SELECTOR) == 0)
        return fail(parser, STATUS_BAD_REQUEST, HINT_SELECTOR,
                    "op \"%s\" needs one of the members \"pid\", \"name\", \"all\"",
                    request_op_name(op));
    if (parser->request->all && (seen & MEMBERS_SELECTOR) != BIT(IN_ALL)) {
        const enum member first = first_of(parser, MEMBERS_SELECTOR);
        const enum member second =
            first == IN_ALL ? first_of(parser, MEMBERS_SELECTOR & ~BIT(IN_ALL)) : IN_ALL;
        return fail(parser, STATUS_BAD_REQUEST, HINT_SELECTOR,
                    "member \"%s\" at offset %zu: \"%s\" at offset %zu selects already",
                    members[second].name, parser->offsets[second], members[first].name,
                    parser->offsets[first]);
    }
    return true;
}

static bool is_blank(struct span line)
{
    for (size_t i = 0; i < line.size; i++)
        if (memchr(" \t\r\n", line.data[i], 4) == NULL)
            return false;
    return true;
}

/* Reads the line to its end or its first byte that is no JSON, also after a fault: that it is no
 * JSON comes first, and every error line has the id. */
static bool parse_line(struct parser *parser, struct span line)
{
    struct json_reader *reader = &parser->reader;
    size_t deep_offset = SIZE_MAX;
    bool is_good = true;

    if (is_blank(line))
        return fail(parser, STATUS_BAD_REQUEST, HINT_LINE, "the line is empty");
    json_reader_init(reader, line, JSON_DEPTH_MAX);
    enum json_event event = json_next(reader);
    const bool is_object = event == JSON_OBJECT_OPEN;
    for (; event != JSON_END && event != JSON_ERROR; event = json_next(reader)) {
        if (reader->depth > REQUEST_DEPTH_MAX && deep_offset == SIZE_MAX)
            deep_offset = reader->token_offset;
        if (!is_object || event != JSON_KEY || reader->depth > 1)
            continue;
        if (is_good) {
            is_good = read_member(parser);
        } else if (find_member(reader) == IN_ID && (parser->seen & BIT(IN_ID)) == 0) {
            parser->seen |= BIT(IN_ID);
            (void)take_id(reader, json_next(reader), &parser->request->id);
        }
    }
    if (deep_offset != SIZE_MAX)
        return fail(parser, STATUS_BAD_REQUEST, HINT_MEMBERS,
                    "nested deeper than %d levels at offset %zu", REQUEST_DEPTH_MAX, deep_offset);
    if (event == JSON_ERROR)
        return fail(parser, STATUS_BAD_REQUEST, HINT_LINE, "not valid JSON at offset %zu: %s",
                    reader->error_offset, reader->error);
    if (!is_object)
        return fail(parser, STATUS_BAD_REQUEST, HINT_LINE, "the request is not an object");
    if (line.size >= REQUEST_SIZE_MAX)
        return fail(parser, STATUS_TOO_LARGE, "Ask in several requests.",
                    "the line is longer than %d bytes", REQUEST_SIZE_MAX);
    return is_good && check_members(parser);
}

enum status request_parse(struct span line, struct request *request, struct request_error *error)
{
    struct request parsed;
    struct parser parser = {.request = &parsed, .error = error};

    request_init(&parsed, OP_INFO);
    if (!parse_line(&parser, line)) {
        request->id = parsed.id;
        request_release(&parsed);
        return error->code;
    }
    *request = parsed;
    return STATUS_OK;
}

/* --- and back --- */

void request_id_write(struct json_writer *writer, const struct request_id *id)
{
    if (id->type == REQUEST_ID_INT)
        json_int(writer, "id", id->number);
    else if (id->type == REQUEST_ID_STRING)
        json_string(writer, "id", (struct span){id->text, id->text_size});
}

static void write_pids(struct json_writer *writer, const struct request *request)
{
    if (request->pids_count == 1) {
        json_uint(writer, "pid", request->pids[0]);
    } else if (request->pids_count > 1) {
        json_array_begin(writer, "pid");
        for (size_t i = 0; i < request->pids_count; i++)
            json_put_uint(writer, request->pids[i]);
        json_array_end(writer);
    }
}

/* The value of the member just named. */
static void put_globs(struct json_writer *writer, const struct span *globs, size_t count)
{
    if (count == 1) {
        json_put_string(writer, globs[0]);
        return;
    }
    json_put_array_begin(writer);
    for (size_t i = 0; i < count; i++)
        json_put_string(writer, globs[i]);
    json_array_end(writer);
}

static void write_kinds(struct json_writer *writer, uint32_t kinds)
{
    json_array_begin(writer, "kinds");
    for (int i = 0; i < KINDS_COUNT; i++)
        if ((kinds & kind_bits[i]) != 0)
            json_put_text(writer, kind_names[i]);
    json_array_end(writer);
}

bool request_encode(const struct request *request, struct buffer *out)
{
    struct json_writer writer;

    json_line_begin(&writer, out);
    request_id_write(&writer, &request->id);
    json_text(&writer, "op", request_op_name(request->op));
    write_pids(&writer, request);
    if (request->names_count > 0) {
        json_name(&writer, "name");
        put_globs(&writer, request->names, request->names_count);
    }
    if (request->all)
        json_bool(&writer, "all", true);
    if (request->own)
        json_bool(&writer, "own", true);
    if (request->kinds != KINDS_DEFAULT)
        write_kinds(&writer, request->kinds);
    if (request->paths_count > 0) {
        json_name(&writer, "path");
        put_globs(&writer, request->paths, request->paths_count);
    }
    if (request->has_address)
        json_address(&writer, "address", request->address);
    if (request->detail != DETAIL_VIEWS)
        json_text(&writer, "detail", detail_names[request->detail]);
    if (request->debug)
        json_bool(&writer, "debug", true);
    return json_line_end(&writer);
}
