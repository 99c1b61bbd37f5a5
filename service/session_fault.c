#include "service/session_fault.h"

#include <inttypes.h>
#include <stdio.h>

#define FORMAT(fault, ...) ((void)snprintf((fault)->message, sizeof(fault)->message, __VA_ARGS__))

void session_fault_text(enum conn_close_reason reason, const struct server_limits *limits,
                        struct session_fault *fault)
{
    switch (reason) {
    case CONN_SILENT_TIMEOUT:
        FORMAT(fault, "No request came within %" PRIu32 " ms of connecting (limit first_byte_ms).",
               limits->first_byte_ms);
        fault->hint = "Send a request as soon as the pipe is open.";
        break;
    case CONN_REQUEST_TIMEOUT:
        FORMAT(fault,
               "The request was not complete %" PRIu32
               " ms after its first byte (limit request_ms).",
               limits->request_ms);
        fault->hint = "End each request with a newline and send it at once.";
        break;
    case CONN_IDLE_TIMEOUT:
        FORMAT(fault, "No request came for %" PRIu32 " ms (limit idle_ms).", limits->idle_ms);
        fault->hint = "Connect again when there is something to ask.";
        break;
    case CONN_TOO_LARGE:
        FORMAT(fault, "The request is longer than %d bytes (limit request_size).",
               REQUEST_SIZE_MAX);
        fault->hint = "Send each request as one line ended by a newline.";
        break;
    case CONN_STOPPED:
        FORMAT(fault, "The server is stopping.");
        fault->hint = "Connect again when it has started.";
        break;
    case CONN_OPEN:
    case CONN_PEER_CLOSED:
    case CONN_IO_ERROR:
    case CONN_WRITE_TIMEOUT:
    case CONN_ANSWER_TIMEOUT:
    case CONN_REFUSED:
    case CONN_NO_MEMORY: /* none of these is told as a fault */
        FORMAT(fault, "The connection failed.");
        fault->hint = NULL;
        break;
    }
}

void session_fault_scan_text(const struct server_limits *limits, bool is_begun,
                             struct session_fault *fault)
{
    fault->hint = NULL;
    if (is_begun)
        FORMAT(fault,
               "This scan did not get its turn again within %" PRIu32 " ms (limit answer_ms).",
               limits->answer_ms);
    else
        FORMAT(fault,
               "%" PRIu32 " scans run at once (limit scans), and none made room within %" PRIu32
               " ms (limit scan_wait_ms).",
               limits->scans, limits->scan_wait_ms);
}

void session_fault_reader_text(const struct server_limits *limits, struct session_fault *fault)
{
    fault->hint = NULL;
    FORMAT(fault,
           "The server waited for this answer's reader for %" PRIu32 " ms (limit answer_ms).",
           limits->answer_ms);
}

enum statistics_limit session_fault_limit(enum conn_close_reason reason)
{
    switch (reason) {
    case CONN_SILENT_TIMEOUT:
        return LIMIT_FIRST_BYTE;
    case CONN_REQUEST_TIMEOUT:
        return LIMIT_REQUEST;
    case CONN_IDLE_TIMEOUT:
        return LIMIT_IDLE;
    case CONN_WRITE_TIMEOUT:
        return LIMIT_WRITE;
    case CONN_ANSWER_TIMEOUT:
        return LIMIT_ANSWER;
    case CONN_TOO_LARGE:
        return LIMIT_REQUEST_SIZE;
    case CONN_NO_MEMORY:
        return LIMIT_MEMORY;
    case CONN_OPEN:
    case CONN_PEER_CLOSED:
    case CONN_IO_ERROR:
    case CONN_REFUSED: /* whoever refused has counted it */
    case CONN_STOPPED:
        break;
    }
    return LIMIT_COUNT;
}
