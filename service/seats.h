/* Who is connected: places for clients, in total and for each user.
 *
 * Each connection has one seat, from waiting for a client until its pipe is closed. Until its first
 * request it belongs to no user; when places run out, the one that has been silent longest is
 * evicted. Clients that send at once, as ours do, never are.
 *
 * Pure bookkeeping: no clock, no lock, no allocation.
 */
#ifndef SERVICE_SEATS_H
#define SERVICE_SEATS_H

#include "common/base/sid.h"
#include "common/proto/protocol.h"

enum {
    SEATS_ACCEPTING_MAX = 4, /* connections that wait for clients who come at the same moment */
    SEATS_REFUSED_MAX = 16,  /* clients above the limit that are told so; more have to wait */
    SEATS_SILENCE_MS = 250   /* a client is not evicted before */
};

/* Begins as all zero. The members belong to seats.c. */
struct seat {
    struct seat *next;
    uint64_t since_ms;  /* is_connected: from when on */
    struct sid user;    /* is_identified: perhaps unknown */
    bool is_connected;  /* false: waits for a client */
    bool is_identified; /* counts as its user's */
    bool is_leaving;    /* refused or evicted, and not closed yet */
};

/* Begins as all zero. */
struct seats {
    struct seat *first;
    unsigned accepting; /* connections that wait for a client, and those being made for it */
    unsigned connected;
};

/* May one more connection be made? Then it counts as accepting: call seats_add() or
 * seats_cancel(). */
NODISCARD bool seats_reserve(_Inout_ struct seats *seats, _In_ const struct server_limits *limits);
void seats_cancel(_Inout_ struct seats *seats);
void seats_add(_Inout_ struct seats *seats, _Inout_ struct seat *seat);

/* A client has connected.
 * evicted  Receives the seat whose client is to be sent away to make room; NULL: none.
 * Returns false when this client is to be refused: the limit `connections` is met. */
NODISCARD bool seats_connect(_Inout_ struct seats *seats, _Inout_ struct seat *seat,
                             _In_ const struct server_limits *limits, uint64_t now_ms,
                             _Out_ struct seat **evicted);

/* The client is known. All unknown users are one.
 * Returns false when it is to be refused: the limit `connections_per_user` is met. */
NODISCARD bool seats_identify(_Inout_ struct seats *seats, _Inout_ struct seat *seat,
                              _In_ const struct sid *user, _In_ const struct server_limits *limits);

/* The connection is closed. Returns true when it had a client. */
bool seats_remove(_Inout_ struct seats *seats, _Inout_ struct seat *seat);

#endif
