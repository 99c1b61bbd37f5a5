#include "client/show/table.h"

#include "client/show/facts.h"
#include "client/show/table_cells.h"
#include "client/show/table_lines.h"
#include "client/show/text.h"

/* A heading: three bytes for each received. */
enum { SCRATCH_SIZE_MAX = 4 * 1024 + 3 * ROW_LINE_SIZE_MAX };

void table_init(struct table *table, const struct table_style *style)
{
    *table = (struct table){.style = *style};
    buffer_init(&table->scratch, SCRATCH_SIZE_MAX);
    buffer_init(&table->heading, SCRATCH_SIZE_MAX);
}

void table_deinit(struct table *table)
{
    buffer_release(&table->scratch);
    buffer_release(&table->heading);
}

static bool count_process(struct table *table, const struct row *row, struct buffer *out)
{
    table->processes++;
    if (table->style.layout == TABLE_MAPS)
        return line_heading(table, row, out);
    return table->style.layout != TABLE_PROCESSES || line_process(table, row, out);
}

static bool count_map(struct table *table, const struct row *row, struct buffer *out)
{
    table->views++;
    table->bytes += row_number(row, MEMBER_SIZE, 0);
    return table->style.layout == TABLE_FLAT ? line_flat(table, row, out)
                                             : line_map(table, row, out);
}

static bool count_file(struct table *table, const struct row *row, struct buffer *out)
{
    table->files++;
    table->bytes += row_number(row, MEMBER_SIZE, 0);
    return line_file(table, row, out);
}

/* Sets *is_new when the row is of another process than the one before. */
static bool take_heading(struct table *table, const struct row *row, bool *is_new)
{
    enum row_member name = row->type == ROW_PROCESS_CHANGE ? MEMBER_NAME : MEMBER_PROCESS;

    buffer_clear(&table->scratch);
    if (!line_process_name(row, name, 0, &table->scratch))
        return false;
    *is_new = !span_equal(buffer_span(&table->heading), buffer_span(&table->scratch));
    buffer_clear(&table->heading);
    return buffer_append(&table->heading, buffer_span(&table->scratch));
}

static bool count_change(struct table *table, const struct row *row, struct buffer *out)
{
    bool came = span_equal(row_text(row, MEMBER_CHANGE), SPAN("came")), is_new;
    size_t columns = table->style.width > 0 ? table->style.width - 1 : 0;

    if (!take_heading(table, row, &is_new))
        return false;
    if (row->type == ROW_PROCESS_CHANGE) {
        table->started += came;
        table->ended += !came;
        return line_process_change(table, row, out);
    }
    table->came += came;
    table->went += !came;
    if (is_new && !(line_process_name(row, MEMBER_PROCESS, columns, out) && cell_text(out, "\n")))
        return false;
    return line_map_change(table, row, out);
}

static bool show(struct table *table, const struct row *row, struct buffer *out)
{
    switch (row->type) {
    case ROW_PROCESS:
        return count_process(table, row, out);
    case ROW_MAP:
        return count_map(table, row, out);
    case ROW_REGION:
        return line_region(table, row, out);
    case ROW_FILE:
        return count_file(table, row, out);
    case ROW_PROCESS_CHANGE:
    case ROW_MAP_CHANGE:
        return count_change(table, row, out);
    case ROW_INFO:
    case ROW_WHOAMI:
        return facts_format(row_line(row), out);
    case ROW_STATS:
        stats_parse(row_line(row), &table->stats);
        table->has_stats = true;
        break;
    case ROW_END:
        if (table->has_stats)
            stats_table(&table->stats, out);
        return !buffer_failed(out);
    case ROW_PROCESS_ERROR:
    case ROW_ERROR:
    case ROW_OTHER:
        break;
    }
    return true;
}

static bool is_listed(enum row_type type)
{
    return type == ROW_PROCESS || type == ROW_MAP || type == ROW_REGION || type == ROW_FILE ||
           type == ROW_PROCESS_CHANGE || type == ROW_MAP_CHANGE;
}

/* The titles wait for the first row: above an error message they would be odd. */
bool table_row(struct table *table, const struct row *row, struct buffer *out)
{
    if (is_listed(row->type) && !table->begun && !table_titles(table, out))
        return false;
    bool good = show(table, row, out);
    table->begun = table->begun || is_listed(row->type);
    return good;
}

bool table_end(const struct table *table, struct buffer *out)
{
    return table_totals(table, out);
}
