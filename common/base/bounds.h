/* Every limit and deadline of lsmap, in one place. common/PROTOCOL.md tells them to clients.
 *
 * The operator may change those of server_limits.h; the values here are their defaults. Sizes are
 * bytes, lengths code units, times milliseconds unless the name says otherwise.
 */
#ifndef COMMON_BASE_BOUNDS_H
#define COMMON_BASE_BOUNDS_H

enum {
    /* one request */
    REQUEST_SIZE_MAX = 64 * 1024, /* a line, its newline included */
    REQUEST_DEPTH_MAX = 4,        /* nested arrays and objects */
    REQUEST_PIDS_MAX = 1024,      /* in one selector */
    REQUEST_ID_SIZE_MAX = 64,     /* of a string id, after unescaping */
    REQUEST_GLOB_SIZE_MAX = 1024, /* of `name` and `path`, after unescaping */

    /* one answer */
    OUTPUT_SIZE = 64 * 1024,           /* filled up to here, then written */
    OUTPUT_ROW_SIZE_MAX = 1024 * 1024, /* one row: two names of 32,767 units, every unit escaped */
    NAME_LENGTH_MAX = 32767,           /* UTF-16 units of a file name, set by UNICODE_STRING */
    NAME_SIZE_MAX = NAME_LENGTH_MAX * 3, /* the same in UTF-8 */
    PROCESSES_MAX = 65536,               /* in one list */
    PAGES_BATCH_MAX = 512,               /* pages asked about in one query */
    PAGES_VIEW_MAX = 1024 * 1024, /* pages counted of one view: 4 GiB, then the count is capped */

    /* one connection */
    CONN_FIRST_BYTE_TIMEOUT_MS = 5000,    /* connected, nothing sent yet */
    CONN_REQUEST_TIMEOUT_MS = 5000,       /* first byte of a request to its newline */
    CONN_IDLE_TIMEOUT_MS = 5 * 60 * 1000, /* between requests */
    CONN_WRITE_TIMEOUT_MS = 10 * 1000,    /* one write without progress */
    CONN_ANSWER_TIMEOUT_MS = 60 * 1000,   /* all waiting for the reader of one answer */
    CONN_SCAN_WAIT_TIMEOUT_MS = 5000,     /* a scan's wait for its first slot */
    CONN_DRAIN_TIMEOUT_MS = 2000,         /* the last line is written; the client may still read */

    /* the server */
    CONNECTIONS_MAX = 128,
    CONNECTIONS_USER_MAX = 32,
    CONNECTIONS_LIMIT_MAX = 1024, /* what an operator may make of both */
    SCANS_PER_PROCESSOR = 2,
    SCANS_LIMIT_MAX = 64,             /* at once: each needs a thread while it runs */
    STOP_TIMEOUT_MS = 2000,           /* stop to stopped */
    DEVICE_REFRESH_INTERVAL_MS = 1000 /* an unknown device asks the system at most this often */
};

#endif
