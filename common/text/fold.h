/* Case folding as Windows folds names: each UTF-16 unit alone, to upper case, in no language.
 *
 * File systems and RtlUpcaseUnicodeChar map one-to-one pairs of the Basic Multilingual Plane; code
 * points above it stay as they are. So "É" matches "é", and "ß" does not match "SS". */
#ifndef COMMON_TEXT_FOLD_H
#define COMMON_TEXT_FOLD_H

#include "common/text/utf.h"

uint32_t fold_code_point(uint32_t code_point); /* its upper case, or itself */

/* utf8_next(), folded. Inline, with a short way for ASCII, because every filter does this for each
 * character. */
static inline uint32_t fold_next(struct span text, size_t *offset)
{
    uint32_t byte = (uint8_t)text.data[*offset];
    if (byte >= 0x80)
        return fold_code_point(utf8_next(text, offset));
    (*offset)++;
    return byte - 'a' < 26 ? byte - 'a' + 'A' : byte;
}

bool fold_equal(struct span a, struct span b); /* after folding; both are UTF-8 */

#endif
