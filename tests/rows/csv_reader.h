/* A strict reader of CSV for tests: the grammar of RFC 4180 to the letter, UTF-8 in texts, CR LF
 * after every record, and in each as many fields as in the first. */
#ifndef TESTS_ROWS_CSV_READER_H
#define TESTS_ROWS_CSV_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/text/span.h"
#include "common/text/utf.h"

enum { CSV_READER_FIELDS_MAX = 32, CSV_READER_TEXT_CAPACITY = 64 * 1024 };

struct csv_reader_field {
    struct span text; /* without quotes; into the reader */
    bool quoted;
};

struct csv_reader {
    struct span rest;
    size_t width; /* fields of a record; 0: none was read */
    struct csv_reader_field fields[CSV_READER_FIELDS_MAX];
    char text[CSV_READER_TEXT_CAPACITY]; /* of the record's fields */
    size_t text_size;
    const char *error; /* NULL: none */
};

static inline void csv_reader_init(struct csv_reader *reader, struct span text)
{
    memset(reader, 0, sizeof *reader);
    reader->rest = text;
}

static inline bool csv_reader_fail(struct csv_reader *reader, const char *error)
{
    reader->error = error;
    return false;
}

static inline bool csv_reader_keep(struct csv_reader *reader, char byte)
{
    if (reader->text_size == sizeof reader->text)
        return csv_reader_fail(reader, "the record is too long");
    reader->text[reader->text_size++] = byte;
    reader->rest = span_from(reader->rest, 1);
    return true;
}

/* After the opening quote, through the closing one. */
static inline bool csv_reader_quoted(struct csv_reader *reader)
{
    for (;;) {
        if (reader->rest.size == 0)
            return csv_reader_fail(reader, "a quote is not closed");
        char byte = reader->rest.data[0];
        if (byte == '"') {
            reader->rest = span_from(reader->rest, 1);
            if (reader->rest.size == 0 || reader->rest.data[0] != '"')
                return true;
        }
        if (!csv_reader_keep(reader, byte))
            return false;
    }
}

static inline bool csv_reader_plain(struct csv_reader *reader)
{
    while (reader->rest.size > 0) {
        unsigned char byte = (unsigned char)reader->rest.data[0];
        if (byte == ',' || byte == '\r' || byte == '\n')
            break;
        if (byte < 0x20 || byte == '"' || byte == 0x7f)
            return csv_reader_fail(reader, "a byte that must be quoted");
        if (!csv_reader_keep(reader, (char)byte))
            return false;
    }
    return true;
}

static inline bool csv_reader_field_next(struct csv_reader *reader, size_t index)
{
    struct csv_reader_field *field = &reader->fields[index];
    size_t begin = reader->text_size;

    field->quoted = reader->rest.size > 0 && reader->rest.data[0] == '"';
    if (field->quoted)
        reader->rest = span_from(reader->rest, 1);
    if (!(field->quoted ? csv_reader_quoted(reader) : csv_reader_plain(reader)))
        return false;
    field->text = (struct span){reader->text + begin, reader->text_size - begin};
    for (size_t offset = 0; offset < field->text.size;)
        if (utf8_next(field->text, &offset) == 0xfffd &&
            (offset < 3 || memcmp(field->text.data + offset - 3, "\xEF\xBF\xBD", 3) != 0))
            return csv_reader_fail(reader, "text that is no UTF-8");
    return true;
}

/* Reads a record into reader->fields. Returns false at the end of the text, and with an error. */
static inline bool csv_reader_next(struct csv_reader *reader)
{
    size_t count = 0;

    if (reader->error != NULL || reader->rest.size == 0)
        return false;
    reader->text_size = 0;
    for (;;) {
        if (count == CSV_READER_FIELDS_MAX)
            return csv_reader_fail(reader, "more fields than a test takes");
        if (!csv_reader_field_next(reader, count))
            return false;
        count++;
        if (span_starts_with(reader->rest, SPAN("\r\n")))
            break;
        if (!span_starts_with(reader->rest, SPAN(",")))
            return csv_reader_fail(reader, "neither a comma nor CR LF after a field");
        reader->rest = span_from(reader->rest, 1);
    }
    reader->rest = span_from(reader->rest, 2);
    if (reader->width != 0 && count != reader->width)
        return csv_reader_fail(reader, "a record of another width");
    reader->width = count;
    return true;
}

#endif
