/* The path of the lsmapd.exe under test. */
#ifndef TESTS_WIN32_LSMAPD_PATH_H
#define TESTS_WIN32_LSMAPD_PATH_H

#include <stdbool.h>

#include "common/win32/win.h"

/* Its full path: from the environment variable LSMAPD_EXE, else lsmapd.exe beside this
 * program. Returns false when there is none. */
bool lsmapd_path(wchar_t path[MAX_PATH]);

#endif
