#include "client/exchange.h"
#include "common/proto/protocol.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What came of one reply. */
struct reply_counts {
    uint64_t rows, processes, errors;
};

void exchange_init(struct exchange *exchange, const struct link *link)
{
    exchange->link = link;
    exchange->line = 0;
    buffer_init(&exchange->input, OUTPUT_ROW_SIZE_MAX + LINK_RECEIVE_SIZE);
    buffer_init(&exchange->scratch, OUTPUT_ROW_SIZE_MAX);
}

void exchange_deinit(struct exchange *exchange)
{
    buffer_release(&exchange->input);
    buffer_release(&exchange->scratch);
}

void exchange_reset(struct exchange *exchange)
{
    buffer_clear(&exchange->input);
}

static enum exchange_result broken(const struct exchange *exchange, struct failure *failure,
                                   const char *what, size_t offset)
{
    char detail[FAILURE_DETAIL_CAPACITY];

    (void)snprintf(detail, sizeof detail, "line %" PRIu64 ", byte %" PRIu64 ": %s", exchange->line,
                   (uint64_t)offset + 1, what);
    (void)failure_set(failure, FAILURE_PROTOCOL, detail);
    return EXCHANGE_FAILED;
}

static bool send_request(struct exchange *exchange, const struct request *request,
                         struct failure *failure)
{
    struct buffer line;

    buffer_init(&line, REQUEST_SIZE_MAX);
    bool good = request_encode(request, &line);
    if (!good)
        (void)failure_set(failure, FAILURE_MEMORY, NULL);
    else
        good = exchange->link->send(exchange->link->context, buffer_span(&line), failure);
    buffer_release(&line);
    /* A server at its limit answers and closes without hearing the request. */
    return good || failure->kind == FAILURE_CLOSED;
}

static bool receive_more(struct exchange *exchange, struct failure *failure)
{
    struct buffer *input = &exchange->input;
    size_t size = 0;

    if (!buffer_reserve(input, LINK_RECEIVE_SIZE))
        return failure_set(failure, FAILURE_MEMORY, NULL);
    if (exchange->link->receive(exchange->link->context, input->data + input->size,
                                LINK_RECEIVE_SIZE, &size, failure)) {
        input->size += size;
        return true;
    }
    if (failure->kind == FAILURE_CLOSED && exchange->line == 0 && input->size == 0)
        (void)failure_set(failure, FAILURE_NO_REPLY, NULL);
    return false;
}

/* NULL when the end row agrees with the rows that came; else what does not. */
static const char *check_end(const struct row *row, const struct reply_counts *counts)
{
    if (row_number(row, MEMBER_ROWS, 0) != counts->rows)
        return "the end row counts other rows than came";
    if (row_number(row, MEMBER_PROCESSES, 0) != counts->processes)
        return "the end row counts other processes than came";
    if (row_number(row, MEMBER_ERRORS, 0) != counts->errors)
        return "the end row counts other errors than came";
    if ((row_number(row, MEMBER_COMPLETE, 0) != 0) != (counts->errors == 0))
        return "the end row is at odds with itself";
    return NULL;
}

/* NULL when the row may stand here; else why not. */
static const char *check_row(const struct row *row, const struct request *request,
                             struct reply_counts *counts)
{
    bool has_id = row_knows(row, MEMBER_ID);

    if (has_id ? row_number(row, MEMBER_ID, 0) != (uint64_t)request->id.number
               : row->type != ROW_ERROR)
        return "the row is not for this request";
    if (row->type == ROW_END)
        return check_end(row, counts);
    if (row->type == ROW_ERROR)
        return NULL;
    counts->rows++;
    counts->processes += row->type == ROW_PROCESS;
    counts->errors += row->type == ROW_PROCESS_ERROR;
    return NULL;
}

/* Takes the whole lines out of the input. Returns true when the exchange is over. */
static bool take_lines(struct exchange *exchange, const struct request *request,
                       const struct exchange_view *view, struct reply_counts *counts,
                       struct failure *failure, enum exchange_result *result)
{
    struct span rest = buffer_span(&exchange->input);
    const char *newline;
    bool over = false;

    while (!over && rest.size > 0 && (newline = memchr(rest.data, '\n', rest.size)) != NULL) {
        struct span line = {rest.data, (size_t)(newline - rest.data)};
        struct row_error error = {NULL, 0};

        exchange->line++;
        rest = span_from(rest, line.size + 1);
        over = true;
        if (!row_parse(line, &exchange->row, &exchange->scratch, &error) ||
            (error.text = check_row(&exchange->row, request, counts)) != NULL)
            *result = broken(exchange, failure, error.text, error.offset);
        else if (!view->on_row(view->context, &exchange->row, line))
            *result = EXCHANGE_STOPPED;
        else if (exchange->row.type == ROW_END || exchange->row.type == ROW_ERROR)
            *result = EXCHANGE_DONE;
        else
            over = false;
    }
    size_t taken = exchange->input.size - rest.size;
    if (taken > 0)
        buffer_consume(&exchange->input, taken);
    return over;
}

enum exchange_result exchange_run(struct exchange *exchange, const struct request *request,
                                  const struct exchange_view *view, struct failure *failure)
{
    struct reply_counts counts = {0, 0, 0};
    enum exchange_result result = EXCHANGE_FAILED;

    exchange->line = 0;
    if (exchange->input.size > 0)
        return broken(exchange, failure, "more rows behind the end of the last reply", 0);
    if (!send_request(exchange, request, failure))
        return EXCHANGE_FAILED;
    for (;;) { /* each turn receives bytes; a line is bounded, and silence ends in a timeout */
        if (take_lines(exchange, request, view, &counts, failure, &result))
            break;
        if (exchange->input.size > OUTPUT_ROW_SIZE_MAX)
            return broken(exchange, failure, "the line is too long", OUTPUT_ROW_SIZE_MAX);
        if (!view->on_wait(view->context))
            return EXCHANGE_STOPPED;
        if (!receive_more(exchange, failure))
            return EXCHANGE_FAILED;
    }
    if (result == EXCHANGE_DONE && exchange->input.size > 0) {
        exchange->line++;
        result = broken(exchange, failure, "more rows behind the end of the reply", 0);
    }
    return result;
}
