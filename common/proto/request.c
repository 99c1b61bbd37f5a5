#include "common/proto/request.h"

#include <string.h>

#include "common/base/assertion.h"
#include "common/json/writer.h"
#include "common/proto/protocol.h"
#include "common/proto/request_parser.h"
#include "common/scan/regions.h"

void request_init(struct request *request, enum request_op op)
{
    memset(request, 0, sizeof *request);
    request->op = op;
    request->kinds = KINDS_DEFAULT;
}

const char *request_op_name(enum request_op op)
{
    switch (op) {
    case OP_INFO:
        return "info";
    case OP_WHOAMI:
        return "whoami";
    case OP_PROCESSES:
        return "processes";
    case OP_MAPS:
        return "maps";
    case OP_STATS:
        return "stats";
    }
    ASSERT(false); /* every op is named above */
    return "";
}

const char *request_detail_name(enum request_detail detail)
{
    switch (detail) {
    case DETAIL_VIEWS:
        return "views";
    case DETAIL_REGIONS:
        return "regions";
    case DETAIL_PAGES:
        return "pages";
    }
    ASSERT(false); /* every detail is named above */
    return "";
}

static void write_id(struct json_writer *writer, const struct request_id *id)
{
    if (id->type == REQUEST_ID_INT)
        json_int(writer, "id", id->number);
    else if (id->type == REQUEST_ID_STRING)
        json_string(writer, "id", (struct span){id->text, id->text_size});
}

static void write_selector(struct json_writer *writer, const struct request *request)
{
    switch (request->selector) {
    case SELECTOR_NONE:
        break;
    case SELECTOR_PID:
        json_uint(writer, "pid", request->pids[0]);
        break;
    case SELECTOR_PIDS:
        json_array_begin(writer, "pid");
        for (size_t i = 0; i < request->pids_count; i++)
            json_put_uint(writer, request->pids[i]);
        json_array_end(writer);
        break;
    case SELECTOR_NAME:
        json_string(writer, "name", (struct span){request->name, request->name_size});
        break;
    case SELECTOR_ALL:
        json_bool(writer, "all", true);
        break;
    }
}

static void write_kinds(struct json_writer *writer, uint32_t kinds)
{
    static const enum view_kind all[] = {VIEW_IMAGE, VIEW_DATA, VIEW_PAGEFILE};

    json_array_begin(writer, "kinds");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if ((kinds & (uint32_t)all[i]) != 0)
            json_put_text(writer, view_kind_name(all[i]));
    json_array_end(writer);
}

bool request_encode(const struct request *request, struct buffer *out)
{
    struct json_writer writer;

    json_line_begin(&writer, out);
    write_id(&writer, &request->id);
    json_text(&writer, "op", request_op_name(request->op));
    write_selector(&writer, request);
    if (request->kinds != KINDS_DEFAULT)
        write_kinds(&writer, request->kinds);
    if (request->path_size > 0)
        json_string(&writer, "path", (struct span){request->path, request->path_size});
    if (request->has_address)
        json_address(&writer, "address", request->address);
    if (request->detail != DETAIL_VIEWS)
        json_text(&writer, "detail", request_detail_name(request->detail));
    if (request->debug)
        json_bool(&writer, "debug", true);
    return json_line_end(&writer);
}
