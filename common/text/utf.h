/* UTF-16 and UTF-8.
 *
 * Windows names are sequences of 16-bit units that need not be valid UTF-16. What leaves lsmap is
 * always valid UTF-8: an unpaired surrogate becomes U+FFFD, and utf16_is_lossy() reports it. */
#ifndef COMMON_TEXT_UTF_H
#define COMMON_TEXT_UTF_H

#include "common/text/span.h"

/* Converts `in_len` units. Writes complete characters only, at most `capacity` bytes, no
 * terminator; out may be NULL when `capacity` is 0. Returns the bytes that all of the text needs:
 * it was cut when that is above `capacity`. */
size_t utf8_from_utf16(char *out, size_t capacity, const uint16_t *in, size_t in_len);

/* The same in the other direction, in units; a malformed byte becomes U+FFFD. */
size_t utf16_from_utf8(uint16_t *out, size_t capacity, struct span in);

/* True when the units have an unpaired surrogate, so that utf8_from_utf16 loses something. */
bool utf16_is_lossy(_In_reads_(len) const uint16_t *text, size_t len);

/* True for well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
 * error_offset  May be NULL; receives the offset of the first bad byte on false. */
bool utf8_is_valid(struct span text, _Out_opt_ size_t *error_offset);

/* Decodes the character at *offset, which must be below the size, and moves *offset past it; a
 * malformed byte is taken alone and gives U+FFFD. */
uint32_t utf8_next(struct span text, _Inout_ size_t *offset);

/* Encodes one code point below 0x110000 that is not a surrogate. Returns the bytes, 1 to 4. */
size_t utf8_encode(_Out_writes_(4) char *out, uint32_t code_point);

static inline bool utf8_is_continuation(char byte) /* not the first of a character */
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* The largest size up to `size_max` that ends between two characters. */
size_t utf8_cut(struct span text, size_t size_max);

/* True for what could drive a terminal, break a line or change the order in which a text is shown:
 * C0 and C1 controls, DEL, line and paragraph separators, bidirectional controls. */
bool utf_is_unsafe(uint32_t code_point);

/* As utf8_next, but returns the bytes to show: those of the character, or of U+FFFD for a malformed
 * byte, an unsafe character and one that cannot be seen: two names that differ must not look alike. */
struct span utf8_next_shown(struct span text, _Inout_ size_t *offset);

enum { UTF8_QUOTE_SIZE_MAX = 64 };

struct utf8_quoted {
    char text[UTF8_QUOTE_SIZE_MAX * 3 + 4]; /* terminated */
};

/* Text for a message: what utf8_next_shown() returns of the first `size_max` bytes, at most
 * UTF8_QUOTE_SIZE_MAX, cut at a character, and "..." when there are more. */
struct utf8_quoted utf8_quote(struct span text, size_t size_max);

#endif
