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

/* The value of a hexadecimal digit in any case, or -1. */
int number_hex_digit(int byte);

/* Reads decimal digits and nothing else. Returns false, value untouched, when there is none or the
 * value is above 2^64-1. */
NODISCARD bool number_from_decimal(struct span text, _Out_ uint64_t *value);

/* Reads 1 to 16 hexadecimal digits in any case and nothing else. Returns false, value untouched,
 * for anything else. */
NODISCARD bool number_from_hex(struct span text, _Out_ uint64_t *value);

/* Reads an address as people write it: hexadecimal digits, "0x" or not before them, "`" between
 * them as in a debugger's 00007ffb`3c0a0000. Returns false, value untouched, for anything else. */
NODISCARD bool number_from_address(struct span text, _Out_ uint64_t *value);

/* How many decimal digits a value has, 1 to NUMBER_DECIMAL_SIZE_MAX. */
size_t number_decimal_size(uint64_t value);

/* Writes the decimal digits. Returns their end; there is no terminator. */
char *number_put_decimal(_Out_writes_(NUMBER_DECIMAL_SIZE_MAX) char *out, uint64_t value);

/* Writes the last `digits` decimal digits, with leading zeros. Returns their end. */
char *number_put_digits(_Out_writes_(digits) char *out, uint64_t value, size_t digits);

/* Writes the last `digits` hexadecimal digits in lower case, with leading zeros. Returns their
 * end. */
char *number_put_hex(_Out_writes_(digits) char *out, uint64_t value, size_t digits);

/* Writes "0x" and 16 digits. Returns their end. */
char *number_put_address(_Out_writes_(NUMBER_ADDRESS_SIZE) char *out, uint64_t value);

#endif
