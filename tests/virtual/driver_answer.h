/* The answer of SystemModuleInformation, made byte by byte as the kernel of 64-bit Windows does. */
#ifndef TESTS_VIRTUAL_DRIVER_ANSWER_H
#define TESTS_VIRTUAL_DRIVER_ANSWER_H

#include <stdint.h>
#include <string.h>

#include "common/base/annotations.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

/* count  Of drivers that the answer claims to hold. */
static inline void driver_answer_begin(_Inout_ struct buffer *answer, uint32_t count)
{
    char *header = buffer_extend(answer, 8);
    if (header == NULL)
        return;
    memset(header, 0, 8);
    memcpy(header, &count, sizeof count);
}

/* name  At most 255 bytes of it are written. */
static inline void driver_answer_add(_Inout_ struct buffer *answer, uint32_t size, struct span name)
{
    static const uint64_t kernel_address = 0xfffff80012340000u; /* must never be seen */
    char *entry = buffer_extend(answer, 296);
    if (entry == NULL)
        return;
    memset(entry, 0, 296);
    for (size_t i = 0; i < 3; i++)
        memcpy(entry + 8 * i, &kernel_address, sizeof kernel_address);
    memcpy(entry + 24, &size, sizeof size);
    memcpy(entry + 40, name.data, name.size < 255 ? name.size : 255);
}

#endif
