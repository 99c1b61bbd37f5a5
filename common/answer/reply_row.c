#include "common/answer/reply.h"

#include "common/answer/reply_writer.h"
#include "common/base/assertion.h"
#include "common/scan/process.h"
#include "common/scan/regions.h"

static void write_protect(struct json_writer *writer, uint32_t protect)
{
    char text[PROTECT_TEXT_CAPACITY];

    protect_format(text, protect);
    json_text(writer, "protect", reply_known(text));
}

static void write_process(struct json_writer *writer, const struct scan_row *row)
{
    const struct process_facts *facts = row->facts;
    char protection[PROTECTION_TEXT_CAPACITY] = "";

    (void)protection_format(protection, facts->protection);
    json_name(writer, "start");
    reply_put_time(writer, facts->start_time != 0 ? facts->start_time : row->process->start_time);
    json_uint(writer, "parent", row->process->parent_pid);
    json_string(writer, "name", row->process_name);
    json_string(writer, "image", row->image);
    json_uint(writer, "session", row->process->session_id);
    json_text(writer, "arch", process_arch_name(facts->arch));
    json_text(writer, "protection", reply_known(protection));
    json_text(writer, "access", process_access_name(facts->access));
}

/* How much was looked at is known even when it is nothing. */
static void write_pages(struct json_writer *writer, const struct map_row *map)
{
    const struct {
        const char *name;
        uint64_t bytes;
    } members[] = {{"resident", map->pages.resident},
                   {"shared", map->pages.shared},
                   {"private", map->pages.private_},
                   {"locked", map->pages.locked}};

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_put_name(writer, span_from_string(members[i].name));
        if (map->has_pages)
            json_put_uint(writer, members[i].bytes);
        else
            json_put_null(writer);
    }
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
    json_text(writer, "kind", view_kind_name(map->kind));
    write_protect(writer, map->protect);
    json_string(writer, "path", map->path);
    json_string(writer, "device_path", map->device_path);
    if (map->path_lossy)
        json_bool(writer, "path_lossy", true);
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
    json_text(writer, "code", status_name(error->code));
    json_text(writer, "stage", scan_stage_name(error->stage));
    if (error->nt_status != 0)
        json_nt_status(writer, "nt_status", error->nt_status);
    else
        json_null(writer, "nt_status");
    json_text(writer, "message", error->message);
}

bool reply_row(struct buffer *out, const struct request_id *id, const struct scan_row *row,
               enum request_detail detail)
{
    struct json_writer writer;

    switch (row->type) {
    case SCAN_PROCESS:
        reply_begin(&writer, out, id, "process");
        json_uint(&writer, "pid", row->process->pid);
        write_process(&writer, row);
        break;
    case SCAN_MAP:
        reply_begin(&writer, out, id, "map");
        json_uint(&writer, "pid", row->process->pid);
        write_map(&writer, row, detail);
        break;
    case SCAN_REGION:
        reply_begin(&writer, out, id, "region");
        json_uint(&writer, "pid", row->process->pid);
        write_region(&writer, row);
        break;
    case SCAN_ERROR:
        reply_begin(&writer, out, id, "process_error");
        if (row->error.has_pid)
            json_uint(&writer, "pid", row->error.pid);
        else
            json_null(&writer, "pid");
        write_error(&writer, &row->error);
        break;
    case SCAN_NONE:
    case SCAN_FAILED:
    case SCAN_END:
        ASSERT(false); /* these are no rows */
        return false;
    }
    return json_line_end(&writer);
}
