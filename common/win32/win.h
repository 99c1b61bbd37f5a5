/* The only file that includes <windows.h>. Everything in a win32/ folder gets it from here.
 *
 * UNICODE and the lowest Windows we run on (10, and Server 2016) are set by the build for these
 * folders.
 */
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
