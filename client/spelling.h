/* What a path on the command line means: a file, however it is spelled, or a pattern.
 *
 * Pure: the text decisions before and after win32/resolve.c asks Windows, and the list of what is
 * asked for. A path without wildcards that exists is asked for by its final names.
 */
#ifndef CLIENT_SPELLING_H
#define CLIENT_SPELLING_H

#include "client/rows/store.h"
#include "common/proto/protocol.h"

/* True when the text has a `*` or `?`; the one of \\?\ does not count. */
bool spelling_has_wildcard(struct span text);

/* True for a name alone: without a separator and a drive. */
bool spelling_is_bare(struct span text);

/* The relative folder that a pattern begins with, such as the ".\" of .\*.dll; size 0: there is none.
 * No path that is listed begins with it. */
struct span spelling_relative_folder(struct span pattern);

/* Appends the \\?\ form of a full path, which Windows takes at any length.
 * full  As GetFullPathNameW() returns it, or a name of the kernel such as \Device\HarddiskVolume3\a.
 * Returns false, nothing appended, for what is not on a disk or share: opening a pipe or a port can
 * disturb its server. */
NODISCARD bool spelling_to_open(struct span full, _Inout_ struct buffer *out);

/* The final name as lsmap lists it: \\?\C:\a as C:\a, \\?\UNC\server\share as \\server\share; others
 * stay as they are.
 * scratch  Cleared, then holds what is returned. */
struct span spelling_from_final(struct span final, _Inout_ struct buffer *scratch);

enum asked_kind {
    ASKED_PATTERN, /* wildcards, or a name alone that is not in the current folder */
    ASKED_MISSING, /* nothing is there; files may be mapped by that name all the same */
    ASKED_CLOSED,  /* something is there that cannot be opened */
    ASKED_FILE,
    ASKED_FOLDER /* everything below it */
};

enum {
    ASKED_ERROR_CAPACITY = 160,
    /* Bytes of all globs in a request: the longest one fits, and there is room for other members. */
    ASKED_SIZE_MAX = 6 * REQUEST_PATH_LEN_MAX + 1024,
    ASKED_USERS_MAX = 64 * 1024 /* processes that use what was asked for */
};

/* One path of the command line. */
struct asked {
    enum asked_kind kind;
    struct span name;                 /* to be shown: final name, full path or pattern */
    size_t globs_index, globs_count;  /* in the list's globs */
    size_t users_index, users_count;  /* in the list's users */
    uint32_t users_status;            /* NTSTATUS of the question who uses it */
    char error[ASKED_ERROR_CAPACITY]; /* why it cannot be opened, terminated */
};

struct asked_list {
    struct asked items[REQUEST_PATHS_MAX];
    size_t count;
    struct span globs[REQUEST_PATHS_MAX]; /* the `path` of the request */
    size_t globs_count, globs_size;
    size_t globs_dropped; /* names for which the request has no room */
    struct buffer users;  /* uint32_t, process identifiers */
    struct store store;   /* the texts */
    bool failed;          /* no memory */
};

void asked_init(_Out_ struct asked_list *list);
void asked_release(_Inout_ struct asked_list *list);

/* Adds a path, whose globs and users are added next. At most REQUEST_PATHS_MAX.
 * name  Copied. */
struct asked *asked_add(_Inout_ struct asked_list *list, enum asked_kind kind, struct span name);

/* Adds a name of the path added last: as it is, or of a folder everything below it. */
void asked_add_glob(_Inout_ struct asked_list *list, struct span name);

/* Adds a process that uses the path added last. */
void asked_add_user(_Inout_ struct asked_list *list, uint32_t pid);

uint32_t asked_user(_In_ const struct asked_list *list, size_t index);

/* True when a mapping of this path, in either form, is of the item. */
bool asked_has_path(_In_ const struct asked_list *list, _In_ const struct asked *item,
                    struct span path, struct span device_path);

#endif
