/* Where bytes come from: a file (win32/file_source.c), or a text of a test. */
#ifndef CLIENT_BYTE_SOURCE_H
#define CLIENT_BYTE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "client/outcome.h"

enum { BYTE_SOURCE_READ_SIZE = 64 * 1024 }; /* asked for at once */

struct byte_source {
    void *context;

    /* Reads the next bytes, at least one; size 0: the end. Returns false with `failure` set. */
    bool (*read)(void *context, char *data, size_t capacity, size_t *size, struct failure *failure);
};

#endif
