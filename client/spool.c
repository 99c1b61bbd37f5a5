#include "client/spool.h"

bool spool_put(struct spool *spool, struct span bytes)
{
    if (spool->file_begin < spool->file_end || !buffer_reserve(&spool->memory, bytes.size))
        return false;
    return buffer_append(&spool->memory, bytes);
}

size_t spool_take(struct spool *spool, struct buffer *out, uint64_t *offset)
{
    const struct buffer memory = spool->memory;
    const uint64_t in_file = spool->file_end - spool->file_begin;
    size_t size = out->capacity_max < SPOOL_READ_SIZE ? out->capacity_max : SPOOL_READ_SIZE;

    *offset = spool->file_begin;
    if (memory.size > 0) {
        spool->memory = *out;
        *out = memory;
        return 0;
    }
    size = in_file < size ? (size_t)in_file : size;
    spool->file_begin += size;
    if (spool->file_begin == spool->file_end)
        spool->file_begin = spool->file_end = 0; /* the next bytes overwrite the file */
    return size;
}

bool spool_is_empty(const struct spool *spool)
{
    return spool->memory.size == 0 && spool->file_begin == spool->file_end;
}
