#include "tests/win32/lsmapd_server.h"

#include <stdio.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "tests/win32/child.h"
#include "tests/win32/lsmapd_path.h"

enum { POLL_MS = 50, ARGUMENTS_LENGTH_MAX = 512 };

static bool is_ready(const struct lsmapd_server *server)
{
    for (DWORD waited = 0; waited < 2 * RIG_WAIT_MS; waited += POLL_MS) {
        if (pipe_rig_serves(&server->rig))
            return true;
        if (WaitForSingleObject(server->process.hProcess, POLL_MS) == WAIT_OBJECT_0)
            return false;
    }
    return false;
}

bool lsmapd_server_start(struct lsmapd_server *server, const wchar_t *limits)
{
    static unsigned number;
    wchar_t path[MAX_PATH], command[MAX_PATH + ARGUMENTS_LENGTH_MAX];
    STARTUPINFOW startup = {.cb = sizeof startup};

    memset(server, 0, sizeof *server);
    if (!lsmapd_path(path) || wcslen(limits) > ARGUMENTS_LENGTH_MAX / 2)
        return false;
    snprintf(server->word, sizeof server->word, "lsmapd-test-%lu-%u",
             (unsigned long)GetCurrentProcessId(), ++number);
    swprintf(server->rig.name, RIG_NAME_CAPACITY, L"\\\\.\\pipe\\%hs", server->word);
    swprintf(command, MAX_PATH + ARGUMENTS_LENGTH_MAX, L"\"%ls\" --console --pipe %hs %ls", path,
             server->word, limits);
    if (!child_start(path, command, FALSE, CREATE_NO_WINDOW, &startup, &server->process))
        return false;
    if (is_ready(server))
        return true;
    lsmapd_server_stop(server);
    return false;
}

bool lsmapd_server_usage(const struct lsmapd_server *server, struct process_usage *usage)
{
    return process_usage_query(server->process.hProcess, server->process.dwProcessId, server->word,
                               usage);
}

void lsmapd_server_stop(struct lsmapd_server *server)
{
    if (server->process.hProcess == NULL)
        return;
    TerminateProcess(server->process.hProcess, 0);
    WaitForSingleObject(server->process.hProcess, RIG_WAIT_MS);
    handle_close(&server->process.hProcess);
    handle_close(&server->process.hThread);
}
