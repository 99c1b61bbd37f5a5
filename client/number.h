/* Numbers as people and the protocol write them. */
#ifndef CLIENT_NUMBER_H
#define CLIENT_NUMBER_H

#include <stdint.h>

#include "common/base/annotations.h"
#include "common/text/span.h"

/* Digits only. Returns false, value untouched, for anything else and above 2^64-1. */
NODISCARD bool number_from_decimal(struct span text, _Out_ uint64_t *value);

/* Hexadecimal digits in any case, with or without "0x"; a "`" between digits is skipped, as
 * debuggers write 00007ffb`3c0a0000. Returns false, value untouched, for anything else and above
 * 2^64-1. */
NODISCARD bool number_from_hex(struct span text, _Out_ uint64_t *value);

#endif
