/* The setting AccessSddl, looked at as text before Windows reads it.
 *
 * SDDL can say much that means nothing here, or the opposite of what it looks like: no D: part at
 * all lets everybody do everything, an inherit-only entry has no effect, GA names none of our
 * rights. So only this much of it is taken:
 *
 *     [O:SID] [G:SID] D:[P|AI|AR]... (D;;RIGHTS;;;SID)... (A;;RIGHTS;;;SID)...
 *
 * without blanks. What denies comes first: behind an entry that allows the same it would have no
 * effect, which nobody means who writes it. RIGHTS is a number from 0x1 to 0x1f, bits of protocol.h.
 * SID is S-1-... or two letters such as BA. What passes is still to be converted by Windows, which
 * knows the letters.
 */
#ifndef SERVICE_ACCESS_SDDL_H
#define SERVICE_ACCESS_SDDL_H

#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

enum { ACCESS_SDDL_ENTRIES_MAX = 64 };

/* Returns NULL when it is of that form, else why not: static text of less than 96 bytes, which
 * follows "the value is". */
const char *access_sddl_check(struct span sddl);

/* Appends a checked text to `out`, the owner and the group of access.h put in where it has none:
 * AccessCheck takes no descriptor without. Returns false, nothing changed, without room. */
NODISCARD bool access_sddl_complete(struct span sddl, _Inout_ struct buffer *out);

#endif
