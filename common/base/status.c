#include "common/base/status.h"

#include <string.h>

#include "common/base/assertion.h"

static const struct {
    const char *name;
    int exit_code;
    const char *text;
} facts[STATUS_COUNT] = {
#define X(symbol, name, exit_code, text) [symbol] = {name, exit_code, text},
    STATUS_LIST(X)
#undef X
};

const char *status_name(enum status status)
{
    ASSERT((unsigned)status < STATUS_COUNT);
    return facts[status].name;
}

const char *status_text(enum status status)
{
    ASSERT((unsigned)status < STATUS_COUNT);
    return facts[status].text;
}

int status_exit_code(enum status status)
{
    ASSERT((unsigned)status < STATUS_COUNT);
    return facts[status].exit_code;
}

enum status status_from_name(const char *name, size_t size)
{
    for (int i = 0; i < STATUS_COUNT; i++)
        if (strlen(facts[i].name) == size && memcmp(facts[i].name, name, size) == 0)
            return (enum status)i;
    return STATUS_INTERNAL;
}
