#include "service/slots.h"

#include <stddef.h>

#include "common/base/assertion.h"

static void enqueue(struct slots *slots, struct slots_ticket *ticket)
{
    ticket->state = SLOTS_WAITING;
    ticket->next = NULL;
    ticket->previous = slots->last;
    if (slots->last != NULL)
        slots->last->next = ticket;
    else
        slots->first = ticket;
    slots->last = ticket;
    slots->waiting_count++;
}

static void dequeue(struct slots *slots, struct slots_ticket *ticket)
{
    if (ticket->next != NULL)
        ticket->next->previous = ticket->previous;
    else
        slots->last = ticket->previous;
    if (ticket->previous != NULL)
        ticket->previous->next = ticket->next;
    else
        slots->first = ticket->next;
    slots->waiting_count--;
    *ticket = (struct slots_ticket){.state = SLOTS_NONE};
}

static void hold(struct slots *slots, struct slots_ticket *ticket)
{
    ticket->state = SLOTS_HELD;
    slots->held_count++;
}

void slots_init(struct slots *slots, unsigned count_max)
{
    ASSERT(count_max > 0);
    *slots = (struct slots){.count_max = count_max};
}

void slots_set_max(struct slots *slots, unsigned count_max)
{
    ASSERT(count_max > 0);
    slots->count_max = count_max;
}

bool slots_request(struct slots *slots, struct slots_ticket *ticket, uint64_t deadline_ms)
{
    ASSERT(ticket->state == SLOTS_NONE);
    if (slots->waiting_count == 0 && slots->held_count < slots->count_max) {
        hold(slots, ticket);
        return true;
    }
    ticket->deadline_ms = deadline_ms;
    enqueue(slots, ticket);
    return false;
}

void slots_leave(struct slots *slots, struct slots_ticket *ticket)
{
    if (ticket->state == SLOTS_WAITING) {
        dequeue(slots, ticket);
    } else if (ticket->state == SLOTS_HELD) {
        ASSERT(slots->held_count > 0);
        slots->held_count--;
        ticket->state = SLOTS_NONE;
    }
}

struct slots_ticket *slots_grant(struct slots *slots)
{
    struct slots_ticket *ticket = slots->first;

    if (ticket == NULL || slots->held_count >= slots->count_max)
        return NULL;
    dequeue(slots, ticket);
    hold(slots, ticket);
    return ticket;
}

struct slots_ticket *slots_expire(struct slots *slots, uint64_t now_ms)
{
    for (struct slots_ticket *ticket = slots->first; ticket != NULL; ticket = ticket->next) {
        if (now_ms >= ticket->deadline_ms) {
            dequeue(slots, ticket);
            return ticket;
        }
    }
    return NULL;
}
