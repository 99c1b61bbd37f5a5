#include "tests/system/reply.h"

#include <string.h>

#include "common/json/reader.h"
#include "common/proto/protocol.h"

struct reader {
    struct test *t;
    struct reply_sums *sums;
    bool has_image, has_data; /* of the process whose rows are read */
    bool has_ended;
};

static void end_of_process(struct reader *reader)
{
    reader->sums->processes_with_image += reader->has_image;
    reader->sums->processes_with_data += reader->has_data;
    reader->sums->processes_with_both += reader->has_image && reader->has_data;
    reader->has_image = reader->has_data = false;
}

static void check_end(struct reader *reader, const struct row *row)
{
    struct test *t = reader->t;
    CHECK_INT(t, reader->sums->processes, row_number(row, MEMBER_PROCESSES, 0));
    CHECK_INT(t, reader->sums->errors, row_number(row, MEMBER_ERRORS, 0));
    CHECK_INT(t, reader->sums->rows, row_number(row, MEMBER_ROWS, 0));
    reader->sums->is_complete = row_number(row, MEMBER_COMPLETE, 0) == 1;
    CHECK_INT(t, reader->sums->errors == 0, reader->sums->is_complete);
}

static void take_row(struct reader *reader, const struct row *row)
{
    CHECK(reader->t, !reader->has_ended);
    if (row->type == ROW_PROCESS || row->type == ROW_END)
        end_of_process(reader);
    if (row->type == ROW_END)
        check_end(reader, row);
    reader->has_ended = row->type == ROW_END || row->type == ROW_ERROR;
    reader->sums->rows += !reader->has_ended;
    reader->sums->processes += row->type == ROW_PROCESS;
    reader->sums->errors += row->type == ROW_PROCESS_ERROR;
    reader->sums->maps += row->type == ROW_MAP;
    if (row->type == ROW_MAP) {
        const struct span kind = row_text(row, MEMBER_KIND);
        reader->has_image = reader->has_image || span_equal(kind, SPAN("image"));
        reader->has_data = reader->has_data || span_equal(kind, SPAN("data"));
    }
}

static bool is_strict_json(struct span line)
{
    struct json_reader reader;
    json_reader_init(&reader, line, JSON_DEPTH_MAX);
    for (;;) {
        switch (json_next(&reader)) {
        case JSON_ERROR:
            return false;
        case JSON_END:
            return true;
        case JSON_OBJECT_OPEN:
        case JSON_OBJECT_CLOSE:
        case JSON_ARRAY_OPEN:
        case JSON_ARRAY_CLOSE:
        case JSON_KEY:
        case JSON_STRING:
        case JSON_NUMBER:
        case JSON_TRUE:
        case JSON_FALSE:
        case JSON_NULL:
            break;
        }
    }
}

void reply_check(struct test *t, struct span output, struct reply_sums *sums, reply_visit visit,
                 void *context)
{
    struct reader reader = {.t = t, .sums = sums};
    struct row row;

    memset(sums, 0, sizeof *sums);
    row_init(&row);
    while (output.size > 0) {
        const char *newline = memchr(output.data, '\n', output.size);
        struct row_error error;
        CHECK(t, newline != NULL); /* the last line is complete too */
        if (newline == NULL)
            break;
        const struct span line = {output.data, (size_t)(newline - output.data)};
        output = span_from(output, line.size + 1);
        const bool is_good = is_strict_json(line) && row_parse(&row, line, &error);
        CHECK(t, is_good);
        if (!is_good) {
            printf("  line: %.*s\n", (int)(line.size < 300 ? line.size : 300), line.data);
            continue;
        }
        take_row(&reader, &row);
        if (visit != NULL)
            visit(context, &row);
    }
    CHECK(t, reader.has_ended);
    row_release(&row);
}
