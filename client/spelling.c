#include "client/spelling.h"

static bool is_separator(char byte)
{
    return byte == '\\' || byte == '/';
}

static bool has_drive(struct span text)
{
    return text.size >= 2 && ascii_lower(text.data[0]) >= 'a' && ascii_lower(text.data[0]) <= 'z' &&
           text.data[1] == ':';
}

static bool starts_with(struct span text, struct span prefix)
{
    return text.size >= prefix.size &&
           span_equal_ascii_nocase((struct span){text.data, prefix.size}, prefix);
}

/* Bytes of the prefix \\?\ or \\.\, with either separator; 0: there is none. */
static size_t prefix_size(struct span text)
{
    return text.size >= 4 && is_separator(text.data[0]) && is_separator(text.data[1]) &&
                   (text.data[2] == '?' || text.data[2] == '.') && is_separator(text.data[3])
               ? 4
               : 0;
}

bool spelling_has_wildcard(struct span text)
{
    for (size_t i = prefix_size(text); i < text.size; i++)
        if (text.data[i] == '*' || text.data[i] == '?')
            return true;
    return false;
}

bool spelling_is_bare(struct span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (is_separator(text.data[i]))
            return false;
    return !has_drive(text);
}

struct span spelling_of_pattern(struct span text)
{
    const struct span rest = span_from(text, prefix_size(text));

    return has_drive(rest) ? rest : text;
}

bool spelling_can_match(struct span pattern)
{
    const struct span rest = span_from(pattern, 1);

    if (spelling_is_bare(pattern) || pattern.data[0] == '*' || pattern.data[0] == '?')
        return true;
    if (is_separator(pattern.data[0]))
        return rest.size > 0 &&
               (is_separator(rest.data[0]) || rest.data[0] == '*' ||
                starts_with(rest, SPAN("Device\\")) || starts_with(rest, SPAN("??\\")));
    return has_drive(pattern) && pattern.size > 2 &&
           (is_separator(pattern.data[2]) || pattern.data[2] == '*' || pattern.data[2] == '?');
}

static bool is_component(struct span text, struct span name)
{
    return starts_with(text, name) &&
           (text.size == name.size || is_separator(text.data[name.size]));
}

/* SERVER\SHARE...; named pipes and mailslots look like shares. */
static bool is_share(struct span text)
{
    size_t server = 0;

    while (server < text.size && !is_separator(text.data[server]))
        server++;
    struct span share = span_from(text, server < text.size ? server + 1 : server);
    return server > 0 && share.size > 0 && !is_component(share, SPAN("pipe")) &&
           !is_component(share, SPAN("mailslot"));
}

bool spelling_to_open(struct span full, struct buffer *out)
{
    const size_t prefix = prefix_size(full);
    struct span rest = span_from(full, prefix);
    struct span before = SPAN("\\\\?\\");
    bool good;

    buffer_clear(out);
    if (starts_with(full, SPAN("\\Device\\"))) {
        good = starts_with(full, SPAN("\\Device\\Harddisk"));
        before = SPAN("\\\\?\\GLOBALROOT");
    } else if (prefix == 0 && starts_with(full, SPAN("\\\\"))) {
        rest = span_from(full, 2);
        good = is_share(rest);
        before = SPAN("\\\\?\\UNC\\");
    } else if (prefix > 0 && starts_with(rest, SPAN("UNC\\"))) {
        good = is_share(span_from(rest, 4));
    } else {
        good = (has_drive(rest) && rest.size > 2 && is_separator(rest.data[2])) ||
               (prefix > 0 && (starts_with(rest, SPAN("Volume{")) ||
                               starts_with(rest, SPAN("GLOBALROOT\\Device\\Harddisk"))));
    }
    return good && buffer_append(out, before) && buffer_append(out, rest);
}

void spelling_from_final(struct span final, struct buffer *out)
{
    struct span rest = span_from(final, prefix_size(final));
    bool is_unc = rest.size < final.size && starts_with(rest, SPAN("UNC\\"));

    buffer_clear(out);
    buffer_text(out, is_unc ? "\\" : "");
    buffer_append(out, is_unc ? span_from(rest, 3) : has_drive(rest) ? rest : final);
}
