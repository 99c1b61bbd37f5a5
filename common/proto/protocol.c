#include "common/proto/protocol.h"

#include <string.h>

#include "common/text/utf.h"

void server_limits_default(struct server_limits *limits, unsigned processors)
{
    *limits = (struct server_limits){
#define X(member, name, initial, least, most) .member = (initial),
        SERVER_LIMITS_LIST(X)
#undef X
    };
    if (processors > 0)
        limits->scans = processors < SCANS_LIMIT_MAX ? processors : (uint32_t)SCANS_LIMIT_MAX;
}

/* Windows must leave each part between backslashes as it is. */
static const char *check_name(struct span name)
{
    char last = '\\';

    if (name.size == 0)
        return "is empty";
    if (!utf8_is_valid(name, NULL))
        return "is not valid UTF-8";
    for (size_t i = 0; i <= name.size; i++) {
        const char c = i < name.size ? name.data[i] : '\\';

        if (c == '/')
            return "has a slash where a backslash belongs";
        if ((unsigned char)c < 0x20 || c == 0x7f)
            return "has a control character";
        if (c == '*' || c == '?')
            return "has a wildcard";
        if (c == '\\' && last == '\\')
            return "has an empty part";
        if (c == '\\' && (last == '.' || last == ' '))
            return "has a part that ends with a dot or a space";
        last = c;
    }
    if (utf16_from_utf8(NULL, 0, name) > PIPE_NAME_LENGTH_MAX - (sizeof PIPE_PREFIX - 1))
        return "is longer than 256 characters";
    return NULL;
}

const char *pipe_name_normalize(struct span name, char *out)
{
    const struct span prefix = SPAN(PIPE_PREFIX);

    if (name.size >= prefix.size &&
        span_equal_ascii_nocase((struct span){name.data, prefix.size}, prefix))
        name = span_from(name, prefix.size);
    else if (span_starts_with(name, SPAN("\\\\"))) /* a path of a device or a share */
        return "is not one of this machine: it must begin with " PIPE_PREFIX;
    const char *error = check_name(name);
    if (error != NULL)
        return error;
    memcpy(out, prefix.data, prefix.size);
    memcpy(out + prefix.size, name.data, name.size);
    out[prefix.size + name.size] = '\0';
    return NULL;
}
