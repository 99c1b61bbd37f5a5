#include "common/base/assertion.h"

#include <stdio.h>

#if defined(_MSC_VER)
#include <intrin.h>
#endif

void assertion_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
    fflush(stderr);
    /* Not abort(): the C library of Windows may show a dialog, which nobody closes in a service. */
#if defined(_MSC_VER)
    __fastfail(7); /* FAST_FAIL_FATAL_APP_EXIT of winnt.h */
#else
    __builtin_trap();
#endif
}
