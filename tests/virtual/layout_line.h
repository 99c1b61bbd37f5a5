/* One line of a recorded layout; used by virtual_layout.c alone. */
#ifndef TESTS_VIRTUAL_LAYOUT_LINE_H
#define TESTS_VIRTUAL_LAYOUT_LINE_H

#include "common/text/span.h"
#include "tests/virtual/layout.h"

/* Takes the text up to the next `end` and the `end` itself from the front. */
struct span virtual_layout_take(struct span *text, char end);

/* Adds what a line says; it is neither empty nor a comment. The blocks of the layout must have room
 * for a process, a region and the line's text.
 * Returns NULL, or what is wrong with it. */
const char *virtual_layout_add_line(struct virtual_layout *layout, struct span line);

#endif
