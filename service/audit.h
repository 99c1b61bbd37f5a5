/* When to report that a user asked for processes of others, or was denied: once at the first time,
 * then at most once per interval and user, with a count.
 *
 * What is counted becomes due when the interval has passed, also when nothing else happens:
 * audit_due_ms() says when to look. A user with two tokens, elevated and not, counts as two. When more
 * than AUDIT_USERS_MAX users are counted within an interval, the rest count together as others, so that
 * no flood causes more than AUDIT_USERS_MAX + 1 events per interval. */
#ifndef SERVICE_AUDIT_H
#define SERVICE_AUDIT_H

#include "common/proto/caller.h"

enum {
    AUDIT_USERS_MAX = 64,
    AUDIT_DENIALS_MS = 60 * 1000,
    AUDIT_QUERIES_MS = 15 * 60 * 1000,
    AUDIT_IMAGE_CAPACITY = 256
};

struct audit_client {
    struct sid user; /* size 0: others, and those whose user is unknown */
    enum caller_elevation elevation;
    uint32_t pid;                     /* of the client's process; 0: unknown */
    char image[AUDIT_IMAGE_CAPACITY]; /* file name of its program, UTF-8; "": unknown */
};

struct audit_user {
    struct audit_client client; /* the last one counted */
    uint64_t count;             /* not yet reported */
    uint64_t reported_ms;       /* when the last were reported */
    bool is_reported;           /* at least once */
};

/* Begins as all zero but for the interval. */
struct audit {
    uint64_t interval_ms;
    struct audit_user users[AUDIT_USERS_MAX + 1]; /* the last place is that of the others */
};

/* Counts once. now_ms: a steady clock, the same everywhere below. */
void audit_add(struct audit *audit, const struct audit_client *client, uint64_t now_ms);

/* Takes the next report that is due; call it until it returns false.
 * now_ms  UINT64_MAX: everything left is due.
 * report  Client and count, 1 or more, when one is due; else untouched. */
NODISCARD bool audit_next(struct audit *audit, uint64_t now_ms, struct audit_user *report);

/* When the next report is due, perhaps in the past; UINT64_MAX: nothing is left to report. */
uint64_t audit_due_ms(_In_ const struct audit *audit);

#endif
