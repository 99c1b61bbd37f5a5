#include "common/text/utf.h"

#include <string.h>

#include "common/base/assertion.h"

enum {
    REPLACEMENT = 0xFFFD,
    HIGH_FIRST = 0xD800,
    LOW_FIRST = 0xDC00,
    LOW_LAST = 0xDFFF,
    SUPPLEMENTARY_FIRST = 0x10000,
    CODE_POINT_LAST = 0x10FFFF
};

static bool is_surrogate(uint32_t code_point)
{
    return code_point >= HIGH_FIRST && code_point <= LOW_LAST;
}

/* Decodes the character at in[*index] and moves on; an unpaired surrogate, which is taken alone, is
 * returned as it is. */
static uint32_t utf16_next(const uint16_t *in, size_t in_len, size_t *index)
{
    uint32_t unit = in[(*index)++];
    if (!is_surrogate(unit) || unit >= LOW_FIRST || *index == in_len || in[*index] < LOW_FIRST ||
        in[*index] > LOW_LAST)
        return unit;
    uint32_t low = in[(*index)++];
    return SUPPLEMENTARY_FIRST + ((unit - HIGH_FIRST) << 10) + (low - LOW_FIRST);
}

size_t utf8_from_utf16(char *out, size_t capacity, const uint16_t *in, size_t in_len)
{
    size_t need = 0;
    bool cut = false; /* nothing is written after the first character that does not fit */
    for (size_t index = 0; index < in_len;) {
        char encoded[4] = {(char)in[index]};
        size_t size = 1;
        if (in[index] < 0x80) {
            index++;
        } else {
            uint32_t code_point = utf16_next(in, in_len, &index);
            size = utf8_encode(encoded, is_surrogate(code_point) ? REPLACEMENT : code_point);
        }
        cut = cut || size > capacity - need;
        for (size_t i = 0; !cut && i < size; i++)
            out[need + i] = encoded[i];
        need += size;
    }
    return need;
}

bool utf16_is_lossy(const uint16_t *text, size_t len)
{
    for (size_t index = 0; index < len;)
        if (is_surrogate(utf16_next(text, len, &index)))
            return true;
    return false;
}

size_t utf16_from_utf8(uint16_t *out, size_t capacity, struct span in)
{
    size_t need = 0;
    bool cut = false;
    for (size_t offset = 0; offset < in.size;) {
        const uint32_t code_point = utf8_next(in, &offset),
                       above = code_point - SUPPLEMENTARY_FIRST;
        const size_t len = code_point < SUPPLEMENTARY_FIRST ? 1 : 2;
        const uint16_t pair[] = {(uint16_t)(HIGH_FIRST + (above >> 10)),
                                 (uint16_t)(LOW_FIRST + (above & 0x3FF))};
        cut = cut || len > capacity - need;
        for (size_t i = 0; !cut && i < len; i++)
            out[need + i] = len == 1 ? (uint16_t)code_point : pair[i];
        need += len;
    }
    return need;
}

/* The size of the well-formed character at text.data[offset]; 0 when it is malformed. */
static size_t decode(struct span text, size_t offset, uint32_t *code_point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, SUPPLEMENTARY_FIRST}; /* by size */
    const uint32_t lead = (uint8_t)text.data[offset];
    size_t size = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (size == 0 || lead >= 0xF8 || size > text.size - offset)
        return 0;
    uint32_t value = size == 1 ? lead : lead & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        char byte = text.data[offset + i];
        if (!utf8_is_continuation(byte))
            return 0;
        value = value << 6 | ((unsigned char)byte & 0x3Fu);
    }
    if (value < least[size] || is_surrogate(value) || value > CODE_POINT_LAST)
        return 0;
    *code_point = value;
    return size;
}

bool utf8_is_valid(struct span text, size_t *error_offset)
{
    uint32_t code_point;
    size_t offset = 0;
    for (size_t size = 1; offset < text.size && size > 0; offset += size)
        size = decode(text, offset, &code_point);
    if (offset < text.size && error_offset != NULL)
        *error_offset = offset;
    return offset == text.size;
}

uint32_t utf8_next(struct span text, size_t *offset)
{
    ASSERT(*offset < text.size);
    uint32_t code_point = REPLACEMENT;
    size_t size = decode(text, *offset, &code_point);
    *offset += size > 0 ? size : 1;
    return code_point;
}

size_t utf8_cut(struct span text, size_t size_max)
{
    if (text.size <= size_max)
        return text.size;
    size_t size = size_max;
    for (int i = 0; i < 3 && size > 0 && utf8_is_continuation(text.data[size]); i++)
        size--;
    return utf8_is_continuation(text.data[size]) ? size_max : size; /* malformed: any place */
}

bool utf_is_unsafe(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) || code_point == 0x061C ||
           code_point == 0x200E || code_point == 0x200F ||
           (code_point >= 0x2028 && code_point <= 0x202E) || /* separators, embeddings */
           (code_point >= 0x2066 && code_point <= 0x2069);   /* isolates */
}

/* Characters that take no place or look like a space: Default_Ignorable_Code_Point of the Unicode
 * Character Database (DerivedCoreProperties.txt), and the blank Braille pattern. */
static bool is_invisible(uint32_t code_point)
{
    static const uint32_t ranges[][2] = {
        {0x00AD, 0x00AD}, {0x034F, 0x034F},   {0x115F, 0x1160},   {0x17B4, 0x17B5},
        {0x180B, 0x180F}, {0x200B, 0x200D},   {0x2060, 0x206F},   {0x2800, 0x2800},
        {0x3164, 0x3164}, {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
        {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0] && code_point >= ranges[i][0]; i++)
        if (code_point <= ranges[i][1])
            return true;
    return false;
}

struct span utf8_next_shown(struct span text, size_t *offset)
{
    size_t begin = *offset;
    uint32_t code_point = utf8_next(text, offset);
    if (utf_is_unsafe(code_point) || is_invisible(code_point) || code_point == REPLACEMENT)
        return SPAN("\xEF\xBF\xBD"); /* U+FFFD may stand for a malformed byte */
    return (struct span){text.data + begin, *offset - begin};
}

struct utf8_quoted utf8_quote(struct span text, size_t size_max)
{
    struct utf8_quoted quoted;
    char *out = quoted.text;
    const struct span cut = {text.data, utf8_cut(text, size_max)};
    ASSERT(size_max <= UTF8_QUOTE_SIZE_MAX);
    for (size_t offset = 0; offset < cut.size;) {
        const struct span shown = utf8_next_shown(cut, &offset);
        memcpy(out, shown.data, shown.size);
        out += shown.size;
    }
    memcpy(out, "...", 4);
    if (cut.size == text.size)
        *out = '\0';
    return quoted;
}

size_t utf8_encode(char *out, uint32_t code_point)
{
    ASSERT(code_point <= CODE_POINT_LAST && !is_surrogate(code_point));
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    size_t size = code_point < 0x800 ? 2 : code_point < SUPPLEMENTARY_FIRST ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    out[0] = (char)((0xF00u >> size & 0xFF) | code_point); /* as many bits set as bytes */
    return size;
}
