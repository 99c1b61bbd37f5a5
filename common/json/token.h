/* The tokens of JSON: strings, numbers, words. Private to json_reader.c.
 *
 * Each json_read_* reads what is at reader->offset and moves the offset behind it, or sets the
 * error and leaves the offset. Strings and numbers set `token`. The offset of an error is that of
 * the first byte that cannot be there, or the size of the text when it ends too early.
 */
#ifndef COMMON_JSON_TOKEN_H
#define COMMON_JSON_TOKEN_H

#include "common/json/reader.h"

/* Sets the error. Returns JSON_ERROR, for the caller to return. */
enum json_event json_fail(struct json_reader *reader, const char *error, size_t offset);

/* The byte at `offset`, or -1 behind the end. */
int json_peek(const struct json_reader *reader, size_t offset);

void json_skip_space(struct json_reader *reader);

/* Reads a string whose opening quote is next. Returns `event`, which is the string's role, or
 * JSON_ERROR. */
enum json_event json_read_string(struct json_reader *reader, enum json_event event);

/* Reads a number that begins with a minus sign or a digit. */
enum json_event json_read_number(struct json_reader *reader);

/* Reads `true`, `false` or `null`: returns `event` when `word` is next. */
enum json_event json_read_word(struct json_reader *reader, struct span word, enum json_event event);

#endif
