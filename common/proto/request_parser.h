/* What the two files of the request parser share; nobody else includes it.
 *
 * request_parse.c walks the line and applies the rules between members, request_members.c reads
 * the value of each member. The first fault fills the error and ends the parse.
 */
#ifndef COMMON_PROTO_REQUEST_PARSER_H
#define COMMON_PROTO_REQUEST_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/annotations.h"
#include "common/json/reader.h"
#include "common/proto/request.h"
#include "common/text/span.h"

enum request_member {
    MEMBER_ID,
    MEMBER_OP,
    MEMBER_PID,
    MEMBER_NAME,
    MEMBER_ALL,
    MEMBER_KINDS,
    MEMBER_PATH,
    MEMBER_ADDRESS,
    MEMBER_DETAIL,
    MEMBER_DEBUG,
    MEMBERS_COUNT
};

struct request_parser {
    struct span line;
    struct json_reader reader;
    struct request *request;       /* filled member by member */
    struct request_error *error;   /* filled by the first fault */
    enum request_member member;    /* whose value is being read */
    uint32_t seen;                 /* one bit per member */
    size_t offsets[MEMBERS_COUNT]; /* bytes from the line's start to the member's name */
};

enum {
    REQUEST_SHOWN_SIZE_MAX = 32, /* bytes of the client's own text in a message */
    REQUEST_SHOWN_CAPACITY = REQUEST_SHOWN_SIZE_MAX + 4 /* with "..." and a terminator */
};

/* Fills the error. hint  Static text. Returns false, for `return request_fail(...)`. */
PRINTF_FORMAT(4, 5)
bool request_fail(_Out_ struct request_error *error, enum status code, const char *hint,
                  const char *format, ...);

/* The text of the last key or string, cut and without control characters, for a message. */
void request_shown(_Out_writes_(REQUEST_SHOWN_CAPACITY) char *out,
                   _In_ const struct json_reader *reader);

/* Bytes from the line's start to the text of the last key, string or number, quotes not counted. */
size_t request_token_offset(_In_ const struct json_reader *reader);

const char *request_member_name(enum request_member member);

/* The member the last JSON_KEY names, however it is escaped; MEMBERS_COUNT for an unknown one. */
enum request_member request_member_find(_In_ const struct json_reader *reader);

/* Reads the value behind the last JSON_KEY into parser->request, as parser->member.
 * Returns false with the error filled. */
NODISCARD bool request_member_read(_Inout_ struct request_parser *parser);

/* Takes the value just read as an id: an integer or a short string.
 * Returns false, `id` untouched, for anything else. */
bool request_id_read(_In_ const struct json_reader *reader, enum json_event event,
                     _Inout_ struct request_id *id);

/* "views", "regions", "pages". */
const char *request_detail_name(enum request_detail detail);

#endif
