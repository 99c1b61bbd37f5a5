#include "common/text/timestamp.h"

#include "tests/test.h"

static const uint64_t TICKS_PER_DAY = 864000000000u;

static void timestamp_known_answers(struct test *t)
{
    static const struct {
        uint64_t filetime;
        const char *text;
    } rows[] = {
        {0, "1601-01-01T00:00:00.0000000Z"},
        {1, "1601-01-01T00:00:00.0000001Z"},
        {9999999, "1601-01-01T00:00:00.9999999Z"},
        {863999999999u, "1601-01-01T23:59:59.9999999Z"},
        {864000000000u, "1601-01-02T00:00:00.0000000Z"},
        {997056000000000u, "1604-02-29T00:00:00.0000000Z"}, /* the first leap day */
        {31291488000000000u, "1700-02-28T00:00:00.0000000Z"},
        {31292352000000000u, "1700-03-01T00:00:00.0000000Z"}, /* no leap day in 1700 */
        {94404960000000000u, "1900-02-28T00:00:00.0000000Z"},
        {94405824000000000u, "1900-03-01T00:00:00.0000000Z"},
        {116444736000000000u, "1970-01-01T00:00:00.0000000Z"}, /* the epoch of Unix */
        {125962560000000000u, "2000-02-29T00:00:00.0000000Z"}, /* a leap day in 2000 */
        {126226944000000000u, "2000-12-31T00:00:00.0000000Z"}, /* the last day of 400 years */
        {126227808000000000u, "2001-01-01T00:00:00.0000000Z"},
        {133536384000000000u, "2024-02-29T00:00:00.0000000Z"},
        {134086639231234567u, "2025-11-26T20:52:03.1234567Z"},
        {2650467743999999999u, "9999-12-31T23:59:59.9999999Z"},
        {2650467744000000000u, "9999-12-31T23:59:59.9999999Z"}, /* the year 10000 */
        {UINT64_MAX, "9999-12-31T23:59:59.9999999Z"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char out[TIMESTAMP_CAPACITY];
        TEST_ROW(t, "%" PRIu64, rows[i].filetime);
        timestamp_format(out, rows[i].filetime);
        CHECK_STR(t, rows[i].text, out);
    }
}

/* Every day of four centuries and more follows the one before by the rules of the calendar. */
static void timestamp_counts_every_day(struct test *t)
{
    static const unsigned month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year = 1601;
    unsigned month = 1;
    unsigned day = 1;
    for (uint64_t days = 0; year < 2410; days++) {
        char expected[TIMESTAMP_CAPACITY * 2];
        char out[TIMESTAMP_CAPACITY];
        snprintf(expected, sizeof expected, "%04u-%02u-%02uT12:34:56.0000007Z", year, month, day);
        timestamp_format(out, days * TICKS_PER_DAY + 452960000007u);
        REQUIRE(t, CHECK_STR(t, expected, out));
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        if (++day > month_days[month - 1] + (month == 2 && leap ? 1u : 0u)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(timestamp_known_answers),
        TEST_CASE(timestamp_counts_every_day),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
