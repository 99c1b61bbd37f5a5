/* File-name patterns: `*` is any run of characters, `?` one character, all else itself, case
 * folded.
 *
 * Linear: a pattern is matched in at most pattern-size times text-size steps with two remembered
 * positions and no recursion, whatever the pattern.
 */
#ifndef COMMON_TEXT_PATTERN_H
#define COMMON_TEXT_PATTERN_H

#include <stdbool.h>

#include "common/text/span.h"

/* True when the pattern covers the whole text. Both UTF-8; separators are ordinary characters. */
bool glob_match(struct span pattern, struct span text);

/* True when the pattern matches a path: the whole of it, or, when the pattern holds neither `\` nor
 * `/`, its last component. A `/` in the pattern is taken as `\`. */
bool glob_match_path(struct span pattern, struct span path);

/* True when the pattern matches a process name; a pattern without a dot also matches the name less
 * ".exe", so that "notepad" finds notepad.exe. */
bool glob_match_process(struct span pattern, struct span name);

#endif
