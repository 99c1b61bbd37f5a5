/* Hostile clients, by name. Each runs against a rig's server until it is stopped. */
#ifndef TESTS_WIN32_HOSTILE_H
#define TESTS_WIN32_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/win32/win.h"
#include "tests/win32/pipe_rig.h"

/* What an attack shares with the test that runs it. */
struct hostile {
    const struct pipe_rig *rig;
    DWORD second_ms;     /* a second of the server's clock: slow attacks wait that long */
    volatile LONG stop;  /* set by hostile_stop() */
    volatile LONG deeds; /* how often the attack was carried out */
    volatile LONG wrong; /* what the server did against the protocol: 0 */
    HANDLE thread;       /* owned between start and stop */
    const struct hostile_attack *attack;
};

struct hostile_attack {
    const char *name;
    void (*run)(struct hostile *hostile); /* returns soon after hostile->stop is set */
    LONG deeds_least;                     /* the test goes on until there were so many */
};

extern const struct hostile_attack hostile_attacks[];
extern const size_t hostile_attacks_count;

/* Starts one attack on a thread of its own. False when there is no thread. */
bool hostile_start(struct hostile *hostile, const struct hostile_attack *attack,
                   const struct pipe_rig *rig, DWORD second_ms);

/* Waits until the attack was carried out often enough, for a bounded time. */
bool hostile_wait(struct hostile *hostile);

/* Ends it and waits for its thread. */
void hostile_stop(struct hostile *hostile);

/* A crowd that locks others out: so many threads connect, wait CROWD_WAIT_MS, and connect again. It
 * is another process of this program, and so another user for a rig.
 * process  Receives its handle, end it with hostile_crowd_stop(). */
enum { CROWD_WAIT_MS = 200 };
bool hostile_crowd_start(const struct pipe_rig *rig, unsigned threads, HANDLE *process);
void hostile_crowd_stop(HANDLE *process);

/* To be called first in main(): when this process is a crowd it never returns. */
void hostile_crowd_run(int argc, char **argv);

#endif
