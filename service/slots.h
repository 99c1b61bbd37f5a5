/* Who may run a scan now, and who waits for his turn: a bounded number of slots and a queue.
 *
 * Pure bookkeeping. A ticket belongs to a session and is in one state at a time; whoever takes it
 * out of the queue (slots_grant(), slots_expire()) has to wake its session, and nobody else does.
 * First come, first served: a free slot goes to nobody while another waits longer.
 *
 * Does not allocate and does not lock: its owner does (server_clients.c). The queue is as long as
 * there are tickets, which is bounded by the number of connections.
 */
#ifndef SERVICE_SLOTS_H
#define SERVICE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/annotations.h"

enum slots_state {
    SLOTS_NONE,    /* has nothing and waits for nothing; the state of a zeroed ticket */
    SLOTS_WAITING, /* is in the queue */
    SLOTS_HELD     /* has a slot */
};

struct slots_ticket {
    enum slots_state state;
    uint64_t deadline_ms; /* SLOTS_WAITING: when it gives up */
    struct slots_ticket *next;
    struct slots_ticket *previous;
};

struct slots {
    unsigned count_max;
    unsigned held_count; /* may be above count_max for a while when that was lowered */
    unsigned waiting_count;
    struct slots_ticket *first; /* waits longest */
    struct slots_ticket *last;
};

/* count_max  1 or more. */
void slots_init(_Out_ struct slots *slots, unsigned count_max);

/* Changes the number of slots; call slots_grant() behind it. */
void slots_set_max(_Inout_ struct slots *slots, unsigned count_max);

/* Takes a slot for a ticket that has none, or puts it at the end of the queue.
 * deadline_ms  For slots_expire(); UINT64_MAX: waits as long as it takes.
 * Returns true when the ticket has a slot now. */
bool slots_request(_Inout_ struct slots *slots, _Inout_ struct slots_ticket *ticket,
                   uint64_t deadline_ms);

/* Gives back what the ticket has, or its place in the queue; nothing when it has neither. Call
 * slots_grant() behind it. */
void slots_leave(_Inout_ struct slots *slots, _Inout_ struct slots_ticket *ticket);

/* Gives a free slot to the ticket that waits longest.
 * Returns that, or NULL when no slot is free or nobody waits: call until then. */
struct slots_ticket *slots_grant(_Inout_ struct slots *slots);

/* Takes a ticket out of the queue whose deadline has passed; UINT64_MAX as now_ms takes any.
 * Returns that, or NULL when there is none: call until then. */
struct slots_ticket *slots_expire(_Inout_ struct slots *slots, uint64_t now_ms);

#endif
