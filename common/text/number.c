#include "common/text/number.h"

bool number_is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

int number_hex_digit(int byte)
{
    if (number_is_digit(byte))
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

bool number_from_decimal(struct span text, uint64_t *value)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (!number_is_digit(text.data[i]))
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

bool number_from_hex(struct span text, uint64_t *value)
{
    uint64_t number = 0;
    if (text.size == 0 || text.size > NUMBER_HEX_SIZE_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        int digit = number_hex_digit(text.data[i]);
        if (digit < 0)
            return false;
        number = number << 4 | (uint64_t)digit;
    }
    *value = number;
    return true;
}

bool number_from_address(struct span text, uint64_t *value)
{
    char digits[NUMBER_HEX_SIZE_MAX];
    size_t count = 0;
    if (span_starts_with(text, SPAN("0x")) || span_starts_with(text, SPAN("0X")))
        text = span_from(text, 2);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '`' && count > 0 && i + 1 < text.size)
            continue;
        if (count == sizeof digits)
            return false;
        digits[count++] = text.data[i];
    }
    return number_from_hex((struct span){digits, count}, value);
}

size_t number_decimal_size(uint64_t value)
{
    size_t size = 1;
    for (uint64_t power = 10; value >= power && size < NUMBER_DECIMAL_SIZE_MAX; power *= 10)
        size++;
    return size;
}

char *number_put_decimal(char *out, uint64_t value)
{
    return number_put_digits(out, value, number_decimal_size(value));
}

char *number_put_digits(char *out, uint64_t value, size_t digits)
{
    for (size_t i = digits; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

char *number_put_hex(char *out, uint64_t value, size_t digits)
{
    for (size_t i = digits; i > 0; i--) {
        out[i - 1] = "0123456789abcdef"[value & 0xF];
        value >>= 4;
    }
    return out + digits;
}
