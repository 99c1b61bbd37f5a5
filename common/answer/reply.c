#include "common/answer/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/assertion.h"
#include "common/base/sid.h"
#include "common/scan/sections.h"
#include "common/text/timestamp.h"
#include "common/version.h"

/* --- what is not known is written as null --- */

/* NULL for "", which stands for unknown. */
static const char *known(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static void put_uint(struct json_writer *writer, bool is_known, uint64_t value)
{
    if (is_known)
        json_put_uint(writer, value);
    else
        json_put_null(writer);
}

/* filetime  0: unknown. */
static void put_time(struct json_writer *writer, uint64_t filetime)
{
    char text[TIMESTAMP_CAPACITY] = "";

    if (filetime != 0)
        timestamp_format(text, filetime);
    json_put_text(writer, known(text));
}

static void put_fact(struct json_writer *writer, enum caller_fact fact)
{
    if (fact == FACT_UNKNOWN)
        json_put_null(writer);
    else
        json_put_bool(writer, fact == FACT_YES);
}

/* Members of that kind. */
#define known_uint(writer, name, is_known, value) \
    (json_name(writer, name), put_uint(writer, is_known, value))
#define known_time(writer, name, filetime) (json_name(writer, name), put_time(writer, filetime))
#define known_fact(writer, name, fact) (json_name(writer, name), put_fact(writer, fact))

/* Begins a line with the members that every line has. */
static void begin(struct json_writer *writer, struct buffer *out, const struct request_id *id,
                  const char *type)
{
    json_line_begin(writer, out);
    request_id_write(writer, id);
    json_text(writer, "type", type);
}

/* --- info, whoami, stats --- */

static void write_limits(struct json_writer *writer, const struct server_limits *limits)
{
    json_object_begin(writer, "limits");
    json_uint(writer, "request_size", REQUEST_SIZE_MAX);
    json_uint(writer, "depth", REQUEST_DEPTH_MAX);
    json_uint(writer, "pids", REQUEST_PIDS_MAX);
    json_uint(writer, "names", REQUEST_NAMES_MAX);
    json_uint(writer, "paths", REQUEST_PATHS_MAX);
    json_uint(writer, "id_size", REQUEST_ID_SIZE_MAX);
    json_uint(writer, "name_size", REQUEST_NAME_SIZE_MAX);
    json_uint(writer, "path_len", REQUEST_PATH_LEN_MAX);
    json_uint(writer, "row_size", OUTPUT_ROW_SIZE_MAX);
#define X(member, name, initial, least, most) json_uint(writer, #member, limits->member);
    SERVER_LIMITS_LIST(X)
#undef X
    json_object_end(writer);
}

/* Ops and members that a client may look for before it uses them. */
static void write_capabilities(struct json_writer *writer, bool has_stats)
{
    static const char *const members[] = {"own",     "kinds", "path", "address",
                                          "regions", "pages", "debug"};

    json_array_begin(writer, "capabilities");
    for (int op = 0; op < OP_COUNT; op++)
        if (op != OP_STATS || has_stats)
            json_put_text(writer, request_op_names[op]);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        json_put_text(writer, members[i]);
    json_array_end(writer);
}

bool reply_info(struct buffer *out, const struct request_id *id, const struct server_info *info,
                const struct server_limits *limits, bool has_stats)
{
    struct json_writer writer;

    begin(&writer, out, id, "info");
    json_text(&writer, "product", PRODUCT_NAME);
    json_text(&writer, "version", LSMAP_VERSION_STRING);
    json_uint(&writer, "protocol", PROTOCOL_VERSION);
    json_text(&writer, "mode", info->mode);
    json_text(&writer, "host", known(info->host));
    json_text(&writer, "os_build", known(info->os_build));
    json_text(&writer, "wine", known(info->wine));
    known_time(&writer, "boot_time", info->boot_time);
    known_time(&writer, "started", info->started);
    write_limits(&writer, limits);
    write_capabilities(&writer, has_stats);
    return json_line_end(&writer);
}

/* The levels Windows names; any other RID is written as a number. */
static void write_integrity(struct json_writer *writer, uint32_t rid)
{
    static const char *const names[] = {"untrusted", "low", "medium", "high", "system"};
    char text[16] = "";

    if (rid % 0x1000 == 0 && rid / 0x1000 < sizeof names / sizeof names[0])
        (void)snprintf(text, sizeof text, "%s", names[rid / 0x1000]);
    else if (rid != INTEGRITY_UNKNOWN)
        (void)snprintf(text, sizeof text, "0x%04" PRIx32, rid);
    json_text(writer, "integrity", known(text));
}

void reply_put_rights(struct json_writer *writer, uint32_t rights)
{
    json_put_array_begin(writer);
#define X(bit, name)                     \
    if ((rights & (uint32_t)(bit)) != 0) \
        json_put_text(writer, name);
    RIGHTS_LIST(X)
#undef X
    json_array_end(writer);
}

bool reply_whoami(struct buffer *out, const struct request_id *id, const struct grant *grant,
                  const char *user)
{
    const struct caller *caller = &grant->caller;
    struct json_writer writer;
    char sid[SID_TEXT_CAPACITY];

    sid_format(sid, &caller->user);
    begin(&writer, out, id, "whoami");
    json_text(&writer, "sid", known(sid));
    json_text(&writer, "user", known(user));
    json_text(&writer, "elevation", caller_elevation_names[caller->elevation]);
    json_text(&writer, "administrator", caller_administrator_names[caller->administrator]);
    write_integrity(&writer, caller->integrity);
    known_uint(&writer, "session", caller->session_id != UINT32_MAX, caller->session_id);
    known_fact(&writer, "app_container", caller->app_container);
    known_fact(&writer, "restricted", caller->restricted);
    json_name(&writer, "rights");
    reply_put_rights(&writer, grant->rights);
    json_text(&writer, "reason", grant->reason);
    return json_line_end(&writer);
}

bool reply_stats(struct buffer *out, const struct request_id *id, const uint64_t *values)
{
    struct json_writer writer;
    char name[STATISTICS_NAME_CAPACITY];

    begin(&writer, out, id, "stats");
    for (size_t i = 0; i < STATISTICS_COUNT; i++) {
        statistics_name(i, name);
        json_put_name(&writer, span_from_string(name));
        json_put_uint(&writer, values[i]);
    }
    return json_line_end(&writer);
}

/* --- the rows of a scan --- */

static void write_protect(struct json_writer *writer, uint32_t protect)
{
    char text[PROTECT_TEXT_CAPACITY];

    protect_format(text, protect);
    json_text(writer, "protect", known(text));
}

static void write_services(struct json_writer *writer, struct span services)
{
    if (services.data == NULL) {
        json_null(writer, "services");
        return;
    }
    json_array_begin(writer, "services");
    while (services.size > 0) {
        const char *name = services.data;
        json_put_text(writer, name);
        services = span_from(services, strlen(name) + 1);
    }
    json_array_end(writer);
}

static void write_process(struct json_writer *writer, const struct scan_row *row)
{
    const struct process_facts *facts = row->facts;
    char protection[PROTECTION_TEXT_CAPACITY], owner[SID_TEXT_CAPACITY];

    sid_format(owner, facts->owner.size > 0 ? &facts->owner : &row->process->owner);
    protection_format(protection, facts->protection);
    known_time(writer, "start",
               facts->start_time != 0 ? facts->start_time : row->process->start_time);
    json_uint(writer, "parent", row->process->parent_pid);
    json_string(writer, "name", row->process_name);
    json_string(writer, "image", row->image);
    json_uint(writer, "session", row->process->session_id);
    json_text(writer, "arch", process_arch_name(facts->arch));
    json_text(writer, "protection", known(protection));
    json_text(writer, "access", process_access_name(facts->access));
    json_text(writer, "owner", known(owner));
    write_services(writer, row->services);
    if (row->note != NULL)
        json_text(writer, "note", row->note);
}

/* `counted` is known even when nothing was looked at. */
static void write_pages(struct json_writer *writer, const struct map_row *map)
{
    known_uint(writer, "resident", map->has_pages, map->pages.resident);
    known_uint(writer, "shared", map->has_shares, map->pages.shared);
    known_uint(writer, "private", map->has_pages, map->pages.private_);
    known_uint(writer, "locked", map->has_pages, map->pages.locked);
    json_uint(writer, "counted", map->has_pages ? map->pages.counted : 0);
}

static void write_map(struct json_writer *writer, const struct scan_row *row,
                      enum request_detail detail)
{
    const struct map_row *map = &row->map;

    json_string(writer, "process", row->process_name);
    if (row->show_addresses)
        json_address(writer, "base", map->base);
    else
        json_null(writer, "base");
    json_uint(writer, "size", map->size);
    known_uint(writer, "committed", map->committed != COMMITTED_UNKNOWN, map->committed);
    json_text(writer, "kind", view_kind_name(map->kind));
    write_protect(writer, map->protect);
    json_string(writer, "path", map->path);
    json_string(writer, "device_path", map->device_path);
    if (map->path_lossy)
        json_bool(writer, "path_lossy", true);
    if (map->name_status != 0)
        json_nt_status(writer, "name_status", map->name_status);
    if (detail == DETAIL_PAGES)
        write_pages(writer, map);
}

static void write_region(struct json_writer *writer, const struct scan_row *row)
{
    ASSERT(row->show_addresses); /* a region is nothing but addresses; the scan withholds it */
    json_address(writer, "view", row->map.base);
    json_address(writer, "base", row->region.base);
    json_uint(writer, "size", row->region.size);
    json_text(writer, "state", memory_state_name(row->region.state));
    write_protect(writer, row->region.state == MEMORY_STATE_COMMIT ? row->region.protect : 0);
}

static void write_error(struct json_writer *writer, const struct scan_error *error)
{
    json_string(writer, "process", error->process);
    json_text(writer, "code", status_facts[error->code].name);
    json_text(writer, "stage", scan_stage_name(error->stage));
    if (error->nt_status != 0)
        json_nt_status(writer, "nt_status", error->nt_status);
    else
        json_null(writer, "nt_status");
    json_text(writer, "message", error->message);
}

/* Of a line; another holder and what comes after it still fit into a row. */
enum { HOLDERS_SIZE_MAX = 800 * 1024 };

static void write_attributes(struct json_writer *writer, uint32_t attributes)
{
    const bool is_image = (attributes & SECTION_IMAGE) != 0;
    const bool is_file = (attributes & SECTION_FILE) != 0;

    json_array_begin(writer, "attributes");
    json_put_text(writer, is_image ? "image" : is_file ? "data" : "pagefile");
#define X(bit, name)               \
    if ((attributes & (bit)) != 0) \
        json_put_text(writer, name);
    SECTION_ATTRIBUTE_LIST(X)
#undef X
    json_array_end(writer);
    json_text(writer, "backing", is_image ? "image" : is_file ? "file" : "pagefile");
}

static void write_holders(struct json_writer *writer, const struct section_row *row)
{
    const struct buffer *out = writer->buffer;

    json_array_begin(writer, "holders");
    for (uint32_t i = 0; i < row->holders_count && !writer->failed &&
                         (size_t)(writer->next - out->data) - out->size < HOLDERS_SIZE_MAX;
         i++) {
        struct span name;
        json_put_object_begin(writer);
        json_uint(writer, "pid", sections_holder(row->sections, i, &name)->pid);
        json_string(writer, "process", name);
        json_object_end(writer);
    }
    json_array_end(writer);
}

static void write_section(struct json_writer *writer, const struct section_row *row)
{
    json_string(writer, "name", row->name);
    json_string(writer, "object", row->object);
    if (row->is_lossy)
        json_bool(writer, "path_lossy", true);
    known_uint(writer, "session", row->session >= 0, (uint64_t)row->session);
    known_uint(writer, "size", row->nt_status == 0, row->size);
    if (row->nt_status == 0) {
        write_attributes(writer, row->attributes);
    } else {
        json_null(writer, "attributes");
        json_null(writer, "backing");
    }
    known_uint(writer, "processes", row->has_holders, row->holders_count);
    if (row->has_holders)
        write_holders(writer, row);
    else
        json_null(writer, "holders");
    if (row->nt_status != 0)
        json_nt_status(writer, "name_status", row->nt_status);
}

bool reply_row(struct buffer *out, const struct request_id *id, const struct scan_row *row,
               enum request_detail detail)
{
    static const char *const types[SCAN_END + 1] = {[SCAN_PROCESS] = "process",
                                                    [SCAN_MAP] = "map",
                                                    [SCAN_REGION] = "region",
                                                    [SCAN_SECTION] = "section",
                                                    [SCAN_ERROR] = "process_error"};
    struct json_writer writer;

    ASSERT(types[row->type] != NULL);
    begin(&writer, out, id, types[row->type]);
    if (row->type == SCAN_SECTION) {
        write_section(&writer, row->section);
    } else if (row->type == SCAN_ERROR) {
        known_uint(&writer, "pid", row->error.has_pid, row->error.pid);
        write_error(&writer, &row->error);
    } else {
        json_uint(&writer, "pid", row->process->pid);
        if (row->type == SCAN_PROCESS)
            write_process(&writer, row);
        else if (row->type == SCAN_MAP)
            write_map(&writer, row, detail);
        else
            write_region(&writer, row);
    }
    return json_line_end(&writer);
}

/* --- the terminal lines --- */

bool reply_end(struct buffer *out, const struct request_id *id, const struct scan_counts *counts,
               const char *scope, uint64_t elapsed_us, bool shows_cost)
{
    struct json_writer writer;

    begin(&writer, out, id, "end");
    json_uint(&writer, "processes", counts->processes);
    json_uint(&writer, "rows", counts->rows);
    json_uint(&writer, "errors", counts->errors);
    json_bool(&writer, "complete", counts->errors == 0);
    if (scope != NULL)
        json_text(&writer, "scope", scope);
    json_uint(&writer, "elapsed_us", elapsed_us);
    if (counts->unmatched > 0)
        json_uint(&writer, "unmatched", counts->unmatched);
    if (counts->exited > 0)
        json_uint(&writer, "exited", counts->exited);
    if (counts->queries.unnamed > 0)
        json_uint(&writer, "unnamed", counts->queries.unnamed);
    if (shows_cost) {
        json_object_begin(&writer, "queries");
#define X(symbol, name, member) json_uint(&writer, name, counts->queries.member);
        STATISTICS_QUERY_LIST(X)
#undef X
        json_object_end(&writer);
    }
    return json_line_end(&writer);
}

bool reply_error(struct buffer *out, const struct request_id *id, enum status code,
                 const char *message, const char *hint, uint32_t nt_status)
{
    struct json_writer writer;

    begin(&writer, out, id, "error");
    json_text(&writer, "code", status_facts[code].name);
    json_text(&writer, "message", message);
    json_text(&writer, "hint", hint);
    if (nt_status != 0)
        json_nt_status(&writer, "nt_status", nt_status);
    return json_line_end(&writer);
}
