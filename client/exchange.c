#include "client/exchange.h"

#include <inttypes.h>
#include <string.h>

#include "common/base/status.h"
#include "common/proto/protocol.h"

enum { ATTEMPTS_MAX = 10 * 1000 }; /* at a busy server; the transport's deadline ends it earlier */

void exchange_init(struct exchange *exchange, const struct transport *transport)
{
    *exchange = (struct exchange){.transport = transport};
    buffer_init(&exchange->input, (size_t)OUTPUT_ROW_SIZE_MAX + TRANSPORT_RECEIVE_SIZE);
    row_init(&exchange->row);
}

void exchange_deinit(struct exchange *exchange)
{
    buffer_release(&exchange->input);
    row_release(&exchange->row);
}

static enum exchange_event broken(const struct exchange *exchange, struct failure *failure,
                                  const char *what, size_t offset)
{
    (void)failure_set(failure, FAILURE_PROTOCOL, "line %" PRIu64 ", byte %" PRIu64 ": %s",
                      exchange->line, (uint64_t)offset + 1, what);
    return EXCHANGE_FAILED;
}

bool exchange_begin(struct exchange *exchange, const struct request *request,
                    struct failure *failure)
{
    const struct transport *transport = exchange->transport;
    struct buffer line;

    exchange->request = request;
    buffer_clear(&exchange->input);
    exchange->input_offset = 0;
    exchange->line = exchange->rows = exchange->processes = 0;
    exchange->errors = exchange->unmatched = 0;
    exchange->is_over = exchange->must_receive = false;
    buffer_init(&line, REQUEST_SIZE_MAX);
    bool good = request_encode(request, &line)
                    ? transport->send(transport->context, buffer_span(&line), failure)
                    : failure_set(failure, FAILURE_MEMORY, NULL);
    buffer_release(&line);
    /* A server at its limit answers and closes before it reads the request. */
    return good || failure->kind == FAILURE_CLOSED;
}

static bool receive(struct exchange *exchange, struct failure *failure)
{
    const struct transport *transport = exchange->transport;
    struct buffer *input = &exchange->input;
    size_t size = 0;

    exchange->must_receive = false;
    buffer_consume(input, exchange->input_offset);
    exchange->input_offset = 0;
    if (!buffer_reserve(input, TRANSPORT_RECEIVE_SIZE))
        return failure_set(failure, FAILURE_MEMORY, NULL);
    if (transport->receive(transport->context, input->data + input->size, TRANSPORT_RECEIVE_SIZE,
                           &size, failure)) {
        input->size += size;
        return true;
    }
    if (failure->kind == FAILURE_CLOSED && exchange->line == 0 && input->size == 0)
        (void)failure_set(failure, FAILURE_NO_REPLY, NULL);
    return false;
}

/* NULL when the end row agrees with the rows before it; otherwise what does not. */
static const char *check_end(const struct exchange *exchange)
{
    const struct row *row = &exchange->row;

    if (row_number(row, MEMBER_ROWS, 0) != exchange->rows)
        return "the end row has the wrong count of rows";
    if (row_number(row, MEMBER_PROCESSES, 0) != exchange->processes)
        return "the end row has the wrong count of processes";
    if (row_number(row, MEMBER_ERRORS, 0) != exchange->errors)
        return "the end row has the wrong count of errors";
    if (row_number(row, MEMBER_UNMATCHED, 0) != exchange->unmatched)
        return "the end row has the wrong count of unmatched selectors";
    if ((row_number(row, MEMBER_COMPLETE, 0) != 0) != (exchange->errors == 0))
        return "the end row contradicts itself";
    return NULL;
}

/* NULL when the row may come here; otherwise why not. */
static const char *check_row(struct exchange *exchange)
{
    const struct row *row = &exchange->row;
    if (row_knows(row, MEMBER_ID)
            ? row_number(row, MEMBER_ID, 0) != (uint64_t)exchange->request->id.number
            : row->type != ROW_ERROR)
        return "the row does not belong to this request";
    if (row->type == ROW_END)
        return check_end(exchange);
    if (row->type == ROW_ERROR)
        return NULL;
    exchange->rows++;
    exchange->processes += row->type == ROW_PROCESS;
    if (row->type == ROW_PROCESS_ERROR && span_equal(row_text(row, MEMBER_STAGE), SPAN("select")))
        exchange->unmatched++;
    else if (row->type == ROW_PROCESS_ERROR)
        exchange->errors++;
    return NULL;
}

/* Takes the next line out of the input. Returns false when there is no complete one. */
static bool take_line(struct exchange *exchange, struct span *line)
{
    struct span rest = span_from(buffer_span(&exchange->input), exchange->input_offset);
    const char *newline = rest.size > 0 ? memchr(rest.data, '\n', rest.size) : NULL;

    if (newline == NULL)
        return false;
    *line = (struct span){rest.data, (size_t)(newline - rest.data)};
    exchange->input_offset += line->size + 1;
    exchange->line++;
    return true;
}

/* Asks again if the server refused before its first row because it is at a limit. Returns EXCHANGE_ROW
 * when there is no more time for it: the server's own words say more than a failure. */
static enum exchange_event ask_busy(struct exchange *exchange, struct failure *failure)
{
    const struct transport *transport = exchange->transport;
    const struct span code = row_text(&exchange->row, MEMBER_CODE);

    if (exchange->row.type != ROW_ERROR || exchange->line != 1 ||
        status_from_name(code.data, code.size) != STATUS_BUSY || transport->reconnect == NULL ||
        exchange->attempts++ == ATTEMPTS_MAX)
        return EXCHANGE_ROW;
    if (transport->reconnect(transport->context, failure))
        return exchange_begin(exchange, exchange->request, failure) ? EXCHANGE_WAIT
                                                                    : EXCHANGE_FAILED;
    return failure->kind == FAILURE_BUSY ? EXCHANGE_ROW : EXCHANGE_FAILED;
}

enum exchange_event exchange_next(struct exchange *exchange, struct failure *failure)
{
    struct row_error error = {NULL, 0};
    struct span line;

    if (exchange->is_over) {
        exchange->line++;
        exchange->attempts = 0;
        return exchange->input.size == exchange->input_offset
                   ? EXCHANGE_END
                   : broken(exchange, failure, "more rows after the end of the reply", 0);
    }
    if (exchange->must_receive && !receive(exchange, failure))
        return EXCHANGE_FAILED;
    if (!take_line(exchange, &line)) {
        if (exchange->input.size - exchange->input_offset > OUTPUT_ROW_SIZE_MAX)
            return broken(exchange, failure, "the line is too long", OUTPUT_ROW_SIZE_MAX);
        exchange->must_receive = true;
        return EXCHANGE_WAIT;
    }
    if (!row_parse(&exchange->row, line, &error) || (error.text = check_row(exchange)) != NULL)
        return broken(exchange, failure, error.text, error.offset);
    enum exchange_event event = ask_busy(exchange, failure);
    exchange->is_over =
        event == EXCHANGE_ROW && (exchange->row.type == ROW_END || exchange->row.type == ROW_ERROR);
    return event;
}
