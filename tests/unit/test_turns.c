#include "tests/test.h"

#include "service/turns.h"

#include <stdlib.h>

enum { USERS_MAX = 40, TICKETS_MAX = 64 };

static const struct sid *user_of(unsigned number)
{
    static struct sid users[USERS_MAX];
    const uint8_t bytes[] = {1, 1, 0, 0, 0, 0, 0, 5, (uint8_t)number, 0, 0, 0};

    if (number >= USERS_MAX ||
        (users[number].size == 0 && !sid_set(&users[number], bytes, sizeof bytes)))
        abort();
    return &users[number];
}

/* The list holds what joined, once, and counts what waits. */
static void check_turns(struct test *t, const struct turns *turns,
                        const struct turns_ticket *tickets, size_t count)
{
    size_t joined = 0, waiting = 0, listed = 0;

    for (size_t i = 0; i < count; i++) {
        joined += tickets[i].is_joined;
        waiting += tickets[i].is_waiting;
        CHECK(t, tickets[i].is_joined || !tickets[i].is_waiting);
    }
    for (const struct turns_ticket *ticket = turns->first; ticket != NULL; ticket = ticket->next) {
        CHECK(t, ticket->is_joined);
        CHECK(t, ticket->turn <= turns->turn && ticket->user_turn <= turns->turn);
        listed++;
    }
    CHECK_INT(t, joined, listed);
    CHECK_INT(t, waiting, turns->waiting_count);
}

/* A row: who comes, a letter for each user and a number for each of its tickets; `.` takes a turn,
 * `-` takes one and ends that scan, a name that came before waits again. And whose turns come. */
static void turns_go_to_users_then_to_connections(struct test *t)
{
    static const struct {
        const char *name, *waits, *takes;
    } rows[] = {
        {"nobody", "", ""},
        {"one user", "A1A2A3", "A1A2A3"},
        {"three users", "A1B1C1", "A1B1C1"},
        {"many and one", "A1A2A3A4B1", "A1B1A2A3A4"},
        {"one and many", "B1A1A2A3A4", "B1A1A2A3A4"},
        {"many and two", "A1A2A3B1C1C2", "A1B1C1A2C2A3"},
        {"mixed", "A1B1A2B2B3A3", "A1B1A2B2A3B3"},
        {"unknown users are one", "?1?2A1?3", "?1A1?2?3"},
        {"who comes goes before the latest and after all others", "A1A2B1B2.C1", "A1B1C1A2B2"},
        {"the same when the latest has left", "A1A2B1B2-C1", "A1B1C1A2B2"},
        {"who comes back keeps the place", "A1A2A3B1...B1", "A1B1A2B1A3"},
        {"and does so without having waited", "A1A2A3A4B1....B1", "A1B1A2A3B1A4"},
        {"a scan that ended gives the place up", "A1A2A3B1B2.-.B1", "A1B1A2B2A3B1"},
        {"connections of a user take turns", "A1A2.A1.A2.A1", "A1A2A1A2A1"},
    };
    static const struct sid unknown = {0};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct turns_ticket tickets[256] = {0};
        struct turns turns = {0};
        struct turns_ticket *ticket = NULL;
        char takes[64] = "";

        TEST_ROW(t, "%s", rows[i].name);
        for (const char *at = rows[i].waits;; at++) {
            const bool is_over = *at == '\0';
            if (!is_over && *at != '.' && *at != '-') {
                const size_t number = ((size_t)(at[0] & 31) << 3) + (size_t)(at[1] - '0');
                turns_wait(&turns, &tickets[number],
                           *at == '?' ? &unknown : user_of((unsigned)(*at - 'A')), UINT64_MAX);
                at++;
                continue;
            }
            ticket = turns_take(&turns);
            if (ticket == NULL)
                break;
            const size_t number = (size_t)(ticket - tickets);
            snprintf(takes + strlen(takes), sizeof takes - strlen(takes), "%c%u",
                     ticket->user->size == 0 ? '?' : (int)(number >> 3) + '@',
                     (unsigned)number & 7);
            if (is_over || *at == '-')
                turns_leave(&turns, ticket);
            at -= is_over;
        }
        CHECK_STR(t, rows[i].takes, takes);
        check_turns(t, &turns, tickets, TEST_COUNT(tickets));
        CHECK_INT(t, 0, turns.waiting_count);
    }
}

/* A user who ends each scan at once and comes anew, or two such users, overtake nobody. */
static void turns_are_not_won_by_coming_anew(struct test *t)
{
    enum { ROUNDS = 120, FRESH_USERS = 2 };

    for (unsigned fresh = 1; fresh <= FRESH_USERS; fresh++) {
        struct turns_ticket tickets[TICKETS_MAX] = {0};
        struct turns turns = {0};
        size_t turns_of_0 = 0;

        TEST_ROW(t, "%u users with new connections", fresh);
        for (size_t i = 0; i < TICKETS_MAX - FRESH_USERS; i++)
            turns_wait(&turns, &tickets[i], user_of(0), UINT64_MAX);
        for (unsigned user = 1; user <= fresh; user++)
            turns_wait(&turns, &tickets[TICKETS_MAX - user], user_of(user), UINT64_MAX);
        for (size_t round = 0; round < ROUNDS; round++) {
            struct turns_ticket *ticket = turns_take(&turns);
            const size_t index = (size_t)(ticket - tickets);
            unsigned user = index < TICKETS_MAX - FRESH_USERS ? 0 : (unsigned)(TICKETS_MAX - index);

            turns_of_0 += user == 0;
            if (user != 0)
                turns_leave(&turns, ticket);
            turns_wait(&turns, ticket, user_of(user), UINT64_MAX);
        }
        CHECK_INT(t, ROUNDS / (fresh + 1), turns_of_0);
        check_turns(t, &turns, tickets, TICKETS_MAX);
    }
}

static void turns_waiting_expires(struct test *t)
{
    static const unsigned users[] = {0, 0, 1, 0, 1, 2};
    static const uint64_t deadlines[] = {UINT64_MAX, 50, 10, UINT64_MAX, 10, 20};
    static const struct {
        uint64_t now_ms;
        unsigned expired; /* bits of the tickets */
    } rows[] = {
        {0, 0},  {9, 0},         {10, 1 << 2 | 1 << 4}, {20, 1 << 5},
        {49, 0}, {1000, 1 << 1}, {1 << 30, 0},          {UINT64_MAX, 1 << 0 | 1 << 3},
    };
    struct turns_ticket tickets[TEST_COUNT(users)] = {0};
    struct turns turns = {0};
    struct turns_ticket *ticket;

    for (size_t i = 0; i < TEST_COUNT(users); i++)
        turns_wait(&turns, &tickets[i], user_of(users[i]), deadlines[i]);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        unsigned expired = 0;

        TEST_ROW(t, "row %zu", i);
        while ((ticket = turns_expire(&turns, rows[i].now_ms)) != NULL) {
            CHECK(t, !ticket->is_waiting);
            expired |= 1u << (ticket - tickets);
            turns_leave(&turns, ticket);
            check_turns(t, &turns, tickets, TEST_COUNT(users));
        }
        CHECK_INT(t, rows[i].expired, expired);
    }
    CHECK(t, turns.first == NULL);
}

static void turns_are_left_in_each_place(struct test *t)
{
    enum { COUNT = 4 };

    for (size_t leaver = 0; leaver < COUNT; leaver++) {
        struct turns_ticket tickets[COUNT] = {0};
        struct turns turns = {0};

        TEST_ROW(t, "ticket %zu", leaver);
        turns_leave(&turns, &tickets[leaver]); /* it never came */
        for (size_t i = 0; i < COUNT; i++)
            turns_wait(&turns, &tickets[i], user_of(0), i == leaver ? 1 : UINT64_MAX);
        CHECK(t, turns_expire(&turns, 1) == &tickets[leaver]);
        turns_leave(&turns, &tickets[leaver]);
        turns_leave(&turns, &tickets[leaver]);
        check_turns(t, &turns, tickets, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            if (i != leaver)
                CHECK(t, turns_take(&turns) == &tickets[i]);
        CHECK(t, turns_take(&turns) == NULL);
        check_turns(t, &turns, tickets, COUNT);
    }
}

/* Random comings and goings: while a user waits, no other gets two turns. */
static void turns_are_fair_at_random(struct test *t)
{
    enum { STEPS = 200000, USERS = 5 };
    static struct turns_ticket tickets[TICKETS_MAX];
    unsigned turns_since[USERS][USERS] = {{0}}; /* [a][b]: turns of b since a waits */
    unsigned waiting[USERS] = {0};
    struct turns turns = {0};
    uint32_t random = 12345;
    size_t taken = 0;

    memset(tickets, 0, sizeof tickets);
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        struct turns_ticket *ticket = &tickets[(random >> 8) % TICKETS_MAX];
        unsigned user = (unsigned)(ticket - tickets) % USERS;
        if (random >> 31 == 0) {
            if (!ticket->is_waiting) {
                if ((random >> 29) % 2 == 0)
                    turns_leave(&turns, ticket);
                turns_wait(&turns, ticket, user_of(user), UINT64_MAX);
                if (waiting[user]++ == 0)
                    memset(turns_since[user], 0, sizeof turns_since[user]);
            }
        } else if ((ticket = turns_take(&turns)) != NULL) {
            user = (unsigned)(ticket - tickets) % USERS;
            waiting[user]--;
            taken++;
            memset(turns_since[user], 0, sizeof turns_since[user]);
            for (unsigned other = 0; other < USERS; other++)
                if (waiting[other] > 0)
                    REQUIRE(t, other == user || ++turns_since[other][user] <= 1);
        }
        if (step % 100 == 0)
            check_turns(t, &turns, tickets, TICKETS_MAX);
    }
    CHECK(t, taken > STEPS / 4);
}

/* --- how long a scan takes beside others: a simulation --- */

struct scanner {
    struct turns_ticket ticket; /* first, so that a ticket is its scanner */
    unsigned user;
    unsigned turns_left;
    uint64_t back_us; /* while it neither waits nor runs: when it comes back */
    bool is_back;     /* it waits or runs */
};

struct simulation {
    unsigned threads;
    unsigned turn_us;  /* that one turn takes, more or less */
    unsigned write_us; /* that the client takes to read what a turn gave */
};

enum {
    SCANNERS_MAX = 33,
    THREADS_MAX = 8,
    TURNS_WANTED = 100,
    BEGIN_US = 1000 * 1000, /* the others began long ago */
    TICK_US = 100
};

/* More or less, so that the threads do not run in step. */
static uint64_t vary(unsigned mean_us)
{
    static uint32_t random = 1;

    random = random * 1664525 + 1013904223;
    return mean_us * UINT64_C(3) / 4 + (random >> 8) % (mean_us / 2 + 1);
}

/* Ends the turns that are over. Returns false when that was the last of the scan that counts. */
static bool end_turns(const struct simulation *simulation, struct scanner **runs,
                      const uint64_t *ends_us, uint64_t now_us)
{
    for (unsigned k = 0; k < simulation->threads; k++) {
        if (runs[k] == NULL || now_us < ends_us[k])
            continue;
        if (--runs[k]->turns_left == 0)
            return false;
        runs[k]->is_back = false;
        runs[k]->back_us = now_us + vary(simulation->write_us);
        runs[k] = NULL;
    }
    return true;
}

/* One scan of one user beside `others` connections of another, which scan all the time. Returns how
 * long it takes.
 * by_connection  Turns go by connection: to turns.h each is a user of its own. */
static uint64_t simulate(const struct simulation *simulation, unsigned others, bool by_connection)
{
    static struct scanner scanners[SCANNERS_MAX];
    struct scanner *runs[THREADS_MAX] = {NULL};
    uint64_t ends_us[THREADS_MAX] = {0}, now_us = 0;
    struct turns turns = {0};

    memset(scanners, 0, sizeof scanners);
    for (unsigned i = 0; i <= others; i++) {
        scanners[i].user = by_connection ? i : i > 0;
        scanners[i].turns_left = i == 0 ? TURNS_WANTED : UINT32_MAX;
        scanners[i].back_us = i == 0 ? BEGIN_US : 0;
    }
    for (; end_turns(simulation, runs, ends_us, now_us); now_us += TICK_US) {
        for (unsigned i = 0; i <= others; i++) {
            if (scanners[i].is_back || now_us < scanners[i].back_us)
                continue;
            scanners[i].is_back = true;
            turns_wait(&turns, &scanners[i].ticket, user_of(scanners[i].user), UINT64_MAX);
        }
        for (unsigned k = 0; k < simulation->threads; k++) {
            if (runs[k] != NULL)
                continue;
            runs[k] = (struct scanner *)(void *)turns_take(&turns);
            ends_us[k] = now_us + vary(simulation->turn_us);
        }
    }
    return now_us - BEGIN_US;
}

static void turns_of_32_connections_cost_another_user_little(struct test *t)
{
    enum { MANY = 32 };
    static const struct simulation rows[] = {
        {1, 20000, 200},   {1, 20000, 2000},  {1, 20000, 20000}, {1, 3000, 2000},  {2, 20000, 200},
        {2, 20000, 2000},  {2, 20000, 20000}, {2, 3000, 2000},   {4, 20000, 200},  {4, 20000, 2000},
        {4, 20000, 20000}, {4, 3000, 2000},   {8, 20000, 200},   {8, 20000, 2000}, {8, 3000, 2000},
    };

    puts("  a scan beside 1 connection of another user, beside 32, and 32 with turns by "
         "connection");
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const uint64_t one_us = simulate(&rows[i], 1, false);
        const uint64_t many_us = simulate(&rows[i], MANY, false);
        const uint64_t unfair_us = simulate(&rows[i], MANY, true);

        TEST_ROW(t, "%u threads, turns of %u us, writes of %u us", rows[i].threads, rows[i].turn_us,
                 rows[i].write_us);
        printf("  %u threads, turns of %5u us, writes of %5u us: %6u ms, %6u ms (%.2f), %6u ms "
               "(%.2f)\n",
               rows[i].threads, rows[i].turn_us, rows[i].write_us, (unsigned)(one_us / 1000),
               (unsigned)(many_us / 1000), (double)many_us / (double)one_us,
               (unsigned)(unfair_us / 1000), (double)unfair_us / (double)one_us);
        CHECK(t, many_us <= 2 * one_us);
        CHECK(t, unfair_us > 2 * one_us);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(turns_go_to_users_then_to_connections),
        TEST_CASE(turns_are_not_won_by_coming_anew),
        TEST_CASE(turns_waiting_expires),
        TEST_CASE(turns_are_left_in_each_place),
        TEST_CASE(turns_are_fair_at_random),
        TEST_CASE(turns_of_32_connections_cost_another_user_little),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
