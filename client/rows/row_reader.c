#include "client/rows/row_reader.h"

#include <string.h>

#include "common/text/utf.h"

void row_reader_init(struct row_reader *reader)
{
    *reader = (struct row_reader){.line = 0};
    buffer_init(&reader->raw, 2 * ROW_READER_FEED_SIZE);
    /* a UTF-16 unit is at most three bytes of UTF-8 */
    buffer_init(&reader->text, ROW_LINE_SIZE_MAX + 3 * ROW_READER_FEED_SIZE);
    row_init(&reader->row);
}

void row_reader_release(struct row_reader *reader)
{
    buffer_release(&reader->raw);
    buffer_release(&reader->text);
    row_release(&reader->row);
}

/* Skips the byte order mark. */
static void begin(struct row_reader *reader)
{
    struct span raw = buffer_span(&reader->raw);

    reader->has_begun = true;
    if (span_starts_with(raw, SPAN("\xFF\xFE"))) {
        reader->is_utf16 = true;
        buffer_consume(&reader->raw, 2);
    } else if (span_starts_with(raw, SPAN("\xEF\xBB\xBF"))) {
        buffer_consume(&reader->raw, 3);
    }
}

/* Moves complete characters of UTF-16 over as UTF-8. */
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

void row_reader_feed(struct row_reader *reader, struct span bytes)
{
    if (reader->offset > 0)
        buffer_consume(&reader->text, reader->offset);
    reader->offset = 0;
    reader->is_over = bytes.size == 0;
    if (!buffer_append(&reader->raw, bytes)) {
        reader->failed = true;
        return;
    }
    /* A mark may come in pieces. */
    if (!reader->has_begun && (reader->raw.size >= 3 || reader->is_over))
        begin(reader);
    reader->failed = reader->has_begun && !take_raw(reader);
}

/* Takes the next line out of the text. Returns false when none is complete. */
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

enum row_reader_result row_reader_next(struct row_reader *reader, const char **why)
{
    struct span line = {NULL, 0};
    struct row_error error = {"the line is too long for a row of lsmap", 0};

    if (reader->failed)
        return ROW_READER_MEMORY;
    while (line.size == 0 && take_line(reader, &line))
        continue;
    if (line.size > 0 && row_parse(&reader->row, line, &error))
        return ROW_READER_ROW;
    if (line.size == 0 && reader->is_over)
        return ROW_READER_END;
    if (line.size == 0 && reader->text.size - reader->offset <= ROW_LINE_SIZE_MAX)
        return ROW_READER_MORE;
    reader->line += line.size == 0; /* the one that is too long */
    *why = error.text;
    return ROW_READER_BROKEN;
}
