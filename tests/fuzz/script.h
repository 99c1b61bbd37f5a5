/* Reads a fuzz input as a script: bytes that say what to do next. After its end all bytes are zero. */
#ifndef TESTS_FUZZ_SCRIPT_H
#define TESTS_FUZZ_SCRIPT_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Not assert(): that is compiled out in Release, and the corpus is replayed there too. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : abort())

struct script {
    const uint8_t *data;
    size_t size;
    size_t offset;
};

static inline uint8_t script_byte(struct script *script)
{
    return script->offset < script->size ? script->data[script->offset++] : 0;
}

/* Takes at most `size` bytes; *taken receives how many there are. */
static inline const uint8_t *script_bytes(struct script *script, size_t size, size_t *taken)
{
    const uint8_t *bytes = script->data + script->offset;
    size_t rest = script->size - script->offset;

    *taken = size < rest ? size : rest;
    script->offset += *taken;
    return bytes;
}

#endif
