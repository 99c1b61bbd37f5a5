#include "client/show/facts.h"

#include "client/show/text.h"
#include "common/json/reader.h"
#include "common/proto/protocol.h"

enum { LABEL_SIZE_MAX = 64 }; /* a longer name is shown whole, but does not move the others */

/* One walk over the line; the first measures the names, the second writes. */
struct facts {
    struct json_reader reader;
    struct buffer *out;    /* NULL: measure */
    struct buffer scratch; /* a text without its escapes */
    size_t label_size;     /* of the longest name */
};

static bool put(struct facts *facts, struct span text)
{
    return facts->out == NULL || display_text(facts->out, text);
}

static bool put_text(struct facts *facts)
{
    struct buffer *scratch = &facts->scratch;
    size_t size = 0;

    if (facts->out == NULL)
        return true;
    buffer_clear(scratch);
    if (!buffer_reserve(scratch, facts->reader.token.size + 1) ||
        !json_unescape(&facts->reader, scratch->data, scratch->capacity, &size))
        return false;
    return put(facts, (struct span){scratch->data, size});
}

/* The value whose first event was read; objects and arrays in it are skipped. */
static bool put_value(struct facts *facts, enum json_event event)
{
    unsigned depth = facts->reader.depth;

    switch (event) {
    case JSON_STRING:
        return put_text(facts);
    case JSON_NUMBER:
        return put(facts, facts->reader.token);
    case JSON_TRUE:
        return put(facts, SPAN("yes"));
    case JSON_FALSE:
        return put(facts, SPAN("no"));
    case JSON_NULL:
        return put(facts, SPAN("-"));
    case JSON_OBJECT_OPEN:
    case JSON_ARRAY_OPEN:
        while (facts->reader.depth >= depth)
            if (json_next(&facts->reader) == JSON_ERROR)
                return false;
        return put(facts, SPAN("..."));
    case JSON_ERROR:
    case JSON_END:
    case JSON_OBJECT_CLOSE:
    case JSON_ARRAY_CLOSE:
    case JSON_KEY:
        break;
    }
    return false;
}

/* "a, b, c"; "-" for none. */
static bool put_list(struct facts *facts)
{
    enum json_event event = json_next(&facts->reader);

    if (event == JSON_ARRAY_CLOSE)
        return put(facts, SPAN("-"));
    for (bool first = true; event != JSON_ARRAY_CLOSE; first = false) {
        if (!put(facts, first ? SPAN("") : SPAN(", ")) || !put_value(facts, event))
            return false;
        event = json_next(&facts->reader);
    }
    return true;
}

/* "object.name:" and the spaces behind it. */
static bool put_label(struct facts *facts, struct span object, struct span name)
{
    size_t size = object.size + (object.size > 0 ? 1 : 0) + name.size + 1;

    if (facts->out == NULL) {
        if (size > facts->label_size && size <= LABEL_SIZE_MAX)
            facts->label_size = size;
        return true;
    }
    size_t fill = facts->label_size > size ? facts->label_size - size : 0;
    return put(facts, object) && put(facts, object.size > 0 ? SPAN(".") : SPAN("")) &&
           put(facts, name) && put(facts, SPAN(":")) &&
           display_left(facts->out, SPAN(""), fill + 2);
}

static bool put_member(struct facts *facts, struct span object, struct span name,
                       enum json_event event)
{
    return put_label(facts, object, name) &&
           (event == JSON_ARRAY_OPEN ? put_list(facts) : put_value(facts, event)) &&
           (facts->out == NULL || buffer_append(facts->out, SPAN("\n")));
}

static bool walk(struct facts *facts, struct span line)
{
    struct json_reader *reader = &facts->reader;

    json_reader_init(reader, line, JSON_DEPTH_MAX);
    if (json_next(reader) != JSON_OBJECT_OPEN)
        return false;
    while (json_next(reader) == JSON_KEY) {
        struct span name = reader->token;
        enum json_event event = json_next(reader);
        bool good = true;
        if (span_equal(name, SPAN("id")) || span_equal(name, SPAN("type")))
            continue;
        if (event != JSON_OBJECT_OPEN) {
            good = put_member(facts, SPAN(""), name, event);
        } else {
            while (good && json_next(reader) == JSON_KEY) {
                struct span inner = reader->token;
                good = put_member(facts, name, inner, json_next(reader));
            }
        }
        if (!good)
            return false;
    }
    return reader->error == NULL;
}

bool facts_format(struct span line, struct buffer *out)
{
    struct facts facts = {.out = NULL};

    buffer_init(&facts.scratch, OUTPUT_ROW_SIZE_MAX);
    bool good = walk(&facts, line);
    facts.out = out;
    good = good && walk(&facts, line);
    buffer_release(&facts.scratch);
    return good;
}
