/* Who is connected: places for clients, in total and for each user.
 *
 * Each connection has one seat, from waiting for a client until its pipe is closed. A client counts
 * as the user of its process from the moment it connects. At a limit a connection on which no
 * complete request has come goes at once: the oldest of the user who holds most places. So a crowd
 * of connections displaces its own. A connection whose client has left goes before that: a busy server
 * learns late that a client has left. The last eighth of the places admits only SYSTEM and
 * administrators, and nobody else displaces one of them, so that they can always look.
 *
 * A client that must go is leaving: it is sent why, and counts no more. */
#ifndef SERVICE_SEATS_H
#define SERVICE_SEATS_H

#include "common/proto/caller.h"
#include "common/proto/protocol.h"

enum {
    SEATS_ACCEPTING_MAX = 16,  /* connections that wait for clients who come at the same moment */
    SEATS_LEAVING_MAX = 16,    /* clients that are being sent why; above it the oldest is cut off */
    SEATS_UNKNOWN_MAX = 4,     /* places for all clients whose user cannot be determined */
    SEATS_RESERVED_DIVISOR = 8 /* of the places, at least one, unless there is only one */
};

enum seat_state {
    SEAT_ACCEPTING,
    SEAT_CONNECTED,
    SEAT_NO_PLACE,      /* must go: limit connections */
    SEAT_NO_USER_PLACE, /* must go: limit connections_per_user */
    SEAT_CUT,           /* must go at once */
    SEAT_LEFT           /* the same: its client has left */
};

/* Both begin as all zero. The members belong to seats.c, except for has_asked. */
struct seat {
    struct seat *next;
    struct sid user;
    uint64_t number; /* in the order in which clients have connected */
    unsigned held;   /* places of its user: the same in all its seats */
    enum seat_state state;
    bool is_privileged; /* SYSTEM or an administrator */
    bool has_asked;     /* a request has come, or the client is refused: set by the owner */
};

struct seats {
    struct seat *first;
    uint64_t number;    /* of the latest client */
    unsigned accepting; /* connections that wait for a client, and those being made for it */
    unsigned connected;
    unsigned leaving;
};

/* May one more connection be made? Then it counts as accepting: call seats_add() or seats_cancel(). */
NODISCARD bool seats_reserve(_Inout_ struct seats *seats, _In_ const struct server_limits *limits);
void seats_cancel(_Inout_ struct seats *seats);
void seats_add(_Inout_ struct seats *seats, _Inout_ struct seat *seat);

/* A client has connected.
 * opener    Its process: the user, and whether that is an administrator, elevated or not.
 * has_left  Has the client of a seat left, so that its connection is about to be closed? Asked only
 *           at a limit, about seats on which a request has come.
 * Returns the seat whose client must go, which can be the same one; its state says why. NULL: no
 * limit is exceeded. */
struct seat *seats_connect(struct seats *seats, struct seat *seat,
                           const struct server_limits *limits, const struct caller *opener,
                           bool (*has_left)(struct seat *seat));

/* Returns a client to be disconnected without waiting for it to read why, the oldest of more than
 * SEATS_LEAVING_MAX that are leaving. NULL: none. */
struct seat *seats_cut(_Inout_ struct seats *seats);

/* The connection is closed. Returns true when it had a client. */
bool seats_remove(_Inout_ struct seats *seats, _Inout_ struct seat *seat);

#endif
