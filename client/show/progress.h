/* The line on a console that shows the progress of a long scan: "lsmap: 1,234 processes", drawn
 * over itself and cleared at the end. Pure: the console asks when to draw, and what. */
#ifndef CLIENT_SHOW_PROGRESS_H
#define CLIENT_SHOW_PROGRESS_H

#include "common/text/span.h"

enum {
    PROGRESS_QUIET_MS = 700,    /* a faster scan needs no line */
    PROGRESS_INTERVAL_MS = 100, /* between two drawings */
    PROGRESS_CAPACITY = 64
};

struct progress {
    uint64_t due_ms;    /* when it may be drawn again */
    size_t shown_width; /* columns on the console; 0: the line is not there */
};

/* now_ms  A steady clock, the same for all calls. */
void progress_init(_Out_ struct progress *progress, uint64_t now_ms);

/* Returns the text to write to show `count` processes; empty when it is too early. */
struct span progress_draw(_Inout_ struct progress *progress, uint64_t now_ms, uint64_t count,
                          _Out_writes_(PROGRESS_CAPACITY) char *out);

/* Returns the text to write before anything else is written; empty when the line is not there. */
struct span progress_clear(_Inout_ struct progress *progress,
                           _Out_writes_(PROGRESS_CAPACITY) char *out);

#endif
