/* The rows of a reply as one row for each process that has what was asked for:
 *
 *     {"type":"user","pid":7,"process":"a.exe","kind":"image,open","path":"C:\\a.dll",
 *      "protection":null,"owner":"S-1-5-18","services":["A"]}
 *
 * Shown, never written. Kept in memory, with the bounds of store.h.
 */
#ifndef CLIENT_ROWS_USERS_H
#define CLIENT_ROWS_USERS_H

#include "client/rows/store.h"

enum { USER_KINDS_MAX = 4 };

struct user {
    uint32_t pid;
    struct span start, name, protection, owner, services; /* in the store */
    struct span kinds[USER_KINDS_MAX]; /* distinct ones, in the order of coming */
    struct span path;                  /* the first one */
    uint64_t others;                   /* rows with another path than the first */
};

struct users {
    struct buffer items; /* struct user */
    size_t count;
    struct store store; /* the texts */
};

void users_init(_Out_ struct users *users);
void users_release(_Inout_ struct users *users);

/* Keeps what a ROW_PROCESS, or a ROW_MAP or ROW_OPEN of the process before it, says; ignores other
 * rows. Returns false at a bound of the store or without memory. */
NODISCARD bool users_add(_Inout_ struct users *users, _In_ const struct row *row);

/* Makes `row` the ROW_USER of a process. index  Below users->count, in the order of coming. */
void users_row(_In_ const struct users *users, size_t index, _Inout_ struct row *row);

/* True when `users` has the process of `other` at this index: the same pid and start. */
bool users_has(_In_ const struct users *users, _In_ const struct users *other, size_t index);

#endif
