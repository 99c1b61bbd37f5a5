/* File-name patterns: `*` is any run of characters, `?` one character, all else itself; case is
 * folded.
 *
 * At most pattern-size times text-size steps, without recursion, whatever the pattern.
 *
 * work  NULL, or how many steps may still be made; receives what is left. Without any left nothing
 *       matches. */
#ifndef COMMON_TEXT_PATTERN_H
#define COMMON_TEXT_PATTERN_H

#include "common/text/span.h"

/* Matches all of the text. Both are UTF-8; separators are ordinary. */
bool glob_match(struct span pattern, struct span text, _Inout_opt_ size_t *work);

/* What follows the last `\` of a path. */
struct span path_name(struct span path);

/* Matches all of a path, or its last component if the pattern has neither `\` nor `/`. A `/` in the
 * pattern is taken as `\`. */
bool glob_match_path(struct span pattern, struct span path, _Inout_opt_ size_t *work);

/* Matches the name of a process with or without ".exe": "microsoft.sharepoint" finds
 * microsoft.sharepoint.exe. */
bool glob_match_process(struct span pattern, struct span name, _Inout_opt_ size_t *work);

#endif
