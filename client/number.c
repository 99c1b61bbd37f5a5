#include "client/number.h"

enum { HEX_DIGITS_MAX = 16 };

bool number_from_decimal(struct span text, uint64_t *value)
{
    uint64_t number = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    if (text.size == 0)
        return false;
    *value = number;
    return true;
}

static int hex_digit(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    if (character >= 'A' && character <= 'F')
        return character - 'A' + 10;
    return -1;
}

bool number_from_hex(struct span text, uint64_t *value)
{
    uint64_t number = 0;
    unsigned digits = 0;

    if (span_starts_with(text, SPAN("0x")) || span_starts_with(text, SPAN("0X")))
        text = span_from(text, 2);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '`' && digits > 0 && i + 1 < text.size)
            continue;
        int digit = hex_digit(text.data[i]);
        if (digit < 0 || ++digits > HEX_DIGITS_MAX)
            return false;
        number = number << 4 | (uint64_t)digit;
    }
    if (digits == 0)
        return false;
    *value = number;
    return true;
}
