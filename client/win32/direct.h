/* lsmap without the service: requests are answered in this process, with its own rights.
 *
 * Slices run on threads of the pool, so that one whose query does not return can be given up
 * (common/answer/watchdog.h), as in the service. */
#ifndef CLIENT_WIN32_DIRECT_H
#define CLIENT_WIN32_DIRECT_H

#include "client/exchange.h"
#include "common/answer/answer.h"
#include "common/answer/watchdog.h"
#include "common/win32/win.h"

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

/* Enables SeDebugPrivilege if this process has it. Returns false with `failure` set and nothing to
 * close.
 * timeout_s  All that is received may take this long. */
NODISCARD bool direct_open(_Out_ struct direct *direct, unsigned timeout_s,
                           _Out_ struct failure *failure);

/* Accepts one that is all zero. */
void direct_close(_Inout_ struct direct *direct);

#endif
