/* Names of pipes as people write them, made whole and checked.
 *
 * `--pipe NAME` of both programs takes a full \\.\pipe\... name or what stands behind that prefix.
 * Only this machine's pipes are accepted, and only names that Windows uses as they are written: its
 * path rules would resolve `..` and drop a dot or a space at the end, so that another object could
 * be meant than the one named.
 */
#ifndef COMMON_PROTO_PIPE_NAME_H
#define COMMON_PROTO_PIPE_NAME_H

#include <stddef.h>

#include "common/base/annotations.h"
#include "common/text/span.h"

enum {
    PIPE_NAME_LENGTH_MAX = 256, /* UTF-16 units of the whole name; source: CreateNamedPipeW */
    PIPE_NAME_CAPACITY = PIPE_NAME_LENGTH_MAX * 3 + 1 /* the same in UTF-8, terminated */
};

/* Makes a full pipe name of what the user gave.
 *
 * name      UTF-8, not terminated: `\\.\pipe\NAME` (its prefix in any case) or `NAME`. NAME may
 * have several parts separated by `\`, none of them empty. out       Receives PIPE_PREFIX and NAME,
 * terminated. Untouched on failure. capacity  Bytes available at `out`; PIPE_NAME_CAPACITY is
 * always enough. size      May be NULL; receives the bytes written, without the terminator.
 *
 * Returns NULL; on failure what is wrong, a static text without capital and full stop that
 * continues "the pipe name ", such as "is empty". */
NODISCARD const char *pipe_name_normalize(struct span name, _Out_writes_(capacity) char *out,
                                          size_t capacity, _Out_opt_ size_t *size);

#endif
