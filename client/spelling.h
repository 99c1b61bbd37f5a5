/* What the text of a path on the command line decides; win32/resolve.c asks Windows for the rest. */
#ifndef CLIENT_SPELLING_H
#define CLIENT_SPELLING_H

#include "common/text/buffer.h"

/* True when the text has a `*` or `?`; the one of \\?\ does not count. */
bool spelling_has_wildcard(struct span text);

/* True for a name alone: without a separator and a drive. */
bool spelling_is_bare(struct span text);

/* A pattern without \\?\ or \\.\ before its drive: lsmap lists paths without it. */
struct span spelling_of_pattern(struct span text);

/* False when no listed path can match the pattern: it is relative to a folder or a drive, as sub\*.dll,
 * C:x* and \x*, and no name of the kernel. */
bool spelling_can_match(struct span pattern);

/* Makes `out` the \\?\ form of a full path, which Windows takes at any length.
 * full  As GetFullPathNameW() returns it, or a name of the kernel such as \Device\HarddiskVolume3\a.
 * Returns false for what is not on a disk or share: opening a pipe or a port can disturb its server. */
NODISCARD bool spelling_to_open(struct span full, _Inout_ struct buffer *out);

/* Makes `out` the final name as lsmap lists it: \\?\C:\a as C:\a, \\?\UNC\server\share as
 * \\server\share; others stay as they are. */
void spelling_from_final(struct span final, _Inout_ struct buffer *out);

#endif
