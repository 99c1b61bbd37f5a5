#include "tests/test.h"

#include "service/slots.h"

enum { TICKETS = 6 };

/* Every ticket is where its state says, and the counts are right. */
static void check_slots(struct test *t, const struct slots *slots,
                        const struct slots_ticket tickets[TICKETS])
{
    unsigned held = 0, waiting = 0, queued = 0;

    for (int i = 0; i < TICKETS; i++) {
        held += tickets[i].state == SLOTS_HELD;
        waiting += tickets[i].state == SLOTS_WAITING;
    }
    const struct slots_ticket *previous = NULL;
    for (const struct slots_ticket *ticket = slots->first; ticket != NULL; ticket = ticket->next) {
        CHECK_INT(t, SLOTS_WAITING, ticket->state);
        CHECK(t, ticket->previous == previous);
        previous = ticket;
        queued++;
    }
    CHECK(t, slots->last == previous);
    CHECK_INT(t, held, slots->held_count);
    CHECK_INT(t, waiting, slots->waiting_count);
    CHECK_INT(t, waiting, queued);
}

static void slots_are_given_up_to_their_number(struct test *t)
{
    struct slots_ticket tickets[TICKETS] = {0};
    struct slots slots;

    slots_init(&slots, 2);
    for (int i = 0; i < TICKETS; i++) {
        TEST_ROW(t, "ticket %d", i);
        CHECK_INT(t, i < 2, slots_request(&slots, &tickets[i], UINT64_MAX));
        check_slots(t, &slots, tickets);
    }
    CHECK(t, slots_grant(&slots) == NULL);
}

static void slots_go_to_who_waits_longest(struct test *t)
{
    struct slots_ticket tickets[TICKETS] = {0};
    struct slots slots;

    slots_init(&slots, 1);
    for (int i = 0; i < TICKETS; i++)
        (void)slots_request(&slots, &tickets[i], UINT64_MAX);
    for (int i = 0; i + 1 < TICKETS; i++) {
        TEST_ROW(t, "ticket %d leaves", i);
        slots_leave(&slots, &tickets[i]);
        CHECK(t, slots_grant(&slots) == &tickets[i + 1]);
        CHECK(t, slots_grant(&slots) == NULL);
        CHECK_INT(t, SLOTS_HELD, tickets[i + 1].state);
        check_slots(t, &slots, tickets);
    }
}

/* A slot that is free for a moment belongs to the queue. */
static void slots_are_not_snatched(struct test *t)
{
    struct slots_ticket tickets[TICKETS] = {0};
    struct slots slots;

    slots_init(&slots, 1);
    CHECK(t, slots_request(&slots, &tickets[0], UINT64_MAX));
    CHECK(t, !slots_request(&slots, &tickets[1], UINT64_MAX));
    slots_leave(&slots, &tickets[0]);
    CHECK(t, !slots_request(&slots, &tickets[0], UINT64_MAX)); /* behind the one that waits */
    CHECK(t, slots_grant(&slots) == &tickets[1]);
    check_slots(t, &slots, tickets);
    slots_leave(&slots, &tickets[1]);
    CHECK(t, slots_grant(&slots) == &tickets[0]);
    check_slots(t, &slots, tickets);
}

static void slots_are_left_in_each_state(struct test *t)
{
    for (int leaver = 0; leaver < TICKETS; leaver++) {
        struct slots_ticket tickets[TICKETS] = {0};
        struct slots slots;

        TEST_ROW(t, "ticket %d", leaver);
        slots_init(&slots, 2);
        for (int i = 0; i + 1 < TICKETS; i++)
            (void)slots_request(&slots, &tickets[i], UINT64_MAX);
        slots_leave(&slots, &tickets[leaver]);
        CHECK_INT(t, SLOTS_NONE, tickets[leaver].state);
        check_slots(t, &slots, tickets);
        slots_leave(&slots, &tickets[leaver]); /* it has nothing: nothing happens */
        check_slots(t, &slots, tickets);
        CHECK(t, slots_grant(&slots) == (leaver < 2 ? &tickets[2] : NULL));
        check_slots(t, &slots, tickets);
    }
}

static void slots_waiting_expires(struct test *t)
{
    static const uint64_t deadlines[TICKETS] = {UINT64_MAX, 50, 10, UINT64_MAX, 10, 20};
    static const struct {
        uint64_t now_ms;
        unsigned expired; /* bits of the tickets */
    } rows[] = {
        {0, 0},         {9, 0},       {10, 1 << 2 | 1 << 4}, {20, 1 << 5},    {49, 0},
        {1000, 1 << 1}, {1 << 30, 0}, {UINT64_MAX, 1 << 3},  {UINT64_MAX, 0},
    };
    struct slots_ticket tickets[TICKETS] = {0};
    struct slots_ticket *ticket;
    struct slots slots;

    slots_init(&slots, 1);
    for (int i = 0; i < TICKETS; i++)
        (void)slots_request(&slots, &tickets[i], deadlines[i]);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        unsigned expired = 0;

        TEST_ROW(t, "row %zu", i);
        while ((ticket = slots_expire(&slots, rows[i].now_ms)) != NULL) {
            CHECK_INT(t, SLOTS_NONE, ticket->state);
            expired |= 1u << (ticket - tickets);
        }
        CHECK_INT(t, rows[i].expired, expired);
        check_slots(t, &slots, tickets);
    }
    CHECK_INT(t, SLOTS_HELD, tickets[0].state); /* who has a slot does not expire */
}

static void slots_may_become_more_or_fewer(struct test *t)
{
    struct slots_ticket tickets[TICKETS] = {0};
    struct slots slots;

    slots_init(&slots, 3);
    for (int i = 0; i < TICKETS; i++)
        (void)slots_request(&slots, &tickets[i], UINT64_MAX);
    slots_set_max(&slots, 4);
    CHECK(t, slots_grant(&slots) == &tickets[3]);
    CHECK(t, slots_grant(&slots) == NULL);
    slots_set_max(&slots, 2); /* four are held: the next two that leave give to nobody */
    for (int i = 0; i < 2; i++) {
        slots_leave(&slots, &tickets[i]);
        CHECK(t, slots_grant(&slots) == NULL);
    }
    slots_leave(&slots, &tickets[2]);
    CHECK(t, slots_grant(&slots) == &tickets[4]);
    check_slots(t, &slots, tickets);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(slots_are_given_up_to_their_number),
        TEST_CASE(slots_go_to_who_waits_longest),
        TEST_CASE(slots_are_not_snatched),
        TEST_CASE(slots_are_left_in_each_state),
        TEST_CASE(slots_waiting_expires),
        TEST_CASE(slots_may_become_more_or_fewer),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
