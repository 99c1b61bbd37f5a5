/* What `-f` means, and who has those files.
 *
 * The text of a path decides some of it; win32/resolve.c asks Windows for the rest. A path without
 * wildcards that exists is asked for by its final names. The file system also names each process that
 * uses it. One for which the walk of address spaces found no mapping has it only open: a row `open`. If
 * its walk was not complete, it may have the file mapped all the same, and is named. A second request
 * gets the rows of those processes that the first reply does not have. */
#ifndef CLIENT_SPELLING_H
#define CLIENT_SPELLING_H

#include "client/rows/store.h"
#include "common/proto/request.h"

/* True when the text has a `*` or `?`; the one of \\?\ does not count. */
bool spelling_has_wildcard(struct span text);

/* True for a name alone: without a separator and a drive. */
bool spelling_is_bare(struct span text);

/* A pattern without \\?\ or \\.\ before its drive: lsmap lists paths without it. */
struct span spelling_of_pattern(struct span text);

/* False when no listed path can match the pattern: it is relative to a folder or a drive, as sub\*.dll,
 * C:x* and \x*, and no name of the kernel. */
bool spelling_can_match(struct span pattern);

/* Makes `out` the \\?\ form of a full path, which Windows takes at any length.
 * full  As GetFullPathNameW() returns it, or a name of the kernel such as \Device\HarddiskVolume3\a.
 * Returns false for what is not on a disk or share: opening a pipe or a port can disturb its server. */
NODISCARD bool spelling_to_open(struct span full, _Inout_ struct buffer *out);

/* Makes `out` the final name as lsmap lists it: \\?\C:\a as C:\a, \\?\UNC\server\share as
 * \\server\share; others stay as they are. */
void spelling_from_final(struct span final, _Inout_ struct buffer *out);

enum asked_kind {
    ASKED_PATTERN, /* wildcards, or a name alone that is not in the current folder */
    ASKED_MISSING, /* nothing is there; files may be mapped by that name all the same */
    ASKED_CLOSED,  /* something is there that cannot be opened */
    ASKED_UNKNOWN, /* it cannot be looked at whether something is there */
    ASKED_FILE,
    ASKED_FOLDER /* everything below it */
};

enum {
    ASKED_MAX = REQUEST_PATHS_MAX + 32, /* paths of a list; of a request REQUEST_PATHS_MAX */
    ASKED_ERROR_CAPACITY = 160,
    ASKED_SIZE_MAX = 6 * REQUEST_PATH_LEN_MAX + 1024, /* of a request's globs: the longest fits */
    ASKED_USERS_MAX = 64 * 1024
};

/* One path of the command line. */
struct asked {
    enum asked_kind kind;
    struct span name;                 /* to be shown: final name, full path or pattern */
    uint32_t users_status;            /* NTSTATUS of the question who uses it */
    char error[ASKED_ERROR_CAPACITY]; /* why it cannot be opened, terminated */
};

struct asked_list {
    struct asked items[ASKED_MAX];
    size_t count;
    struct span globs[REQUEST_PATHS_MAX]; /* the `path` of the request */
    size_t owners[REQUEST_PATHS_MAX];     /* index of the item that a glob is of */
    struct buffer others;                 /* struct asked_other */
    size_t globs_count, globs_size;
    size_t dropped;      /* names and processes for which the requests have no room */
    struct buffer users; /* struct asked_user */
    struct buffer notes; /* lines about processes that may have a file mapped */
    struct store store;  /* the texts */
    bool failed;         /* no memory */
};

void asked_init(_Out_ struct asked_list *list);
void asked_release(_Inout_ struct asked_list *list);

/* Adds a path; its names and users come next. name  Copied. */
struct asked *asked_add(_Inout_ struct asked_list *list, enum asked_kind kind, struct span name);

/* Adds a name of the last path: as it is, or of a folder everything below it. */
void asked_add_glob(_Inout_ struct asked_list *list, struct span name);

/* Keeps another name of the last path for asked_add_others(). is_link  Of a hard link: it counts when
 * it is dropped. */
void asked_keep_other(_Inout_ struct asked_list *list, struct span name, bool is_link);

/* Adds the names kept, as far as the request has room when all paths have their first one. */
void asked_add_others(_Inout_ struct asked_list *list);

/* Adds a process that uses the last path. */
void asked_add_user(_Inout_ struct asked_list *list, uint32_t pid);

/* Takes a row of the first reply. */
void who_add(_Inout_ struct asked_list *list, _In_ const struct row *row);

/* Makes `open` the next ROW_OPEN of the process of a row, each once. Returns false when there is none. */
bool who_open(struct asked_list *list, const struct row *process, struct row *open);

/* Makes `request` one for the processes whose rows are missing, its id and `own` unchanged. Returns
 * false when there are none. */
bool who_request(_Inout_ struct asked_list *list, _Inout_ struct request *request);

/* Appends what is to be said of each path: whether it exists when nothing was found, and what was not
 * looked at. is_own  Only the caller's own processes were. */
void who_report(const struct asked_list *list, bool is_found, bool is_own, struct buffer *out);

/* True when it is not known who has an item open, for another reason than `expected`, an NTSTATUS. */
bool who_has_gap(_In_ const struct asked_list *list, uint32_t expected);

/* Appends a line when names or users were dropped. */
void who_report_dropped(_In_ const struct asked_list *list, _Inout_ struct buffer *out);

#endif
