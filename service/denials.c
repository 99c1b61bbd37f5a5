#include "service/denials.h"

#include <stddef.h>

static bool has_rested(const struct denials_user *user, uint64_t now_ms)
{
    return !user->is_reported || now_ms == UINT64_MAX ||
           (now_ms >= user->reported_ms && now_ms - user->reported_ms >= DENIALS_INTERVAL_MS);
}

static struct denials_user *find(struct denials *denials, const struct sid *user)
{
    for (size_t i = 0; i < denials->count; i++) {
        if (sid_equal(&denials->users[i].sid, user))
            return &denials->users[i];
    }
    return NULL;
}

/* A place for a new user: a free one, or that of a user who has nothing left to report and whose
 * minute is over. NULL when there is none. */
static struct denials_user *find_place(struct denials *denials, uint64_t now_ms)
{
    if (denials->count < DENIALS_USERS_MAX)
        return &denials->users[denials->count++];
    for (size_t i = 0; i < DENIALS_USERS_MAX; i++) {
        if (denials->users[i].count == 0 && has_rested(&denials->users[i], now_ms))
            return &denials->users[i];
    }
    return NULL;
}

void denials_add(struct denials *denials, const struct sid *user, uint64_t now_ms)
{
    struct denials_user *entry = &denials->others;

    if (user->size > 0) {
        struct denials_user *known = find(denials, user);
        if (known == NULL) {
            known = find_place(denials, now_ms);
            if (known != NULL)
                *known = (struct denials_user){.sid = *user};
        }
        if (known != NULL)
            entry = known;
    }
    entry->count++;
}

static bool take(struct denials_user *user, uint64_t now_ms, struct denials_user *report)
{
    if (user->count == 0 || !has_rested(user, now_ms))
        return false;
    *report = *user;
    user->count = 0;
    user->reported_ms = now_ms;
    user->is_reported = true;
    return true;
}

bool denials_next(struct denials *denials, uint64_t now_ms, struct denials_user *report)
{
    for (size_t i = 0; i < denials->count; i++) {
        if (take(&denials->users[i], now_ms, report))
            return true;
    }
    return take(&denials->others, now_ms, report);
}
