#include "service/event_text.h"

#include <stdbool.h>
#include <stdint.h>

#include "common/text/utf.h"

enum { ELLIPSIS = 0x2026, REPLACEMENT = '?' };

/* The first and last of each range that never reaches the event log. */
static const struct {
    uint32_t first;
    uint32_t last;
} forbidden[] = {
    {0x0000, 0x001f}, /* controls, line breaks among them */
    {'%', '%'},       /* references */
    {0x007f, 0x009f}, /* DEL and the second set of controls */
    {0x061c, 0x061c}, /* directions: the Arabic mark, */
    {0x200e, 0x200f}, /* the other marks, */
    {0x2028, 0x2029}, /* line and paragraph separators, */
    {0x202a, 0x202e}, /* embeddings and overrides, */
    {0x2066, 0x2069}, /* isolates */
    {0xfeff, 0xfeff}, /* byte order mark */
    {0xff05, 0xff05}, /* the wide percent sign: old code pages make a plain one of it */
    {0xfe6a, 0xfe6a}, /* and the small one */
};

static bool is_forbidden(uint32_t code_point)
{
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
        if (code_point >= forbidden[i].first && code_point <= forbidden[i].last)
            return true;
    }
    return false;
}

void event_text_clean(char *out, struct span text)
{
    size_t size = 0;
    size_t offset = 0;

    for (size_t len = 0; len < EVENT_TEXT_LENGTH_MAX && offset < text.size; len++) {
        uint32_t code_point = utf8_next(text, &offset);
        bool is_last_place = len + 1 == EVENT_TEXT_LENGTH_MAX;
        if (is_last_place && offset < text.size)
            code_point = ELLIPSIS;
        size += utf8_encode(out + size, is_forbidden(code_point) ? REPLACEMENT : code_point);
    }
    out[size] = '\0';
}
