#include "common/scan/services.h"

#include <string.h>

void services_begin(struct services *services, uint64_t now)
{
    *services = (struct services){.asked_at = now};
    buffer_init(&services->names, SERVICES_MAX * (sizeof(uint32_t) + SERVICE_NAME_SIZE_MAX + 1));
}

void services_release(struct services *services)
{
    buffer_release(&services->names);
    services->asked_at = 0;
    services->count = 0;
}

bool services_add(struct services *services, uint32_t pid, struct span name)
{
    if (pid == 0)
        return true;
    if (name.size == 0 || name.size > SERVICE_NAME_SIZE_MAX ||
        memchr(name.data, '\0', name.size) != NULL || services->count == SERVICES_MAX)
        return false;
    buffer_append(&services->names, (struct span){(const char *)&pid, sizeof pid});
    buffer_append(&services->names, name);
    buffer_append(&services->names, (struct span){"", 1});
    services->count++;
    return !services->names.failed;
}

bool services_find(const struct services *services, uint32_t pid, uint64_t start_time,
                   struct buffer *names)
{
    struct span rest = buffer_span(&services->names);

    buffer_clear(names);
    if (services->asked_at == 0 || start_time > services->asked_at)
        return false;
    while (rest.size > 0) {
        const char *name = rest.data + sizeof pid;
        const size_t size = strlen(name) + 1;
        if (memcmp(rest.data, &pid, sizeof pid) == 0)
            buffer_append(names, (struct span){name, size});
        rest = span_from(rest, sizeof pid + size);
    }
    return !names->failed;
}
