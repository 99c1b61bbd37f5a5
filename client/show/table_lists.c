#include "client/show/table_cells.h"
#include "client/show/table_lines.h"
#include "client/show/text.h"

bool line_process(const struct table *table, const struct row *row, struct buffer *out)
{
    char number[CELL_NUMBER_CAPACITY];
    struct span image = row_text(row, MEMBER_IMAGE);
    size_t begin = out->size;

    if (image.size == 0)
        image = row_text(row, MEMBER_NAME);
    return display_right(out, cell_number(number, row, MEMBER_PID), PID_COLUMNS) &&
           cell_text(out, "  ") &&
           display_right(out, cell_number(number, row, MEMBER_PARENT), PID_COLUMNS) &&
           cell_text(out, "  ") &&
           display_right(out, cell_known(cell_number(number, row, MEMBER_SESSION)), 4) &&
           cell_text(out, "  ") && display_left(out, cell_known(row_text(row, MEMBER_ARCH)), 5) &&
           cell_text(out, "  ") &&
           display_left(out, cell_known(row_text(row, MEMBER_PROTECTION)), 15) &&
           cell_text(out, "  ") && display_left(out, row_text(row, MEMBER_ACCESS), 7) &&
           cell_text(out, "  ") && line_path(table, image, begin, out) && cell_text(out, "\n");
}

bool line_has_address(const struct table *table)
{
    return table->style.by_address || table->style.width == 0 || table->style.width >= WIDTH_NARROW;
}

size_t line_process_columns(const struct table *table)
{
    return table->style.width > 0 && table->style.width < WIDTH_NARROW ? PROCESS_COLUMNS_MIN
                                                                       : PROCESS_COLUMNS;
}

/* "NAME (PID)" in its column; on a console never beyond it. */
static bool process_cell(struct table *table, const struct row *row, struct buffer *out)
{
    size_t columns = line_process_columns(table);

    buffer_clear(&table->scratch);
    return line_process_name(row, MEMBER_PROCESS, table->style.width > 0 ? columns : 0,
                             &table->scratch) &&
           display_left(out, buffer_span(&table->scratch), columns);
}

bool line_flat(struct table *table, const struct row *row, struct buffer *out)
{
    char address[CELL_ADDRESS_CAPACITY];
    size_t begin = out->size;

    return (!line_has_address(table) ||
            (display_left(out, cell_address(address, row), CELL_ADDRESS_COLUMNS) &&
             cell_text(out, "  "))) &&
           line_size(table, row, MEMBER_SIZE, out) && cell_text(out, "  ") &&
           display_left(out, cell_known(row_text(row, MEMBER_KIND)), KIND_COLUMNS) &&
           cell_text(out, "  ") &&
           cell_protect(out, row_text(row, MEMBER_PROTECT), PROTECT_COLUMNS) &&
           cell_text(out, "  ") && process_cell(table, row, out) && cell_text(out, "  ") &&
           line_path(table, line_path_of(row), begin, out) && cell_text(out, "\n");
}

bool line_file(const struct table *table, const struct row *row, struct buffer *out)
{
    char number[CELL_NUMBER_CAPACITY];
    size_t begin = out->size;

    return display_right(out, cell_number(number, row, MEMBER_PROCESSES), COUNT_COLUMNS) &&
           cell_text(out, "  ") &&
           display_right(out, cell_number(number, row, MEMBER_VIEWS), COUNT_COLUMNS) &&
           cell_text(out, "  ") && line_size(table, row, MEMBER_SIZE, out) &&
           cell_text(out, "  ") &&
           display_left(out, cell_known(row_text(row, MEMBER_KIND)), KINDS_COLUMNS) &&
           cell_text(out, "  ") && line_path(table, line_path_of(row), begin, out) &&
           cell_text(out, "\n");
}

static const char *sign_of(const struct row *row)
{
    return span_equal(row_text(row, MEMBER_CHANGE), SPAN("came")) ? "+ " : "- ";
}

bool line_process_change(const struct table *table, const struct row *row, struct buffer *out)
{
    enum { CHANGE_COLUMNS = 36 }; /* the sign, and the words behind the name */
    char count[DISPLAY_COUNT_CAPACITY];
    uint64_t views = row_number(row, MEMBER_VIEWS, 0);
    bool came = span_equal(row_text(row, MEMBER_CHANGE), SPAN("came"));
    size_t width = table->style.width;

    return cell_text(out, sign_of(row)) &&
           line_process_name(row, MEMBER_NAME,
                             width > CHANGE_COLUMNS ? width - CHANGE_COLUMNS : width, out) &&
           cell_text(out, came ? "  started, " : "  ended, ") &&
           display_text(out, display_count(count, views)) &&
           cell_text(out, views == 1 ? " mapping\n" : " mappings\n");
}

bool line_map_change(const struct table *table, const struct row *row, struct buffer *out)
{
    char address[CELL_ADDRESS_CAPACITY];
    size_t begin = out->size;

    return cell_text(out, "  ") && cell_text(out, sign_of(row)) &&
           display_left(out, cell_address(address, row), CELL_ADDRESS_COLUMNS) &&
           cell_text(out, "  ") && line_size(table, row, MEMBER_SIZE, out) &&
           cell_text(out, "  ") &&
           display_left(out, cell_known(row_text(row, MEMBER_KIND)), KIND_COLUMNS) &&
           cell_text(out, "  ") &&
           cell_protect(out, row_text(row, MEMBER_PROTECT), PROTECT_COLUMNS) &&
           cell_text(out, "  ") && line_path(table, line_path_of(row), begin, out) &&
           cell_text(out, "\n");
}

/* "1,234 mappings" */
static bool counted(struct buffer *out, uint64_t count, const char *one, const char *many)
{
    char text[DISPLAY_COUNT_CAPACITY];

    return display_text(out, display_count(text, count)) && cell_text(out, " ") &&
           cell_text(out, count == 1 ? one : many);
}

static bool total_size(const struct table *table, struct buffer *out)
{
    char size[DISPLAY_COUNT_CAPACITY];

    if (table->style.exact)
        return cell_text(out, ", ") && display_text(out, display_count(size, table->bytes)) &&
               cell_text(out, " bytes");
    return cell_text(out, ", ") && display_text(out, display_size(size, table->bytes));
}

static bool total_changes(const struct table *table, struct buffer *out)
{
    return counted(out, table->came, "mapping came, ", "mappings came, ") &&
           counted(out, table->went, "went; ", "went; ") &&
           counted(out, table->started, "process started, ", "processes started, ") &&
           counted(out, table->ended, "ended\n", "ended\n");
}

bool table_totals(const struct table *table, struct buffer *out)
{
    if (!table->style.totals || !table->begun)
        return true;
    if (!cell_text(out, "\n"))
        return false;
    switch (table->style.layout) {
    case TABLE_MAPS:
        return counted(out, table->views, "mapping", "mappings") && total_size(table, out) &&
               cell_text(out, ", in ") &&
               counted(out, table->processes, "process\n", "processes\n");
    case TABLE_PROCESSES:
        return counted(out, table->processes, "process\n", "processes\n");
    case TABLE_FLAT:
        return counted(out, table->views, "mapping", "mappings") && total_size(table, out) &&
               cell_text(out, "\n");
    case TABLE_FILES:
        return counted(out, table->files, "file", "files") && total_size(table, out) &&
               cell_text(out, " mapped\n");
    case TABLE_CHANGES:
        return total_changes(table, out);
    }
    return true;
}
