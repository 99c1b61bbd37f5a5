#include "common/proto/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/json/reader.h"
#include "common/text/number.h"
#include "common/text/utf.h"

#define NAME(symbol, name) name,
const char *const request_op_names[] = {REQUEST_OP_LIST(NAME) "unknown"};
static const char *const detail_names[] = {REQUEST_DETAIL_LIST(NAME)};
static const char *const kind_names[] = {KIND_LIST(NAME)}; /* in the order of the bits */
enum { KINDS_COUNT = sizeof kind_names / sizeof kind_names[0] };
_Static_assert(KIND_IMAGE == 1 && KIND_DATA == 2 && KIND_PAGEFILE == 4, "the names are in order");

/* Columns: symbol, name, most elements of a list (1: it cannot be one), what the value must be,
 * hint. Texts that list words are made of the lists. */
#define WORD(symbol, name) name ", "
#define MEMBER_LIST(X)                                                                           \
    X(ID, id, 1, "an integer of 64 bits or a string", "Give \"id\":1 or \"id\":\"a\", or none.") \
    X(OP, op, 1, "a string", "This server answers " REQUEST_OP_LIST(WORD) "and nothing else.")   \
    X(PID, pid, REQUEST_PIDS_MAX, "an integer from 0 to 4294967295",                             \
      "Give a process identifier, \"pid\":1234, or a list, \"pid\":[1,2].")                      \
    X(NAME, name, REQUEST_NAMES_MAX, "a string that is not empty",                               \
      "Give a process name, where * is any text and ? any character, or a list of such.")        \
    X(ALL, all, 1, "true", "Give \"all\":true, or select by pid or name.")                       \
    X(OWN, own, 1, "true or false", "Give \"own\":true to ask about your own processes only.")   \
    X(KINDS, kinds, 1, "a list of kinds that is not empty",                                      \
      "Give some of " KIND_LIST(WORD) "each once; physical views come with pagefile.")           \
    X(PATH, path, REQUEST_PATHS_MAX, "a string that is not empty",                               \
      "Give a path or file name, where * is any text and ? any character, or a list of such.")   \
    X(ADDRESS, address, 1, "a string of \"0x\" and 1 to 16 hexadecimal digits",                  \
      "Give an address such as \"address\":\"0x7ffb3c0a0000\".")                                 \
    X(DETAIL, detail, 1, "a string",                                                             \
      "Give one of " REQUEST_DETAIL_LIST(WORD) "or leave it out for one row per view.")          \
    X(DEBUG, debug, 1, "true or false",                                                          \
      "Leave it out unless you want to know what the answer cost.")

enum member {
#define X(symbol, name, elements_max, must_be, hint) IN_##symbol,
    MEMBER_LIST(X)
#undef X
        MEMBERS_COUNT
};

static const struct {
    const char *name;
    int elements_max;
    const char *must_be, *hint;
} members[] = {
#define X(symbol, name, elements_max, must_be, hint) {#name, elements_max, must_be, hint},
    MEMBER_LIST(X)
#undef X
};

#define BIT(member) (1u << (member))
#define SELECTOR (BIT(IN_PID) | BIT(IN_NAME) | BIT(IN_ALL))

static const char HINT_LINE[] = "Send one JSON object in UTF-8 on each line.";
static const char HINT_MEMBERS[] = "Known are "
#define X(symbol, name, elements_max, must_be, hint) #name ", "
    MEMBER_LIST(X)
#undef X
        "and no others.";
static const char HINT_SELECTOR[] =
    "Select by \"all\":true, or by \"pid\":1234, \"pid\":[1,2], \"name\":\"chrome*\" or "
    "pid and name together.";

struct parser {
    struct json_reader reader;
    struct request *request; /* filled member by member */
    struct request_error *error;
    bool is_good;                  /* no fault yet: the first one fills the error */
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

/* --- failures; all return false, for `return fail(...)` --- */

#define fail(parser, ...) fail_as(parser, STATUS_BAD_REQUEST, __VA_ARGS__)

PRINTF_FORMAT(4, 5)
static bool fail_as(struct parser *parser, enum status code, const char *hint, const char *format,
                    ...)
{
    struct request_error *error = parser->error;
    va_list arguments;

    if (!parser->is_good)
        return false;
    parser->is_good = false;
    *error = (struct request_error){.code = code, .hint = hint};
    va_start(arguments, format);
    int size = vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    /* the client's text is cut to SHOWN_SIZE_MAX, so no message is cut at its end */
    ASSERT(size > 0 && (size_t)size < sizeof error->message);
    return false;
}

/* About the member's value, or the element of its list that was read last. The text follows the
 * offset of what it is about. */
PRINTF_FORMAT(3, 4)
static bool fail_value(struct parser *parser, enum status code, const char *format, ...)
{
    const char *name = members[parser->member].name;
    char element[48] = "", text[sizeof parser->error->message];
    va_list arguments;

    if (parser->is_in_list)
        (void)snprintf(element, sizeof element, ": the element at offset %zu",
                       parser->reader.token_offset);
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return fail_as(parser, code, members[parser->member].hint, "member \"%s\" at offset %zu%s%s",
                   name, parser->offsets[parser->member], element, text);
}

static bool fail_type(struct parser *parser)
{
    const bool may_be_list = !parser->is_in_list && members[parser->member].elements_max > 1;

    return fail_value(parser, STATUS_BAD_REQUEST, " must be %s%s", members[parser->member].must_be,
                      may_be_list ? ", or a list of such" : "");
}

static bool fail_too_large(struct parser *parser, int limit, const char *unit)
{
    return fail_value(parser, STATUS_TOO_LARGE, " is longer than %d %s", limit, unit);
}

/* --- the text of the last key or string --- */

enum { SHOWN_SIZE_MAX = 32 }; /* bytes of it in a message */

static struct utf8_quoted show_text(const struct json_reader *reader)
{
    char buffer[SHOWN_SIZE_MAX];
    struct span text = {buffer, 0};

    if (!json_unescape(reader, buffer, sizeof buffer, &text.size))
        text = reader->token; /* too long: shown as it is in the line */
    return utf8_quote(text, SHOWN_SIZE_MAX);
}

static bool text_is(const struct json_reader *reader, const char *word)
{
    char buffer[16];
    struct span text = {buffer, 0};

    return json_unescape(reader, buffer, sizeof buffer, &text.size) &&
           span_equal(text, span_from_string(word));
}

/* what  "unknown" or "repeated"; an unknown op may be one of a later version. */
static bool fail_word(struct parser *parser, const char *what)
{
    const enum status code = parser->member == IN_OP ? STATUS_UNSUPPORTED : STATUS_BAD_REQUEST;
    const char *noun = parser->member == IN_KINDS ? "kind" : members[parser->member].name;

    return fail_value(parser, code, ": %s %s \"%s\" at offset %zu", what, noun,
                      show_text(&parser->reader).text, parser->reader.token_offset + 1);
}

/* --- values; `event` is the one that begins the value, or the element of a list --- */

static bool read_id(struct parser *parser, enum json_event event)
{
    struct request_id id = {.type = REQUEST_ID_STRING};

    if (event == JSON_NUMBER && json_int64(&parser->reader, &id.number))
        id.type = REQUEST_ID_INT;
    else if (event != JSON_STRING)
        return fail_type(parser);
    else if (!json_unescape(&parser->reader, id.text, sizeof id.text, &id.text_size))
        return fail_too_large(parser, REQUEST_ID_SIZE_MAX, "bytes");
    parser->request->id = id;
    return true;
}

/* Reads a string that must be one of the words. Returns its index, or fails and returns -1. */
static int read_word(struct parser *parser, enum json_event event, const char *const *words,
                     int count)
{
    for (int index = 0; event == JSON_STRING && index < count; index++)
        if (text_is(&parser->reader, words[index]))
            return index;
    (void)(event == JSON_STRING ? fail_word(parser, "unknown") : fail_type(parser));
    return -1;
}

static bool read_kinds(struct parser *parser, enum json_event event)
{
    uint32_t found = 0;

    if (event != JSON_ARRAY_OPEN)
        return fail_type(parser);
    while ((event = json_next(&parser->reader)) == JSON_STRING) {
        const int kind = read_word(parser, event, kind_names, KINDS_COUNT);
        if (kind < 0)
            return false;
        if ((found & BIT(kind)) != 0)
            return fail_word(parser, "repeated");
        found |= BIT(kind);
    }
    if (event != JSON_ARRAY_CLOSE || found == 0)
        return fail_type(parser);
    parser->request->kinds = found;
    return true;
}

static bool read_pid(struct parser *parser, enum json_event event)
{
    struct request *request = parser->request;
    uint64_t pid;

    if (event != JSON_NUMBER || !json_uint64(&parser->reader, &pid) || pid > UINT32_MAX)
        return fail_type(parser);
    for (size_t i = 0; i < request->pids_count; i++)
        if (request->pids[i] == pid)
            return true;
    request->pids[request->pids_count++] = (uint32_t)pid;
    return true;
}

/* Adds a glob to a list, unless it is there; its text goes to the end of the request's texts. */
static bool read_glob(struct parser *parser, enum json_event event, struct span *globs,
                      size_t *count)
{
    struct buffer *texts = &parser->request->texts;
    struct span glob = {NULL, 0};

    if (event != JSON_STRING || parser->reader.token.size == 0)
        return fail_type(parser);
    if (texts->data == NULL) { /* all texts together are shorter than the line: they never move */
        buffer_init(texts, parser->reader.text.size);
        if (!buffer_reserve(texts, parser->reader.text.size))
            return fail_as(parser, STATUS_INTERNAL, "Try again later.", "out of memory");
    }
    char *const text = texts->data + texts->size;
    if (!json_unescape(&parser->reader, text, texts->capacity - texts->size, &glob.size))
        return false;
    glob.data = text;
    if (memchr(text, '\0', glob.size) != NULL)
        return fail_value(parser, STATUS_BAD_REQUEST, " must not contain \\u0000: no name has it");
    if (parser->member == IN_NAME && glob.size > REQUEST_NAME_SIZE_MAX)
        return fail_too_large(parser, REQUEST_NAME_SIZE_MAX, "bytes");
    if (utf16_from_utf8(NULL, 0, glob) > REQUEST_PATH_LEN_MAX)
        return fail_too_large(parser, REQUEST_PATH_LEN_MAX, "UTF-16 units");
    for (size_t i = 0; i < *count; i++)
        if (span_equal(globs[i], glob))
            return true;
    globs[(*count)++] = glob;
    texts->size += glob.size;
    return true;
}

static bool read_address(struct parser *parser, enum json_event event)
{
    struct request *request = parser->request;
    char text[NUMBER_ADDRESS_SIZE];
    size_t size = 0;

    request->has_address = event == JSON_STRING &&
                           json_unescape(&parser->reader, text, sizeof text, &size) && size > 2 &&
                           memcmp(text, "0x", 2) == 0 &&
                           number_from_hex((struct span){text + 2, size - 2}, &request->address);
    return request->has_address || fail_type(parser);
}

/* Reads the value of parser->member, or an element of its list. */
static bool read_value(struct parser *parser, enum json_event event)
{
    struct request *request = parser->request;
    const bool is_true = event == JSON_TRUE, is_bool = is_true || event == JSON_FALSE;
    int word = 0;

    switch (parser->member) {
    case IN_ID:
        return read_id(parser, event);
    case IN_OP:
        word = read_word(parser, event, request_op_names, OP_COUNT);
        request->op = word < 0 ? OP_INFO : (enum request_op)word;
        return word >= 0;
    case IN_PID:
        return read_pid(parser, event);
    case IN_NAME:
        return read_glob(parser, event, request->names, &request->names_count);
    case IN_ALL:
        request->all = true;
        return is_true || fail_type(parser);
    case IN_OWN:
        request->own = is_true;
        return is_bool || fail_type(parser);
    case IN_KINDS:
        return read_kinds(parser, event);
    case IN_PATH:
        return read_glob(parser, event, request->paths, &request->paths_count);
    case IN_ADDRESS:
        return read_address(parser, event);
    case IN_DETAIL:
        word = read_word(parser, event, detail_names, DETAIL_COUNT);
        request->detail = word < 0 ? DETAIL_VIEWS : (enum request_detail)word;
        return word >= 0;
    case IN_DEBUG:
        request->debug = is_true;
        return is_bool || fail_type(parser);
    case MEMBERS_COUNT:
        break;
    }
    return false;
}

static bool read_list(struct parser *parser)
{
    const int elements_max = members[parser->member].elements_max;
    enum json_event event;
    int count = 0;

    while ((event = json_next(&parser->reader)) != JSON_ARRAY_CLOSE) {
        if (++count > elements_max)
            return fail_too_large(parser, elements_max, "elements");
        parser->is_in_list = true;
        if (!read_value(parser, event))
            return false;
        parser->is_in_list = false;
    }
    return count > 0 || fail_value(parser, STATUS_BAD_REQUEST, " is an empty list");
}

/* --- the line --- */

/* Reads the member whose name was read last. */
static bool read_member(struct parser *parser)
{
    const size_t offset = parser->reader.token_offset + 1; /* after its quote */
    int member = 0;

    while (member < MEMBERS_COUNT && !text_is(&parser->reader, members[member].name))
        member++;
    if (member == MEMBERS_COUNT)
        return fail(parser, HINT_MEMBERS, "unknown member \"%s\" at offset %zu",
                    show_text(&parser->reader).text, offset);
    if ((parser->seen & BIT(member)) != 0)
        return fail(parser, "Give each member once.", "repeated member \"%s\" at offset %zu",
                    members[member].name, offset);
    parser->member = (enum member)member;
    parser->seen |= BIT(member);
    parser->offsets[member] = offset;
    const enum json_event event = json_next(&parser->reader);
    return event == JSON_ARRAY_OPEN && members[member].elements_max > 1 ? read_list(parser)
                                                                        : read_value(parser, event);
}

/* The rules between members, which may come in any order. */
static bool check_members(struct parser *parser)
{
    static const uint32_t members_of[OP_COUNT] = {
        [OP_PROCESSES] = SELECTOR | BIT(IN_OWN), [OP_MAPS] = UINT32_MAX, [OP_SECTIONS] = SELECTOR};
    const enum request_op op = parser->request->op;
    const uint32_t seen = parser->seen, always = BIT(IN_ID) | BIT(IN_OP) | BIT(IN_DEBUG);

    if ((seen & BIT(IN_OP)) == 0)
        return fail(parser, "Say what you want, such as \"op\":\"maps\".",
                    "member \"op\" is missing");
    for (int member = 0; member < MEMBERS_COUNT; member++)
        if ((seen & ~(members_of[op] | always) & BIT(member)) != 0)
            return fail(parser, "Leave it out.",
                        "member \"%s\" at offset %zu does not belong to op \"%s\"",
                        members[member].name, parser->offsets[member], request_op_names[op]);
    if (members_of[op] == 0 || (seen & SELECTOR) == BIT(IN_ALL))
        return true;
    if ((seen & SELECTOR) == 0)
        return fail(parser, HINT_SELECTOR,
                    "op \"%s\" needs one of the members \"pid\", \"name\", \"all\"",
                    request_op_names[op]);
    const enum member other = (seen & BIT(IN_PID)) != 0 ? IN_PID : IN_NAME;
    return !parser->request->all ||
           fail(parser, HINT_SELECTOR,
                "member \"all\" at offset %zu: \"%s\" at offset %zu selects already",
                parser->offsets[IN_ALL], members[other].name, parser->offsets[other]);
}

/* Reads the line to its end or its first byte that is no JSON, also after a fault: every error line
 * has the id, and what is wrong with the line comes before what is wrong in it. */
static bool parse_line(struct parser *parser, struct span line)
{
    struct json_reader *reader = &parser->reader;
    size_t deep_offset = SIZE_MAX;

    json_reader_init(reader, line, JSON_DEPTH_MAX);
    enum json_event event = json_next(reader);
    if (reader->token_offset == line.size)
        return fail(parser, HINT_LINE, "the line is empty");
    const bool is_object = event == JSON_OBJECT_OPEN;
    for (; event != JSON_END && event != JSON_ERROR; event = json_next(reader)) {
        if (reader->depth > REQUEST_DEPTH_MAX && deep_offset == SIZE_MAX)
            deep_offset = reader->token_offset;
        if (is_object && event == JSON_KEY && reader->depth == 1)
            (void)read_member(parser);
    }
    const bool was_good = parser->is_good;
    parser->is_good = true;
    if (deep_offset != SIZE_MAX)
        return fail(parser, HINT_MEMBERS, "nested deeper than %d levels at offset %zu",
                    REQUEST_DEPTH_MAX, deep_offset);
    if (event == JSON_ERROR)
        return fail(parser, HINT_LINE, "not valid JSON at offset %zu: %s", reader->error_offset,
                    reader->error);
    if (!is_object)
        return fail(parser, HINT_LINE, "the request is not an object");
    if (line.size >= REQUEST_SIZE_MAX)
        return fail_as(parser, STATUS_TOO_LARGE, "Ask in several requests.",
                       "the line is longer than %d bytes", REQUEST_SIZE_MAX);
    return was_good && check_members(parser);
}

enum status request_parse(struct span line, struct request *request, struct request_error *error)
{
    struct request parsed;
    struct parser parser = {.request = &parsed, .error = error, .is_good = true};

    request_init(&parsed, OP_INFO);
    if (parse_line(&parser, line)) {
        *request = parsed;
        return STATUS_OK;
    }
    request->id = parsed.id;
    request_release(&parsed);
    return error->code;
}

/* --- and back --- */

void request_id_write(struct json_writer *writer, const struct request_id *id)
{
    if (id->type == REQUEST_ID_INT)
        json_int(writer, "id", id->number);
    else if (id->type == REQUEST_ID_STRING)
        json_string(writer, "id", (struct span){id->text, id->text_size});
}

/* pids, globs  One of them; the other is NULL. */
static void write_list(struct json_writer *writer, struct span name, const uint32_t *pids,
                       const struct span *globs, size_t count)
{
    if (count > 0)
        json_put_name(writer, name);
    if (count > 1)
        json_put_array_begin(writer);
    for (size_t i = 0; i < count; i++)
        if (pids != NULL)
            json_put_uint(writer, pids[i]);
        else
            json_put_string(writer, globs[i]);
    if (count > 1)
        json_array_end(writer);
}

bool request_encode(const struct request *request, struct buffer *out)
{
    struct json_writer writer;

    json_line_begin(&writer, out);
    request_id_write(&writer, &request->id);
    json_text(&writer, "op", request_op_names[request->op]);
    write_list(&writer, SPAN("pid"), request->pids, NULL, request->pids_count);
    write_list(&writer, SPAN("name"), NULL, request->names, request->names_count);
    if (request->all)
        json_bool(&writer, "all", true);
    if (request->own)
        json_bool(&writer, "own", true);
    if (request->kinds != KINDS_DEFAULT) {
        json_array_begin(&writer, "kinds");
        for (int i = 0; i < KINDS_COUNT; i++)
            if ((request->kinds & BIT(i)) != 0)
                json_put_text(&writer, kind_names[i]);
        json_array_end(&writer);
    }
    write_list(&writer, SPAN("path"), NULL, request->paths, request->paths_count);
    if (request->has_address)
        json_address(&writer, "address", request->address);
    if (request->detail != DETAIL_VIEWS)
        json_text(&writer, "detail", detail_names[request->detail]);
    if (request->debug)
        json_bool(&writer, "debug", true);
    return json_line_end(&writer);
}
