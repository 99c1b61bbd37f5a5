#include "tests/test.h"

#include "service/denials.h"

/* The user with this number: S-1-5-21-N; 0 is unknown. */
static struct sid user(unsigned number)
{
    struct sid sid = {
        .size = number == 0 ? 0 : 16,
        .bytes = {1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, (uint8_t)number, (uint8_t)(number >> 8)}};
    return sid;
}

static unsigned number_of(const struct sid *sid)
{
    return sid->size == 0 ? 0 : sid->bytes[12] + 256u * sid->bytes[13];
}

/* One step: `adds` denials of a user at a time, then what is due. */
static void denials_reports_the_first_at_once_and_the_rest_by_the_minute(struct test *t)
{
    enum { REPORTS_MAX = 2 };
    static const struct {
        const char *name;
        uint64_t now_ms;
        unsigned user;
        unsigned adds;
        struct {
            unsigned user;
            unsigned count; /* 0: no report */
        } reports[REPORTS_MAX];
    } steps[] = {
        {"nothing yet", 0, 1, 0, {{0, 0}}},
        {"the first is reported at once", 1000, 1, 1, {{1, 1}}},
        {"the second is kept", 1001, 1, 1, {{0, 0}}},
        {"so are many", 2000, 1, 500, {{0, 0}}},
        {"another user has its own minute", 3000, 2, 2, {{2, 2}}},
        {"one ms early", 60999, 1, 1, {{0, 0}}},
        {"the minute is over", 61000, 1, 1, {{1, 503}}},
        {"reported when another user is denied", 130000, 2, 1, {{2, 1}}},
        {"nothing is left", 130001, 1, 0, {{0, 0}}},
        {"after a long time reported at once again", 500000, 1, 1, {{1, 1}}},
        {"kept", 500001, 1, 3, {{0, 0}}},
        {"reported together with another user", 560000, 2, 1, {{1, 3}, {2, 1}}},
        {"an unknown user is one of the others", 600000, 0, 1, {{0, 1}}},
        {"and is limited too", 600001, 0, 7, {{0, 0}}},
        {"until its minute is over", 660000, 0, 1, {{0, 8}}},
        {"nothing is reported when the clock went back", 10, 1, 1, {{0, 0}}},
    };
    struct denials denials = {0};

    for (size_t i = 0; i < TEST_COUNT(steps); i++) {
        const struct sid who = user(steps[i].user);
        struct denials_user report;
        TEST_ROW(t, "%s", steps[i].name);
        for (unsigned n = 0; n < steps[i].adds; n++)
            denials_add(&denials, &who, steps[i].now_ms);
        for (size_t n = 0; n < REPORTS_MAX && steps[i].reports[n].count > 0; n++) {
            REQUIRE(t, denials_next(&denials, steps[i].now_ms, &report));
            CHECK_INT(t, steps[i].reports[n].user, number_of(&report.sid));
            CHECK_INT(t, steps[i].reports[n].count, report.count);
        }
        CHECK(t, !denials_next(&denials, steps[i].now_ms, &report));
    }
}

static void denials_leaves_the_report_alone_when_none_is_due(struct test *t)
{
    struct denials denials = {0};
    struct denials_user report = {.sid = user(7), .count = 9};

    CHECK(t, !denials_next(&denials, UINT64_MAX, &report));
    CHECK_INT(t, 9, report.count);
    CHECK_INT(t, 7, number_of(&report.sid));
}

/* A flood of users within a minute makes a bounded number of events, and loses no count. */
static void denials_counts_a_flood_of_users_together(struct test *t)
{
    enum { USERS = 1000 };
    static struct denials denials;
    struct denials_user report;
    uint64_t reported = 0;
    unsigned events = 0;

    for (unsigned i = 1; i <= USERS; i++) {
        const struct sid who = user(i);
        denials_add(&denials, &who, 1000 + i);
        for (; denials_next(&denials, 1000 + i, &report); events++)
            reported += report.count;
    }
    CHECK_INT(t, DENIALS_USERS_MAX + 1, events);
    CHECK_INT(t, DENIALS_USERS_MAX + 1, reported);
    CHECK(t, denials_next(&denials, UINT64_MAX, &report));
    CHECK_INT(t, USERS - DENIALS_USERS_MAX - 1, report.count);
    CHECK_INT(t, 0, report.sid.size);
    CHECK(t, !denials_next(&denials, UINT64_MAX, &report));
}

static void denials_gives_an_old_place_to_a_new_user(struct test *t)
{
    static struct denials denials;
    struct denials_user report;
    const struct sid late = user(5000);

    for (unsigned i = 1; i <= DENIALS_USERS_MAX; i++) {
        const struct sid who = user(i);
        denials_add(&denials, &who, 0);
        CHECK(t, denials_next(&denials, 0, &report));
    }
    const struct sid first = user(1);
    denials_add(&denials, &first, 1); /* not reported: its place is not free */
    denials_add(&denials, &late, DENIALS_INTERVAL_MS);
    CHECK(t, denials_next(&denials, DENIALS_INTERVAL_MS, &report));
    CHECK_INT(t, 1, number_of(&report.sid));
    CHECK(t, denials_next(&denials, DENIALS_INTERVAL_MS, &report));
    CHECK_INT(t, 5000, number_of(&report.sid));
    CHECK_INT(t, 1, report.count);
    CHECK(t, !denials_next(&denials, DENIALS_INTERVAL_MS, &report));
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(denials_reports_the_first_at_once_and_the_rest_by_the_minute),
        TEST_CASE(denials_leaves_the_report_alone_when_none_is_due),
        TEST_CASE(denials_counts_a_flood_of_users_together),
        TEST_CASE(denials_gives_an_old_place_to_a_new_user),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
