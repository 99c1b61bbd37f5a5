/* Windows times as text: a FILETIME counts 100 ns from 1601-01-01 UTC; on the wire it is RFC 3339
 * with seven digits of fraction. */
#ifndef COMMON_TEXT_TIMESTAMP_H
#define COMMON_TEXT_TIMESTAMP_H

#include "common/base/annotations.h"

enum { TIMESTAMP_CAPACITY = 32 }; /* "2026-11-22T07:12:03.1234567Z" and a terminator */

/* Formats `filetime`, terminated. Years above 9999 become 9999-12-31T23:59:59.9999999Z. */
void timestamp_format(_Out_writes_(TIMESTAMP_CAPACITY) char *out, uint64_t filetime);

#endif
