#include "client/show/facts.h"

#include <string.h>

#include "client/show/text.h"
#include "common/json/reader.h"
#include "common/proto/protocol.h"

enum { LABEL_SIZE_MAX = 64 }; /* a longer name is shown completely, but does not move the others */

struct facts {
    struct json_reader reader;
    struct buffer lines;   /* each label and each value, fit to be shown, as a line */
    struct buffer scratch; /* a text without its escapes */
    size_t label_size;     /* of the longest label */
};

static void put_text(struct facts *facts)
{
    struct buffer *scratch = &facts->scratch;
    size_t size = 0;

    buffer_clear(scratch);
    char *place = buffer_extend(scratch, facts->reader.token.size + 1);
    if (place != NULL && json_unescape(&facts->reader, place, scratch->size, &size))
        display_text(&facts->lines, (struct span){place, size});
}

/* The value whose first event was read; the content of inner objects and arrays is left out. */
static void put_value(struct facts *facts, enum json_event event)
{
    struct json_reader *reader = &facts->reader;
    unsigned depth = reader->depth;

    if (event == JSON_STRING)
        put_text(facts);
    else if (event == JSON_NUMBER)
        display_text(&facts->lines, reader->token);
    else if (event == JSON_TRUE || event == JSON_FALSE)
        buffer_text(&facts->lines, event == JSON_TRUE ? "yes" : "no");
    else
        buffer_text(&facts->lines, event == JSON_NULL ? "-" : "...");
    if (event == JSON_OBJECT_OPEN || event == JSON_ARRAY_OPEN)
        while (reader->depth >= depth && json_next(reader) != JSON_ERROR) {
        }
}

/* "a, b, c"; "-" for none. */
static void put_list(struct facts *facts)
{
    enum json_event event = json_next(&facts->reader);

    if (event == JSON_ARRAY_CLOSE)
        buffer_text(&facts->lines, "-");
    for (bool first = true; event != JSON_ARRAY_CLOSE && event != JSON_ERROR; first = false) {
        buffer_text(&facts->lines, first ? "" : ", ");
        put_value(facts, event);
        event = json_next(&facts->reader);
    }
}

static void put_member(struct facts *facts, struct span object, struct span name,
                       enum json_event event)
{
    size_t begin = facts->lines.size;

    display_text(&facts->lines, object);
    buffer_text(&facts->lines, object.size > 0 ? "." : "");
    display_text(&facts->lines, name);
    buffer_text(&facts->lines, ":");
    size_t size = facts->lines.size - begin;
    if (size > facts->label_size && size <= LABEL_SIZE_MAX)
        facts->label_size = size;
    buffer_text(&facts->lines, "\n");
    if (event == JSON_ARRAY_OPEN)
        put_list(facts);
    else
        put_value(facts, event);
    buffer_text(&facts->lines, "\n");
}

static void walk(struct facts *facts, struct span line)
{
    struct json_reader *reader = &facts->reader;

    json_reader_init(reader, line, JSON_DEPTH_MAX);
    if (json_next(reader) != JSON_OBJECT_OPEN)
        return;
    while (json_next(reader) == JSON_KEY) {
        struct span name = reader->token;
        enum json_event event = json_next(reader);
        if (span_equal(name, SPAN("id")) || span_equal(name, SPAN("type")))
            continue;
        if (event != JSON_OBJECT_OPEN) {
            put_member(facts, SPAN(""), name, event);
            continue;
        }
        while (json_next(reader) == JSON_KEY) {
            struct span inner = reader->token;
            put_member(facts, name, inner, json_next(reader));
        }
    }
}

bool facts_format(struct span line, struct buffer *out)
{
    struct facts facts = {.label_size = 0};

    buffer_init(&facts.lines, 4 * OUTPUT_ROW_SIZE_MAX);
    buffer_init(&facts.scratch, OUTPUT_ROW_SIZE_MAX);
    walk(&facts, line);
    struct span rest = buffer_span(&facts.lines);
    for (bool is_label = true; rest.size > 0; is_label = !is_label) {
        const char *newline = memchr(rest.data, '\n', rest.size);
        size_t size = newline != NULL ? (size_t)(newline - rest.data) : rest.size - 1;
        display_left(out, (struct span){rest.data, size}, is_label ? facts.label_size : 0);
        buffer_text(out, is_label ? "  " : "\n");
        rest = span_from(rest, size + 1);
    }
    bool good = !out->failed && !facts.lines.failed && !facts.scratch.failed;
    buffer_release(&facts.lines);
    buffer_release(&facts.scratch);
    return good;
}
