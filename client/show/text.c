#include "client/show/text.h"

#include <inttypes.h>
#include <stdio.h>

#include "client/show/width.h"
#include "common/text/utf.h"

static const struct span replacement = {"\xEF\xBF\xBD", 3}; /* U+FFFD */
static const struct span ellipsis = {"\xE2\x80\xA6", 3};    /* U+2026 */

static bool is_unsafe(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0) || /* C0, DEL, C1 */
           code_point == 0x061c || code_point == 0x200e || code_point == 0x200f ||
           (code_point >= 0x2028 && code_point <= 0x202e) || /* line ends, embeddings */
           (code_point >= 0x2066 && code_point <= 0x2069);   /* isolates */
}

/* Bytes from `offset` on that can be copied as they are: ASCII without control characters. */
static size_t plain_run(struct span text, size_t offset)
{
    size_t end = offset;

    while (end < text.size && (unsigned char)text.data[end] >= 0x20 &&
           (unsigned char)text.data[end] < 0x7f)
        end++;
    return end - offset;
}

bool display_text(struct buffer *out, struct span text)
{
    for (size_t offset = 0; offset < text.size;) {
        size_t plain = plain_run(text, offset);
        if (plain > 0) {
            if (!buffer_append(out, (struct span){text.data + offset, plain}))
                return false;
            offset += plain;
            continue;
        }
        size_t begin = offset;
        uint32_t code_point = utf8_next(text, &offset);
        struct span shown = {text.data + begin, offset - begin};
        /* U+FFFD may stand for a malformed byte, which must not be copied either. */
        if (is_unsafe(code_point) || code_point == 0xfffd)
            shown = replacement;
        if (!buffer_append(out, shown))
            return false;
    }
    return true;
}

/* The columns display_text() takes: marks that it replaces become visible. */
static size_t shown_width(struct span text)
{
    size_t columns = 0;

    for (size_t offset = 0; offset < text.size;) {
        size_t plain = plain_run(text, offset);
        columns += plain;
        offset += plain;
        if (plain == 0) {
            uint32_t code_point = utf8_next(text, &offset);
            columns += is_unsafe(code_point) ? 1 : width_of_code_point(code_point);
        }
    }
    return columns;
}

static bool spaces(struct buffer *out, size_t count)
{
    static const struct span blank = {"                                ", 32};

    while (count > 0) {
        size_t step = count < blank.size ? count : blank.size;
        if (!buffer_append(out, (struct span){blank.data, step}))
            return false;
        count -= step;
    }
    return true;
}

bool display_left(struct buffer *out, struct span text, size_t columns)
{
    size_t width = shown_width(text);

    return display_text(out, text) && spaces(out, columns > width ? columns - width : 0);
}

bool display_right(struct buffer *out, struct span text, size_t columns)
{
    size_t width = shown_width(text);

    return spaces(out, columns > width ? columns - width : 0) && display_text(out, text);
}

static size_t width_at(struct span text, size_t *offset)
{
    uint32_t code_point = utf8_next(text, offset);

    return is_unsafe(code_point) ? 1 : width_of_code_point(code_point);
}

/* Moves on while whole characters, marks included, fit `columns`; returns the offset reached. */
static size_t take_columns(struct span text, size_t columns)
{
    size_t offset = 0, used = 0;

    while (offset < text.size) {
        size_t next = offset;
        used += width_at(text, &next);
        if (used > columns)
            break;
        offset = next;
    }
    return offset;
}

/* The offset behind which at most `columns` of `width` columns are left, at a whole character. */
static size_t drop_columns(struct span text, size_t width, size_t columns)
{
    size_t offset = 0, left = width;

    while (offset < text.size && left > columns)
        left -= width_at(text, &offset);
    while (offset < text.size) { /* a mark without its letter would sit on the ellipsis */
        size_t next = offset;
        if (width_at(text, &next) > 0)
            break;
        offset = next;
    }
    return offset;
}

bool display_cut(struct buffer *out, struct span text, size_t columns)
{
    size_t width = columns > 0 ? shown_width(text) : 0;

    if (width <= columns)
        return display_text(out, text);
    size_t head = (columns - 1) / 3;
    size_t tail = columns - 1 - head;
    size_t head_size = take_columns(text, head);
    size_t tail_offset = drop_columns(text, width, tail);
    return display_text(out, (struct span){text.data, head_size}) && buffer_append(out, ellipsis) &&
           display_text(out, span_from(text, tail_offset));
}

struct span display_size(char *out, uint64_t bytes)
{
    static const char units[] = "KMGTPE";

    if (bytes < 1024) {
        (void)snprintf(out, DISPLAY_SIZE_CAPACITY, "%" PRIu64, bytes);
        return span_from_string(out);
    }
    size_t unit = 0;
    uint64_t scaled = bytes; /* in 1/1024 of the unit */
    while (unit + 1 < sizeof units - 1 && scaled >= 1024 * 1024 - 512) {
        scaled = scaled / 1024 + (scaled % 1024 >= 512);
        unit++;
    }
    uint64_t tenths = scaled / 1024 * 10 + (scaled % 1024 * 10 + 512) / 1024;
    if (tenths < 100 && tenths % 10 != 0)
        (void)snprintf(out, DISPLAY_SIZE_CAPACITY, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10,
                       tenths % 10, units[unit]);
    else
        (void)snprintf(out, DISPLAY_SIZE_CAPACITY, "%" PRIu64 "%c",
                       scaled / 1024 + (scaled % 1024 >= 512), units[unit]);
    return span_from_string(out);
}

struct span display_count(char *out, uint64_t count)
{
    char digits[DISPLAY_COUNT_CAPACITY];
    size_t size = 0;

    (void)snprintf(digits, sizeof digits, "%" PRIu64, count);
    size_t left = span_from_string(digits).size;
    for (size_t i = 0; left > 0; i++, left--) {
        out[size++] = digits[i];
        if (left > 1 && left % 3 == 1)
            out[size++] = ',';
    }
    out[size] = '\0';
    return (struct span){out, size};
}
