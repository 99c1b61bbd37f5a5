/* Which scan runs next: users take turns, and the connections of a user take that user's turns.
 *
 * The turn goes to the user whose last turn is the longest ago; of that user's tickets to the one
 * whose last turn is the longest ago. So a user with 32 connections gets as many turns as a user
 * with one: while a user waits, no other user gets more than one turn. A user keeps its place while
 * its client reads what the last turn gave. A new user goes before the one who had the latest turn
 * and after all others.
 *
 * Each connection has one ticket. Whoever takes a waiting one out (turns_take(), turns_expire()) goes
 * on with that connection, and nobody else does. The limit of connections bounds all of it. */
#ifndef SERVICE_TURNS_H
#define SERVICE_TURNS_H

#include "common/base/sid.h"

/* Both begin as all zero. The members belong to turns.c. */
struct turns_ticket {
    struct turns_ticket *next; /* in the order in which they came */
    const struct sid *user;
    uint64_t user_turn; /* the number of the user's last turn: the same in all its tickets */
    uint64_t turn;      /* the number of this ticket's last turn */
    uint64_t deadline_ms;
    bool is_joined; /* in the list */
    bool is_waiting;
};

struct turns {
    struct turns_ticket *first;
    uint64_t turn; /* the number of the latest turn */
    size_t waiting_count;
};

/* Makes a ticket wait for a turn: one that is new, or has had a turn and wants another.
 * user         Must stay where it is until turns_leave(). All unknown users are one.
 * deadline_ms  For turns_expire(). */
void turns_wait(_Inout_ struct turns *turns, _Inout_ struct turns_ticket *ticket,
                _In_ const struct sid *user, uint64_t deadline_ms);

/* The scan is over, and the ticket does not wait. Does nothing to one that never did. */
void turns_leave(_Inout_ struct turns *turns, _Inout_ struct turns_ticket *ticket);

/* Gives the next turn to a ticket, which then waits no more. NULL: none waits. */
struct turns_ticket *turns_take(_Inout_ struct turns *turns);

/* Ends the waiting of a ticket whose deadline has passed; with UINT64_MAX of any that waits. NULL:
 * there is none; call it until then. */
struct turns_ticket *turns_expire(_Inout_ struct turns *turns, uint64_t now_ms);

#endif
