#include "client/show/table_cells.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool cell_text(struct buffer *out, const char *text)
{
    return buffer_append(out, span_from_string(text));
}

struct span cell_known(struct span text)
{
    return text.size > 0 ? text : SPAN("-");
}

struct span cell_number(char *out, const struct row *row, enum row_member member)
{
    if (!row_knows(row, member))
        return SPAN("");
    (void)snprintf(out, CELL_NUMBER_CAPACITY, "%" PRIu64, row_number(row, member, 0));
    return span_from_string(out);
}

struct span cell_size(char *out, const struct row *row, enum row_member member)
{
    return row_knows(row, member) ? display_size(out, row_number(row, member, 0)) : SPAN("");
}

struct span cell_address(char *out, const struct row *row)
{
    if (!row_knows(row, MEMBER_BASE))
        return SPAN("-");
    (void)snprintf(out, CELL_ADDRESS_CAPACITY, "0x%012" PRIx64, row_number(row, MEMBER_BASE, 0));
    return span_from_string(out);
}

struct span cell_state(struct span state)
{
    static const struct {
        const char *wire;
        const char *shown;
    } states[] = {{"MEM_COMMIT", "commit"}, {"MEM_RESERVE", "reserve"}, {"MEM_FREE", "free"}};

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (span_equal(state, span_from_string(states[i].wire)))
            return span_from_string(states[i].shown);
    return cell_known(state);
}

static const struct {
    const char *wire;
    const char *shown;
} protections[] = {
    {"PAGE_NOACCESS", "---"},          {"PAGE_READONLY", "r--"},
    {"PAGE_READWRITE", "rw-"},         {"PAGE_WRITECOPY", "rwc"},
    {"PAGE_EXECUTE", "--x"},           {"PAGE_EXECUTE_READ", "r-x"},
    {"PAGE_EXECUTE_READWRITE", "rwx"}, {"PAGE_EXECUTE_WRITECOPY", "rwxc"},
};

/* One of the words between the bars; `first` is the protection proper. */
static bool protect_word(struct buffer *out, struct span word, bool first)
{
    static const struct span prefix = {"PAGE_", 5};

    for (size_t i = 0; i < sizeof protections / sizeof protections[0]; i++)
        if (first && span_equal(word, span_from_string(protections[i].wire)))
            return cell_text(out, protections[i].shown);
    if (first || !span_starts_with(word, prefix))
        return (first || cell_text(out, "+")) && display_text(out, word);
    if (!cell_text(out, "+"))
        return false;
    for (size_t i = prefix.size; i < word.size; i++) {
        char letter = word.data[i];
        if (letter >= 'A' && letter <= 'Z')
            letter = (char)(letter - 'A' + 'a');
        if (!display_text(out, (struct span){&letter, 1}))
            return false;
    }
    return true;
}

bool cell_protect(struct buffer *out, struct span protect, size_t columns)
{
    size_t begin = out->size;

    if (protect.size == 0)
        return display_left(out, SPAN("-"), columns);
    for (size_t offset = 0; offset <= protect.size;) {
        size_t end = offset;
        while (end < protect.size && protect.data[end] != '|')
            end++;
        if (!protect_word(out, (struct span){protect.data + offset, end - offset}, offset == 0))
            return false;
        offset = end + 1;
    }
    size_t used = out->size - begin; /* all ASCII, so bytes are columns */
    return display_left(out, SPAN(""), columns > used ? columns - used : 0);
}
