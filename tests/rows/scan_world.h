/* Some processes, a query and its rows: what most tests of the scan begin with. */
#ifndef TESTS_ROWS_SCAN_WORLD_H
#define TESTS_ROWS_SCAN_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/scan/scan.h"
#include "tests/rows/scan_rows.h"
#include "tests/test.h"
#include "tests/virtual/virtual_platform.h"

enum {
    WORLD_PROCESSES_MAX = 8,
    WORLD_USER_A = 1, /* last byte of the owners' SIDs */
    WORLD_USER_B = 2
};

struct scan_world {
    struct virtual_process processes[WORLD_PROCESSES_MAX];
    struct virtual_platform virtual_;
    struct platform platform;
    struct span name, path; /* what the query points to when they are set */
    struct scan_query query;
    struct scan_rows rows; /* of the last run */
};

/* Sets up `count` processes of pid 4, 8, 12, ... named a.exe, b.exe, Registry, c.exe, ab.exe, d,
 * e.exe, f.exe. Each runs as user A at medium integrity and can be read:
 *     0x10000  image \D\a.exe, two runs, 0x5000 bytes
 *     0x20000  private, reserved
 *     0x120000 data \D\b.nls, 0xc9000 bytes
 *     0x200000 a section without a file, 0x10000 bytes
 * The query asks for the maps of all, with every right. */
void scan_world_init(_Out_ struct scan_world *world, size_t count);

/* Selects by pid; the list must live as long as the query. */
void scan_world_select_pids(_Inout_ struct scan_world *world,
                            _In_reads_(count) const uint32_t *pids, size_t count);

/* Selects by a name glob, or filters by a path glob; the text must live as long as the query. */
void scan_world_select_name(_Inout_ struct scan_world *world, const char *glob);
void scan_world_set_path(_Inout_ struct scan_world *world, const char *glob);

/* Runs the query; fails `t` when the rows break a rule or a process stays open. Release the rows.
 */
void scan_world_run(_Inout_ struct scan_world *world, _Inout_ struct test *t);

struct sid scan_world_user(uint8_t last);

#endif
