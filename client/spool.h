/* Bytes on their way from a fast writer to a slow reader, in order: in memory up to a bound, then in
 * a file. Says where they are; its user moves those of the file. Not for two threads at once. */
#ifndef CLIENT_SPOOL_H
#define CLIENT_SPOOL_H

#include "common/text/buffer.h"

enum { SPOOL_READ_SIZE = 1024 * 1024 }; /* of the file at once, at most */

/* The user makes and releases the buffer; the rest is zero at first. */
struct spool {
    struct buffer memory;          /* older than what is in the file */
    uint64_t file_begin, file_end; /* the part of the file that was not taken yet */
};

/* Keeps bytes in memory. Returns false when they must be written to the file, at file_end, to which
 * their number is added then. */
NODISCARD bool spool_put(_Inout_ struct spool *spool, struct span bytes);

/* Takes what comes next: what is in memory is moved to `out`, which must be empty and have the same
 * bound. Returns 0, or how many bytes must be read from the file at *offset, before more are written.
 * Nothing is left when it returns 0 and `out` is empty. */
NODISCARD size_t spool_take(struct spool *spool, struct buffer *out, uint64_t *offset);

bool spool_is_empty(_In_ const struct spool *spool);

#endif
