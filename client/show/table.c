#include "client/show/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/show/text.h"
#include "common/json/reader.h"
#include "common/scan/process.h"
#include "common/text/number.h"

enum {
    CELL_SIZE_MAX = 4 * 1024 + 3 * ROW_LINE_SIZE_MAX, /* three bytes for each received */
    EXACT_COLUMNS = 13,                               /* up to ten terabytes */
    NARROW_COLUMNS = 9,                               /* so that a path fits the line of a user */
    KINDS_COLUMNS = 10,                               /* "image,data" */
    REGION_INDENT = 2,                                /* below its view */
    WRAP_INDENT = 4,                                  /* of a second line */
    WIDTH_NARROW = 100, /* below this a flat list has narrower processes */
    PROCESS_COLUMNS_NARROW = 18,
    HOLDER_COLUMNS_MAX = 60, /* of the name of a process that holds a section */
    MORE_COLUMNS = 18,       /* " and 12345 more" */
    CHANGE_COLUMNS = 36      /* the sign of a process change, and the words after the name */
};

void table_init(struct table *table, enum columns_table kind, const struct table_style *style)
{
    *table = (struct table){.kind = kind, .style = *style};
    buffer_init(&table->cell, CELL_SIZE_MAX);
    buffer_init(&table->heading, CELL_SIZE_MAX);
}

void table_deinit(struct table *table)
{
    buffer_release(&table->cell);
    buffer_release(&table->heading);
}

/* --- cells --- */

/* What is shown for words of Windows. Of a protection: reading, writing, executing; "c" where writing
 * makes a private copy; then what may be added. */
static const struct {
    const char *wire, *shown;
} words[] = {
    {"MEM_COMMIT", "commit"},
    {"MEM_RESERVE", "reserve"},
    {"MEM_FREE", "free"},
    {"PAGE_NOACCESS", "---"},
    {"PAGE_READONLY", "r--"},
    {"PAGE_READWRITE", "rw-"},
    {"PAGE_WRITECOPY", "rwc"},
    {"PAGE_EXECUTE", "--x"},
    {"PAGE_EXECUTE_READ", "r-x"},
    {"PAGE_EXECUTE_READWRITE", "rwx"},
    {"PAGE_EXECUTE_WRITECOPY", "rwxc"},
    {"PAGE_GUARD", "guard"},
    {"PAGE_NOCACHE", "nocache"},
    {"PAGE_WRITECOMBINE", "writecombine"},
};

/* "PAGE_READWRITE|PAGE_GUARD" as "rw-+guard"; an unknown word stays as it is. */
static void put_words(struct buffer *out, struct span text)
{
    for (const char *plus = ""; text.size > 0; plus = "+") {
        const char *bar = memchr(text.data, '|', text.size);
        const size_t size = bar != NULL ? (size_t)(bar - text.data) : text.size;
        struct span word = {text.data, size};
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (span_equal((struct span){text.data, size}, span_from_string(words[i].wire)))
                word = span_from_string(words[i].shown);
        buffer_text(out, plus);
        display_text(out, word);
        text = span_from(text, bar != NULL ? size + 1 : size);
    }
}

/* Appends "NAME (PID)", and " on HOST" for a row that knows its host. The name is cut so that all
 * takes at most `columns`; 0: never. name  The member that has it. */
static void put_process(const struct row *row, enum row_member name, size_t columns,
                        struct buffer *out)
{
    char pid[NUMBER_DECIMAL_SIZE_MAX];
    size_t pid_size = 0;
    struct span host = row_text(row, MEMBER_HOST), text = row_text(row, name);

    if (row_knows(row, MEMBER_PID))
        pid_size = (size_t)(number_put_decimal(pid, row_number(row, MEMBER_PID, 0)) - pid);
    size_t used = pid_size + 3 + (host.size > 0 ? display_width(host) + 4 : 0); /* " (PID)" */
    if (columns > 0)
        columns = columns > used + 1 ? columns - used : 1;
    display_name(out, text.size > 0 ? text : SPAN("?"), columns);
    buffer_format(out, " (%.*s)%s", (int)pid_size, pid, host.size > 0 ? " on " : "");
    display_text(out, host);
}

/* The name of the account that a process runs as, or its SID; empty when it is not known. */
static struct span account_of(struct table *table, const struct row *row)
{
    const struct span sid = row_text(row, MEMBER_OWNER);
    struct buffer *name = &table->heading; /* not in use: these are no changes */

    buffer_clear(name);
    if (sid.size > 0 && (table->style.account == NULL || !table->style.account(sid, name)))
        buffer_append(name, sid);
    return buffer_span(name);
}

/* "Dhcp, EventLog". Returns their number; nothing is appended for a process without services. */
static size_t put_services(const struct row *row, const char *before, struct buffer *out)
{
    struct json_reader reader;
    size_t count = 0;

    json_reader_init(&reader, row_text(row, MEMBER_SERVICES), JSON_DEPTH_MAX);
    if (json_next(&reader) != JSON_ARRAY_OPEN)
        return 0;
    for (const char *comma = before; json_next(&reader) == JSON_STRING; comma = ", ") {
        char name[SERVICE_NAME_SIZE_MAX];
        size_t size = 0;
        if (!json_unescape(&reader, name, sizeof name, &size))
            continue;
        buffer_text(out, comma);
        display_text(out, (struct span){name, size});
        count++;
    }
    return count;
}

static bool is_narrow(const struct table *table)
{
    return table->style.width > 0 && table->style.width < WIDTH_NARROW;
}

static size_t width_of(const struct table *table, enum columns_table kind, enum row_member member)
{
    const struct column *column = &columns_of_members[member];

    if (column->cell == CELL_SIZE && table->style.exact)
        return EXACT_COLUMNS;
    if (column->cell == CELL_PROCESS && is_narrow(table))
        return PROCESS_COLUMNS_NARROW;
    if (column->cell == CELL_TEXT && (kind == COLUMNS_FILES || kind == COLUMNS_USERS))
        return KINDS_COLUMNS;
    if (kind == COLUMNS_USERS && column->width > NARROW_COLUMNS && is_narrow(table))
        return NARROW_COLUMNS;
    const bool has_regions = member == MEMBER_BASE && kind == COLUMNS_REGIONS;
    return column->width + (has_regions ? (size_t)REGION_INDENT : 0);
}

/* A number or a size; "-" when it is not known. */
static const char *number_of(const struct table *table, const struct row *row,
                             enum row_member member, char *text)
{
    const uint64_t number = row_number(row, member, 0);

    if (!row_knows(row, member))
        return "-";
    if (columns_of_members[member].cell == CELL_SIZE && !table->style.exact)
        return display_size(text, number).data;
    (void)snprintf(text, DISPLAY_SIZE_CAPACITY, "%" PRIu64, number);
    return text;
}

/* A path, cut to what is left of the line that begins at `begin`. The last column of the console
 * stays free: a console goes to the next line once it is filled. */
static void put_path(struct table *table, const struct row *row, enum row_member member,
                     size_t begin, struct buffer *out)
{
    const uint64_t counted = row_number(row, MEMBER_COUNTED, UINT64_MAX);
    const size_t console = table->style.width;
    struct span text = row_text(row, member);
    char size[DISPLAY_SIZE_CAPACITY];

    if (text.size == 0)
        text = row_text(row, member == MEMBER_IMAGE ? MEMBER_NAME : MEMBER_DEVICE_PATH);
    buffer_clear(&table->cell);
    buffer_append(&table->cell, console > 0 ? row_text(row, MEMBER_NAME) : text);
    if (member == MEMBER_IMAGE && put_services(row, " [", &table->cell) > 0) {
        buffer_text(&table->cell, "]");
        text = buffer_span(&table->cell);
    }
    /* Pages of huge views are counted up to a limit; that must not pass for all of them. */
    if (row_knows(row, MEMBER_RESIDENT) && counted < row_number(row, MEMBER_SIZE, 0))
        buffer_format(out, "[first %s] ", display_size(size, counted).data);
    const size_t used = display_width(span_from(buffer_span(out), begin)) + 1;
    const size_t left =
        console > used + TABLE_PATH_COLUMNS_MIN ? console - used : TABLE_PATH_COLUMNS_MIN;
    display_cut(out, text.size > 0 ? text : SPAN("-"), console > 0 ? left : 0);
}

/* What a row has in a column, but for numbers and paths; nothing when it is not known.
 * columns  What most texts are cut to; 0: never. */
static void put_cell(struct table *table, const struct row *row, enum row_member member,
                     size_t columns, struct buffer *out)
{
    switch (columns_of_members[member].cell) {
    case CELL_TEXT:
        display_cut(out, row_text(row, member), table->kind == COLUMNS_USERS ? columns : 0);
        break;
    case CELL_ADDRESS: /* which the caller may not know; in the user space of 64-bit Windows */
        if (row_knows(row, member))
            buffer_format(out, "0x%012" PRIx64, row_number(row, member, 0));
        break;
    case CELL_WORDS:
        put_words(out, row_text(row, member));
        break;
    case CELL_ACCOUNT:
        display_cut(out, account_of(table, row), columns);
        break;
    case CELL_SERVICES:
        buffer_clear(&table->cell);
        (void)put_services(row, "", &table->cell);
        display_cut(out, buffer_span(&table->cell), columns);
        break;
    case CELL_PROCESS:
        put_process(row, member, columns, out);
        break;
    case CELL_NUMBER:
    case CELL_SIZE:
    case CELL_PATH:
        break;
    }
}

/* --- lines --- */

/* A line of a table; row NULL: of its titles. */
static void put_line(struct table *table, const char *indent, enum columns_table kind,
                     const struct row *row, struct buffer *out)
{
    const enum row_member *members = columns_tables[kind].shown;
    const size_t console = table->style.width;
    size_t begin = out->size, used = strlen(indent);
    enum column_cell last = CELL_TEXT;
    char text[DISPLAY_SIZE_CAPACITY];
    bool is_first = true;

    buffer_text(out, indent);
    for (size_t i = 0; members[i] != MEMBER_ID; i++) {
        const struct column *column = &columns_of_members[members[i]];
        size_t width = width_of(table, kind, members[i]);
        size_t gap = is_first ? 0 : column->cell == CELL_SIZE && last == CELL_SIZE ? 1 : 2;
        const char *title = column->title;
        if (kind == COLUMNS_PROCESSES && is_narrow(table) &&
            (members[i] == MEMBER_PARENT || members[i] == MEMBER_ARCH))
            continue; /* there is no room */
        if (console > 0 && used + gap + width >= console && !is_first) {
            while (out->size > begin && out->data[out->size - 1] == ' ')
                buffer_truncate(out, out->size - 1);
            buffer_text(out, "\n");
            begin = out->size;
            used = 0;
            gap = WRAP_INDENT;
        }
        is_first = false;
        last = column->cell;
        used += gap + width;
        buffer_append(out, (struct span){"        ", gap});
        if (members[i + 1] == MEMBER_ID)
            width = 0;
        const size_t cell = out->size;
        if (column->cell == CELL_NUMBER || column->cell == CELL_SIZE)
            buffer_format(out, "%*s", (int)width,
                          row != NULL ? number_of(table, row, members[i], text) : title);
        else if (row == NULL)
            buffer_text(out, title);
        else if (column->cell == CELL_PATH)
            put_path(table, row, members[i], begin, out);
        else
            put_cell(table, row, members[i], console > 0 ? width : 0, out);
        buffer_text(out, out->size == cell ? "-" : "");
        display_pad(out, cell, width);
    }
    buffer_text(out, "\n");
}

/* A known text after two spaces and a word; nothing when it is unknown. */
static void put_fact(struct buffer *facts, const char *word, struct span text)
{
    if (text.size == 0)
        return;
    buffer_format(facts, "  %s", word);
    display_text(facts, text);
}

/* NAME (PID)  session 1  x64  PPL  access full  user SYSTEM */
static void put_heading(struct table *table, const struct row *row, struct buffer *out)
{
    struct buffer *facts = &table->cell;
    struct span protection = row_text(row, MEMBER_PROTECTION);

    if (span_equal(protection, SPAN("none")))
        protection.size = 0; /* nearly all are not protected */
    buffer_clear(facts);
    if (row_knows(row, MEMBER_SESSION))
        buffer_format(facts, "  session %" PRIu64, row_number(row, MEMBER_SESSION, 0));
    put_fact(facts, "", row_text(row, MEMBER_ARCH));
    put_fact(facts, "", protection);
    put_fact(facts, "access ", row_text(row, MEMBER_ACCESS));
    put_fact(facts, "user ", account_of(table, row));
    size_t used = display_width(buffer_span(facts)) + 1;
    buffer_text(out, table->begun ? "\n" : "");
    put_process(row, MEMBER_NAME,
                table->style.width > used ? table->style.width - used : table->style.width, out);
    buffer_append(out, buffer_span(facts));
    buffer_text(out, "\n");
    if (put_services(row, "  services: ", out) > 0)
        buffer_text(out, "\n");
    put_fact(out, "", row_text(row, MEMBER_NOTE));
    buffer_text(out, row_text(row, MEMBER_NOTE).size > 0 ? "\n" : "");
}

static void put_change(struct table *table, const struct row *row, struct buffer *out)
{
    const bool came = span_equal(row_text(row, MEMBER_CHANGE), SPAN("came"));
    const bool is_process = row->type == ROW_PROCESS_CHANGE;
    const enum row_member name = is_process ? MEMBER_NAME : MEMBER_PROCESS;
    const size_t width = table->style.width;
    const struct buffer last = table->heading;

    table->heading = table->cell;
    table->cell = last;
    buffer_clear(&table->heading);
    put_process(row, name, 0, &table->heading);
    if (is_process) {
        buffer_text(out, came ? "+ " : "- ");
        put_process(row, name, width > CHANGE_COLUMNS ? width - CHANGE_COLUMNS : width, out);
        buffer_text(out, came ? "  started, " : "  ended, ");
        display_counted(out, row_number(row, MEMBER_VIEWS, 0), "mapping\n", "mappings\n");
        return;
    }
    if (!span_equal(buffer_span(&table->heading), buffer_span(&table->cell))) {
        put_process(row, name, width > 0 ? width - 1 : 0, out);
        buffer_text(out, "\n");
    }
    put_line(table, came ? "  + " : "  - ", table->kind, row, out);
}

/* --- rows --- */

/* Below a section: the processes that hold it, as many as the console has room for; or why it
 * could not be read. */
static void put_holders(struct table *table, const struct row *row, struct buffer *out)
{
    const size_t begin = out->size, width = table->style.width;
    uint64_t left = row_number(row, MEMBER_PROCESSES, 0), pid = 0;
    struct buffer *name = &table->heading;
    struct json_reader reader;
    enum json_event event;

    if (row_knows(row, MEMBER_NAME_STATUS)) {
        buffer_text(out, "       could not be read: ");
        display_text(out, row_text(row, MEMBER_NAME_STATUS));
    }
    json_reader_init(&reader, row_text(row, MEMBER_HOLDERS), JSON_DEPTH_MAX);
    while ((event = json_next(&reader)) != JSON_END && event != JSON_ERROR) {
        const size_t size = out->size;
        if (event == JSON_OBJECT_OPEN)
            buffer_clear(name);
        if (event == JSON_STRING && buffer_reserve(name, reader.token.size + 1) &&
            !json_unescape(&reader, name->data, name->capacity, &name->size))
            return;
        if ((event == JSON_NUMBER && !json_uint64(&reader, &pid)) || event != JSON_OBJECT_CLOSE)
            continue;
        buffer_text(out, size > begin ? ", " : "       ");
        display_name(out, name->size > 0 ? buffer_span(name) : SPAN("?"), HOLDER_COLUMNS_MAX);
        buffer_format(out, " (%" PRIu64 ")", pid);
        if (width > 0 && size > begin &&
            display_width(span_from(buffer_span(out), begin)) + MORE_COLUMNS > width) {
            buffer_truncate(out, size);
            break;
        }
        left--;
    }
    if (out->size > begin && left > 0)
        buffer_format(out, " and %" PRIu64 " more", left);
    buffer_text(out, out->size > begin ? "\n" : "");
}

/* Each process once, whatever it has: all services of a process, or the program. */
static void count_stale(struct table *table, const struct row *row)
{
    const uint64_t pid = row_number(row, MEMBER_PID, 0);

    if (table->counts[ROW_STALE][0] > 1 && pid == table->stale_pid)
        return;
    buffer_clear(&table->heading);
    size_t services = put_services(row, "", &table->heading);
    table->services += services;
    table->programs += services == 0;
    table->stale_pid = pid;
}

/* A row that belongs to a table. The titles wait for the first one: above an error message they
 * would be odd. */
static void put_row(struct table *table, const struct row *row, struct buffer *out)
{
    const bool has_headings = columns_tables[table->kind].of_process;
    const char *indent = has_headings ? "  " : "";

    if (!table->begun && !table->style.no_header && table->kind != COLUMNS_CHANGES)
        put_line(table, indent, table->kind, NULL, out);
    table->counts[row->type][span_equal(row_text(row, MEMBER_CHANGE), SPAN("went"))]++;
    if (row->type == ROW_MAP || row->type == ROW_FILE)
        table->bytes += row_number(row, MEMBER_SIZE, 0);
    if (row->type == ROW_PROCESS_CHANGE || row->type == ROW_MAP_CHANGE)
        put_change(table, row, out);
    else if (row->type == ROW_REGION)
        put_line(table, "    ", COLUMNS_OF_REGION, row, out);
    else if (row->type != ROW_PROCESS || table->kind == COLUMNS_PROCESSES)
        put_line(table, indent, table->kind, row, out);
    else if (has_headings)
        put_heading(table, row, out);
    if (row->type == ROW_STALE)
        count_stale(table, row);
    if (row->type == ROW_SECTION)
        put_holders(table, row, out);
    table->begun = true;
}

bool table_row(struct table *table, const struct row *row, struct buffer *out)
{
    if (row->type == ROW_INFO || row->type == ROW_WHOAMI)
        return facts_format(row_line(row), out);
    table->ended = table->ended || row->type == ROW_END;
    if (row->type == ROW_STATS) {
        stats_parse(row_line(row), &table->stats);
        table->has_stats = true;
    } else if (row->type == ROW_END && table->has_stats) {
        stats_table(&table->stats, out);
    } else if (row->type == ROW_PROCESS || row->type == ROW_MAP || row->type == ROW_REGION ||
               row->type == ROW_FILE || row->type == ROW_USER || row->type == ROW_PROCESS_CHANGE ||
               row->type == ROW_MAP_CHANGE || row->type == ROW_SECTION || row->type == ROW_STALE) {
        put_row(table, row, out);
    }
    return !out->failed && !table->cell.failed && !table->heading.failed;
}

static void put_bytes(const struct table *table, const char *ending, struct buffer *out)
{
    const bool exact = table->style.exact;
    char text[DISPLAY_COUNT_CAPACITY];

    buffer_append(out, SPAN(", "));
    buffer_append(out, (exact ? display_count : display_size)(text, table->bytes));
    buffer_format(out, "%s%s", exact ? " bytes" : "", ending);
}

bool table_end(struct table *table, struct buffer *out)
{
    static const char one[] = "process\n", many[] = "processes\n";
    const bool has_headings = columns_tables[table->kind].of_process;

    if (!table->style.totals || !table->begun || !table->ended)
        return true;
    buffer_text(out, "\n");
    if (table->kind == COLUMNS_CHANGES) {
        display_counted(out, table->counts[ROW_MAP_CHANGE][0], "mapping came, ", "mappings came, ");
        display_counted(out, table->counts[ROW_MAP_CHANGE][1], "went; ", "went; ");
        display_counted(out, table->counts[ROW_PROCESS_CHANGE][0], "process started, ",
                        "processes started, ");
        display_counted(out, table->counts[ROW_PROCESS_CHANGE][1], "ended\n", "ended\n");
    } else if (table->kind == COLUMNS_STALE) {
        const bool both = table->services > 0 && table->programs > 0;
        if (table->services > 0)
            display_counted(out, table->services, "service", "services");
        buffer_text(out, both ? " and " : "");
        if (table->programs > 0)
            display_counted(out, table->programs, "program", "programs");
        buffer_text(out, " should be restarted\n");
    } else if (table->kind == COLUMNS_SECTIONS) {
        display_counted(out, table->counts[ROW_SECTION][0], "section\n", "sections\n");
    } else if (table->kind == COLUMNS_FILES) {
        display_counted(out, table->counts[ROW_FILE][0], "file", "files");
        put_bytes(table, " mapped\n", out);
    } else if (table->kind == COLUMNS_USERS || table->kind == COLUMNS_PROCESSES) {
        display_counted(out, table->counts[ROW_USER][0] + table->counts[ROW_PROCESS][0], one, many);
    } else {
        display_counted(out, table->counts[ROW_MAP][0], "mapping", "mappings");
        put_bytes(table, has_headings ? ", in " : "\n", out);
        if (has_headings)
            display_counted(out, table->counts[ROW_PROCESS][0], one, many);
    }
    return !out->failed;
}
