/* A row with many different members, such as `info` and `whoami`, as aligned "name: value" lines.
 *
 * Walks the line itself, so that members that only a later server knows are shown too. An object's
 * members are named with a dot ("limits.pids"), a list is one line. The names are those of the
 * protocol. */
#ifndef CLIENT_SHOW_FACTS_H
#define CLIENT_SHOW_FACTS_H

#include "common/text/buffer.h"

/* Appends the members of the row except `id` and `type`.
 * line  One JSON object that row_parse has accepted.
 * Returns false when a buffer is at its bound. */
NODISCARD bool facts_format(struct span line, _Inout_ struct buffer *out);

#endif
