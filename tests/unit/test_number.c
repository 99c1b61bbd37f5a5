#include "common/text/number.h"

#include "tests/test.h"

static void number_reads_decimal_hexadecimal_and_addresses(struct test *t)
{
    enum { NONE = 77 }; /* not a number: the output keeps its value */
    static const struct {
        const char *text;
        uint64_t decimal, hex, address;
    } rows[] = {
        {"", NONE, NONE, NONE},
        {"0", 0, 0, 0},
        {"10", 10, 16, 16},
        {"007", 7, 7, 7},
        {"18446744073709551615", UINT64_MAX, NONE, NONE},
        {"18446744073709551616", NONE, NONE, NONE},
        {"99999999999999999999999", NONE, NONE, NONE},
        {"ffffffffffffffff", NONE, UINT64_MAX, UINT64_MAX},
        {"00aBcDeF", NONE, 0xabcdef, 0xabcdef},
        {"0xFFFFFFFFFFFFFFFF", NONE, NONE, UINT64_MAX},
        {"0X1f", NONE, NONE, 31},
        {"0x", NONE, NONE, NONE},
        {"00000000000000001", 1, NONE, NONE}, /* 17 digits are not an address */
        {"0x00000000000000001", NONE, NONE, NONE},
        {"00007ffb`3c0a0000", NONE, NONE, UINT64_C(0x7ffb3c0a0000)},
        {"0x1`2`3", NONE, NONE, 0x123},
        {"1``2", NONE, NONE, 0x12},
        {"`12", NONE, NONE, NONE},
        {"12`", NONE, NONE, NONE},
        {"0x`1", NONE, NONE, NONE},
        {"+1", NONE, NONE, NONE},
        {"-1", NONE, NONE, NONE},
        {" 1", NONE, NONE, NONE},
        {"1 ", NONE, NONE, NONE},
        {"1g", NONE, NONE, NONE},
        {"1\xB2", NONE, NONE, NONE},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct span text = span_from_string(rows[i].text);
        uint64_t decimal = NONE, hex = NONE, address = NONE;
        TEST_ROW(t, "%s", rows[i].text);
        CHECK_INT(t, rows[i].decimal != NONE, number_from_decimal(text, &decimal));
        CHECK_INT(t, rows[i].hex != NONE, number_from_hex(text, &hex));
        CHECK_INT(t, rows[i].address != NONE, number_from_address(text, &address));
        CHECK(t, decimal == rows[i].decimal);
        CHECK(t, hex == rows[i].hex);
        CHECK(t, address == rows[i].address);
    }
}

static void number_knows_the_digits(struct test *t)
{
    for (int byte = -1; byte < 256; byte++) {
        const char *digits = "0123456789abcdefABCDEF";
        const char *found = byte > 0 ? strchr(digits, byte) : NULL;
        int value = found == NULL ? -1 : (int)(found - digits);
        TEST_ROW(t, "%d", byte);
        CHECK_INT(t, value >= 0 && value < 10, number_is_digit(byte));
        CHECK_INT(t, value > 15 ? value - 6 : value, number_hex_digit(byte));
    }
}

static void number_writes_what_it_reads(struct test *t)
{
    static const uint64_t values[] = {0,
                                      1,
                                      9,
                                      10,
                                      99,
                                      100,
                                      12345,
                                      UINT32_MAX,
                                      UINT64_C(9999999999999999999),
                                      UINT64_C(10000000000000000000),
                                      UINT64_MAX};
    for (size_t i = 0; i < TEST_COUNT(values); i++) {
        char out[NUMBER_DECIMAL_SIZE_MAX], expected[24];
        char *end = number_put_decimal(out, values[i]);
        CHECK_INT(t, number_decimal_size(values[i]), end - out);
        (void)snprintf(expected, sizeof expected, "%" PRIu64, values[i]);
        CHECK_MEM(t, expected, strlen(expected), out, (size_t)(end - out));
        end = number_put_hex(out, values[i], NUMBER_HEX_SIZE_MAX);
        (void)snprintf(expected, sizeof expected, "%016" PRIx64, values[i]);
        CHECK_MEM(t, expected, strlen(expected), out, (size_t)(end - out));
    }
}

static void number_writes_the_last_digits(struct test *t)
{
    char out[8];
    CHECK_INT(t, 0, number_put_digits(out, 7, 0) - out);
    CHECK_INT(t, 4, number_put_digits(out, 120340, 4) - out);
    CHECK_MEM(t, "0340", 4, out, 4);
    CHECK_INT(t, 8, number_put_hex(out, 0xC0000022u, 8) - out);
    CHECK_MEM(t, "c0000022", 8, out, 8);
    CHECK_INT(t, 2, number_put_hex(out, 0x107, 2) - out);
    CHECK_MEM(t, "07", 2, out, 2);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(number_reads_decimal_hexadecimal_and_addresses),
        TEST_CASE(number_knows_the_digits),
        TEST_CASE(number_writes_what_it_reads),
        TEST_CASE(number_writes_the_last_digits),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
