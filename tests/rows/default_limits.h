/* The defaults of the server's limits by name: DEFAULT_idle_ms. */
#ifndef TESTS_ROWS_DEFAULT_LIMITS_H
#define TESTS_ROWS_DEFAULT_LIMITS_H

#include "common/proto/protocol.h"

enum default_limit {
#define X(member, name, initial, least, most) DEFAULT_##member = (initial),
    SERVER_LIMITS_LIST(X)
#undef X
};

#endif
