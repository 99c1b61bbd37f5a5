#include "common/text/timestamp.h"

#include <stdbool.h>
#include <stddef.h>

static const uint64_t TICKS_PER_SECOND = 10u * 1000 * 1000;
static const uint64_t SECONDS_PER_DAY = 86400;
static const uint64_t FILETIME_YEAR_10000 = 2650467744000000000u;

enum {
    DAYS_400_YEARS = 146097,
    DAYS_100_YEARS = 36524,
    DAYS_4_YEARS = 1461,
    DAYS_YEAR = 365,
    YEAR_FIRST = 1601
};

struct date {
    unsigned year;
    unsigned month; /* 1 to 12 */
    unsigned day;   /* 1 to 31 */
};

static unsigned min_unsigned(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* A FILETIME's first year opens a cycle of 400, of 100 and of 4 years, so the longer year always
 * ends its cycle: only the last part may be one day longer, which the limit of 3 takes in. */
static struct date date_from_days(unsigned days)
{
    unsigned cycles_400 = days / DAYS_400_YEARS;
    days %= DAYS_400_YEARS;
    unsigned cycles_100 = min_unsigned(days / DAYS_100_YEARS, 3);
    days -= cycles_100 * DAYS_100_YEARS;
    unsigned cycles_4 = days / DAYS_4_YEARS;
    days %= DAYS_4_YEARS;
    unsigned years = min_unsigned(days / DAYS_YEAR, 3);
    days -= years * DAYS_YEAR;

    bool leap = years == 3 && (cycles_4 != 24 || cycles_100 == 3);
    const unsigned month_days[12] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned month = 0;
    while (month < 11 && days >= month_days[month])
        days -= month_days[month++];
    unsigned year = YEAR_FIRST + cycles_400 * 400 + cycles_100 * 100 + cycles_4 * 4 + years;
    return (struct date){year, month + 1, days + 1};
}

/* Writes the last `width` digits of `value`. Returns the place behind them. */
static char *put_digits(char *out, unsigned value, size_t width)
{
    for (size_t i = width; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + width;
}

void timestamp_format(char *out, uint64_t filetime)
{
    if (filetime >= FILETIME_YEAR_10000)
        filetime = FILETIME_YEAR_10000 - 1;
    unsigned fraction = (unsigned)(filetime % TICKS_PER_SECOND);
    uint64_t seconds = filetime / TICKS_PER_SECOND;
    unsigned second = (unsigned)(seconds % SECONDS_PER_DAY);
    struct date date = date_from_days((unsigned)(seconds / SECONDS_PER_DAY));
    const unsigned numbers[] = {date.year,        date.month,  date.day, second / 3600,
                                second / 60 % 60, second % 60, fraction};
    static const unsigned char widths[] = {4, 2, 2, 2, 2, 2, 7};
    static const char separators[] = "--T::.Z";
    for (size_t i = 0; i < sizeof widths; i++) {
        out = put_digits(out, numbers[i], widths[i]);
        *out++ = separators[i];
    }
    *out = '\0';
}
