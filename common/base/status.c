#include "common/base/status.h"

#include <string.h>

const struct status_facts status_facts[STATUS_COUNT] = {
#define X(symbol, name, exit_code, text) [symbol] = {name, exit_code, text},
    STATUS_LIST(X)
#undef X
};

enum status status_from_name(const char *name, size_t size)
{
    for (int i = 0; i < STATUS_COUNT; i++)
        if (strlen(status_facts[i].name) == size && memcmp(status_facts[i].name, name, size) == 0)
            return (enum status)i;
    return STATUS_INTERNAL;
}
