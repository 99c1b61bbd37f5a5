#include "client/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "client/show/text.h"
#include "common/json/reader.h"
#include "common/proto/protocol.h"

static bool text(struct buffer *out, const char *words)
{
    return buffer_append(out, span_from_string(words));
}

static bool quoted(struct buffer *out, struct span value)
{
    return text(out, "\"") && display_text(out, value) && text(out, "\"");
}

static bool report_no_view(const struct request *request, struct buffer *out)
{
    char address[24];

    if (request->names_count > 0 &&
        !(text(out, "no process named ") && quoted(out, request->names[0])))
        return false;
    if (request->names_count == 0 &&
        !text(out, request->all ? "no process" : "none of these processes"))
        return false;
    if (request->has_address) {
        (void)snprintf(address, sizeof address, "0x%" PRIx64, request->address);
        if (!text(out, " has a file mapped at ") || !text(out, address))
            return false;
        return request->paths_count == 0 ||
               (text(out, " that matches ") && quoted(out, request->paths[0]));
    }
    return text(out, " has a file mapped that matches ") && quoted(out, request->paths[0]);
}

bool report_nothing(const struct request *request, const struct row *end, struct buffer *out)
{
    if (!request->has_address && request->paths_count == 0)
        return true;
    if (!text(out, PRODUCT_NAME ": ") || !report_no_view(request, out))
        return false;
    if (span_equal(row_text(end, MEMBER_SCOPE), SPAN("own")) &&
        !text(out, "; only your own processes were looked at"))
        return false;
    if (row_number(end, MEMBER_ERRORS, 0) > 0 && !text(out, "; not all could be read"))
        return false;
    return text(out, "\n");
}

bool report_filtered(struct buffer *out)
{
    return text(out, PRODUCT_NAME ": nothing is mapped outside these folders\n");
}

bool report_cost(const struct row *end, struct buffer *out)
{
    struct json_reader reader;
    char elapsed[DISPLAY_COUNT_CAPACITY];
    bool good = text(out, PRODUCT_NAME ": ") &&
                display_text(out, display_count(elapsed, row_number(end, MEMBER_ELAPSED_US, 0))) &&
                text(out, " us, queries:");

    json_reader_init(&reader, row_text(end, MEMBER_QUERIES), JSON_DEPTH_MAX);
    if (json_next(&reader) != JSON_OBJECT_OPEN)
        return good && text(out, " not told\n");
    for (bool first = true; good && json_next(&reader) == JSON_KEY; first = false) {
        good = text(out, first ? " " : ", ") && display_text(out, reader.token) && text(out, " ");
        enum json_event event = json_next(&reader);
        if (event != JSON_NUMBER)
            return false;
        good = good && display_text(out, reader.token);
    }
    return good && text(out, "\n");
}
