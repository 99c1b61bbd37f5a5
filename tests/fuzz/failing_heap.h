/* A heap that fails on command, for a target that is linked with --wrap=malloc,calloc,realloc; free
 * stays, so that the sanitizer sees what is lost. Elsewhere nothing fails. */
#ifndef TESTS_FUZZ_FAILING_HEAP_H
#define TESTS_FUZZ_FAILING_HEAP_H

#include <stdbool.h>
#include <stddef.h>

/* AddressSanitizer keeps what was freed out of use: 256 MiB of it would be touched anew all the time. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "quarantine_size_mb=4:malloc_context_size=4";
}

static unsigned long heap_fail_in; /* the allocation, from now, that fails; 0: none */
static bool heap_has_failed;       /* one did */

#ifdef HAS_WRAPPED_HEAP
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

static bool heap_fails(void)
{
    if (heap_fail_in == 0 || --heap_fail_in > 0)
        return false;
    heap_has_failed = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return heap_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return heap_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return heap_fails() ? NULL : __real_realloc(block, size);
}
#endif

#endif
