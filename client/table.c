#include "table.h"

#include <inttypes.h>
#include <stdio.h>

#include "display.h"
#include "table_cells.h"

enum {
    SIZE_COLUMNS = 5,
    KIND_COLUMNS = 8,
    PROTECT_COLUMNS = 4,
    REGION_INDENT = 2,
    MAP_COLUMNS = 2 + CELL_ADDRESS_COLUMNS + 2 + SIZE_COLUMNS + 2 + KIND_COLUMNS + 2 +
                  PROTECT_COLUMNS + 2,    /* before the path */
    PAGES_COLUMNS = 4 * SIZE_COLUMNS + 5, /* the four sums of detail pages */
    PATH_COLUMNS_MIN = 16                 /* a path is not cut below this */
};

void table_init(struct table *table, const struct table_style *style)
{
    *table = (struct table){.style = *style};
    buffer_init(&table->errors, TABLE_ERRORS_SIZE_MAX);
}

void table_deinit(struct table *table)
{
    buffer_release(&table->errors);
}

/* The columns left for a path behind `used` columns; 0: it is not to be cut. The last column stays
 * free: a console goes to the next line once it is filled. */
static size_t path_columns(const struct table *table, size_t used)
{
    if (table->style.width == 0)
        return 0;
    if (table->style.width < used + 1 + PATH_COLUMNS_MIN)
        return PATH_COLUMNS_MIN;
    return table->style.width - used - 1;
}

static size_t region_indent(const struct table *table)
{
    return table->style.detail == DETAIL_REGIONS ? REGION_INDENT : 0;
}

static bool titles(struct table *table, struct buffer *out)
{
    if (table->begun || table->style.no_header)
        return true;
    if (table->style.processes_only)
        return cell_text(out, "   PID  PARENT  SESS  ARCH   PROTECTION       ACCESS   IMAGE\n");
    return cell_text(out, "  ") &&
           display_left(out, SPAN("ADDRESS"), CELL_ADDRESS_COLUMNS + region_indent(table)) &&
           cell_text(out, "   SIZE  KIND      PROT") &&
           (table->style.detail != DETAIL_PAGES || cell_text(out, "    RES   SHR  PRIV  LOCK")) &&
           cell_text(out, "  PATH\n");
}

/* A known text behind two spaces and a word; nothing when it is unknown. */
static bool fact(struct buffer *out, const char *word, struct span text)
{
    return text.size == 0 ||
           (cell_text(out, "  ") && cell_text(out, word) && display_text(out, text));
}

static bool process_heading(struct table *table, const struct row *row, struct buffer *out)
{
    char number[CELL_NUMBER_CAPACITY];
    struct span name = row_text(row, MEMBER_NAME);
    struct span protection = row_text(row, MEMBER_PROTECTION);

    if (span_equal(protection, SPAN("none")))
        protection.size = 0; /* nearly all are not protected */
    return titles(table, out) && (!table->begun || cell_text(out, "\n")) &&
           display_text(out, name.size > 0 ? name : SPAN("?")) && cell_text(out, " (") &&
           display_text(out, cell_number(number, row, MEMBER_PID)) && cell_text(out, ")") &&
           fact(out, "session ", cell_number(number, row, MEMBER_SESSION)) &&
           fact(out, "", row_text(row, MEMBER_ARCH)) && fact(out, "", protection) &&
           fact(out, "access ", row_text(row, MEMBER_ACCESS)) && cell_text(out, "\n");
}

static bool process_line(struct table *table, const struct row *row, struct buffer *out)
{
    enum { PROCESS_COLUMNS = 55 };
    char number[CELL_NUMBER_CAPACITY];
    struct span image = row_text(row, MEMBER_IMAGE);

    if (image.size == 0)
        image = row_text(row, MEMBER_NAME);
    return titles(table, out) && display_right(out, cell_number(number, row, MEMBER_PID), 6) &&
           cell_text(out, "  ") && display_right(out, cell_number(number, row, MEMBER_PARENT), 6) &&
           cell_text(out, "  ") &&
           display_right(out, cell_known(cell_number(number, row, MEMBER_SESSION)), 4) &&
           cell_text(out, "  ") && display_left(out, cell_known(row_text(row, MEMBER_ARCH)), 5) &&
           cell_text(out, "  ") &&
           display_left(out, cell_known(row_text(row, MEMBER_PROTECTION)), 15) &&
           cell_text(out, "  ") && display_left(out, row_text(row, MEMBER_ACCESS), 7) &&
           cell_text(out, "  ") &&
           display_cut(out, cell_known(image), path_columns(table, PROCESS_COLUMNS)) &&
           cell_text(out, "\n");
}

static bool pages_cells(const struct row *row, struct buffer *out)
{
    static const enum row_member members[] = {MEMBER_RESIDENT, MEMBER_SHARED, MEMBER_PRIVATE,
                                              MEMBER_LOCKED};
    char size[DISPLAY_SIZE_CAPACITY];

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (!cell_text(out, " ") ||
            !display_right(out, cell_known(cell_size(size, row, members[i])), SIZE_COLUMNS))
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
    return cell_text(out, "  [of the first ") &&
           display_text(out, cell_size(size, row, MEMBER_COUNTED)) && cell_text(out, "]");
}

static bool map_line(const struct table *table, const struct row *row, struct buffer *out)
{
    bool pages = table->style.detail == DETAIL_PAGES;
    size_t used = MAP_COLUMNS + region_indent(table) + (pages ? PAGES_COLUMNS : 0);
    char address[CELL_ADDRESS_CAPACITY], size[DISPLAY_SIZE_CAPACITY];
    struct span path = row_text(row, MEMBER_PATH);

    if (path.size == 0)
        path = row_text(row, MEMBER_DEVICE_PATH);
    return cell_text(out, "  ") &&
           display_left(out, cell_address(address, row),
                        CELL_ADDRESS_COLUMNS + region_indent(table)) &&
           cell_text(out, "  ") &&
           display_right(out, cell_size(size, row, MEMBER_SIZE), SIZE_COLUMNS) &&
           cell_text(out, "  ") &&
           display_left(out, cell_known(row_text(row, MEMBER_KIND)), KIND_COLUMNS) &&
           cell_text(out, "  ") &&
           cell_protect(out, row_text(row, MEMBER_PROTECT), PROTECT_COLUMNS) &&
           (!pages || (cell_text(out, " ") && pages_cells(row, out))) && cell_text(out, "  ") &&
           display_cut(out, cell_known(path), path_columns(table, used)) && capped_note(row, out) &&
           cell_text(out, "\n");
}

static bool region_line(const struct row *row, struct buffer *out)
{
    char address[CELL_ADDRESS_CAPACITY], size[DISPLAY_SIZE_CAPACITY];

    return cell_text(out, "    ") &&
           display_left(out, cell_address(address, row), CELL_ADDRESS_COLUMNS) &&
           cell_text(out, "  ") &&
           display_right(out, cell_size(size, row, MEMBER_SIZE), SIZE_COLUMNS) &&
           cell_text(out, "  ") &&
           display_left(out, cell_state(row_text(row, MEMBER_STATE)), KIND_COLUMNS) &&
           cell_text(out, "  ") && cell_protect(out, row_text(row, MEMBER_PROTECT), 0) &&
           cell_text(out, "\n");
}

/* Appends "NAME (PID): MESSAGE (STAGE, NT_STATUS)". */
static bool error_line(const struct row *row, struct buffer *out)
{
    char number[CELL_NUMBER_CAPACITY];
    struct span name = row_text(row, MEMBER_PROCESS);
    struct span why = row_text(row, MEMBER_MESSAGE);
    struct span nt_status = row_text(row, MEMBER_NT_STATUS);

    return display_text(out, name.size > 0 ? name : SPAN("process")) && cell_text(out, " (") &&
           display_text(out, cell_number(number, row, MEMBER_PID)) && cell_text(out, "): ") &&
           display_text(out, why.size > 0 ? why : row_text(row, MEMBER_CODE)) &&
           cell_text(out, " (") && display_text(out, cell_known(row_text(row, MEMBER_STAGE))) &&
           (nt_status.size == 0 || (cell_text(out, ", ") && display_text(out, nt_status))) &&
           cell_text(out, ")\n");
}

static void keep_error(struct table *table, const struct row *row)
{
    size_t size = table->errors.size;

    if (error_line(row, &table->errors))
        return;
    table->errors.size = size; /* no half lines */
    table->errors_left_out++;
}

bool table_row(struct table *table, const struct row *row, struct buffer *out)
{
    bool good = true;

    if (row->type == ROW_PROCESS) {
        table->processes++;
        good = table->style.processes_only ? process_line(table, row, out)
                                           : process_heading(table, row, out);
        table->begun = true;
    } else if (row->type == ROW_MAP) {
        table->views++;
        table->bytes += row_number(row, MEMBER_SIZE, 0);
        good = map_line(table, row, out);
    } else if (row->type == ROW_REGION) {
        good = region_line(row, out);
    } else if (row->type == ROW_PROCESS_ERROR) {
        keep_error(table, row);
    }
    return good;
}

bool table_errors(const struct table *table, struct span prefix, struct buffer *out)
{
    struct span rest = buffer_span(&table->errors);
    char count[DISPLAY_COUNT_CAPACITY];

    while (rest.size > 0) {
        size_t size = 0;
        while (rest.data[size] != '\n') /* every line kept ends in one */
            size++;
        if (!buffer_append(out, prefix) || !buffer_append(out, (struct span){rest.data, size + 1}))
            return false;
        rest = span_from(rest, size + 1);
    }
    return table->errors_left_out == 0 ||
           (buffer_append(out, prefix) && cell_text(out, "and ") &&
            display_text(out, display_count(count, table->errors_left_out)) &&
            cell_text(out, " more processes that could not be read\n"));
}

bool table_totals(const struct table *table, struct buffer *out)
{
    char count[DISPLAY_COUNT_CAPACITY], size[DISPLAY_SIZE_CAPACITY];

    if (!table->style.totals || table->processes == 0)
        return true;
    if (!cell_text(out, "\n"))
        return false;
    if (!table->style.processes_only &&
        !(display_text(out, display_count(count, table->views)) &&
          cell_text(out, table->views == 1 ? " mapping, " : " mappings, ") &&
          display_text(out, display_size(size, table->bytes)) && cell_text(out, ", in ")))
        return false;
    return display_text(out, display_count(count, table->processes)) &&
           cell_text(out, table->processes == 1 ? " process\n" : " processes\n");
}
