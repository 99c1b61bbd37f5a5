#include "common/text/timestamp.h"

#include "common/text/number.h"

static const uint64_t TICKS_PER_SECOND = 10u * 1000 * 1000;
static const uint64_t SECONDS_PER_DAY = 86400;
static const uint64_t FILETIME_YEAR_10000 = 2650467744000000000u;

enum { DAYS_TO_1601 = 584694, DAYS_400_YEARS = 146097 }; /* from 0000-03-01 */

void timestamp_format(char *out, uint64_t filetime)
{
    if (filetime >= FILETIME_YEAR_10000)
        filetime = FILETIME_YEAR_10000 - 1;
    const uint64_t seconds = filetime / TICKS_PER_SECOND;
    const uint64_t second = seconds % SECONDS_PER_DAY;

    /* Howard Hinnant's civil_from_days: a year that begins in March has its leap day at the end. */
    const uint64_t days = seconds / SECONDS_PER_DAY + DAYS_TO_1601;
    const uint64_t day = days % DAYS_400_YEARS; /* of a cycle of 400 years */
    const uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    const uint64_t year_day = day - (365 * year + year / 4 - year / 100);
    const uint64_t month = (5 * year_day + 2) / 153; /* from March */
    const uint64_t numbers[] = {year + days / DAYS_400_YEARS * 400 + (month >= 10),
                                month < 10 ? month + 3 : month - 9,
                                year_day - (153 * month + 2) / 5 + 1,
                                second / 3600,
                                second / 60 % 60,
                                second % 60,
                                filetime % TICKS_PER_SECOND};
    static const unsigned char widths[] = {4, 2, 2, 2, 2, 2, 7};
    static const char separators[] = "--T::.Z";
    for (size_t i = 0; i < sizeof widths; i++) {
        out = number_put_digits(out, numbers[i], widths[i]);
        *out++ = separators[i];
    }
    *out = '\0';
}
