/* The names of pipes that `--pipe NAME` of both programs accepts.
 *
 * NAME is a full \\.\pipe\... name or what follows that prefix. Only this machine's pipes are
 * accepted, and only names that Windows uses as they are written: its path rules would resolve `..`
 * and drop a dot or a space at the end, so that the pipe opened is not the pipe named. */
#ifndef COMMON_PROTO_PIPE_NAME_H
#define COMMON_PROTO_PIPE_NAME_H

#include "common/text/span.h"

enum {
    PIPE_NAME_LENGTH_MAX = 256, /* UTF-16 units of the full name; source: CreateNamedPipeW */
    PIPE_NAME_CAPACITY = PIPE_NAME_LENGTH_MAX * 3 + 1 /* the same in UTF-8, terminated */
};

/* Checks a pipe name and makes it a full one.
 *
 * name  UTF-8, not terminated: `\\.\pipe\NAME` (its prefix in any case) or `NAME`. NAME may have
 *       several parts separated by `\`, none of them empty.
 * out   Receives PIPE_PREFIX and NAME, terminated. Untouched on failure.
 *
 * Returns NULL. On failure returns what is wrong: a static text that continues "the pipe name ",
 * such as "is empty". */
NODISCARD const char *pipe_name_normalize(struct span name,
                                          _Out_writes_(PIPE_NAME_CAPACITY) char *out);

#endif
