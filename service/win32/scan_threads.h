/* The threads that scan: a fixed number of plain threads at normal priority, which take turns as
 * turns.h decides.
 *
 * They run only turns. Reading and writing the pipe is left to the thread pool, so a slow reader
 * holds no scan thread, and a slow query of the kernel holds no thread that does I/O.
 */
#ifndef SERVICE_WIN32_SCAN_THREADS_H
#define SERVICE_WIN32_SCAN_THREADS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/win32/win.h"
#include "service/turns.h"

enum { SCAN_TURN_US = 20 * 1000 }; /* of one turn; one slow query may make it longer */

struct scan_threads; /* opaque: scan_threads.c */

/* Runs one turn on a scan thread, until `end_us` of system_now_us(). When it returns, the ticket may
 * wait again or be gone. */
typedef void scan_turn(struct turns_ticket *ticket, uint64_t end_us);

/* Starts 1 to SCANS_LIMIT_MAX threads. Returns a Win32 error; then none runs. */
NODISCARD DWORD scan_threads_create(unsigned count, scan_turn *turn,
                                    _Out_ struct scan_threads **threads);

/* Changes the number of threads. Those too many end after their turn.
 * Returns the error when a thread could not be created; then there are fewer until the next call.
 */
NODISCARD DWORD scan_threads_set_count(_Inout_ struct scan_threads *threads, unsigned count);

enum scan_wait {
    SCAN_STARTS, /* a thread is free */
    SCAN_WAITS,  /* all threads are taken */
    SCAN_CLOSED  /* scan_threads_close() was called: the ticket does not wait */
};

/* Makes a ticket wait for a turn; see turns_wait(). Unless it returns SCAN_CLOSED, the turn may
 * have begun, and ended, on another thread before this returns. */
enum scan_wait scan_threads_wait(_Inout_ struct scan_threads *threads,
                                 _Inout_ struct turns_ticket *ticket, _In_ const struct sid *user,
                                 uint64_t deadline_ms);

/* See turns_leave(). */
void scan_threads_leave(_Inout_ struct scan_threads *threads, _Inout_ struct turns_ticket *ticket);

/* See turns_expire(). */
struct turns_ticket *scan_threads_expire(_Inout_ struct scan_threads *threads, uint64_t now_ms);

/* No turn begins from here on; the threads end after the turn they run. Take out what still waits
 * with scan_threads_expire(). */
void scan_threads_close(_Inout_ struct scan_threads *threads);

/* Closes, waits for the threads to end, and frees them. No ticket may be left. Accepts NULL.
 * Returns false, and frees nothing, when a thread still runs after `wait_ms`. */
NODISCARD bool scan_threads_destroy(_Inout_opt_ struct scan_threads *threads, uint32_t wait_ms);

#endif
