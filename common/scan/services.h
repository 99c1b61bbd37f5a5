/* Which services run in which process: a list that was taken at some time.
 *
 * A pid of the list may belong to another process by now. So a process that started later than the
 * list was asked for is not known, rather than without services. */
#ifndef COMMON_SCAN_SERVICES_H
#define COMMON_SCAN_SERVICES_H

#include "common/text/buffer.h"

enum {
    SERVICES_MAX = 16 * 1024,   /* a terminal server has some dozens more for each session */
    SERVICE_NAME_SIZE_MAX = 768 /* bytes; Windows allows 256 characters */
};

/* Zeroed it is a list that was never taken: nothing is known. */
struct services {
    uint64_t asked_at;   /* FILETIME just before Windows was asked; 0: never */
    size_t count;        /* of services that run in a process */
    struct buffer names; /* owned: of each its pid in native order, then its terminated name */
};

/* Begins an empty list, asked for at the FILETIME `now`. */
void services_begin(_Out_ struct services *services, uint64_t now);
void services_release(_Inout_ struct services *services);

/* Adds a service. name  UTF-8. Without a process (pid 0) there is nothing to add.
 * Returns false for a name that Windows does not allow, above SERVICES_MAX, or without memory. */
NODISCARD bool services_add(_Inout_ struct services *services, uint32_t pid, struct span name);

/* The services of a process.
 * start_time  FILETIME; 0: not known, then the pid alone decides.
 * names       Cleared, then receives each name, terminated.
 * Returns false when they are not known. */
NODISCARD bool services_find(_In_ const struct services *services, uint32_t pid,
                             uint64_t start_time, _Inout_ struct buffer *names);

#endif
