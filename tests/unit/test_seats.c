#include "tests/test.h"

#include "service/seats.h"

enum { SEATS_MAX = 16 };

static struct server_limits limits_of(unsigned connections, unsigned per_user)
{
    struct server_limits limits;

    server_limits_default(&limits, 1);
    limits.connections = connections;
    limits.connections_per_user = per_user;
    return limits;
}

static struct sid user_of(uint8_t number)
{
    return (struct sid){.size = number == 0 ? 0 : 12, .bytes = {1, 1, 0, 0, 0, 0, 0, 5, number}};
}

/* The counts are those of the list. */
static void check_seats(struct test *t, const struct seats *seats, unsigned reserved)
{
    unsigned connected = 0, accepting = reserved;

    for (const struct seat *seat = seats->first; seat != NULL; seat = seat->next) {
        connected += seat->is_connected;
        accepting += !seat->is_connected;
    }
    CHECK_INT(t, connected, seats->connected);
    CHECK_INT(t, accepting, seats->accepting);
}

/* A client connects to a new seat. */
static bool connect(struct test *t, struct seats *seats, struct seat *seat,
                    const struct server_limits *limits, uint64_t now_ms, struct seat **evicted)
{
    *seat = (struct seat){.is_connected = false};
    CHECK(t, seats_reserve(seats, limits));
    seats_add(seats, seat);
    return seats_connect(seats, seat, limits, now_ms, evicted);
}

static void seats_are_reserved_up_to_their_number(struct test *t)
{
    static const struct {
        unsigned limit, connected, expected;
    } rows[] = {
        {128, 0, SEATS_ACCEPTING_MAX}, {1, 0, SEATS_ACCEPTING_MAX},   {1, SEATS_REFUSED_MAX - 1, 2},
        {1, SEATS_REFUSED_MAX, 1},     {1, SEATS_REFUSED_MAX + 1, 0}, {2, SEATS_REFUSED_MAX + 1, 1},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct server_limits limits = limits_of(rows[i].limit, 1);
        struct seats seats = {.connected = rows[i].connected};
        unsigned count = 0;

        TEST_ROW(t, "limit %u, %u connected", rows[i].limit, rows[i].connected);
        while (count < 100 && seats_reserve(&seats, &limits))
            count++;
        CHECK_INT(t, rows[i].expected, count);
        CHECK_INT(t, count, seats.accepting);
        if (count > 0) {
            seats_cancel(&seats);
            CHECK(t, seats_reserve(&seats, &limits));
        }
    }
}

static void seats_refuse_above_the_limit(struct test *t)
{
    const struct server_limits limits = limits_of(2, 2);
    struct seat seat[3], *evicted = NULL;
    struct seats seats = {0};

    for (unsigned i = 0; i < 3; i++) {
        TEST_ROW(t, "client %u", i);
        CHECK_INT(t, i < 2, connect(t, &seats, &seat[i], &limits, 1000, &evicted));
        CHECK(t, evicted == NULL); /* nobody has been silent for long */
        CHECK_INT(t, i == 2, seat[i].is_leaving);
        check_seats(t, &seats, 0);
    }
    CHECK(t, seats_remove(&seats, &seat[2]));
    CHECK(t, seats_remove(&seats, &seat[0]));
    check_seats(t, &seats, 0);
    CHECK(t, connect(t, &seats, &seat[0], &limits, 1000, &evicted));
}

static void seats_evict_who_is_silent_longest(struct test *t)
{
    enum { LIMIT = 4 };
    const struct server_limits limits = limits_of(LIMIT, LIMIT);
    struct seat seat[SEATS_MAX], *evicted = NULL;
    struct seats seats = {0};
    const struct sid user = user_of(1);

    for (unsigned i = 0; i < LIMIT; i++)
        CHECK(t, connect(t, &seats, &seat[i], &limits, i * 10, &evicted));
    CHECK(t, seats_identify(&seats, &seat[0], &user, &limits)); /* this one is not silent */
    CHECK(t, !connect(t, &seats, &seat[4], &limits, 10 + SEATS_SILENCE_MS - 1, &evicted));
    CHECK(t, evicted == NULL);
    (void)seats_remove(&seats, &seat[4]);

    CHECK(t, connect(t, &seats, &seat[4], &limits, 10 + SEATS_SILENCE_MS, &evicted));
    CHECK(t, evicted == &seat[1]);
    CHECK(t, connect(t, &seats, &seat[5], &limits, 1000, &evicted)); /* 1 has not left yet */
    CHECK(t, evicted == &seat[2]);
    CHECK(t, seats_identify(&seats, &seat[4], &user, &limits));
    CHECK(t, seats_identify(&seats, &seat[5], &user, &limits));
    CHECK(t, connect(t, &seats, &seat[6], &limits, 2000, &evicted));
    CHECK(t, evicted == &seat[3]);
    CHECK(t, !connect(t, &seats, &seat[7], &limits, 2000, &evicted));
    CHECK(t, evicted == NULL);
    check_seats(t, &seats, 0);
    for (unsigned i = 0; i <= 7; i++)
        CHECK(t, seats_remove(&seats, &seat[i]));
    check_seats(t, &seats, 0);
    CHECK(t, seats.first == NULL);
}

static void seats_are_counted_by_user(struct test *t)
{
    static const struct {
        uint8_t user; /* 0: unknown, which are one user */
        bool may;
    } rows[] = {{1, true}, {1, true},  {1, false}, {2, true}, {0, true},
                {0, true}, {0, false}, {2, true},  {2, false}};
    const struct server_limits limits = limits_of(128, 2);
    struct seat seat[SEATS_MAX], *evicted = NULL;
    struct seats seats = {0};
    const struct sid first = user_of(1);

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct sid user = user_of(rows[i].user);

        TEST_ROW(t, "row %zu", i);
        CHECK(t, connect(t, &seats, &seat[i], &limits, 1000, &evicted));
        CHECK_INT(t, rows[i].may, seats_identify(&seats, &seat[i], &user, &limits));
        CHECK_INT(t, !rows[i].may, seat[i].is_leaving);
    }
    CHECK(t, seats_remove(&seats, &seat[1])); /* makes room for its user */
    CHECK(t, connect(t, &seats, &seat[1], &limits, 1000, &evicted));
    CHECK(t, seats_identify(&seats, &seat[1], &first, &limits));
    check_seats(t, &seats, 0);
}

static void seats_without_a_client_are_removed(struct test *t)
{
    const struct server_limits limits = limits_of(2, 2);
    struct seat seat = {0};
    struct seats seats = {0};

    CHECK(t, seats_reserve(&seats, &limits));
    check_seats(t, &seats, 1);
    seats_add(&seats, &seat);
    check_seats(t, &seats, 0);
    CHECK(t, !seats_remove(&seats, &seat));
    check_seats(t, &seats, 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(seats_are_reserved_up_to_their_number), TEST_CASE(seats_refuse_above_the_limit),
        TEST_CASE(seats_evict_who_is_silent_longest),     TEST_CASE(seats_are_counted_by_user),
        TEST_CASE(seats_without_a_client_are_removed),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
