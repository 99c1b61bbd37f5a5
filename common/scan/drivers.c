#include "common/scan/drivers.h"

#include <string.h>

#include "common/text/utf.h"

enum { FIRST_OFFSET = 8 };

/* RTL_PROCESS_MODULE_INFORMATION of 64-bit Windows. */
struct module {
    uint64_t section, mapped_base, image_base; /* never used: addresses in the kernel */
    uint32_t image_size;
    uint32_t flags;
    uint16_t load_order, init_order, load_count, name_offset;
    char path[256]; /* terminated when it is shorter */
};

_Static_assert(sizeof(struct module) == 296, "RTL_PROCESS_MODULE_INFORMATION");

size_t drivers_count(struct span answer)
{
    uint32_t count = 0;

    if (answer.size >= sizeof count)
        memcpy(&count, answer.data, sizeof count);
    return count;
}

/* Bytes that are not UTF-8 are of another code page: no guess is made at their characters. */
static bool append_text(struct buffer *name, struct span text, bool *lossy)
{
    for (size_t offset = 0; offset < text.size;) {
        char bytes[4];
        const size_t start = offset;
        const uint32_t code_point = utf8_next(text, &offset);
        const bool is_guess = code_point == 0xFFFD || (code_point == '?' && start > 3);
        *lossy = *lossy || is_guess; /* \??\ is how some paths begin */
        if (!buffer_append(name, (struct span){bytes, utf8_encode(bytes, code_point)}))
            return false;
    }
    return true;
}

bool drivers_read(struct span answer, size_t index, uint64_t *size, struct buffer *name,
                  bool *lossy)
{
    struct module module;
    const size_t room = answer.size > FIRST_OFFSET ? answer.size - FIRST_OFFSET : 0;

    buffer_clear(name);
    if (index >= drivers_count(answer) || index >= room / sizeof module)
        return false;
    memcpy(&module, answer.data + FIRST_OFFSET + index * sizeof module, sizeof module);
    const char *end = memchr(module.path, '\0', sizeof module.path);
    const size_t path_size = end != NULL ? (size_t)(end - module.path) : sizeof module.path;
    *size = module.image_size;
    *lossy = path_size >= sizeof module.path - 1; /* it may have been cut */
    return append_text(name, (struct span){module.path, path_size}, lossy);
}
