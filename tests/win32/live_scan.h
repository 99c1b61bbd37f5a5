/* The rows of a scan of one real process, and the same process walked with VirtualQueryEx. */
#ifndef TESTS_WIN32_LIVE_SCAN_H
#define TESTS_WIN32_LIVE_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "common/scan/platform.h"
#include "common/scan/scan.h"
#include "common/win32/win.h"
#include "tests/win32/fixture_views.h"

enum { LIVE_VIEWS_MAX = 1024, LIVE_REGIONS_MAX = 8192 };

struct live_view {
    struct map_row map; /* its path spans point to `path` and `device_path` */
    char path[FIXTURE_PATH_CAPACITY];
    char device_path[FIXTURE_PATH_CAPACITY];
};

struct live_region {
    uint64_t view_base;
    struct region region;
};

struct live_scan {
    struct live_view *views; /* owned */
    size_t views_count;
    struct live_region *regions; /* owned */
    size_t regions_count;
    size_t processes_count;
    enum process_access access;
    struct scan_error error; /* code is STATUS_OK when there was no error row */
    struct scan_counts counts;
};

/* Lists one process through scan.h: all kinds, `detail`.
 * Returns false without memory, when there are more rows than room, or when the scan failed. */
NODISCARD bool live_scan_read(_Out_ struct live_scan *rows, _In_ const struct platform *platform,
                              uint32_t pid, enum views_detail detail);
void live_scan_release(_Inout_ struct live_scan *rows);

/* The row with this base; NULL when there is none. */
const struct live_view *live_scan_view(_In_ const struct live_scan *rows, uint64_t base);

/* Every region of a process by VirtualQueryEx, free space left out; `count` receives how many.
 * Returns a block for free(), NULL without memory or when there are more than LIVE_REGIONS_MAX. */
MEMORY_BASIC_INFORMATION *plain_walk(HANDLE process, _Out_ size_t *count);

#endif
