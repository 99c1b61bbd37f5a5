/* Reads the lines of one reply as a strict client would, to check that it is complete. */
#ifndef TESTS_ROWS_REPLY_STREAM_H
#define TESTS_ROWS_REPLY_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/json/reader.h"
#include "common/text/span.h"
#include "common/text/utf.h"

enum { REPLY_DEPTH_MAX = 4 };

/* The lines, and the sums in the terminal line. */
struct reply_stream {
    uint64_t rows; /* lines before the terminal one */
    uint64_t processes;
    uint64_t errors;    /* process_error rows of processes */
    uint64_t unmatched; /* process_error rows of the stage select */
    uint64_t terminals;
    bool is_end;      /* the terminal line is `end` */
    enum status code; /* of `error` */
    uint64_t end_rows, end_processes, end_errors, end_unmatched, end_elapsed_us;
    bool end_complete;
    bool has_scope, is_own, has_queries;
};

struct reply_line {
    struct span type;
    bool is_select; /* its stage is "select" */
};

/* One member of a line; the reader has just read its name. */
static inline bool reply_stream_member(struct reply_stream *stream, struct json_reader *reader,
                                       struct reply_line *line)
{
    const struct span name = reader->token;
    struct json_reader value = *reader;
    const enum json_event event = json_next(&value);

    if (span_equal(name, SPAN("type")) && event == JSON_STRING)
        line->type = value.token;
    else if (span_equal(name, SPAN("stage")))
        line->is_select = span_equal(value.token, SPAN("select"));
    else if (span_equal(name, SPAN("code")) && event == JSON_STRING)
        stream->code = status_from_name(value.token.data, value.token.size);
    else if (span_equal(name, SPAN("rows")))
        (void)!json_uint64(&value, &stream->end_rows);
    else if (span_equal(name, SPAN("processes")))
        (void)!json_uint64(&value, &stream->end_processes);
    else if (span_equal(name, SPAN("errors")))
        (void)!json_uint64(&value, &stream->end_errors);
    else if (span_equal(name, SPAN("unmatched")))
        (void)!json_uint64(&value, &stream->end_unmatched);
    else if (span_equal(name, SPAN("elapsed_us")))
        (void)!json_uint64(&value, &stream->end_elapsed_us);
    else if (span_equal(name, SPAN("complete")))
        stream->end_complete = event == JSON_TRUE;
    else if (span_equal(name, SPAN("queries")))
        stream->has_queries = true;
    if (span_equal(name, SPAN("scope"))) {
        stream->has_scope = true;
        stream->is_own = span_equal(value.token, SPAN("own"));
    }
    return json_skip(reader);
}

/* One line without its newline. Returns false when it is no object with a type, or follows the
 * terminal line. */
static inline bool reply_stream_line(struct reply_stream *stream, struct span line)
{
    struct json_reader reader;
    struct reply_line read = {{NULL, 0}, false};
    enum json_event event;

    json_reader_init(&reader, line, REPLY_DEPTH_MAX);
    if (stream->terminals > 0 || !utf8_is_valid(line, NULL) ||
        json_next(&reader) != JSON_OBJECT_OPEN)
        return false;
    while ((event = json_next(&reader)) == JSON_KEY)
        if (!reply_stream_member(stream, &reader, &read))
            return false;
    if (event != JSON_OBJECT_CLOSE || json_next(&reader) != JSON_END)
        return false;
    stream->is_end = span_equal(read.type, SPAN("end"));
    if (stream->is_end || span_equal(read.type, SPAN("error"))) {
        stream->terminals++;
        return true;
    }
    stream->rows++;
    stream->processes += span_equal(read.type, SPAN("process"));
    if (span_equal(read.type, SPAN("process_error"))) {
        stream->errors += !read.is_select;
        stream->unmatched += read.is_select;
    }
    return read.type.size > 0;
}

/* Returns true when every line is complete and valid and none follows a terminal one. */
static inline bool reply_stream_read(struct span lines, struct reply_stream *stream)
{
    size_t begin = 0;

    *stream = (struct reply_stream){0};
    for (size_t i = 0; i < lines.size; i++) {
        if (lines.data[i] != '\n')
            continue;
        if (!reply_stream_line(stream, (struct span){lines.data + begin, i - begin}))
            return false;
        begin = i + 1;
    }
    return begin == lines.size;
}

/* Returns true when the reply has its terminal line, and an `end` counts what is there. */
static inline bool reply_stream_is_complete(const struct reply_stream *stream)
{
    if (stream->terminals != 1)
        return false;
    if (!stream->is_end)
        return stream->code != STATUS_OK;
    return stream->end_rows == stream->rows && stream->end_processes == stream->processes &&
           stream->end_errors == stream->errors && stream->end_unmatched == stream->unmatched &&
           stream->end_complete == (stream->errors == 0);
}

#endif
