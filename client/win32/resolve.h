/* Final names of what exists: what a path on the command line means to Windows.
 *
 * Relative names, `..`, C:x, doubled and forward slashes, \\?\ and \\.\, 8.3 names, letters made by
 * subst or for one session, junctions, links and mount points all lead to one file, which is asked
 * for by its handle. Files are opened by the rights of the caller, without disturbing anybody, and
 * are closed again before anything else happens.
 */
#ifndef CLIENT_WIN32_RESOLVE_H
#define CLIENT_WIN32_RESOLVE_H

#include "client/spelling.h"

/* Adds what the path means to the list: a pattern, or the names of a file or folder, hard links
 * included, and the processes that use it. text  UTF-8. */
void resolve_path(_Inout_ struct asked_list *list, struct span text);

/* Adds the final name, or the full path of what is not there; asks for nobody who uses it. */
void resolve_name(_Inout_ struct asked_list *list, struct span text);

#endif
