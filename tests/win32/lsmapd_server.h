/* The real lsmapd.exe as a server in a process of its own, on a pipe of its own. */
#ifndef TESTS_WIN32_LSMAPD_SERVER_H
#define TESTS_WIN32_LSMAPD_SERVER_H

#include <stdbool.h>

#include "common/win32/win.h"
#include "tests/win32/pipe_rig.h"
#include "tests/win32/process_usage.h"

struct lsmapd_server {
    PROCESS_INFORMATION process;
    char word[RIG_NAME_CAPACITY]; /* only in its command line */
    struct pipe_rig rig;          /* only the name is set, for clients */
};

/* Starts `lsmapd --console --pipe NAME limits` and waits until it serves.
 * limits  Further arguments: L"--limit Connections=1024".
 * Returns false when there is no lsmapd.exe, or it does not serve in time. */
bool lsmapd_server_start(struct lsmapd_server *server, const wchar_t *limits);

/* What it uses now. False when that is not known. */
bool lsmapd_server_usage(const struct lsmapd_server *server, struct process_usage *usage);

/* Ends its process. */
void lsmapd_server_stop(struct lsmapd_server *server);

#endif
