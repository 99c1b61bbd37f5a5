#include "service/seats.h"

#include "common/base/assertion.h"

bool seats_reserve(struct seats *seats, const struct server_limits *limits)
{
    if (seats->accepting >= SEATS_ACCEPTING_MAX ||
        seats->accepting + seats->connected + seats->leaving >=
            limits->connections + SEATS_ACCEPTING_MAX + SEATS_LEAVING_MAX)
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

/* All unknown users are one. */
static bool is_of(const struct seat *seat, const struct sid *user)
{
    return seat->state == SEAT_CONNECTED &&
           (sid_equal(&seat->user, user) || (seat->user.size == 0 && user->size == 0));
}

/* After a change of the places of `user`. Returns their number. */
static unsigned count_held(struct seats *seats, const struct sid *user)
{
    unsigned held = 0;

    for (struct seat *seat = seats->first; seat != NULL; seat = seat->next)
        held += is_of(seat, user);
    for (struct seat *seat = seats->first; seat != NULL; seat = seat->next)
        if (is_of(seat, user))
            seat->held = held;
    return held;
}

static unsigned places(const struct server_limits *limits, const struct seat *seat)
{
    const unsigned reserved = limits->connections / SEATS_RESERVED_DIVISOR;

    if (seat->is_privileged || limits->connections == 1)
        return limits->connections;
    return limits->connections - (reserved > 0 ? reserved : 1);
}

/* The seat whose client goes: one that has left, else the oldest without a request of the user who
 * holds most places.
 * newest  Has just connected, and is itself one of those without a request.
 * user    NULL: of any user. */
static struct seat *find_leaving(const struct seats *seats, struct seat *newest,
                                 const struct sid *user, bool (*has_left)(struct seat *seat))
{
    struct seat *silent = newest;
    unsigned gone = 0; /* they may wait long for what they asked: few may make room so */

    for (const struct seat *seat = seats->first; seat != NULL; seat = seat->next)
        gone += seat->state == SEAT_LEFT;
    for (struct seat *seat = seats->first; seat != NULL; seat = seat->next) {
        if (seat->state != SEAT_CONNECTED || (user != NULL && !is_of(seat, user)))
            continue;
        if (seat->has_asked && gone < SEATS_LEAVING_MAX && has_left(seat))
            return seat;
        if (!seat->has_asked && seat->is_privileged <= newest->is_privileged &&
            (seat->held > silent->held ||
             (seat->held == silent->held && seat->number < silent->number)))
            silent = seat;
    }
    return silent;
}

struct seat *seats_connect(struct seats *seats, struct seat *seat,
                           const struct server_limits *limits, const struct caller *opener,
                           bool (*has_left)(struct seat *seat))
{
    const unsigned user_places =
        opener->user.size == 0 && limits->connections_per_user > SEATS_UNKNOWN_MAX
            ? SEATS_UNKNOWN_MAX
            : limits->connections_per_user;

    ASSERT(seat->state == SEAT_ACCEPTING);
    seats_cancel(seats);
    seats->connected++;
    seat->state = SEAT_CONNECTED;
    seat->user = opener->user;
    seat->is_privileged =
        sid_equal(&seat->user, &sid_system) || opener->administrator >= ADMINISTRATOR_DENY_ONLY;
    seat->number = ++seats->number;
    const bool is_user_full = count_held(seats, &seat->user) > user_places;
    if (!is_user_full && seats->connected <= places(limits, seat))
        return NULL;
    struct seat *leaving = find_leaving(seats, seat, is_user_full ? &seat->user : NULL, has_left);
    leaving->state = leaving->has_asked ? SEAT_LEFT
                     : is_user_full     ? SEAT_NO_USER_PLACE
                                        : SEAT_NO_PLACE;
    seats->connected--;
    seats->leaving++;
    (void)count_held(seats, &leaving->user);
    return leaving;
}

struct seat *seats_cut(struct seats *seats)
{
    struct seat *oldest = NULL;
    unsigned leaving = 0;

    for (struct seat *seat = seats->first; seat != NULL; seat = seat->next) {
        if (seat->state <= SEAT_CONNECTED || seat->state >= SEAT_CUT)
            continue;
        leaving++;
        if (oldest == NULL || seat->number < oldest->number)
            oldest = seat;
    }
    if (leaving <= SEATS_LEAVING_MAX)
        return NULL;
    oldest->state = SEAT_CUT;
    return oldest;
}

bool seats_remove(struct seats *seats, struct seat *seat)
{
    struct seat **link = &seats->first;

    while (*link != seat)
        link = &(*link)->next;
    *link = seat->next;
    if (seat->state == SEAT_ACCEPTING) {
        seats_cancel(seats);
    } else if (seat->state == SEAT_CONNECTED) {
        seats->connected--;
        (void)count_held(seats, &seat->user);
    } else {
        seats->leaving--;
    }
    return seat->state != SEAT_ACCEPTING;
}
