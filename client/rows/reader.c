#include "client/rows/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/rows/sink.h"
#include "common/text/utf.h"

void row_reader_init(struct row_reader *reader, const struct byte_source *source)
{
    *reader = (struct row_reader){.source = source};
    buffer_init(&reader->raw, 2 * BYTE_SOURCE_READ_SIZE);
    /* a UTF-16 unit is at most three bytes of UTF-8 */
    buffer_init(&reader->text, ROW_LINE_SIZE_MAX + 3 * BYTE_SOURCE_READ_SIZE);
    buffer_init(&reader->scratch, ROW_LINE_SIZE_MAX + 3 * BYTE_SOURCE_READ_SIZE);
}

void row_reader_deinit(struct row_reader *reader)
{
    buffer_release(&reader->raw);
    buffer_release(&reader->text);
    buffer_release(&reader->scratch);
}

static enum row_reader_result fail(struct row_reader *reader, struct failure *failure,
                                   const char *why)
{
    char detail[FAILURE_DETAIL_CAPACITY];

    (void)snprintf(detail, sizeof detail, "line %" PRIu64 ": %s", reader->line, why);
    (void)failure_set(failure, FAILURE_PROTOCOL, detail);
    return ROW_READER_FAILED;
}

/* Recognises the byte order mark at the start. */
static void begin(struct row_reader *reader)
{
    struct span raw = buffer_span(&reader->raw);

    reader->begun = true;
    if (span_starts_with(raw, SPAN("\xFF\xFE"))) {
        reader->is_utf16 = true;
        buffer_consume(&reader->raw, 2);
    } else if (span_starts_with(raw, SPAN("\xEF\xBB\xBF"))) {
        buffer_consume(&reader->raw, 3);
    }
}

/* Moves whole characters of UTF-16 over as UTF-8. */
static bool take_utf16(struct row_reader *reader)
{
    enum { UNITS_MAX = 1024 };
    uint16_t units[UNITS_MAX];
    const unsigned char *bytes = (const unsigned char *)reader->raw.data;
    size_t count = reader->raw.size / 2, done = 0;

    while (done < count) {
        size_t step = count - done < UNITS_MAX ? count - done : UNITS_MAX;
        for (size_t i = 0; i < step; i++)
            units[i] = (uint16_t)(bytes[2 * (done + i)] | (unsigned)bytes[2 * (done + i) + 1] << 8);
        /* half of a pair waits for the other half */
        bool is_half = units[step - 1] >= 0xd800 && units[step - 1] < 0xdc00;
        if (is_half && !(done + step == count && reader->is_over) && --step == 0)
            break;
        size_t need = utf8_from_utf16(NULL, 0, units, step);
        if (!buffer_reserve(&reader->text, need))
            return false;
        reader->text.size +=
            utf8_from_utf16(reader->text.data + reader->text.size, need, units, step);
        done += step;
    }
    if (done > 0)
        buffer_consume(&reader->raw, 2 * done);
    return true;
}

static bool take_raw(struct row_reader *reader)
{
    if (reader->is_utf16)
        return take_utf16(reader);
    if (!buffer_append(&reader->text, buffer_span(&reader->raw)))
        return false;
    buffer_clear(&reader->raw);
    return true;
}

/* Reads more text. Returns false with `failure` set. */
static bool read_more(struct row_reader *reader, struct failure *failure)
{
    size_t size = 0;

    if (reader->offset > 0)
        buffer_consume(&reader->text, reader->offset);
    reader->offset = 0;
    if (!buffer_reserve(&reader->raw, BYTE_SOURCE_READ_SIZE))
        return failure_set(failure, FAILURE_MEMORY, NULL);
    if (!reader->source->read(reader->source->context, reader->raw.data + reader->raw.size,
                              BYTE_SOURCE_READ_SIZE, &size, failure))
        return false;
    reader->raw.size += size;
    reader->is_over = size == 0;
    /* A mark may come in pieces. */
    if (!reader->begun && (reader->raw.size >= 3 || reader->is_over))
        begin(reader);
    return !reader->begun || take_raw(reader) || failure_set(failure, FAILURE_MEMORY, NULL);
}

/* Takes the next line out of the text. Returns false when there is no whole one. */
static bool take_line(struct row_reader *reader, struct span *line)
{
    struct span rest = span_from(buffer_span(&reader->text), reader->offset);
    const char *newline = rest.size > 0 ? memchr(rest.data, '\n', rest.size) : NULL;

    if (newline == NULL && (!reader->is_over || rest.size == 0))
        return false;
    *line = (struct span){rest.data, newline != NULL ? (size_t)(newline - rest.data) : rest.size};
    reader->offset += line->size + (newline != NULL ? 1 : 0);
    reader->line++;
    if (line->size > 0 && line->data[line->size - 1] == '\r')
        line->size--;
    return true;
}

enum row_reader_result row_reader_next(struct row_reader *reader, struct failure *failure)
{
    struct span line = {NULL, 0};
    struct row_error error;

    while (line.size == 0) { /* each turn takes a line, reads bytes, or ends */
        if (take_line(reader, &line))
            continue;
        if (reader->is_over)
            return ROW_READER_END;
        if (reader->text.size - reader->offset > ROW_LINE_SIZE_MAX) {
            reader->line++;
            return fail(reader, failure, "the line is too long for a row of lsmap");
        }
        if (!read_more(reader, failure))
            return ROW_READER_FAILED;
    }
    if (!row_parse(line, &reader->row, &reader->scratch, &error))
        return fail(reader, failure, error.text);
    return ROW_READER_ROW;
}
