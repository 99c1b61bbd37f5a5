#include "client/show/csv_text.h"

#include "common/text/number.h"
#include "common/text/utf.h"

static const struct span replacement = {"\xEF\xBF\xBD", 3}; /* U+FFFD */

enum byte_class {
    BYTE_PLAIN, /* stands for itself */
    BYTE_COMMA, /* so it does, between quotes */
    BYTE_ODD    /* a quote, a control character, or the begin of a character that is no ASCII */
};

static enum byte_class class_of(char byte)
{
    unsigned char code = (unsigned char)byte;

    if (code == ',')
        return BYTE_COMMA;
    return code < 0x20 || code >= 0x7f || code == '"' ? BYTE_ODD : BYTE_PLAIN;
}

/* Bytes from `offset` on that can be copied as they are. */
static size_t plain_run(struct span text, size_t offset)
{
    size_t end = offset;

    while (end < text.size && class_of(text.data[end]) != BYTE_ODD)
        end++;
    return end - offset;
}

/* True when the whole text can be copied as it is, without quotes: nearly all can. */
static bool is_plain(struct span text)
{
    unsigned classes = BYTE_PLAIN;

    for (size_t i = 0; i < text.size; i++) /* without a branch for each byte */
        classes |= (unsigned)class_of(text.data[i]);
    return classes == BYTE_PLAIN && text.size > 0 && text.data[0] != ' ' &&
           text.data[text.size - 1] != ' ';
}

static bool needs_quotes(struct span text)
{
    if (text.size == 0 || text.data[0] == ' ' || text.data[text.size - 1] == ' ')
        return true;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == ',' || text.data[i] == '"')
            return true;
    return false;
}

/* One character that is not plain. C1 controls are two bytes long, and drive a console as well. */
static struct span shown(struct span text, size_t begin, size_t *offset)
{
    uint32_t code_point = utf8_next(text, offset);

    if (code_point == '"')
        return SPAN("\"\"");
    if (code_point < 0xa0 || code_point == 0xfffd)
        return replacement; /* U+FFFD may stand for a malformed byte */
    return (struct span){text.data + begin, *offset - begin};
}

bool csv_field(struct buffer *out, struct span text)
{
    if (text.data == NULL)
        return true;
    if (is_plain(text))
        return buffer_append(out, text);
    bool quoted = needs_quotes(text);
    if (quoted && !buffer_append(out, SPAN("\"")))
        return false;
    for (size_t offset = 0; offset < text.size;) {
        size_t begin = offset;
        size_t plain = plain_run(text, offset);
        struct span piece = {text.data + begin, plain};
        if (plain > 0)
            offset += plain;
        else
            piece = shown(text, begin, &offset);
        if (!buffer_append(out, piece))
            return false;
    }
    return !quoted || buffer_append(out, SPAN("\""));
}

bool csv_number(struct buffer *out, uint64_t number)
{
    char digits[NUMBER_DECIMAL_SIZE_MAX];
    size_t size = (size_t)(number_put_decimal(digits, number) - digits);

    return buffer_append(out, (struct span){digits, size});
}

bool csv_address(struct buffer *out, uint64_t address)
{
    char text[NUMBER_ADDRESS_SIZE];

    number_put_address(text, address);
    return buffer_append(out, (struct span){text, sizeof text});
}

bool csv_comma(struct buffer *out)
{
    return buffer_append(out, SPAN(","));
}

bool csv_line_end(struct buffer *out)
{
    return buffer_append(out, SPAN("\r\n"));
}

bool csv_header(struct buffer *out, const struct span *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((i > 0 && !csv_comma(out)) || !csv_field(out, names[i]))
            return false;
    return csv_line_end(out);
}
