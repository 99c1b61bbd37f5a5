#include "service/seats.h"

#include "common/base/assertion.h"

bool seats_reserve(struct seats *seats, const struct server_limits *limits)
{
    if (seats->accepting >= SEATS_ACCEPTING_MAX ||
        seats->accepting + seats->connected >= limits->connections + SEATS_REFUSED_MAX)
        return false;
    seats->accepting++;
    return true;
}

void seats_cancel(struct seats *seats)
{
    ASSERT(seats->accepting > 0);
    seats->accepting--;
}

void seats_add(struct seats *seats, struct seat *seat)
{
    seat->next = seats->first;
    seats->first = seat;
}

static struct seat *find_silent(const struct seats *seats, uint64_t now_ms)
{
    struct seat *silent = NULL;

    for (struct seat *seat = seats->first; seat != NULL; seat = seat->next)
        if (seat->is_connected && !seat->is_identified && !seat->is_leaving &&
            now_ms >= seat->since_ms + SEATS_SILENCE_MS &&
            (silent == NULL || seat->since_ms < silent->since_ms))
            silent = seat;
    return silent;
}

bool seats_connect(struct seats *seats, struct seat *seat, const struct server_limits *limits,
                   uint64_t now_ms, struct seat **evicted)
{
    ASSERT(!seat->is_connected);
    seats_cancel(seats);
    seats->connected++;
    seat->is_connected = true;
    seat->since_ms = now_ms;
    *evicted = NULL;
    if (seats->connected <= limits->connections)
        return true;
    *evicted = find_silent(seats, now_ms);
    if (*evicted == NULL)
        seat->is_leaving = true;
    else
        (*evicted)->is_leaving = true;
    return *evicted != NULL;
}

bool seats_identify(struct seats *seats, struct seat *seat, const struct sid *user,
                    const struct server_limits *limits)
{
    unsigned count = 0;

    for (const struct seat *other = seats->first; other != NULL; other = other->next)
        count += other->is_identified &&
                 (sid_equal(&other->user, user) || (other->user.size == 0 && user->size == 0));
    if (count >= limits->connections_per_user) {
        seat->is_leaving = true;
        return false;
    }
    seat->user = *user;
    seat->is_identified = true;
    return true;
}

bool seats_remove(struct seats *seats, struct seat *seat)
{
    struct seat **link = &seats->first;

    while (*link != seat)
        link = &(*link)->next;
    *link = seat->next;
    if (seat->is_connected)
        seats->connected--;
    else
        seats_cancel(seats);
    return seat->is_connected;
}
