#include "client/show/csv.h"

#include <string.h>

#include "client/show/text.h"
#include "common/text/number.h"

void csv_init(struct csv *csv, enum columns_table kind, bool no_header, bool has_host)
{
    *csv = (struct csv){.kind = kind, .has_host = has_host, .has_header = no_header};
    row_init(&csv->view);
}

void csv_deinit(struct csv *csv)
{
    row_release(&csv->view);
}

void csv_field(struct buffer *out, struct span text)
{
    unsigned is_quoted = text.size == 0 || text.data[0] == ' ' || text.data[text.size - 1] == ' ';
    unsigned is_plain = 1; /* nearly all are: printable ASCII without a quote */

    if (text.data == NULL)
        return;
    for (size_t i = 0; i < text.size; i++) { /* without a branch for each character */
        const unsigned char byte = (unsigned char)text.data[i];
        is_quoted |= (unsigned)(byte == ',') | (unsigned)(byte == '"');
        is_plain &= (unsigned)(byte >= 0x20) & (unsigned)(byte < 0x7f) & (unsigned)(byte != '"');
    }
    if (is_quoted)
        buffer_append(out, SPAN("\""));
    while (!is_plain && text.size > 0) { /* a quote is doubled */
        const char *quote = memchr(text.data, '"', text.size);
        size_t size = quote != NULL ? (size_t)(quote - text.data) + 1 : text.size;
        display_text(out, (struct span){text.data, size});
        buffer_text(out, quote != NULL ? "\"" : "");
        text = span_from(text, size);
    }
    buffer_append(out, text);
    if (is_quoted)
        buffer_append(out, SPAN("\""));
}

/* row NULL: the member's name. */
static void put_member(struct buffer *out, const struct row *row, enum row_member member)
{
    const enum row_value_type type = row_members[member].type;
    char text[NUMBER_DECIMAL_SIZE_MAX], *end = text;

    if (row == NULL)
        buffer_append(out, row_members[member].name);
    else if (type == VALUE_TEXT || type == VALUE_JSON)
        csv_field(out, row_text(row, member));
    else if (type == VALUE_BOOL) /* rows leave it out unless it is true */
        buffer_text(out, row_number(row, member, 0) != 0 ? "true" : "false");
    else if (row_knows(row, member) && type == VALUE_ADDRESS)
        end = number_put_hex(text, row_number(row, member, 0), NUMBER_HEX_SIZE_MAX);
    else if (row_knows(row, member))
        end = number_put_decimal(text, row_number(row, member, 0));
    if (end > text && type == VALUE_ADDRESS)
        buffer_append(out, SPAN("0x"));
    if (end > text)
        buffer_append(out, (struct span){text, (size_t)(end - text)});
}

/* The view of a region, or NULL when it is not the last one. */
static const struct row *view_of(const struct csv *csv, const struct row *region)
{
    const struct row *view = &csv->view;
    bool is_known = row_knows(view, MEMBER_BASE) && row_knows(region, MEMBER_VIEW) &&
                    row_number(view, MEMBER_PID, 0) == row_number(region, MEMBER_PID, 0) &&
                    row_number(view, MEMBER_BASE, 0) == row_number(region, MEMBER_VIEW, 0);

    return is_known ? view : NULL;
}

/* A line of the table; row NULL: its header. */
static void put_line(const struct csv *csv, const struct row *row, struct buffer *out)
{
    const struct columns *columns = &columns_tables[csv->kind];
    const struct row *view = row != NULL && row->type == ROW_REGION ? view_of(csv, row) : row;
    const int last = columns->of_process ? MEMBER_PROCESS_START : MEMBER_AGENT_VERSION;

    for (int i = MEMBER_ENVELOPE_FIRST; csv->has_host && i <= last; i++) {
        put_member(out, row, (enum row_member)i);
        buffer_append(out, SPAN(","));
    }
    for (size_t i = 0; columns->csv[i] != MEMBER_ID; i++) {
        const enum row_member member = columns->csv[i];
        if (i > 0)
            buffer_append(out, SPAN(","));
        if (view == row || row_has(row, member) || member == MEMBER_COMMITTED)
            put_member(out, row, member);
        else if (view != NULL) /* what a region leaves out */
            put_member(out, view, member);
    }
    buffer_append(out, SPAN("\r\n"));
}

static bool is_in_table(enum columns_table kind, enum row_type type)
{
    static const enum row_type types[COLUMNS_TABLE_COUNT] = {[COLUMNS_PROCESSES] = ROW_PROCESS,
                                                             [COLUMNS_FILES] = ROW_FILE,
                                                             [COLUMNS_SECTIONS] = ROW_SECTION,
                                                             [COLUMNS_STALE] = ROW_STALE};

    if (types[kind] != ROW_OTHER)
        return type == types[kind];
    return type == ROW_MAP || type == ROW_OPEN || (type == ROW_REGION && kind == COLUMNS_REGIONS);
}

bool csv_row(struct csv *csv, const struct row *row, struct buffer *out)
{
    if (row->type == ROW_ERROR)
        return true;
    if (!csv->has_header)
        put_line(csv, NULL, out);
    csv->has_header = true;
    if (csv->kind == COLUMNS_REGIONS && row->type == ROW_MAP)
        row_copy(&csv->view, row);
    if (is_in_table(csv->kind, row->type))
        put_line(csv, row, out);
    return !out->failed && !csv->view.failed;
}
