/* Case folding as Windows folds names: one UTF-16 unit at a time, to upper case, without regard to
 * language.
 *
 * File systems and RtlUpcaseUnicodeChar map simple one-to-one pairs of the Basic Multilingual
 * Plane; code points above it stay as they are. So É matches é, and "ß" does not match "SS".
 */
#ifndef COMMON_TEXT_FOLD_H
#define COMMON_TEXT_FOLD_H

#include <stdint.h>

#include "common/text/span.h"

/* The simple upper case of a code point, or the code point itself. */
uint32_t fold_code_point(uint32_t code_point);

/* Both valid UTF-8; equal after folding each code point. */
bool fold_equal(struct span a, struct span b);

#endif
