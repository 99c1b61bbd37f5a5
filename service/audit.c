#include "service/audit.h"

/* When what is counted of this user is due. */
static uint64_t due_ms(const struct audit *audit, const struct audit_user *user)
{
    return user->is_reported ? user->reported_ms + audit->interval_ms : 0;
}

/* The place of the client's user. A new one gets a place that has nothing left to report and whose
 * interval is over; without such a place it is one of the others. */
static struct audit_user *find(struct audit *audit, const struct audit_client *client,
                               uint64_t now_ms)
{
    struct audit_user *place = &audit->users[AUDIT_USERS_MAX];

    for (size_t i = AUDIT_USERS_MAX; i-- > 0 && client->user.size > 0;) {
        struct audit_user *user = &audit->users[i];
        if (user->client.elevation == client->elevation &&
            sid_equal(&user->client.user, &client->user))
            return user;
        if (user->count == 0 && now_ms >= due_ms(audit, user))
            place = user; /* the first of them */
    }
    if (place != &audit->users[AUDIT_USERS_MAX])
        *place = (struct audit_user){0};
    return place;
}

void audit_add(struct audit *audit, const struct audit_client *client, uint64_t now_ms)
{
    struct audit_user *user = find(audit, client, now_ms);

    user->client = *client;
    if (user == &audit->users[AUDIT_USERS_MAX])
        user->client.user.size = 0;
    user->count++;
}

bool audit_next(struct audit *audit, uint64_t now_ms, struct audit_user *report)
{
    for (size_t i = 0; i <= AUDIT_USERS_MAX; i++) {
        struct audit_user *user = &audit->users[i];
        if (user->count == 0 || now_ms < due_ms(audit, user))
            continue;
        *report = *user;
        user->count = 0;
        user->reported_ms = now_ms;
        user->is_reported = true;
        return true;
    }
    return false;
}

uint64_t audit_due_ms(const struct audit *audit)
{
    uint64_t first_ms = UINT64_MAX;

    for (size_t i = 0; i <= AUDIT_USERS_MAX; i++) {
        const struct audit_user *user = &audit->users[i];
        if (user->count > 0 && due_ms(audit, user) < first_ms)
            first_ms = due_ms(audit, user);
    }
    return first_ms;
}
