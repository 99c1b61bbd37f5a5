/* The only file that includes <windows.h>. Everything in a win32/ folder gets it from here.
 *
 * The build sets UNICODE and the oldest supported Windows (10, Server 2016) for these folders. */
#ifndef COMMON_WIN32_WIN_H
#define COMMON_WIN32_WIN_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#include "common/base/annotations.h"

#endif
