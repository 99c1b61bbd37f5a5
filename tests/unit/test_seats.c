#include "tests/test.h"

#include "service/seats.h"

enum { SEATS_MAX = 64, UNKNOWN = 0, ADMINISTRATOR = 200, FILTERED = 201, SYSTEM = 202 };

static struct server_limits limits_of(unsigned connections, unsigned per_user)
{
    struct server_limits limits;

    server_limits_default(&limits, 1);
    limits.connections = connections;
    limits.connections_per_user = per_user;
    return limits;
}

/* The program of a user; see the numbers above. */
static struct caller opener_of(uint8_t number)
{
    struct caller opener;

    opener = caller_unknown;
    if (number != UNKNOWN)
        opener.user = (struct sid){.size = 12, .bytes = {1, 1, 0, 0, 0, 0, 0, 5, number}};
    if (number == SYSTEM)
        opener.user = sid_system;
    if (number == FILTERED)
        opener.administrator = ADMINISTRATOR_DENY_ONLY;
    if (number == ADMINISTRATOR)
        opener.administrator = ADMINISTRATOR_ENABLED;
    return opener;
}

/* The counts are those of the list. */
static void check_seats(struct test *t, const struct seats *seats, unsigned reserved)
{
    unsigned connected = 0, accepting = reserved, leaving = 0;

    for (const struct seat *seat = seats->first; seat != NULL; seat = seat->next) {
        accepting += seat->state == SEAT_ACCEPTING;
        connected += seat->state == SEAT_CONNECTED;
        leaving += seat->state > SEAT_CONNECTED;
    }
    CHECK_INT(t, accepting, seats->accepting);
    CHECK_INT(t, connected, seats->connected);
    CHECK_INT(t, leaving, seats->leaving);
}

static const struct seat *const *left; /* seats whose clients have left, ends with NULL */

static bool has_left(struct seat *seat)
{
    const struct seat *const *it = left;

    while (it != NULL && *it != NULL && *it != seat)
        it++;
    return it != NULL && *it != NULL;
}

/* A client of a user connects to a new seat. Returns the seat that must go. */
static struct seat *connect(struct test *t, struct seats *seats, struct seat *seat,
                            const struct server_limits *limits, uint8_t user)
{
    const struct caller opener = opener_of(user);

    *seat = (struct seat){.state = SEAT_ACCEPTING};
    CHECK(t, seats_reserve(seats, limits));
    seats_add(seats, seat);
    struct seat *leaving = seats_connect(seats, seat, limits, &opener, has_left);
    check_seats(t, seats, 0);
    return leaving;
}

static void seats_are_reserved_up_to_their_number(struct test *t)
{
    enum { ALL = SEATS_ACCEPTING_MAX + SEATS_LEAVING_MAX };
    static const struct {
        unsigned limit, connected, leaving, expected;
    } rows[] = {
        {128, 0, 0, 16}, {128, 128, 0, 16}, {1, 1, 16, 16},
        {1, 1, 20, 12},  {1, 1, 32, 0},     {1, 0, 0, 16},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct server_limits limits = limits_of(rows[i].limit, 1);
        struct seats seats = {.connected = rows[i].connected, .leaving = rows[i].leaving};
        unsigned count = 0;

        TEST_ROW(t, "limit %u, %u connected, %u leaving", rows[i].limit, rows[i].connected,
                 rows[i].leaving);
        while (count < 100 && seats_reserve(&seats, &limits))
            count++;
        CHECK_INT(t, rows[i].expected, count);
        CHECK_INT(t, count, seats.accepting);
        CHECK(t, count + seats.connected + seats.leaving <= rows[i].limit + ALL);
        if (count > 0) {
            seats_cancel(&seats);
            CHECK(t, seats_reserve(&seats, &limits));
        }
    }
}

/* One letter is a client of that user (? unknown, A administrator, F filtered one, S SYSTEM), which
 * sends a request at once when the letter is followed by '!', and has left when that is followed by
 * '.'. The last one connects when the others have. */
static void seats_make_room(struct test *t)
{
    static const struct {
        const char *name;
        unsigned connections, per_user;
        const char *clients;
        int leaves; /* index of the one that must go; -1: none */
        enum seat_state state;
    } rows[] = {
        {"below every limit", 8, 4, "aaab", -1, SEAT_CONNECTED},
        {"the oldest of the user", 8, 4, "aaaaa", 0, SEAT_NO_USER_PLACE},
        {"not one that has asked", 8, 4, "a!a!aaa", 2, SEAT_NO_USER_PLACE},
        {"not one of another user", 8, 4, "baaaaa", 1, SEAT_NO_USER_PLACE},
        {"the newest if all have asked", 8, 4, "a!a!a!a!a", 4, SEAT_NO_USER_PLACE},
        {"the largest holder's oldest", 8, 4, "baaabccc", 1, SEAT_NO_PLACE},
        {"however old the others are", 8, 7, "bcdefaag", 5, SEAT_NO_PLACE},
        {"the largest who has one without a request", 8, 4, "a!a!a!bbccd", 3, SEAT_NO_PLACE},
        {"the oldest if all have one", 8, 4, "abcdefgh", 0, SEAT_NO_PLACE},
        {"the newest if no other is without", 8, 4, "a!b!c!d!e!f!g!h", 7, SEAT_NO_PLACE},
        {"the last place is for administrators", 8, 4, "a!b!c!d!e!f!g!A", -1, SEAT_CONNECTED},
        {"and for those with a filtered token", 8, 4, "a!b!c!d!e!f!g!F", -1, SEAT_CONNECTED},
        {"and for SYSTEM", 8, 4, "a!b!c!d!e!f!g!S", -1, SEAT_CONNECTED},
        {"and only that", 8, 4, "a!b!c!d!e!f!g!A!S", 8, SEAT_NO_PLACE},
        {"which nobody else takes from them", 8, 4, "a!b!c!d!e!f!g!Ah", 8, SEAT_NO_PLACE},
        {"nor from a filtered token", 8, 4, "a!b!c!d!e!f!g!Fh", 8, SEAT_NO_PLACE},
        {"nor from SYSTEM", 8, 4, "a!b!c!d!e!f!g!Sh", 8, SEAT_NO_PLACE},
        {"not even from who holds more", 8, 4, "a!b!c!d!e!f!AAh", 8, SEAT_NO_PLACE},
        {"one of nobody else goes", 8, 4, "a!b!c!d!efAAh", 4, SEAT_NO_PLACE},
        {"one administrator goes for another", 8, 4, "a!b!c!d!e!f!g!AS", 7, SEAT_NO_PLACE},
        {"but not one who has left", 8, 4, "a!b!c!d!e!f!g!A!.h", 7, SEAT_LEFT},
        {"administrators count as well", 8, 4, "A!A!A!A!b!c!d!e", 7, SEAT_NO_PLACE},
        {"an eighth of sixteen", 16, 15, "aaaaaaaaaaaaaab", 0, SEAT_NO_PLACE},
        {"the place of one who has left", 8, 4, "a!a!.a!a!a", 1, SEAT_LEFT},
        {"before that of one who has not asked yet", 8, 4, "aa!a!.aa", 2, SEAT_LEFT},
        {"not that of another user", 8, 4, "b!.a!a!a!a!a", 5, SEAT_NO_USER_PLACE},
        {"at the limit of all that of any user", 8, 4, "a!b!.c!d!e!f!g!h", 1, SEAT_LEFT},
        {"below every limit it stays", 8, 4, "a!.a!.a!.a", -1, SEAT_CONNECTED},
        {"the only place is everybody's", 1, 1, "a", -1, SEAT_CONNECTED},
        {"unknown users are one, in a small bucket", 32, 32, "?????", 0, SEAT_NO_USER_PLACE},
        {"which is never larger than a user's", 32, 2, "???", 0, SEAT_NO_USER_PLACE},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct server_limits limits = limits_of(rows[i].connections, rows[i].per_user);
        struct seat seat[SEATS_MAX], *leaving = NULL;
        const struct seat *gone[SEATS_MAX + 1] = {NULL};
        struct seats seats = {0};
        int count = 0, gone_count = 0;

        TEST_ROW(t, "%s", rows[i].name);
        left = gone;
        for (const char *c = rows[i].clients; *c != '\0'; c++) {
            if (*c == '.') {
                gone[gone_count++] = &seat[count - 1];
                continue;
            }
            if (*c == '!') {
                seat[count - 1].has_asked = true;
                continue;
            }
            CHECK(t, leaving == NULL); /* only the last one is too many */
            leaving = connect(t, &seats, &seat[count++], &limits,
                              *c == '?'   ? UNKNOWN
                              : *c == 'A' ? ADMINISTRATOR
                              : *c == 'F' ? FILTERED
                              : *c == 'S' ? SYSTEM
                                          : (uint8_t)*c);
        }
        CHECK_INT(t, rows[i].leaves, leaving != NULL ? (int)(leaving - seat) : -1);
        if (leaving != NULL)
            CHECK_INT(t, rows[i].state, leaving->state);
        for (int k = 0; k < count; k++)
            CHECK(t, seats_remove(&seats, &seat[k]));
        check_seats(t, &seats, 0);
        CHECK(t, seats.first == NULL);
        left = NULL;
    }
}

/* Whatever one user does, another one gets a place and keeps it. */
static void seats_keep_a_crowd_to_itself(struct test *t)
{
    const struct server_limits limits = limits_of(8, 4);
    struct seat crowd[SEATS_MAX], honest;
    struct seats seats = {0};
    int first = 0;

    for (int i = 0; i < SEATS_MAX; i++) {
        struct seat *leaving;

        TEST_ROW(t, "client %d", i);
        if (i == 10)
            CHECK(t, connect(t, &seats, &honest, &limits, 'h') == NULL);
        leaving = connect(t, &seats, &crowd[i], &limits, 'c');
        CHECK(t, leaving == (i < 4 ? NULL : &crowd[first]));
        if (leaving != NULL) {
            CHECK(t, seats_remove(&seats, leaving));
            first++;
        }
    }
    CHECK_INT(t, SEAT_CONNECTED, honest.state);
}

/* Clients that do not leave make no room for themselves: then the oldest is cut off. */
static void seats_cut_those_who_stay(struct test *t)
{
    const struct server_limits limits = limits_of(8, 4);
    struct seat seat[SEATS_MAX];
    struct seats seats = {0};
    int cut = 0;

    for (int i = 0; i < SEATS_MAX - SEATS_LEAVING_MAX; i++) {
        TEST_ROW(t, "client %d", i);
        (void)connect(t, &seats, &seat[i], &limits, 'c');
        struct seat *found = seats_cut(&seats);
        if (i < 4 + SEATS_LEAVING_MAX) {
            CHECK(t, found == NULL);
            continue;
        }
        CHECK(t, found == &seat[cut]); /* and not a second time */
        CHECK(t, seats_cut(&seats) == NULL);
        if (cut++ >= 8) /* some take their time */
            CHECK(t, seats_remove(&seats, &seat[cut - 8]));
    }
    CHECK(t, cut > 16);
}

/* Clients ask and leave while their connections wait for something, so that none of these ends: they do
 * not use up what the others need to connect. */
static void seats_of_those_who_left_are_bounded(struct test *t)
{
    const struct server_limits limits = limits_of(32, 4);
    struct seat seat[SEATS_MAX];
    const struct seat *gone[SEATS_MAX + 1] = {NULL};
    struct seats seats = {0};

    left = gone;
    for (int i = 0; i < SEATS_MAX; i++) {
        TEST_ROW(t, "client %d", i);
        const struct seat *leaving = connect(t, &seats, &seat[i], &limits, 'c');
        CHECK(t, seats.leaving <= SEATS_LEAVING_MAX + 1);
        if (leaving == &seat[i]) { /* it is refused, and closes */
            CHECK(t, seats_remove(&seats, &seat[i]));
            continue;
        }
        seat[i].has_asked = true;
        gone[i] = &seat[i];
        for (int j = 0; j < i; j++) /* no gaps */
            gone[j] = gone[j] != NULL ? gone[j] : &seat[i];
    }
    CHECK_INT(t, SEATS_LEAVING_MAX, seats.leaving);
    left = NULL;
}

/* A crowd that is on its way out takes nothing from those whose earlier connections have left. */
static void seats_of_a_crowd_that_leaves_do_not_count(struct test *t)
{
    const struct server_limits limits = limits_of(32, 4);
    struct seat crowd[4 + SEATS_LEAVING_MAX], late[SEATS_LEAVING_MAX], honest[5];
    const struct seat *gone[] = {&honest[0], NULL};
    struct seats seats = {0};

    for (size_t i = 0; i < TEST_COUNT(crowd); i++) {
        struct seat *leaving = connect(t, &seats, &crowd[i], &limits, 'c');
        if (leaving != NULL)
            leaving->has_asked = true; /* set with the line that refuses it */
    }
    for (size_t i = 0; i < TEST_COUNT(late); i++) {
        struct seat *leaving = connect(t, &seats, &late[i], &limits, 'c');
        CHECK(t, leaving != NULL && seats_cut(&seats) != NULL);
    }
    CHECK_INT(t, 2 * SEATS_LEAVING_MAX, seats.leaving);
    for (int i = 0; i < 4; i++) {
        CHECK(t, connect(t, &seats, &honest[i], &limits, 'h') == NULL);
        honest[i].has_asked = true;
    }
    left = gone;
    CHECK(t, connect(t, &seats, &honest[4], &limits, 'h') == &honest[0]);
    left = NULL;
}

static void seats_without_a_client_are_removed(struct test *t)
{
    const struct server_limits limits = limits_of(2, 2);
    struct seat seat = {.state = SEAT_ACCEPTING};
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
        TEST_CASE(seats_are_reserved_up_to_their_number),
        TEST_CASE(seats_make_room),
        TEST_CASE(seats_keep_a_crowd_to_itself),
        TEST_CASE(seats_cut_those_who_stay),
        TEST_CASE(seats_of_those_who_left_are_bounded),
        TEST_CASE(seats_of_a_crowd_that_leaves_do_not_count),
        TEST_CASE(seats_without_a_client_are_removed),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
