/* The machine we run on, for `info`, and the clocks. */
#ifndef COMMON_WIN32_SYSTEM_INFO_H
#define COMMON_WIN32_SYSTEM_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "common/answer/reply.h"
#include "common/win32/win.h"

/* Fills all of `info`; what the system does not tell is empty. started is now.
 * mode  Static text: "service", "console" or "direct". */
void system_info_query(_Out_ struct server_info *info, const char *mode);

/* True on Wine, which accepts much of what it does not enforce. Decided by ntdll's
 * wine_get_version. */
bool system_is_wine(void);

/* Processors of the machine, 1 or more. */
unsigned system_processors(void);

/* A steady clock. */
uint64_t system_now_us(void *unused);
uint64_t system_now_ms(void);

#endif
