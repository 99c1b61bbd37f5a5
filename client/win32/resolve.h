/* What a path on the command line means to Windows, asked by a handle: relative names, `..`, C:x, doubled and
 * forward slashes, \\?\ and \\.\, 8.3 names, letters made by subst or for one session, junctions, links
 * and mount points lead to one file. Files are opened with the rights of the caller, disturb nobody, and
 * are closed again. One thread. */
#ifndef CLIENT_WIN32_RESOLVE_H
#define CLIENT_WIN32_RESOLVE_H

#include "client/spelling.h"

/* Adds the path: a pattern, or the first name of a file or folder, and who uses it; keeps the other
 * names, hard links included, for asked_add_others().
 * only_name  Just the final name, or the full path of what is not there.
 * text       UTF-8. */
void resolve_path(_Inout_ struct asked_list *list, struct span text, bool only_name);

#endif
