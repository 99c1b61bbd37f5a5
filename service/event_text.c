#include "service/event_text.h"

#include "common/text/utf.h"

enum { ELLIPSIS = 0x2026, REPLACEMENT = '?' };

/* Percent signs are references; old code pages make plain ones of the wide and the small one. */
void event_text_clean(char *out, struct span text)
{
    size_t size = 0, offset = 0;

    for (size_t len = 0; len < EVENT_TEXT_LENGTH_MAX && offset < text.size; len++) {
        uint32_t code_point = utf8_next(text, &offset);
        if (len + 1 == EVENT_TEXT_LENGTH_MAX && offset < text.size)
            code_point = ELLIPSIS;
        if (code_point == '%' || code_point == 0xff05 || code_point == 0xfe6a ||
            code_point == 0xfeff || utf_is_unsafe(code_point))
            code_point = REPLACEMENT;
        size += utf8_encode(out + size, code_point);
    }
    out[size] = '\0';
}
