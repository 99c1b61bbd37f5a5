/* Starts the fixture process, reads what it reports, and ends it. For tests. */
#ifndef TESTS_WIN32_FIXTURE_RUN_H
#define TESTS_WIN32_FIXTURE_RUN_H

#include <stdint.h>

#include "common/text/span.h"
#include "common/win32/win.h"
#include "tests/win32/fixture_views.h"

struct fixture_run {
    HANDLE process; /* owned */
    HANDLE input;   /* owned; closing it ends the fixture */
    uint32_t pid;
    char tag[FIXTURE_TEXT_CAPACITY]; /* unique; part of its command line */
    struct fixture_view views[FIXTURE_VIEWS_MAX];
    size_t count;
};

/* Starts fixture.exe, which is beside this program unless the environment variable LSMAP_FIXTURE
 * names it, and waits until it is ready.
 * run  On failure as after fixture_run_stop().
 * Returns a Win32 error; ERROR_INVALID_DATA when its output is malformed. */
NODISCARD DWORD fixture_run_start(_Out_ struct fixture_run *run);

/* Ends it, waits until it is gone, and releases all. Accepts a stopped run. */
void fixture_run_stop(_Inout_ struct fixture_run *run);

/* The view with this label; NULL when there is none or the fixture could not make it. */
const struct fixture_view *fixture_run_view(_In_ const struct fixture_run *run, const char *label);

/* Reads one line of the fixture, without its newline. Returns false when it is malformed.
 * pid  Set by the line of the process. */
NODISCARD bool fixture_line_parse(struct span line, _Inout_ struct fixture_run *run);

#endif
