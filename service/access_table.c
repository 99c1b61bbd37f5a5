#include "service/access_table.h"

#include <stdio.h>
#include <string.h>

#include "common/json/writer.h"
#include "common/proto/protocol.h"

enum { COLUMN_GAP = 2 };

static const struct {
    uint32_t right;
    const char *words;
} rights_words[] = {
    {RIGHT_CONNECT, "info"},
    {RIGHT_QUERY_OWN, "own processes"},
    {RIGHT_QUERY_ALL, "every process"},
    {RIGHT_ADDRESSES, "addresses of others"},
    {RIGHT_STATISTICS, "statistics"},
};

/* --- text --- */

static bool append(struct buffer *out, const char *text)
{
    return buffer_append(out, span_from_string(text));
}

/* Characters, not bytes. */
static size_t text_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static bool append_column(struct buffer *out, const char *text, size_t width)
{
    bool fits = append(out, text);

    for (size_t i = text_width(text); i < width + COLUMN_GAP && fits; i++)
        fits = append(out, " ");
    return fits;
}

static bool append_rights(struct buffer *out, uint32_t rights)
{
    const char *separator = "";
    bool fits = rights != 0 || append(out, "nothing");

    for (size_t i = 0; i < sizeof rights_words / sizeof rights_words[0] && fits; i++) {
        if ((rights & rights_words[i].right) == 0)
            continue;
        fits = append(out, separator) && append(out, rights_words[i].words);
        separator = ", ";
    }
    return fits;
}

/* A name for people: the account's, else the SID again. */
static const char *row_name(const struct access_row *row, char sid[SID_TEXT_CAPACITY])
{
    sid_format(sid, &row->sid);
    return row->name[0] != '\0' ? row->name : sid;
}

static const char filtered_name[] = "an administrator who did not elevate";

static const char *filtered_words(enum filtered_admins mode)
{
    switch (mode) {
    case FILTERED_ADMINS_FULL:
        return "also what his elevated token would get (FilteredAdmins is full)";
    case FILTERED_ADMINS_NO_ADDRESSES:
        return "also what his elevated token would get, but addresses of others "
               "(FilteredAdmins is no-addresses)";
    case FILTERED_ADMINS_OFF:
        break;
    }
    return "what is granted above to his other groups (FilteredAdmins is off)";
}

struct widths {
    size_t name;
    size_t sid;
};

static struct widths measure(const struct access_table *table)
{
    struct widths widths = {sizeof filtered_name - 1, 3};
    char sid[SID_TEXT_CAPACITY];

    for (size_t i = 0; i < table->count; i++) {
        size_t name_width = text_width(row_name(&table->rows[i], sid));
        size_t sid_width = text_width(sid);
        widths.name = name_width > widths.name ? name_width : widths.name;
        widths.sid = sid_width > widths.sid ? sid_width : widths.sid;
    }
    return widths;
}

static bool append_row(struct buffer *out, const struct access_row *row, struct widths widths)
{
    char sid[SID_TEXT_CAPACITY];

    bool fits = append_column(out, row_name(row, sid), widths.name) &&
                append_column(out, sid, widths.sid) && append_rights(out, row->allowed);
    if (row->denied != 0)
        fits = fits && append(out, "; never ") && append_rights(out, row->denied);
    return fits && append(out, "\n");
}

static bool format_text(const struct access_table *table, struct buffer *out)
{
    struct widths widths = measure(table);

    bool fits = append(out, "access list: ") && append(out, table->source);
    if (table->refusal != NULL)
        fits = fits && append(out, ", because the value of AccessSddl is ") &&
               append(out, table->refusal);
    fits = fits && append(out, "\n") && buffer_append(out, table->sddl) && append(out, "\n\n") &&
           append_column(out, "WHO", widths.name) && append_column(out, "SID", widths.sid) &&
           append(out, "MAY ASK FOR\n");
    for (size_t i = 0; i < table->count && fits; i++)
        fits = append_row(out, &table->rows[i], widths);
    return fits && append_column(out, filtered_name, widths.name) &&
           append_column(out, "-", widths.sid) &&
           append(out, filtered_words(table->filtered_admins)) && append(out, "\n");
}

/* --- JSON --- */

static void write_rights(struct json_writer *writer, const char *name, uint32_t rights)
{
    json_array_begin(writer, name);
#define X(bit, right_name)               \
    if ((rights & (uint32_t)(bit)) != 0) \
        json_text(writer, NULL, right_name);
    RIGHTS_LIST(X)
#undef X
    json_array_end(writer);
}

static bool format_json(const struct access_table *table, struct buffer *out)
{
    struct json_writer writer;

    json_line_begin(&writer, out);
    json_text(&writer, "type", "access_list");
    json_text(&writer, "source", table->source);
    json_text(&writer, "refused", table->refusal);
    json_string(&writer, "sddl", table->sddl);
    json_text(&writer, "filtered_admins", filtered_admins_name(table->filtered_admins));
    bool fits = json_line_end(&writer);
    for (size_t i = 0; i < table->count && fits; i++) {
        const struct access_row *row = &table->rows[i];
        char sid[SID_TEXT_CAPACITY];

        sid_format(sid, &row->sid);
        json_line_begin(&writer, out);
        json_text(&writer, "type", "access");
        json_text(&writer, "sid", sid);
        json_text(&writer, "name", row->name[0] != '\0' ? row->name : NULL);
        write_rights(&writer, "allowed", row->allowed);
        write_rights(&writer, "denied", row->denied);
        fits = json_line_end(&writer);
    }
    return fits;
}

bool access_table_format(const struct access_table *table, bool json, struct buffer *out)
{
    return json ? format_json(table, out) : format_text(table, out);
}
