#include "client/number.h"
#include "tests/test.h"

static void numbers(struct test *t)
{
    static const struct {
        const char *text;
        bool decimal, hex;
        uint64_t decimal_value, hex_value;
    } rows[] = {
        {"", false, false, 0, 0},
        {"0", true, true, 0, 0},
        {"10", true, true, 10, 16},
        {"18446744073709551615", true, false, UINT64_MAX, 0},
        {"18446744073709551616", false, false, 0, 0},
        {"ffffffffffffffff", false, true, 0, UINT64_MAX},
        {"0xFFFFFFFFFFFFFFFF", false, true, 0, UINT64_MAX},
        {"0X1f", false, true, 0, 31},
        {"00000000000000001", true, false, 1, 0}, /* 17 digits are no address */
        {"00007ffb`3c0a0000", false, true, 0, UINT64_C(0x7ffb3c0a0000)},
        {"`12", false, false, 0, 0},
        {"12`", false, false, 0, 0},
        {"0x`1", false, false, 0, 0},
        {"+1", false, false, 0, 0},
        {" 1", false, false, 0, 0},
        {"1g", false, false, 0, 0},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        uint64_t decimal = 77, hex = 77;
        TEST_ROW(t, "%s", rows[i].text);
        CHECK_INT(t, rows[i].decimal,
                  number_from_decimal(span_from_string(rows[i].text), &decimal));
        CHECK_INT(t, rows[i].hex, number_from_hex(span_from_string(rows[i].text), &hex));
        CHECK(t, decimal == (rows[i].decimal ? rows[i].decimal_value : 77));
        CHECK(t, hex == (rows[i].hex ? rows[i].hex_value : 77));
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {TEST_CASE(numbers)};
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
