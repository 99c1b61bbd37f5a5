#include "client/show/text.h"

#include <inttypes.h>
#include <stdio.h>

#include "client/show/width_table.h"
#include "common/proto/protocol.h"
#include "common/text/utf.h"

static const struct span ellipsis = {"\xE2\x80\xA6", 3}; /* U+2026 */

static bool in_ranges(const struct width_range *ranges, size_t count, uint32_t code_point)
{
    size_t first = 0, end = count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (code_point > ranges[middle].last)
            first = middle + 1;
        else
            end = middle;
    }
    return first < count && code_point >= ranges[first].first;
}

static size_t columns_of(uint32_t code_point)
{
    if (code_point < 0x80)
        return 1;
    if (in_ranges(width_zero, sizeof width_zero / sizeof width_zero[0], code_point))
        return 0;
    return in_ranges(width_two, sizeof width_two / sizeof width_two[0], code_point) ? 2 : 1;
}

/* Takes one character. Returns it as it is shown, with its columns. */
static struct span take_character(struct span text, size_t *offset, size_t *columns)
{
    struct span shown = utf8_next_shown(text, offset);
    size_t begin = 0;

    *columns = columns_of(utf8_next(shown, &begin));
    return shown;
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

size_t display_text(struct buffer *out, struct span text)
{
    size_t width = 0, columns;

    for (size_t offset = 0; offset < text.size; width += columns) {
        columns = plain_run(text, offset);
        struct span shown = {text.data + offset, columns};
        offset += columns;
        if (columns == 0)
            shown = take_character(text, &offset, &columns);
        if (out != NULL)
            buffer_append(out, shown);
    }
    return width;
}

void display_pad(struct buffer *out, size_t begin, size_t columns)
{
    static const struct span blank = {"                                ", 32};

    for (size_t used = display_width(span_from(buffer_span(out), begin)); used < columns;) {
        const size_t step = columns - used < blank.size ? columns - used : blank.size;
        buffer_append(out, (struct span){blank.data, step});
        used += step;
    }
}

/* The offset after the characters that take `columns`, and their marks. A wide one that reaches
 * beyond is one of them if it is `beyond`. */
static size_t offset_after(struct span text, size_t columns, bool beyond)
{
    size_t offset = 0, used = 0, width;

    for (size_t next = 0; next < text.size; offset = next, used += width) {
        (void)take_character(text, &next, &width);
        if (width > 0 && used + (beyond ? 0 : width - 1) >= columns)
            break;
    }
    return offset;
}

void display_cut(struct buffer *out, struct span text, size_t columns)
{
    const size_t width = columns > 0 ? display_width(text) : 0;

    if (width > columns) {
        const size_t head = (columns - 1) / 3, tail = columns - 1 - head;
        display_text(out, (struct span){text.data, offset_after(text, head, false)});
        buffer_append(out, ellipsis);
        text = span_from(text, offset_after(text, width - tail, true));
    }
    display_text(out, text);
}

static bool is_space(uint32_t code_point)
{
    return code_point == ' ' || code_point == 0xA0 || code_point == 0x1680 ||
           (code_point >= 0x2000 && code_point <= 0x200A) || code_point == 0x202F ||
           code_point == 0x205F || code_point == 0x3000;
}

static bool imitates_lines(struct span name)
{
    uint32_t last = ' ';

    for (size_t offset = 0; offset < name.size;) {
        uint32_t next = utf8_next(name, &offset);
        if ((is_space(next) && (is_space(last) || next != ' ' || last == ',')) ||
            (is_space(last) && (next == '(' || next == ',')))
            return true;
        last = next;
    }
    return name.size > 0 && last == ' ';
}

void display_name(struct buffer *out, struct span name, size_t columns)
{
    bool is_quoted = imitates_lines(name);

    if (is_quoted && columns > 0)
        columns = columns > 3 ? columns - 2 : 1;
    buffer_text(out, is_quoted ? "\"" : "");
    display_cut(out, name, columns);
    buffer_text(out, is_quoted ? "\"" : "");
}

struct span display_size(char *out, uint64_t bytes)
{
    static const char units[] = "KMGTPE";
    size_t unit = 0;
    uint64_t scaled = bytes; /* in 1/1024 of the unit */

    while (unit + 1 < sizeof units - 1 && scaled >= 1024 * 1024 - 512) {
        scaled = scaled / 1024 + (scaled % 1024 >= 512);
        unit++;
    }
    uint64_t tenths = scaled / 1024 * 10 + (scaled % 1024 * 10 + 512) / 1024;
    if (bytes < 1024)
        (void)snprintf(out, DISPLAY_SIZE_CAPACITY, "%" PRIu64, bytes);
    else if (tenths < 100 && tenths % 10 != 0)
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
    const int digits_count = snprintf(digits, sizeof digits, "%" PRIu64, count);
    size_t size = 0;

    for (int i = 0; i < digits_count; i++) {
        if (i > 0 && (digits_count - i) % 3 == 0)
            out[size++] = ',';
        out[size++] = digits[i];
    }
    out[size] = '\0';
    return (struct span){out, size};
}

void display_counted(struct buffer *out, uint64_t count, const char *one, const char *many)
{
    char text[DISPLAY_COUNT_CAPACITY];

    buffer_format(out, "%s %s", display_count(text, count).data, count == 1 ? one : many);
}

_Static_assert(sizeof PRODUCT_NAME + DISPLAY_COUNT_CAPACITY + sizeof ":  processes\r\r" <
                   PROGRESS_CAPACITY,
               "the longest line fits");

struct span progress_draw(struct progress *progress, uint64_t now_ms, uint64_t count)
{
    char number[DISPLAY_COUNT_CAPACITY];

    if (now_ms < progress->due_ms)
        return SPAN("");
    progress->due_ms = now_ms + PROGRESS_INTERVAL_MS;
    int size = snprintf(progress->text, sizeof progress->text, "\r" PRODUCT_NAME ": %s process%s",
                        display_count(number, count).data, count == 1 ? "" : "es");
    progress->shown_width = size - 1; /* it only grows, as counts do */
    return span_from_string(progress->text);
}

struct span progress_clear(struct progress *progress)
{
    if (progress->shown_width == 0)
        return SPAN("");
    (void)snprintf(progress->text, sizeof progress->text, "\r%*s\r", progress->shown_width, "");
    progress->shown_width = 0;
    return span_from_string(progress->text);
}
