/* Console sessions shown in a document, and whether a real one looks like them.
 *
 * A session is a fenced block of Markdown whose fence says `console`. A line that starts with "> "
 * is a command; the lines behind it, up to the next command or the end of the block, are what it
 * prints. What differs from run to run is not compared, see transcript_matches().
 */
#ifndef TESTS_DOCUMENTS_TRANSCRIPT_H
#define TESTS_DOCUMENTS_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/annotations.h"
#include "common/text/span.h"

struct transcript {
    struct span rest; /* of the document */
    unsigned line;    /* of its first line, from 1 */
    bool is_in_block;
};

struct transcript_step {
    struct span command;  /* without "> "; size 0: the block does not start with a command */
    struct span expected; /* whole lines, may be none */
    unsigned line;        /* of the command, from 1 */
};

/* text  The document, UTF-8; the steps point into it. */
void transcript_init(_Out_ struct transcript *transcript, struct span text);

/* Takes the next command. Returns false when there is none. */
NODISCARD bool transcript_next(_Inout_ struct transcript *transcript,
                               _Out_ struct transcript_step *step);

/* Takes the next command that is mentioned in a line: code that begins with "lsmap " and is whole,
 * without "..." or words in capitals that stand for something.
 * text  The rest of the document; moves on. Returns false when there is none. */
NODISCARD bool transcript_next_mention(_Inout_ struct span *text, _Out_ struct span *command);

/* Whether `actual` is what `expected` shows. Alike are
 *   numbers: digits that do not stand behind a letter or an underscore, with dots, colons and
 * dashes between digits (sizes, versions, times), 0x and hexadecimal digits; a K, M, G or T behind;
 *   runs of blanks; blanks and empty lines at either end; the two kinds of line ends.
 * "..." in `expected` is any text, and as a line of its own any number of lines. */
NODISCARD bool transcript_matches(struct span expected, struct span actual);

#endif
