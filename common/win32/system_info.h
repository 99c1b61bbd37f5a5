/* The machine, as `info` shows it; and its clocks. */
#ifndef COMMON_WIN32_SYSTEM_INFO_H
#define COMMON_WIN32_SYSTEM_INFO_H

#include "common/answer/reply.h"
#include "common/win32/win.h"

/* Fills all of `info`; what cannot be read is empty. The start time is now.
 * mode  Static text: "service", "console" or "direct". */
void system_info_query(_Out_ struct server_info *info, const char *mode);

/* True on Wine, which accepts much that it does not enforce. */
bool system_is_wine(void);

/* Random bytes of the system. Returns ERROR_SUCCESS or ERROR_NOT_READY. */
NODISCARD DWORD system_random(_Out_writes_bytes_(size) void *bytes, ULONG size);

unsigned system_processors(void); /* of the machine, 1 or more */

uint64_t system_now_filetime(void *unused); /* the time of day, to 16 ms */
uint64_t system_now_us(void *unused);       /* a steady clock */
uint64_t system_now_ms(void);               /* the same */
uint64_t system_awake_ms(void);             /* one that stands still while the machine sleeps */

#endif
