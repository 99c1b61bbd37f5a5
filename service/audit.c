#include "service/audit.h"

/* When what this user has left is due. */
static uint64_t due_ms(const struct audit *audit, const struct audit_user *user)
{
    return user->is_reported ? user->reported_ms + audit->interval_ms : 0;
}

static struct audit_user *find(struct audit *audit, const struct audit_client *client)
{
    for (size_t i = 0; i < audit->count; i++) {
        const struct audit_client *known = &audit->users[i].client;
        if (known->elevation == client->elevation && sid_equal(&known->user, &client->user))
            return &audit->users[i];
    }
    return NULL;
}

/* A place for a new user: a free one, or that of a user who has nothing left to report and whose
 * interval is over. NULL when there is none. */
static struct audit_user *find_place(struct audit *audit, uint64_t now_ms)
{
    if (audit->count < AUDIT_USERS_MAX)
        return &audit->users[audit->count++];
    for (size_t i = 0; i < AUDIT_USERS_MAX; i++) {
        if (audit->users[i].count == 0 && now_ms >= due_ms(audit, &audit->users[i]))
            return &audit->users[i];
    }
    return NULL;
}

void audit_add(struct audit *audit, const struct audit_client *client, uint64_t now_ms)
{
    struct audit_user *user = client->user.size > 0 ? find(audit, client) : NULL;

    if (user == NULL && client->user.size > 0 && (user = find_place(audit, now_ms)) != NULL)
        *user = (struct audit_user){0};
    const bool is_other = user == NULL;
    if (is_other)
        user = &audit->others;
    user->client = *client;
    if (is_other)
        user->client.user.size = 0;
    user->count++;
}

static bool take(const struct audit *audit, struct audit_user *user, uint64_t now_ms,
                 struct audit_user *report)
{
    if (user->count == 0 || now_ms < due_ms(audit, user))
        return false;
    *report = *user;
    user->count = 0;
    user->reported_ms = now_ms;
    user->is_reported = true;
    return true;
}

bool audit_next(struct audit *audit, uint64_t now_ms, struct audit_user *report)
{
    for (size_t i = 0; i < audit->count; i++) {
        if (take(audit, &audit->users[i], now_ms, report))
            return true;
    }
    return take(audit, &audit->others, now_ms, report);
}

uint64_t audit_due_ms(const struct audit *audit)
{
    uint64_t first_ms = UINT64_MAX;

    for (size_t i = 0; i <= audit->count; i++) {
        const struct audit_user *user = i < audit->count ? &audit->users[i] : &audit->others;
        if (user->count > 0 && due_ms(audit, user) < first_ms)
            first_ms = due_ms(audit, user);
    }
    return first_ms;
}
