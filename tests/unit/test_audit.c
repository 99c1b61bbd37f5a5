#include "tests/test.h"

#include "service/audit.h"

/* The user with this number: S-1-5-21-N; 0 is unknown. */
static struct sid sid_of(unsigned number)
{
    struct sid sid = {
        .size = number == 0 ? 0 : 16,
        .bytes = {1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, (uint8_t)number, (uint8_t)(number >> 8)}};
    return sid;
}

static struct audit_client user(unsigned number)
{
    return (struct audit_client){.user = sid_of(number),
                                 .elevation = ELEVATION_DEFAULT,
                                 .pid = number + 4,
                                 .image = "a.exe"};
}

static unsigned number_of(const struct sid *sid)
{
    return sid->size == 0 ? 0 : sid->bytes[12] + 256u * sid->bytes[13];
}

/* One step: `adds` denials of a user at a time, then what is due. */
static void audit_reports_the_first_at_once_and_the_rest_by_the_interval(struct test *t)
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
    struct audit audit = {.interval_ms = AUDIT_DENIALS_MS};

    for (size_t i = 0; i < TEST_COUNT(steps); i++) {
        const struct audit_client who = user(steps[i].user);
        struct audit_user report;
        TEST_ROW(t, "%s", steps[i].name);
        for (unsigned n = 0; n < steps[i].adds; n++)
            audit_add(&audit, &who, steps[i].now_ms);
        for (size_t n = 0; n < REPORTS_MAX && steps[i].reports[n].count > 0; n++) {
            REQUIRE(t, audit_next(&audit, steps[i].now_ms, &report));
            CHECK_INT(t, steps[i].reports[n].user, number_of(&report.client.user));
            CHECK_INT(t, steps[i].reports[n].count, report.count);
        }
        CHECK(t, !audit_next(&audit, steps[i].now_ms, &report));
    }
}

static void audit_leaves_the_report_alone_when_none_is_due(struct test *t)
{
    struct audit audit = {.interval_ms = AUDIT_DENIALS_MS};
    struct audit_user report = {
        .client = user(7), .count = 9, .reported_ms = 0, .is_reported = false};

    CHECK(t, !audit_next(&audit, UINT64_MAX, &report));
    CHECK_INT(t, 9, report.count);
    CHECK_INT(t, 7, number_of(&report.client.user));
}

/* A flood of users within a minute makes a bounded number of events, and loses no count. */
static void audit_counts_a_flood_of_users_together(struct test *t)
{
    enum { USERS = 1000 };
    static struct audit audit = {.interval_ms = AUDIT_DENIALS_MS};
    struct audit_user report;
    uint64_t reported = 0;
    unsigned events = 0;

    for (unsigned i = 1; i <= USERS; i++) {
        const struct audit_client who = user(i);
        audit_add(&audit, &who, 1000 + i);
        for (; audit_next(&audit, 1000 + i, &report); events++)
            reported += report.count;
    }
    CHECK_INT(t, AUDIT_USERS_MAX + 1, events);
    CHECK_INT(t, AUDIT_USERS_MAX + 1, reported);
    CHECK(t, audit_next(&audit, UINT64_MAX, &report));
    CHECK_INT(t, (int)USERS - AUDIT_USERS_MAX - 1, report.count);
    CHECK_INT(t, 0, report.client.user.size);
    CHECK(t, !audit_next(&audit, UINT64_MAX, &report));
}

static void audit_gives_an_old_place_to_a_new_user(struct test *t)
{
    static struct audit audit = {.interval_ms = AUDIT_DENIALS_MS};
    struct audit_user report;
    const struct audit_client late = user(5000);

    for (unsigned i = 1; i <= AUDIT_USERS_MAX; i++) {
        const struct audit_client who = user(i);
        audit_add(&audit, &who, 0);
        CHECK(t, audit_next(&audit, 0, &report));
    }
    const struct audit_client first = user(1);
    audit_add(&audit, &first, 1); /* not reported: its place is not free */
    audit_add(&audit, &late, AUDIT_DENIALS_MS);
    CHECK(t, audit_next(&audit, AUDIT_DENIALS_MS, &report));
    CHECK_INT(t, 1, number_of(&report.client.user));
    CHECK(t, audit_next(&audit, AUDIT_DENIALS_MS, &report));
    CHECK_INT(t, 5000, number_of(&report.client.user));
    CHECK_INT(t, 1, report.count);
    CHECK(t, !audit_next(&audit, AUDIT_DENIALS_MS, &report));
}

/* The event names the last program; the two tokens of an administrator are two users. */
static void audit_names_the_last_program_and_tells_tokens_apart(struct test *t)
{
    struct audit audit = {.interval_ms = AUDIT_QUERIES_MS};
    struct audit_client filtered = user(1), elevated = user(1);
    struct audit_user report;

    filtered.elevation = ELEVATION_LIMITED;
    elevated.elevation = ELEVATION_FULL;
    audit_add(&audit, &filtered, 1000);
    audit_add(&audit, &elevated, 1000);
    for (int i = 0; i < 2; i++) {
        REQUIRE(t, audit_next(&audit, 1000, &report));
        CHECK_INT(t, i == 0 ? ELEVATION_LIMITED : ELEVATION_FULL, report.client.elevation);
        CHECK_INT(t, 1, report.count);
    }
    audit_add(&audit, &elevated, 2000);
    elevated.pid = 4711;
    strcpy(elevated.image, "b.exe");
    audit_add(&audit, &elevated, 3000);
    CHECK(t, !audit_next(&audit, 1000 + AUDIT_QUERIES_MS - 1, &report));
    REQUIRE(t, audit_next(&audit, 1000 + AUDIT_QUERIES_MS, &report));
    CHECK_INT(t, 2, report.count);
    CHECK_INT(t, 4711, report.client.pid);
    CHECK_STR(t, "b.exe", report.client.image);
    CHECK(t, !audit_next(&audit, UINT64_MAX, &report));
}

/* What is left comes out without another request: somebody knows when to look. */
static void audit_knows_when_the_next_report_is_due(struct test *t)
{
    struct audit audit = {.interval_ms = AUDIT_DENIALS_MS};
    const struct audit_client first = user(1), second = user(2), unknown = user(0);
    struct audit_user report;

    CHECK(t, audit_due_ms(&audit) == UINT64_MAX);
    audit_add(&audit, &first, 1000);
    CHECK(t, audit_due_ms(&audit) <= 1000);
    REQUIRE(t, audit_next(&audit, 1000, &report));
    CHECK(t, audit_due_ms(&audit) == UINT64_MAX);
    audit_add(&audit, &second, 5000);
    REQUIRE(t, audit_next(&audit, 5000, &report));
    audit_add(&audit, &second, 6000);
    CHECK(t, audit_due_ms(&audit) == 5000 + AUDIT_DENIALS_MS);
    audit_add(&audit, &first, 7000);
    CHECK(t, audit_due_ms(&audit) == 1000 + AUDIT_DENIALS_MS);
    audit_add(&audit, &unknown, 8000);
    CHECK(t, audit_due_ms(&audit) <= 8000);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(audit_reports_the_first_at_once_and_the_rest_by_the_interval),
        TEST_CASE(audit_leaves_the_report_alone_when_none_is_due),
        TEST_CASE(audit_counts_a_flood_of_users_together),
        TEST_CASE(audit_names_the_last_program_and_tells_tokens_apart),
        TEST_CASE(audit_knows_when_the_next_report_is_due),
        TEST_CASE(audit_gives_an_old_place_to_a_new_user),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
