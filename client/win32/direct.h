/* lsmap without the service: requests are answered in this process, with its own rights.
 *
 * Slices run on a second thread, so that one whose query does not return can be given up
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
    struct statistics_lock lock; /* of the watchdog */
    SRWLOCK srw;
    struct direct_worker *worker; /* the thread that scans; NULL: not started */
    struct answer *answer;        /* owned; NULL between requests */
    struct answer_checkpoint checkpoint;
    struct buffer rows;  /* lines that were not received yet */
    uint64_t left_ms;    /* of the timeout, looked at after each process */
    unsigned lost_count; /* threads given up; what they may use is not freed */
};

/* Enables SeDebugPrivilege if this process has it. All that is received may take `timeout_s`. Returns false with `failure` set and nothing to
 * close. */
NODISCARD bool direct_open(_Out_ struct direct *direct, unsigned timeout_s,
                           _Out_ struct failure *failure);

/* Accepts one that is all zero. */
void direct_close(_Inout_ struct direct *direct);

#endif
