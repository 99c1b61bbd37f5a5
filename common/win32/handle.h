/* Closing handles in cleanup code. */
#ifndef COMMON_WIN32_HANDLE_H
#define COMMON_WIN32_HANDLE_H

#include "common/win32/win.h"

/* Closes and resets to NULL; accepts NULL. INVALID_HANDLE_VALUE is turned into NULL at the call that
 * returns it. */
static inline void handle_close(_Inout_ HANDLE *handle)
{
    if (*handle != NULL)
        CloseHandle(*handle);
    *handle = NULL;
}

#endif
