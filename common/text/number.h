/* Decimal and hexadecimal numbers: the only code that parses or writes their digits by hand. */
#ifndef COMMON_TEXT_NUMBER_H
#define COMMON_TEXT_NUMBER_H

#include "common/text/span.h"

enum {
    NUMBER_DECIMAL_SIZE_MAX = 20, /* digits of 2^64-1 */
    NUMBER_HEX_SIZE_MAX = 16,
    NUMBER_ADDRESS_SIZE = 18 /* "0x" and all digits, as the protocol writes an address */
};

bool number_is_digit(int byte);
int number_hex_digit(int byte); /* the value of a hexadecimal digit in any case, or -1 */

/* These read a number and nothing else; they return false, value untouched, for any other text.
 * decimal  Digits of a value up to 2^64-1.
 * hex      1 to 16 hexadecimal digits in any case.
 * address  As people write it: the same with "0x" or not before it, and "`" in it, as in a
 *          debugger's 00007ffb`3c0a0000. */
NODISCARD bool number_from_decimal(struct span text, _Out_ uint64_t *value);
NODISCARD bool number_from_hex(struct span text, _Out_ uint64_t *value);
NODISCARD bool number_from_address(struct span text, _Out_ uint64_t *value);

size_t number_decimal_size(uint64_t value); /* in digits, 1 to NUMBER_DECIMAL_SIZE_MAX */

/* These write digits without a terminator and return their end: all decimal digits; the last `digits`
 * decimal ones, with leading zeros; the same in hexadecimal, in lower case. */
char *number_put_decimal(_Out_writes_(NUMBER_DECIMAL_SIZE_MAX) char *out, uint64_t value);
char *number_put_digits(_Out_writes_(digits) char *out, uint64_t value, size_t digits);
char *number_put_hex(_Out_writes_(digits) char *out, uint64_t value, size_t digits);

#endif
