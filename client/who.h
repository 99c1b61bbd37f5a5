/* Who has a file: what the walk of address spaces found and what the file system says, put together.
 *
 * The file system names each process that has the file open or mapped. One for which the walk found
 * no mapping of it has it only open: a row `open`. If its walk was not complete, it may have the file
 * mapped all the same, and is named. What the file system names is asked for in a second request,
 * because the first reply has only processes with a mapping.
 */
#ifndef CLIENT_WHO_H
#define CLIENT_WHO_H

#include "client/rows/row.h"
#include "client/spelling.h"
#include "common/proto/request.h"

struct who {
    const struct asked_list *asked;
    struct buffer users; /* struct who_user */
    size_t count;
    struct buffer notes; /* lines about processes that may have a file mapped */
    bool own;            /* only processes of the caller are to be shown */
    bool failed;         /* no memory */
};

/* asked  Must outlive `who`.
 * self   A process that is left out: lsmap itself, whose current folder may have been asked for. */
void who_init(_Out_ struct who *who, _In_ const struct asked_list *asked, uint32_t self);
void who_release(_Inout_ struct who *who);

/* Takes a row of the first reply. */
void who_add(_Inout_ struct who *who, _In_ const struct row *row);

/* Makes `request` one for the processes that have no mapping, its id and `own` unchanged. Returns false
 * when there are none. */
bool who_request(_Inout_ struct who *who, _Inout_ struct request *request);

/* Takes a row of the second reply. Returns true when it is to be handed on: a process that the first
 * reply did not have. */
bool who_add_process(_Inout_ struct who *who, _In_ const struct row *row);

/* Makes `row` the next ROW_OPEN, each once. Returns false when there is none.
 * process  Of this process; NULL: of those of which the caller may know nothing but the pid. */
bool who_open(_Inout_ struct who *who, _In_opt_ const struct row *process, _Inout_ struct row *row);

/* Appends what is to be said of each path: what was looked for when nothing was found, whether it exists,
 * and that open files were not looked at. Also the processes that may have a file mapped.
 * is_own  Only the caller's own processes were looked at. */
void who_report(_In_ const struct who *who, bool is_found, bool is_own, _Inout_ struct buffer *out);

#endif
