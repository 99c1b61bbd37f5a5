#include "client/show/csv.h"
#include "common/proto/protocol.h"

#include "client/rows/envelope.h"
#include "client/show/csv_text.h"

enum { VIEW_SIZE_MAX = 4 * OUTPUT_ROW_SIZE_MAX, COLUMNS_MAX = 16 };

static const struct {
    size_t count;
    enum row_member columns[COLUMNS_MAX];
    bool parts; /* lines are parts of a process, whose start --host adds */
} tables[CSV_TABLE_COUNT] = {
    [CSV_PROCESSES] = {9,
                       {MEMBER_PID, MEMBER_START, MEMBER_PARENT, MEMBER_NAME, MEMBER_IMAGE,
                        MEMBER_SESSION, MEMBER_ARCH, MEMBER_PROTECTION, MEMBER_ACCESS},
                       false},
    [CSV_VIEWS] = {9,
                   {MEMBER_PID, MEMBER_PROCESS, MEMBER_BASE, MEMBER_SIZE, MEMBER_KIND,
                    MEMBER_PROTECT, MEMBER_PATH, MEMBER_DEVICE_PATH, MEMBER_PATH_LOSSY},
                   true},
    [CSV_PAGES] = {14,
                   {MEMBER_PID, MEMBER_PROCESS, MEMBER_BASE, MEMBER_SIZE, MEMBER_KIND,
                    MEMBER_PROTECT, MEMBER_PATH, MEMBER_DEVICE_PATH, MEMBER_PATH_LOSSY,
                    MEMBER_RESIDENT, MEMBER_SHARED, MEMBER_PRIVATE, MEMBER_LOCKED, MEMBER_COUNTED},
                   true},
    [CSV_REGIONS] = {12,
                     {MEMBER_TYPE, MEMBER_PID, MEMBER_PROCESS, MEMBER_VIEW, MEMBER_BASE,
                      MEMBER_SIZE, MEMBER_KIND, MEMBER_STATE, MEMBER_PROTECT, MEMBER_PATH,
                      MEMBER_DEVICE_PATH, MEMBER_PATH_LOSSY},
                     true},
    [CSV_FILES] = {6,
                   {MEMBER_PATH, MEMBER_DEVICE_PATH, MEMBER_KIND, MEMBER_PROCESSES, MEMBER_VIEWS,
                    MEMBER_SIZE},
                   false},
};

enum csv_table csv_table_of(enum request_op op, enum request_detail detail)
{
    if (op == OP_PROCESSES)
        return CSV_PROCESSES;
    if (detail == DETAIL_REGIONS)
        return CSV_REGIONS;
    return detail == DETAIL_PAGES ? CSV_PAGES : CSV_VIEWS;
}

void csv_init(struct csv *csv, enum csv_table table, bool no_header, bool host)
{
    *csv = (struct csv){.table = table, .host = host, .header_wanted = !no_header};
    buffer_init(&csv->view.process, VIEW_SIZE_MAX);
    buffer_init(&csv->view.kind, VIEW_SIZE_MAX);
    buffer_init(&csv->view.names, VIEW_SIZE_MAX);
}

void csv_deinit(struct csv *csv)
{
    buffer_release(&csv->view.process);
    buffer_release(&csv->view.kind);
    buffer_release(&csv->view.names);
}

static bool member_field(const struct row *row, enum row_member member, struct buffer *out)
{
    if (member == MEMBER_PATH_LOSSY) /* left out unless true */
        return buffer_append(out, row_number(row, member, 0) != 0 ? SPAN("true") : SPAN("false"));
    if (!row_knows(row, member))
        return true;
    if (member == MEMBER_BASE || member == MEMBER_VIEW)
        return csv_address(out, row_number(row, member, 0));
    return row_member_is_text(member) ? csv_field(out, row_text(row, member))
                                      : csv_number(out, row_number(row, member, 0));
}

/* Keeps the last view's fields for its regions. */
static bool keep_view(struct csv_view *view, const struct row *row)
{
    view->known = row_knows(row, MEMBER_BASE);
    view->pid = (uint32_t)row_number(row, MEMBER_PID, 0);
    view->base = row_number(row, MEMBER_BASE, 0);
    buffer_clear(&view->process);
    buffer_clear(&view->kind);
    buffer_clear(&view->names);
    return member_field(row, MEMBER_PROCESS, &view->process) &&
           member_field(row, MEMBER_KIND, &view->kind) &&
           member_field(row, MEMBER_PATH, &view->names) && csv_comma(&view->names) &&
           member_field(row, MEMBER_DEVICE_PATH, &view->names) && csv_comma(&view->names) &&
           member_field(row, MEMBER_PATH_LOSSY, &view->names);
}

static bool is_of_view(const struct csv_view *view, const struct row *row)
{
    return view->known && row_knows(row, MEMBER_VIEW) &&
           view->pid == row_number(row, MEMBER_PID, 0) &&
           view->base == row_number(row, MEMBER_VIEW, 0);
}

static bool region_line(const struct csv_view *view, const struct row *row, struct buffer *out)
{
    bool known = is_of_view(view, row);
    struct span unknown = {NULL, 0};

    return member_field(row, MEMBER_TYPE, out) && csv_comma(out) &&
           member_field(row, MEMBER_PID, out) && csv_comma(out) &&
           buffer_append(out, known ? buffer_span(&view->process) : unknown) && csv_comma(out) &&
           member_field(row, MEMBER_VIEW, out) && csv_comma(out) &&
           member_field(row, MEMBER_BASE, out) && csv_comma(out) &&
           member_field(row, MEMBER_SIZE, out) && csv_comma(out) &&
           buffer_append(out, known ? buffer_span(&view->kind) : unknown) && csv_comma(out) &&
           member_field(row, MEMBER_STATE, out) && csv_comma(out) &&
           member_field(row, MEMBER_PROTECT, out) && csv_comma(out) &&
           buffer_append(out, known ? buffer_span(&view->names) : SPAN(",,"));
}

static size_t envelope_count(const struct csv *csv)
{
    if (!csv->host)
        return 0;
    return tables[csv->table].parts ? ENVELOPE_MEMBERS : ENVELOPE_MEMBERS - 1;
}

static bool header(struct csv *csv, struct buffer *out)
{
    struct span names[ENVELOPE_MEMBERS + COLUMNS_MAX];
    size_t count = 0;

    if (!csv->header_wanted)
        return true;
    csv->header_wanted = false;
    for (size_t i = 0; i < envelope_count(csv); i++)
        names[count++] = row_member_name(envelope_members[i]);
    for (size_t i = 0; i < tables[csv->table].count; i++)
        names[count++] = row_member_name(tables[csv->table].columns[i]);
    return csv_header(out, names, count);
}

static bool is_in_table(enum csv_table table, enum row_type type)
{
    switch (table) {
    case CSV_PROCESSES:
        return type == ROW_PROCESS;
    case CSV_VIEWS:
    case CSV_PAGES:
        return type == ROW_MAP;
    case CSV_REGIONS:
        return type == ROW_MAP || type == ROW_REGION;
    case CSV_FILES:
        return type == ROW_FILE;
    case CSV_TABLE_COUNT:
        break;
    }
    return false;
}

static bool line_of(struct csv *csv, const struct row *row, struct buffer *out)
{
    for (size_t i = 0; i < envelope_count(csv); i++)
        if (!member_field(row, envelope_members[i], out) || !csv_comma(out))
            return false;
    if (row->type == ROW_REGION)
        return region_line(&csv->view, row, out) && csv_line_end(out);
    for (size_t i = 0; i < tables[csv->table].count; i++)
        if ((i > 0 && !csv_comma(out)) || !member_field(row, tables[csv->table].columns[i], out))
            return false;
    return csv_line_end(out);
}

bool csv_row(struct csv *csv, const struct row *row, struct buffer *out)
{
    if (row->type == ROW_ERROR) /* the request was refused; another may still be answered */
        return true;
    if (!header(csv, out))
        return false;
    if (!is_in_table(csv->table, row->type))
        return true;
    if (csv->table == CSV_REGIONS && row->type == ROW_MAP && !keep_view(&csv->view, row))
        return false;
    return line_of(csv, row, out);
}
