/* How many columns text takes on a console.
 *
 * A console gives each character one cell, two (East Asian wide characters, most pictographs) or
 * none (combining marks). The answer depends on the character alone, not on a locale. Fonts and
 * consoles differ on a few; a column is then off by one, no text is lost.
 */
#ifndef CLIENT_SHOW_WIDTH_H
#define CLIENT_SHOW_WIDTH_H

#include <stddef.h>
#include <stdint.h>

#include "common/text/span.h"

/* 0, 1 or 2. A control character counts 1, because display.h shows it as U+FFFD. */
unsigned width_of_code_point(uint32_t code_point);

/* The sum over UTF-8 text; a malformed byte counts 1. */
size_t width_of_text(struct span text);

#endif
