/* A security identifier as plain bytes, for code that compares and shows it.
 *
 * Layout of Windows' SID structure: revision, count, six bytes of authority (big endian), then
 * `count` sub-authorities of four bytes (little endian). */
#ifndef COMMON_BASE_SID_H
#define COMMON_BASE_SID_H

#include "common/base/annotations.h"

enum {
    SID_SIZE_MAX = 68,      /* SECURITY_MAX_SID_SIZE: 15 sub-authorities */
    SID_TEXT_CAPACITY = 192 /* "S-1-" and the numbers of the longest, terminated */
};

#define INTEGRITY_UNKNOWN UINT32_MAX /* in place of an integrity level's RID */

struct sid {
    uint8_t size; /* bytes in use; 0: unknown */
    uint8_t bytes[SID_SIZE_MAX];
};

extern const struct sid sid_system;          /* S-1-5-18 */
extern const struct sid sid_administrators;  /* S-1-5-32-544 */
extern const struct sid sid_anonymous_logon; /* S-1-5-7 */

/* Copies a SID. Returns false, sid untouched, unless it is well-formed and of exactly `size` bytes. */
NODISCARD bool sid_set(_Out_ struct sid *sid, const void *bytes, size_t size);

/* An unknown one equals none, not even itself. */
bool sid_equal(_In_ const struct sid *a, _In_ const struct sid *b);

/* "S-1-5-18", terminated; "" for unknown. An authority above 32 bits is written in hexadecimal. */
void sid_format(_Out_writes_(SID_TEXT_CAPACITY) char *out, _In_ const struct sid *sid);

#endif
