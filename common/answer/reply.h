/* Replies: plain structs to lines of protocol v1.
 *
 * Each function appends one line that begins with the request's `id`. When the line does not fit
 * (OUTPUT_ROW_SIZE_MAX), it returns false and leaves the buffer as it was. */
#ifndef COMMON_ANSWER_REPLY_H
#define COMMON_ANSWER_REPLY_H

#include "common/json/writer.h"
#include "common/proto/caller.h"
#include "common/proto/statistics.h"
#include "common/scan/scan.h"

/* What `info` says about a server; set once at its start. */
struct server_info {
    const char *mode;   /* "service", "console" or "direct" */
    char host[256];     /* computer name, UTF-8, terminated */
    char os_build[64];  /* "10.0.19045", terminated; "" unknown */
    char wine[32];      /* the version of Wine; "" on Windows */
    uint64_t boot_time; /* FILETIME; 0: unknown */
    uint64_t started;   /* FILETIME of the server's start */
};

/* has_stats  The op `stats` is among the capabilities. */
NODISCARD bool reply_info(_Inout_ struct buffer *out, _In_ const struct request_id *id,
                          _In_ const struct server_info *info,
                          _In_ const struct server_limits *limits, bool has_stats);
/* user  The name of the caller; "": not known. */
NODISCARD bool reply_whoami(_Inout_ struct buffer *out, _In_ const struct request_id *id,
                            _In_ const struct grant *grant, _In_ const char *user);

/* values  STATISTICS_COUNT numbers, as statistics_read() returns them. */
NODISCARD bool reply_stats(_Inout_ struct buffer *out, _In_ const struct request_id *id,
                           _In_reads_(STATISTICS_COUNT) const uint64_t *values);

/* A row of a scan. Holders of a section are left out where they would make the line too long; their
 * number is always there.
 * detail  Decides whether a map row has the members of "pages". */
NODISCARD bool reply_row(_Inout_ struct buffer *out, _In_ const struct request_id *id,
                         _In_ const struct scan_row *row, enum request_detail detail);

/* scope       "all", "own"; NULL for ops without a scan.
 * shows_cost  The number of kernel queries is written. */
NODISCARD bool reply_end(_Inout_ struct buffer *out, _In_ const struct request_id *id,
                         _In_ const struct scan_counts *counts, const char *scope,
                         uint64_t elapsed_us, bool shows_cost);

/* The value of a member: the names of the rights. */
void reply_put_rights(_Inout_ struct json_writer *writer, uint32_t rights);

/* An error line. hint may be NULL; nt_status 0 is left out. */
NODISCARD bool reply_error(_Inout_ struct buffer *out, _In_ const struct request_id *id,
                           enum status code, const char *message, const char *hint,
                           uint32_t nt_status);

#endif
