/* File-name patterns: `*` is any run of characters, `?` one character, all else itself; case is
 * folded.
 *
 * At most pattern-size times text-size steps, without recursion, whatever the pattern. */
#ifndef COMMON_TEXT_PATTERN_H
#define COMMON_TEXT_PATTERN_H

#include "common/text/span.h"

/* True when the pattern matches all of the text. Both are UTF-8; separators are ordinary. */
bool glob_match(struct span pattern, struct span text);

/* What follows the last `\` of a path. */
struct span path_name(struct span path);

/* True when the pattern matches a path: all of it, or its last component if the pattern has neither
 * `\` nor `/`. A `/` in the pattern is taken as `\`. */
bool glob_match_path(struct span pattern, struct span path);

/* True when the pattern matches a process name, or the name without ".exe": "notepad" finds
 * notepad.exe, and "microsoft.sharepoint" finds microsoft.sharepoint.exe. */
bool glob_match_process(struct span pattern, struct span name);

#endif
