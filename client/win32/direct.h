/* lsmap without the service: requests are answered in this process, with its own rights.
 *
 * Slices run on threads of their own, so that one whose query does not return can be given up
 * (common/answer/watchdog.h), as in the service. */
#ifndef CLIENT_WIN32_DIRECT_H
#define CLIENT_WIN32_DIRECT_H

#include "client/exchange.h"
#include "common/answer/answer.h"
#include "common/answer/watchdog.h"
#include "common/win32/win.h"

enum { DIRECT_LEFT_MAX = 16 };

struct direct {
    struct transport transport; /* points back here: do not copy */
    struct platform platform;   /* owned */
    struct server_info info;
    struct answer_context context;
    struct grant grant;
    struct watchdog watchdog;
    struct direct_slice *slice; /* of direct.c; NULL: not created yet */
    struct answer *answer;      /* owned; NULL between requests */
    struct buffer rows;         /* lines that were not received yet */
    uint64_t left_ms;           /* of the timeout, looked at after each process */
    unsigned lost_count;        /* threads given up; what they may use is not freed */
};

/* Enables SeDebugPrivilege if this process has it. Returns false with `failure` set.
 * timeout_s  All that is received may take this long. */
NODISCARD bool direct_open(struct direct **opened, unsigned timeout_s, struct failure *failure);

/* Accepts NULL. One with lost threads is never freed, because they may still use it; direct_open()
 * fails after DIRECT_LEFT_MAX of them. */
void direct_close(_Inout_opt_ struct direct *direct);

#endif
