/* The line that shows on a console that a long scan goes on: "lsmap: 1,234 processes", drawn over
 * itself and gone at the end. Pure: the console asks when to draw and what.
 */
#ifndef CLIENT_SHOW_PROGRESS_H
#define CLIENT_SHOW_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/text/span.h"

enum {
    PROGRESS_QUIET_MS = 700,    /* what is faster needs no line */
    PROGRESS_INTERVAL_MS = 100, /* then it is drawn at most so often */
    PROGRESS_CAPACITY = 64
};

struct progress {
    uint64_t due_ms;    /* when it may be drawn again */
    size_t shown_width; /* columns on the console; 0: nothing is there */
};

/* now_ms  A steady clock, the same for all calls. */
void progress_init(_Out_ struct progress *progress, uint64_t now_ms);

/* What is to be written to show `count` processes; empty when it is too early. */
struct span progress_draw(_Inout_ struct progress *progress, uint64_t now_ms, uint64_t count,
                          _Out_writes_(PROGRESS_CAPACITY) char *out);

/* What is to be written before anything else is; empty when no line is there. */
struct span progress_clear(_Inout_ struct progress *progress,
                           _Out_writes_(PROGRESS_CAPACITY) char *out);

#endif
