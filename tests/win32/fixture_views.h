/* The views that the fixture process maps, and what is known about them.
 *
 * This comes from the parameters of each call, from file headers and from GetFinalPathNameByHandle,
 * never from the queries that lsmap uses, because it serves to check those.
 */
#ifndef TESTS_WIN32_FIXTURE_VIEWS_H
#define TESTS_WIN32_FIXTURE_VIEWS_H

#include <stddef.h>
#include <stdint.h>

#include "common/scan/regions.h"
#include "common/win32/win.h"
#include "tests/win32/fixture_files.h"

enum {
    FIXTURE_VIEWS_MAX = 24,
    FIXTURE_TEXT_CAPACITY = 32,
    FIXTURE_PATH_CAPACITY = 4096 /* bytes of UTF-8 */
};

struct fixture_view {
    char label[FIXTURE_TEXT_CAPACITY];
    char kind[FIXTURE_TEXT_CAPACITY]; /* "image", "data", "pagefile"; "private" is no view */
    uint64_t base;
    uint64_t size;                       /* bytes */
    char protect[PROTECT_TEXT_CAPACITY]; /* what it was created with */
    uint32_t regions;                    /* runs of pages it is made of; 0: not known */
    char path[FIXTURE_PATH_CAPACITY];    /* UTF-8, a DOS path; "" for no file */
    const char *skipped;                 /* why it does not exist; NULL when it does */
};

struct fixture {
    struct fixture_view views[FIXTURE_VIEWS_MAX];
    size_t count;
    struct fixture_files files;
};

/* Makes a folder below `dir`, its files, and all views.
 * dir  An existing folder. Returns ERROR_SUCCESS; a Win32 error when the folder or a file that
 * every system can hold could not be made. A view that failed has `skipped` set. */
NODISCARD DWORD fixture_make(_Out_ struct fixture *fixture, const wchar_t *dir);

/* Unmaps what can be unmapped and deletes the files. Accepts a half-made fixture. */
void fixture_remove(_Inout_ struct fixture *fixture);

#endif
