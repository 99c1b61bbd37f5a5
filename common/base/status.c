#include "common/base/status.h"

#include <string.h>

#include "common/base/assertion.h"

struct status_facts {
    const char *name;
    const char *text;
    int exit_code;
};

static const struct status_facts facts[] = {
#define X(symbol, name, exit_code, text) [symbol] = {name, text, exit_code},
    STATUS_LIST(X)
#undef X
};

_Static_assert(sizeof(facts) / sizeof(facts[0]) == STATUS_COUNT, "one row for each status");

static const struct status_facts *facts_of(enum status status)
{
    ASSERT((unsigned)status < STATUS_COUNT);
    return &facts[status];
}

const char *status_name(enum status status)
{
    return facts_of(status)->name;
}

const char *status_text(enum status status)
{
    return facts_of(status)->text;
}

int status_exit_code(enum status status)
{
    return facts_of(status)->exit_code;
}

enum status status_from_name(const char *name, size_t size)
{
    for (int i = 0; i < STATUS_COUNT; i++) {
        if (strlen(facts[i].name) == size && memcmp(facts[i].name, name, size) == 0)
            return (enum status)i;
    }
    return STATUS_INTERNAL;
}
