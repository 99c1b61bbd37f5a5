/* Reads what a server wrote, as a strict client would: complete lines, each a JSON object with a type.
 *
 * For tests and fuzz targets; decides nothing about the meaning of rows.
 */
#ifndef TESTS_ROWS_REPLY_LINES_H
#define TESTS_ROWS_REPLY_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/json/reader.h"
#include "common/text/span.h"

struct reply_line {
    struct span type; /* raw text of the member "type" */
    struct span code; /* raw text of the member "code"; data NULL: none */
    struct span id;   /* raw text of the member "id", number or string; data NULL: none or null */
    bool is_terminal; /* "end" or "error" */
};

/* Takes the line at the front of `text`.
 * Returns false when there is none, or when it is no JSON object with one text "type". */
static inline bool reply_line_next(struct span *text, struct reply_line *line)
{
    const char *newline = text->size > 0 ? memchr(text->data, '\n', text->size) : NULL;
    struct json_reader reader;
    struct span key = {NULL, 0};
    enum json_event event;

    *line = (struct reply_line){.is_terminal = false};
    if (newline == NULL)
        return false;
    json_reader_init(&reader, (struct span){text->data, (size_t)(newline - text->data)},
                     JSON_DEPTH_MAX);
    *text = span_from(*text, (size_t)(newline - text->data) + 1);
    if (json_next(&reader) != JSON_OBJECT_OPEN)
        return false;
    while ((event = json_next(&reader)) != JSON_ERROR && event != JSON_END) {
        if (event == JSON_KEY) {
            key = reader.token;
            continue;
        }
        if (reader.depth != 1 || (event != JSON_STRING && event != JSON_NUMBER))
            continue;
        if (span_equal(key, SPAN("type")) && line->type.data == NULL)
            line->type = reader.token;
        else if (span_equal(key, SPAN("code")))
            line->code = reader.token;
        else if (span_equal(key, SPAN("id")))
            line->id = reader.token;
    }
    line->is_terminal =
        span_equal(line->type, SPAN("end")) || span_equal(line->type, SPAN("error"));
    return event == JSON_END && line->type.data != NULL;
}

#endif
