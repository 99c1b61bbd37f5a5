#include "common/text/pattern.h"

#include <stdint.h>

#include "common/text/fold.h"
#include "common/text/utf.h"

/* Which separators a pattern's `/` stands for. */
enum slash { SLASH_IS_ITSELF, SLASH_IS_BACKSLASH };

static const struct span EXE_SUFFIX = {".exe", 4};

/* utf8_next() and fold_code_point() with the short way for ASCII in place: this is the inner loop
 * of every filter. */
static uint32_t next_folded(struct span text, size_t *offset)
{
    uint32_t byte = (uint8_t)text.data[*offset];
    if (byte >= 0x80)
        return fold_code_point(utf8_next(text, offset));
    (*offset)++;
    return byte - 'a' < 26 ? byte - 'a' + 'A' : byte;
}

static uint32_t next_of_pattern(struct span pattern, size_t *offset, enum slash slash)
{
    uint32_t wanted = next_folded(pattern, offset);
    return wanted == '/' && slash == SLASH_IS_BACKSLASH ? '\\' : wanted;
}

/* Each character of the text is taken by the pattern's next one. When that fails, the last star,
 * and only that one, takes a character more: what an earlier star took need never be changed,
 * because the last one can take whatever another choice would have left. */
static bool match(struct span pattern, struct span text, enum slash slash)
{
    size_t at = 0;
    size_t text_at = 0;
    bool has_star = false;
    size_t star_at = 0;   /* behind the last star */
    size_t star_text = 0; /* behind what that star takes */

    while (text_at < text.size) {
        if (at < pattern.size && pattern.data[at] == '*') {
            has_star = true;
            star_at = ++at;
            star_text = text_at;
            continue;
        }
        size_t text_next = text_at;
        uint32_t found = next_folded(text, &text_next);
        if (at < pattern.size) {
            bool any = pattern.data[at] == '?';
            if (next_of_pattern(pattern, &at, slash) == found || any) {
                text_at = text_next;
                continue;
            }
        }
        if (!has_star)
            return false;
        next_folded(text, &star_text);
        text_at = star_text;
        at = star_at;
    }
    while (at < pattern.size && pattern.data[at] == '*')
        at++;
    return at == pattern.size;
}

bool glob_match(struct span pattern, struct span text)
{
    return match(pattern, text, SLASH_IS_ITSELF);
}

static bool contains(struct span text, char byte)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == byte)
            return true;
    }
    return false;
}

static struct span last_component(struct span path)
{
    size_t begin = path.size;
    while (begin > 0 && path.data[begin - 1] != '\\')
        begin--;
    return span_from(path, begin);
}

bool glob_match_path(struct span pattern, struct span path)
{
    if (match(pattern, path, SLASH_IS_BACKSLASH))
        return true;
    if (contains(pattern, '\\') || contains(pattern, '/'))
        return false;
    return match(pattern, last_component(path), SLASH_IS_ITSELF);
}

bool glob_match_process(struct span pattern, struct span name)
{
    if (glob_match(pattern, name))
        return true;
    if (contains(pattern, '.') || name.size < EXE_SUFFIX.size)
        return false;
    size_t stem_size = name.size - EXE_SUFFIX.size;
    return span_equal_ascii_nocase(span_from(name, stem_size), EXE_SUFFIX) &&
           glob_match(pattern, (struct span){name.data, stem_size});
}
