#include "client/show/table_lines.h"

#include "client/show/table_cells.h"
#include "client/show/text.h"

size_t line_size_columns(const struct table *table)
{
    return table->style.exact ? EXACT_COLUMNS : SIZE_COLUMNS;
}

bool line_size(const struct table *table, const struct row *row, enum row_member member,
               struct buffer *out)
{
    char number[CELL_NUMBER_CAPACITY], human[DISPLAY_SIZE_CAPACITY];
    struct span size =
        table->style.exact ? cell_number(number, row, member) : cell_size(human, row, member);

    return display_right(out, cell_known(size), line_size_columns(table));
}

struct span line_path_of(const struct row *row)
{
    struct span path = row_text(row, MEMBER_PATH);

    return path.size > 0 ? path : row_text(row, MEMBER_DEVICE_PATH);
}

/* The last column stays free: a console goes to the next line once it is filled. */
bool line_path(const struct table *table, struct span path, size_t begin, struct buffer *out)
{
    size_t width = table->style.width, columns = 0;

    if (width > 0) {
        size_t used = display_width(span_from(buffer_span(out), begin));
        columns =
            width > used + 1 + TABLE_PATH_COLUMNS_MIN ? width - used - 1 : TABLE_PATH_COLUMNS_MIN;
    }
    return display_cut(out, cell_known(path), columns);
}

bool line_process_name(const struct row *row, enum row_member name, size_t columns,
                       struct buffer *out)
{
    char number[CELL_NUMBER_CAPACITY];
    struct span pid = cell_number(number, row, MEMBER_PID), host = row_text(row, MEMBER_HOST);
    struct span text = row_text(row, name);
    size_t used = pid.size + 3 + (host.size > 0 ? display_width(host) + 4 : 0); /* " (PID)" */

    if (columns > 0)
        columns = columns > used + 1 ? columns - used : 1;
    return display_cut(out, text.size > 0 ? text : SPAN("?"), columns) && cell_text(out, " (") &&
           display_text(out, pid) && cell_text(out, ")") &&
           (host.size == 0 || (cell_text(out, " on ") && display_text(out, host)));
}

/* A known text behind two spaces and a word; nothing when it is unknown. */
static bool fact(struct buffer *out, const char *word, struct span text)
{
    return text.size == 0 ||
           (cell_text(out, "  ") && cell_text(out, word) && display_text(out, text));
}

bool line_heading(struct table *table, const struct row *row, struct buffer *out)
{
    char number[CELL_NUMBER_CAPACITY];
    struct buffer *facts = &table->scratch;
    struct span protection = row_text(row, MEMBER_PROTECTION);
    size_t width = table->style.width;

    if (span_equal(protection, SPAN("none")))
        protection.size = 0; /* nearly all are not protected */
    buffer_clear(facts);
    if (!fact(facts, "session ", cell_number(number, row, MEMBER_SESSION)) ||
        !fact(facts, "", row_text(row, MEMBER_ARCH)) || !fact(facts, "", protection) ||
        !fact(facts, "access ", row_text(row, MEMBER_ACCESS)))
        return false;
    size_t used = display_width(buffer_span(facts)) + 1;
    return (!table->begun || cell_text(out, "\n")) &&
           line_process_name(row, MEMBER_NAME, width > used ? width - used : width, out) &&
           buffer_append(out, buffer_span(facts)) && cell_text(out, "\n");
}

static bool pages_cells(const struct table *table, const struct row *row, struct buffer *out)
{
    static const enum row_member members[] = {MEMBER_RESIDENT, MEMBER_SHARED, MEMBER_PRIVATE,
                                              MEMBER_LOCKED};

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (!cell_text(out, " ") || !line_size(table, row, members[i], out))
            return false;
    return true;
}

/* Pages of huge views are counted up to a limit, which must not pass for the whole. */
static bool capped_note(const struct row *row, struct buffer *out)
{
    char size[DISPLAY_SIZE_CAPACITY];

    if (!row_knows(row, MEMBER_RESIDENT) ||
        row_number(row, MEMBER_COUNTED, UINT64_MAX) >= row_number(row, MEMBER_SIZE, 0))
        return true;
    return cell_text(out, "[first ") && display_text(out, cell_size(size, row, MEMBER_COUNTED)) &&
           cell_text(out, "] ");
}

static size_t region_indent(const struct table *table)
{
    return table->style.detail == DETAIL_REGIONS ? REGION_INDENT : 0;
}

bool line_map(const struct table *table, const struct row *row, struct buffer *out)
{
    bool pages = table->style.detail == DETAIL_PAGES;
    size_t begin = out->size;
    char address[CELL_ADDRESS_CAPACITY];

    return cell_text(out, "  ") &&
           display_left(out, cell_address(address, row),
                        CELL_ADDRESS_COLUMNS + region_indent(table)) &&
           cell_text(out, "  ") && line_size(table, row, MEMBER_SIZE, out) &&
           cell_text(out, "  ") &&
           display_left(out, cell_known(row_text(row, MEMBER_KIND)), KIND_COLUMNS) &&
           cell_text(out, "  ") &&
           cell_protect(out, row_text(row, MEMBER_PROTECT), PROTECT_COLUMNS) &&
           (!pages || (cell_text(out, " ") && pages_cells(table, row, out))) &&
           cell_text(out, "  ") && capped_note(row, out) &&
           line_path(table, line_path_of(row), begin, out) && cell_text(out, "\n");
}

bool line_region(const struct table *table, const struct row *row, struct buffer *out)
{
    char address[CELL_ADDRESS_CAPACITY];

    return cell_text(out, "    ") &&
           display_left(out, cell_address(address, row), CELL_ADDRESS_COLUMNS) &&
           cell_text(out, "  ") && line_size(table, row, MEMBER_SIZE, out) &&
           cell_text(out, "  ") &&
           display_left(out, cell_state(row_text(row, MEMBER_STATE)), KIND_COLUMNS) &&
           cell_text(out, "  ") && cell_protect(out, row_text(row, MEMBER_PROTECT), 0) &&
           cell_text(out, "\n");
}

static bool title_size(const struct table *table, struct span title, struct buffer *out)
{
    return display_right(out, title, line_size_columns(table));
}

static bool titles_maps(const struct table *table, struct buffer *out)
{
    static const struct span pages[] = {{"RES", 3}, {"SHR", 3}, {"PRIV", 4}, {"LOCK", 4}};

    if (!cell_text(out, "  ") ||
        !display_left(out, SPAN("ADDRESS"), CELL_ADDRESS_COLUMNS + region_indent(table)) ||
        !cell_text(out, "  ") || !title_size(table, SPAN("SIZE"), out) ||
        !cell_text(out, "  KIND      PROT"))
        return false;
    for (size_t i = 0; i < 4 && table->style.detail == DETAIL_PAGES; i++)
        if (!cell_text(out, i == 0 ? "  " : " ") || !title_size(table, pages[i], out))
            return false;
    return cell_text(out, "  PATH\n");
}

static bool titles_flat(const struct table *table, struct buffer *out)
{
    return (!line_has_address(table) ||
            (display_left(out, SPAN("ADDRESS"), CELL_ADDRESS_COLUMNS) && cell_text(out, "  "))) &&
           title_size(table, SPAN("SIZE"), out) && cell_text(out, "  KIND      PROT  ") &&
           display_left(out, SPAN("PROCESS"), line_process_columns(table)) &&
           cell_text(out, "  PATH\n");
}

bool table_titles(const struct table *table, struct buffer *out)
{
    if (table->style.no_header)
        return true;
    switch (table->style.layout) {
    case TABLE_MAPS:
        return titles_maps(table, out);
    case TABLE_PROCESSES:
        return cell_text(out, "   PID  PARENT  SESS  ARCH   PROTECTION       ACCESS   IMAGE\n");
    case TABLE_FLAT:
        return titles_flat(table, out);
    case TABLE_FILES:
        return cell_text(out, " PROCS   VIEWS  ") && title_size(table, SPAN("SIZE"), out) &&
               cell_text(out, "  KIND        PATH\n");
    case TABLE_CHANGES:
        break; /* what came and went needs no title */
    }
    return true;
}
