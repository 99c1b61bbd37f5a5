/* Paths compared as Windows compares file names: case folded, character by character. */
#ifndef CLIENT_ROWS_PATHS_H
#define CLIENT_ROWS_PATHS_H

#include <stdbool.h>

#include "common/text/span.h"

/* Below, at or above 0, as `a` comes before, with or after `b`. A separator comes before every other
 * character, so that the files of a folder follow each other. Both are UTF-8. */
int path_compare(struct span a, struct span b);

/* True when `path` is the folder or is in it, at any depth. Components must match completely: a file
 * in C:\Windows.old is not under C:\Windows. In `folder` a `/` is taken as `\`; separators at its end
 * and `\\?\` before a drive letter do not count. */
bool path_is_under(struct span path, struct span folder);

#endif
