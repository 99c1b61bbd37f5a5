/* The least that a pipe server can do: it returns what a client writes.
 *
 * The same kind of pipe and the same I/O as lsmapd: byte mode, overlapped, the same quotas, a
 * thread pool's completions. What lsmapd takes more time for than this is its own.
 */
#ifndef TESTS_BENCH_ECHO_SERVER_H
#define TESTS_BENCH_ECHO_SERVER_H

#include "common/base/annotations.h"
#include "common/win32/win.h"

enum { ECHO_INSTANCES_MAX = 128, ECHO_SIZE_MAX = 4096 };

/* Serves `instances` clients at once until the process ends. Returns a Win32 error only. */
NODISCARD DWORD echo_server_run(const wchar_t *pipe_name, unsigned instances);

#endif
