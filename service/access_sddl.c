#include "service/access_sddl.h"
#include "common/proto/protocol.h"

#include <stddef.h>
#include <stdint.h>

#include "common/text/number.h"
#include "service/access.h"

#define NOT_USABLE "not usable: " /* what operators read behind "the value is" */

enum { NUMBER_DIGITS_MAX = 8 };

/* What is left to read. Nothing is taken when something does not fit. */
struct reader {
    struct span rest;
};

static bool take(struct reader *reader, struct span word)
{
    if (!span_starts_with(reader->rest, word))
        return false;
    reader->rest = span_from(reader->rest, word.size);
    return true;
}

static char front(const struct reader *reader)
{
    return reader->rest.size > 0 ? reader->rest.data[0] : '\0';
}

static void skip(struct reader *reader)
{
    reader->rest = span_from(reader->rest, 1);
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* S-1-... to its last digit, or two capitals. Whether it is one, Windows says. */
static bool take_sid(struct reader *reader)
{
    if (take(reader, SPAN("S-1-"))) {
        if (!number_is_digit(front(reader)))
            return false;
        while (number_is_digit(front(reader)) || front(reader) == '-' || front(reader) == 'x' ||
               (front(reader) >= 'a' && front(reader) <= 'f'))
            skip(reader);
        return true;
    }
    for (int i = 0; i < 2; i++) {
        if (!is_capital(front(reader)))
            return false;
        skip(reader);
    }
    return true;
}

/* 0x1f or 31; a zero in front would make it octal. */
static bool take_rights(struct reader *reader)
{
    const uint32_t base = take(reader, SPAN("0x")) ? 16 : 10;
    uint32_t number = 0;
    int digits = 0;

    if (base == 10 && front(reader) == '0')
        return false;
    for (; digits < NUMBER_DIGITS_MAX; digits++) {
        int value = number_hex_digit(front(reader));
        if (value < 0 || (uint32_t)value >= base)
            break;
        number = number * base + (uint32_t)value;
        skip(reader);
    }
    return digits > 0 && number > 0 && (number & ~(uint32_t)RIGHTS_ALL) == 0;
}

static const char *take_entry(struct reader *reader, bool *has_allowed)
{
    if (take(reader, SPAN("(A;")))
        *has_allowed = true;
    else if (!take(reader, SPAN("(D;")))
        return NOT_USABLE "an entry does not begin with (A; or (D;";
    else if (*has_allowed)
        return NOT_USABLE "an entry that denies stands behind one that allows";
    if (!take(reader, SPAN(";")))
        return NOT_USABLE "an entry has flags, which mean nothing here";
    if (!take_rights(reader))
        return NOT_USABLE "the rights of an entry are no number from 0x1 to 0x1f";
    if (!take(reader, SPAN(";;;")))
        return NOT_USABLE "an entry has an object, which means nothing here";
    if (!take_sid(reader))
        return NOT_USABLE "an entry has no SID as S-1-... or as two letters";
    if (!take(reader, SPAN(")")))
        return NOT_USABLE "an entry does not end behind its SID";
    return NULL;
}

const char *access_sddl_check(struct span sddl)
{
    struct reader reader = {sddl};
    bool has_allowed = false;

    if (take(&reader, SPAN("O:")) && !take_sid(&reader))
        return NOT_USABLE "its owner is no SID";
    if (take(&reader, SPAN("G:")) && !take_sid(&reader))
        return NOT_USABLE "its group is no SID";
    if (!take(&reader, SPAN("D:")))
        return NOT_USABLE "it has no D: part, or something else before it";
    while (take(&reader, SPAN("P")) || take(&reader, SPAN("AI")) || take(&reader, SPAN("AR")))
        ;
    for (int count = 0; reader.rest.size > 0; count++) {
        if (count == ACCESS_SDDL_ENTRIES_MAX)
            return NOT_USABLE "it has more than 64 entries";
        const char *why = take_entry(&reader, &has_allowed);
        if (why != NULL)
            return why;
    }
    return NULL;
}

bool access_sddl_complete(struct span sddl, struct buffer *out)
{
    struct reader reader = {sddl};
    struct span owner = SPAN("O:SY"), group = SPAN("G:SY");
    const char *begin = sddl.data;

    if (take(&reader, SPAN("O:")) && take_sid(&reader)) {
        owner = (struct span){begin, (size_t)(reader.rest.data - begin)};
        begin = reader.rest.data;
    }
    if (take(&reader, SPAN("G:")) && take_sid(&reader))
        group = (struct span){begin, (size_t)(reader.rest.data - begin)};
    size_t size = owner.size + group.size + reader.rest.size;
    if (!buffer_reserve(out, size))
        return false;
    return buffer_append(out, owner) && buffer_append(out, group) &&
           buffer_append(out, reader.rest);
}
