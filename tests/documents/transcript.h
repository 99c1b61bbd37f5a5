/* Console sessions in a document, and the comparison with a real one.
 *
 * A session is a Markdown block fenced as `console`. A line that starts with "> " is a command; the
 * lines after it, up to the next command or the end of the block, are its output. Details that differ
 * from run to run are not compared, see transcript_matches().
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
    struct span expected; /* complete lines, may be empty */
    unsigned line;        /* of the command, from 1 */
};

/* text  The document, UTF-8; the steps point into it. */
void transcript_init(_Out_ struct transcript *transcript, struct span text);

/* Takes the next command. Returns false when there is none. */
NODISCARD bool transcript_next(_Inout_ struct transcript *transcript,
                               _Out_ struct transcript_step *step);

/* Takes the next command that is mentioned in a line: code that begins with "lsmap " and has no "..."
 * and no placeholder in capitals.
 * text  The rest of the document; advanced. Returns false when there is none. */
NODISCARD bool transcript_next_mention(_Inout_ struct span *text, _Out_ struct span *command);

/* True when `actual` is what `expected` shows. Not compared are
 *   numbers: digits that do not follow a letter or an underscore, with dots, colons and dashes
 *   between digits (sizes, versions, times), or 0x and hexadecimal digits; then a K, M, G or T;
 *   the length of runs of blanks; blanks and empty lines at either end; the kind of line ends.
 * "..." in `expected` is any text, and as a line of its own any number of lines. */
NODISCARD bool transcript_matches(struct span expected, struct span actual);

#endif
