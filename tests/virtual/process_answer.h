/* The answers of SystemProcessInformation and SystemFullProcessInformation, made byte by byte as the
 * kernel of 64-bit Windows does. */
#ifndef TESTS_VIRTUAL_PROCESS_ANSWER_H
#define TESTS_VIRTUAL_PROCESS_ANSWER_H

#include <stdint.h>
#include <string.h>

#include "common/base/annotations.h"
#include "common/scan/process.h"
#include "common/text/buffer.h"
#include "common/text/utf.h"

enum { PROCESS_ANSWER_EXTENSION_SIZE = 368 };

/* Appends a process; the last one added ends the chain. `answer` must have room: nothing may move.
 * owner  NULL: an entry of class 5. Else of class 148, with a SID unless its size is 0. */
static inline void process_answer_add(_Inout_ struct buffer *answer, uint32_t pid,
                                      uint32_t thread_count, _In_opt_ const struct sid *owner,
                                      struct span name)
{
    const size_t thread_size = owner != NULL ? 136 : 80;
    const size_t begin = answer->size, extension = begin + 256 + thread_size * thread_count;
    struct system_process process = {.thread_count = thread_count,
                                     .create_time = 1000 + pid,
                                     .pid = pid,
                                     .parent_pid = 4,
                                     .session_id = 1};
    uint16_t text[64];

    process.name_size =
        (uint16_t)(sizeof *text * utf16_from_utf8(text, sizeof text / sizeof *text, name));
    (void)buffer_extend(answer, 256 + thread_size * thread_count);
    if (owner != NULL) {
        const uint32_t sid_offset = owner->size > 0 ? PROCESS_ANSWER_EXTENSION_SIZE : 0;
        (void)buffer_extend(answer, PROCESS_ANSWER_EXTENSION_SIZE + (owner->size + 7u) / 8 * 8);
        memset(answer->data + begin, 0, answer->size - begin);
        memcpy(answer->data + extension + 52, &sid_offset, sizeof sid_offset);
        memcpy(answer->data + extension + PROCESS_ANSWER_EXTENSION_SIZE, owner->bytes, owner->size);
    } else {
        memset(answer->data + begin, 0, answer->size - begin);
    }
    process.name_address = name.size > 0 ? (uintptr_t)answer->data + answer->size : 0;
    char *place = buffer_extend(answer, (process.name_size + 9u) / 8 * 8);
    memset(place, 0, (process.name_size + 9u) / 8 * 8);
    memcpy(place, text, process.name_size);
    memcpy(answer->data + begin, &process, sizeof process);
}

/* Links the process that begins at `begin` to what is added after it. */
static inline void process_answer_link(_Inout_ struct buffer *answer, size_t begin)
{
    const uint32_t next_offset = (uint32_t)(answer->size - begin);

    memcpy(answer->data + begin, &next_offset, sizeof next_offset);
}

#endif
