/* What the two files of the reply encoder share; nobody else includes it.
 *
 * reply.c writes the lines a server says of itself and the terminal ones, reply_row.c the rows of a
 * scan. Knowledge that is absent is written as null.
 */
#ifndef COMMON_ANSWER_REPLY_WRITER_H
#define COMMON_ANSWER_REPLY_WRITER_H

#include <stdint.h>

#include "common/base/annotations.h"
#include "common/json/writer.h"
#include "common/proto/request.h"
#include "common/text/buffer.h"
#include "common/text/span.h"

/* Begins a line with the members that every line has. */
void reply_begin(_Out_ struct json_writer *writer, _Inout_ struct buffer *out,
                 _In_ const struct request_id *id, const char *type);

/* NULL for "", which stands for unknown. */
const char *reply_known(const char *text);

/* A time as the value of the member just named. filetime  0: unknown. */
void reply_put_time(_Inout_ struct json_writer *writer, uint64_t filetime);

#endif
