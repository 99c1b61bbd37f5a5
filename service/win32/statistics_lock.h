/* The lock of a server's statistics: a slim lock of Windows. */
#ifndef SERVICE_WIN32_STATISTICS_LOCK_H
#define SERVICE_WIN32_STATISTICS_LOCK_H

#include "common/proto/statistics.h"
#include "common/win32/win.h"

/* Initialises `srw`, which must live and stay where it is as long as `lock` is used.
 * Returns what statistics_init() takes. */
struct statistics_lock statistics_lock_init(_Out_ SRWLOCK *srw);

#endif
