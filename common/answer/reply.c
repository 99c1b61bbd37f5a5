#include "common/answer/reply.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/answer/reply_writer.h"
#include "common/base/sid.h"
#include "common/proto/protocol.h"
#include "common/text/timestamp.h"
#include "common/version.h"

void reply_begin(struct json_writer *writer, struct buffer *out, const struct request_id *id,
                 const char *type)
{
    json_line_begin(writer, out);
    if (id->type == REQUEST_ID_INT)
        json_int(writer, "id", id->number);
    else if (id->type == REQUEST_ID_STRING)
        json_string(writer, "id", (struct span){id->text, id->text_size});
    json_text(writer, "type", type);
}

const char *reply_known(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

void reply_put_time(struct json_writer *writer, uint64_t filetime)
{
    char text[TIMESTAMP_CAPACITY] = "";

    if (filetime != 0)
        timestamp_format(text, filetime);
    json_put_text(writer, reply_known(text));
}

static void write_limits(struct json_writer *writer, const struct server_limits *limits)
{
    struct server_limits defaults;

    if (limits == NULL) {
        server_limits_default(&defaults, 1);
        limits = &defaults;
    }
    json_object_begin(writer, "limits");
    json_uint(writer, "request_size", REQUEST_SIZE_MAX);
    json_uint(writer, "depth", REQUEST_DEPTH_MAX);
    json_uint(writer, "pids", REQUEST_PIDS_MAX);
    json_uint(writer, "id_size", REQUEST_ID_SIZE_MAX);
    json_uint(writer, "glob_size", REQUEST_GLOB_SIZE_MAX);
    json_uint(writer, "row_size", OUTPUT_ROW_SIZE_MAX);
#define X(member, name, initial, least, most) json_uint(writer, #member, limits->member);
    SERVER_LIMITS_LIST(X)
#undef X
    json_object_end(writer);
}

/* Ops and members that a client may look for before it uses them. */
static void write_capabilities(struct json_writer *writer, bool has_stats)
{
    static const char *const names[] = {"info", "whoami",  "processes", "maps",  "kinds",
                                        "path", "address", "regions",   "pages", "debug"};

    json_array_begin(writer, "capabilities");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        json_put_text(writer, names[i]);
    if (has_stats)
        json_put_text(writer, "stats");
    json_array_end(writer);
}

bool reply_info(struct buffer *out, const struct request_id *id, const struct server_info *info,
                const struct server_limits *limits, bool has_stats)
{
    struct json_writer writer;

    reply_begin(&writer, out, id, "info");
    json_text(&writer, "product", PRODUCT_NAME);
    json_text(&writer, "version", LSMAP_VERSION_STRING);
    json_uint(&writer, "protocol", PROTOCOL_VERSION);
    json_text(&writer, "mode", info->mode);
    json_text(&writer, "host", reply_known(info->host));
    json_text(&writer, "os_build", reply_known(info->os_build));
    json_text(&writer, "wine", reply_known(info->wine));
    json_name(&writer, "boot_time");
    reply_put_time(&writer, info->boot_time);
    json_name(&writer, "started");
    reply_put_time(&writer, info->started);
    write_limits(&writer, limits);
    write_capabilities(&writer, has_stats);
    return json_line_end(&writer);
}

/* The levels Windows names; any other RID is told as a number, UNKNOWN as null. */
static void write_integrity(struct json_writer *writer, uint32_t rid)
{
    static const char *const names[] = {"untrusted", "low", "medium", "high", "system"};
    char text[16] = "";

    if (rid % 0x1000 == 0 && rid / 0x1000 < sizeof names / sizeof names[0])
        (void)snprintf(text, sizeof text, "%s", names[rid / 0x1000]);
    else if (rid != INTEGRITY_UNKNOWN)
        (void)snprintf(text, sizeof text, "0x%04" PRIx32, rid);
    json_text(writer, "integrity", reply_known(text));
}

static void write_rights(struct json_writer *writer, uint32_t rights)
{
    json_array_begin(writer, "rights");
#define X(bit, name)                     \
    if ((rights & (uint32_t)(bit)) != 0) \
        json_put_text(writer, name);
    RIGHTS_LIST(X)
#undef X
    json_array_end(writer);
}

static void put_fact(struct json_writer *writer, enum caller_fact fact)
{
    if (fact == FACT_UNKNOWN)
        json_put_null(writer);
    else
        json_put_bool(writer, fact == FACT_YES);
}

bool reply_whoami(struct buffer *out, const struct request_id *id, const struct grant *grant)
{
    const struct caller *caller = &grant->caller;
    struct json_writer writer;
    char sid[SID_TEXT_CAPACITY];

    sid_format(sid, &caller->user);
    reply_begin(&writer, out, id, "whoami");
    json_text(&writer, "sid", reply_known(sid));
    json_text(&writer, "user", reply_known(caller->name));
    json_text(&writer, "elevation", caller_elevation_name(caller->elevation));
    write_integrity(&writer, caller->integrity);
    if (caller->session_id == UINT32_MAX)
        json_null(&writer, "session");
    else
        json_uint(&writer, "session", caller->session_id);
    json_name(&writer, "app_container");
    put_fact(&writer, caller->app_container);
    json_name(&writer, "restricted");
    put_fact(&writer, caller->restricted);
    write_rights(&writer, grant->rights);
    json_text(&writer, "reason", grant->reason);
    return json_line_end(&writer);
}

bool reply_stats(struct buffer *out, const struct request_id *id, const uint64_t *values)
{
    struct json_writer writer;
    char name[STATISTICS_NAME_CAPACITY];

    reply_begin(&writer, out, id, "stats");
    for (size_t i = 0; i < STATISTICS_COUNT; i++) {
        statistics_name(i, name);
        json_put_name(&writer, span_from_string(name));
        json_put_uint(&writer, values[i]);
    }
    return json_line_end(&writer);
}

static void write_queries(struct json_writer *writer, const uint64_t *queries)
{
    json_object_begin(writer, "queries");
    for (unsigned i = 0; i < QUERY_COUNT; i++) {
        json_put_name(writer, span_from_string(statistics_query_name((enum statistics_query)i)));
        json_put_uint(writer, queries[i]);
    }
    json_object_end(writer);
}

bool reply_end(struct buffer *out, const struct request_id *id, const struct reply_end *end)
{
    struct json_writer writer;

    reply_begin(&writer, out, id, "end");
    json_uint(&writer, "processes", end->processes);
    json_uint(&writer, "rows", end->rows);
    json_uint(&writer, "errors", end->errors);
    json_bool(&writer, "complete", end->errors == 0);
    if (end->scope != NULL)
        json_text(&writer, "scope", end->scope);
    json_uint(&writer, "elapsed_us", end->elapsed_us);
    if (end->exited > 0)
        json_uint(&writer, "exited", end->exited);
    if (end->unmatched > 0)
        json_uint(&writer, "unmatched", end->unmatched);
    if (end->queries != NULL)
        write_queries(&writer, end->queries);
    return json_line_end(&writer);
}

bool reply_error(struct buffer *out, const struct request_id *id, enum status code,
                 const char *message, const char *hint, uint32_t nt_status)
{
    struct json_writer writer;

    reply_begin(&writer, out, id, "error");
    json_text(&writer, "code", status_name(code));
    json_text(&writer, "message", message);
    json_text(&writer, "hint", hint);
    if (nt_status != 0)
        json_nt_status(&writer, "nt_status", nt_status);
    return json_line_end(&writer);
}
