#include "service/turns.h"

#include "common/base/assertion.h"

/* Turns have even numbers; a user who comes gets the odd number before the latest turn. */
enum { TURN_STEP = 2 };

static bool is_same_user(const struct turns_ticket *a, const struct turns_ticket *b)
{
    return sid_equal(a->user, b->user) || (a->user->size == 0 && b->user->size == 0);
}

static void join(struct turns *turns, struct turns_ticket *ticket, const struct sid *user)
{
    const uint64_t turn = turns->turn > 0 ? turns->turn - 1 : 0;
    struct turns_ticket **end = &turns->first;

    *ticket =
        (struct turns_ticket){.user = user, .user_turn = turn, .turn = turn, .is_joined = true};
    for (; *end != NULL; end = &(*end)->next)
        if (is_same_user(*end, ticket))
            ticket->user_turn = (*end)->user_turn;
    *end = ticket;
}

void turns_wait(struct turns *turns, struct turns_ticket *ticket, const struct sid *user,
                uint64_t deadline_ms)
{
    ASSERT(!ticket->is_waiting);
    if (!ticket->is_joined)
        join(turns, ticket, user);
    ticket->deadline_ms = deadline_ms;
    ticket->is_waiting = true;
    turns->waiting_count++;
}

void turns_leave(struct turns *turns, struct turns_ticket *ticket)
{
    struct turns_ticket **link = &turns->first;

    ASSERT(!ticket->is_waiting);
    if (!ticket->is_joined)
        return;
    while (*link != ticket)
        link = &(*link)->next;
    *link = ticket->next;
    ticket->is_joined = false;
}

static struct turns_ticket *end_wait(struct turns *turns, struct turns_ticket *ticket)
{
    ticket->is_waiting = false;
    turns->waiting_count--;
    return ticket;
}

struct turns_ticket *turns_take(struct turns *turns)
{
    struct turns_ticket *best = NULL;

    for (struct turns_ticket *ticket = turns->first; ticket != NULL; ticket = ticket->next)
        if (ticket->is_waiting &&
            (best == NULL || ticket->user_turn < best->user_turn ||
             (ticket->user_turn == best->user_turn && ticket->turn < best->turn)))
            best = ticket;
    if (best == NULL)
        return NULL;
    turns->turn += TURN_STEP;
    best->turn = turns->turn;
    for (struct turns_ticket *ticket = turns->first; ticket != NULL; ticket = ticket->next)
        if (is_same_user(ticket, best))
            ticket->user_turn = turns->turn;
    return end_wait(turns, best);
}

struct turns_ticket *turns_expire(struct turns *turns, uint64_t now_ms)
{
    for (struct turns_ticket *ticket = turns->first; ticket != NULL; ticket = ticket->next)
        if (ticket->is_waiting && now_ms >= ticket->deadline_ms)
            return end_wait(turns, ticket);
    return NULL;
}
