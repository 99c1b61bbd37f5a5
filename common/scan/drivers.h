/* The drivers that Windows has loaded, read from the answer of SystemModuleInformation.
 *
 * They are what the System process has mapped: its address space is closed to everybody. The names
 * are ANSI texts of at most 255 bytes: longer ones are cut, and characters that the code page of the
 * system lacks are question marks. Source of the layout: RTL_PROCESS_MODULES in System Informer,
 * phnt/ntldr.h. Addresses in the kernel are read past and never kept. */
#ifndef COMMON_SCAN_DRIVERS_H
#define COMMON_SCAN_DRIVERS_H

#include "common/text/buffer.h"

enum { DRIVERS_ANSWER_SIZE_MAX = 4 * 1024 * 1024 }; /* 14,000 drivers */

/* How many drivers there are, as the answer says; it may hold fewer. */
size_t drivers_count(struct span answer);

/* Reads one driver.
 * size   Receives the bytes of its image.
 * name   Cleared, then receives UTF-8: a path like \SystemRoot\System32\drivers\a.sys.
 * lossy  Receives true when the name may not be the true one.
 * Returns false when the answer ends before it, or without memory. */
NODISCARD bool drivers_read(struct span answer, size_t index, _Out_ uint64_t *size,
                            _Inout_ struct buffer *name, _Out_ bool *lossy);

#endif
