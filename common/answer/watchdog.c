#include "common/answer/watchdog.h"

#include <string.h>

#include "common/base/assertion.h"

enum { ABANDONED = -1 };

_Static_assert((int)STAGE_HANDLES < (int)WATCH_STAGES, "a mark holds any stage");

/* --- one slice --- */

void watch_begin(struct watch *watch)
{
    const long state = atomic_get(&watch->state);

    ASSERT(state >= 0 && state % 2 == 0);
    watch->target = (struct watch_target){.pid = 0};
    watch_mark(watch, STAGE_SELECT);
    atomic_set(&watch->state, state < LONG_MAX - 2 ? state + 1 : 1);
}

bool watch_is_kept(struct watch *watch)
{
    return watch == NULL || atomic_get(&watch->state) != ABANDONED;
}

bool watch_end(struct watch *watch)
{
    if (watch == NULL)
        return true;
    const long state = atomic_get(&watch->state);
    return state != ABANDONED && atomic_swap(&watch->state, state, state + 1);
}

/* The thread may go on with the same process, but what it wrote before the mark stays. */
static struct watch_target read_target(const struct watch *watch, long mark)
{
    struct watch_target target = {.stage = (enum scan_stage)(mark % WATCH_STAGES)};

    if (target.stage == STAGE_SELECT)
        return target;
    target.pid = watch->target.pid;
    target.start_time = watch->target.start_time;
    if (target.stage != STAGE_OPEN)
        target.owner = watch->target.owner;
    return target;
}

static bool abandon(struct watch *watch, uint64_t now_ms, uint32_t query_ms,
                    struct watch_target *target)
{
    const long state = atomic_get(&watch->state);
    const long mark = atomic_get(&watch->mark);

    if (state == ABANDONED || state % 2 == 0)
        return false;
    if (watch->seen_mark != mark) { /* each slice begins with another */
        watch->seen_mark = mark;
        watch->seen_ms = now_ms;
    }
    if (now_ms - watch->seen_ms < query_ms || !atomic_swap(&watch->state, state, ABANDONED))
        return false;
    *target = read_target(watch, mark);
    return true;
}

/* --- all that hang --- */

void watchdog_init(struct watchdog *watchdog, uint64_t (*now_ms)(void))
{
    *watchdog = (struct watchdog){.now_ms = now_ms};
}

/* The hang of a process, or NULL. */
static struct watchdog_hang *find(struct watchdog *watchdog, uint32_t pid, uint64_t start_time)
{
    struct watchdog_hang *end = watchdog->hangs + atomic_get(&watchdog->count);

    for (struct watchdog_hang *hang = watchdog->hangs; hang < end; hang++)
        if (hang->target.pid == pid && hang->target.start_time == start_time)
            return hang;
    return NULL;
}

/* The place of a process: its own, a new one, else that of the process which holds no thread for the
 * longest time. NULL when each holds one. */
static struct watchdog_hang *remember(struct watchdog *watchdog, const struct watch_target *target)
{
    struct watchdog_hang *place = find(watchdog, target->pid, target->start_time);

    if (place != NULL) {
        if (place->lost_count == 0 || place->target.stage == STAGE_NAMES ||
            target->stage == STAGE_OPEN) /* a name counts for least, opening for most */
            place->target.stage = target->stage;
        if (target->owner.size > 0)
            place->target.owner = target->owner;
        return place;
    }
    if (atomic_get(&watchdog->count) < WATCHDOG_HANGS_MAX) {
        place = &watchdog->hangs[atomic_add(&watchdog->count, 1) - 1];
    } else {
        for (size_t i = 0; i < WATCHDOG_HANGS_MAX; i++) {
            struct watchdog_hang *hang = &watchdog->hangs[i];
            if (hang->lost_count == 0 && (place == NULL || hang->returned_ms < place->returned_ms))
                place = hang;
        }
    }
    if (place != NULL)
        *place = (struct watchdog_hang){.target = *target};
    return place;
}

bool watchdog_abandon(struct watchdog *watchdog, struct watch *watch, uint32_t query_ms,
                      struct watch_target *hung)
{
    lock_acquire(&watchdog->lock);
    const bool is_abandoned = abandon(watch, watchdog->now_ms(), query_ms, hung);
    if (is_abandoned && hung->stage != STAGE_SELECT) { /* that is about no process */
        struct watchdog_hang *hang = remember(watchdog, hung);
        if (hang != NULL)
            hang->lost_count++;
    }
    lock_release(&watchdog->lock);
    return is_abandoned;
}

enum scan_stage watchdog_on_slow(struct watchdog *watchdog, struct watch *watch)
{
    const struct watch_target target = read_target(watch, atomic_get(&watch->mark));

    lock_acquire(&watchdog->lock);
    struct watchdog_hang *hang = remember(watchdog, &target);
    if (hang != NULL) {
        hang->has_returned = true;
        hang->returned_ms = watchdog->now_ms();
    }
    lock_release(&watchdog->lock);
    return target.stage;
}

void watchdog_return(struct watchdog *watchdog, const struct watch_target *hung)
{
    if (hung->stage == STAGE_SELECT) /* it was not remembered */
        return;
    lock_acquire(&watchdog->lock);
    struct watchdog_hang *hang = find(watchdog, hung->pid, hung->start_time);
    if (hang != NULL && hang->lost_count > 0) {
        hang->lost_count--;
        hang->has_returned = true;
        hang->returned_ms = watchdog->now_ms();
    }
    lock_release(&watchdog->lock);
}

static bool is_user_account(const struct sid *sid)
{
    static const uint8_t service[] = {1, 1, 0, 0, 0, 0, 0, 5}; /* S-1-5-18, -19 and -20 */

    return sid->size != 0 &&
           !(sid->size == sizeof service + 4 && memcmp(sid->bytes, service, sizeof service) == 0);
}

/* Is the process not asked because of this hang? */
static bool is_skipped(const struct watchdog *watchdog, const struct watchdog_hang *hang)
{
    return hang->lost_count > 0 || watchdog->now_ms() - hang->returned_ms < WATCHDOG_SKIP_MS;
}

/* The threads that are lost to the processes of an owner, or count so, among the first `count` hangs.
 * `whoami`, which has no pid, and processes have nothing to do with each other.
 * owner   NULL: all.
 * unread  Only those whose query was not for a name. */
static unsigned count_lost(const struct watchdog *watchdog, size_t count, uint32_t pid,
                           const struct sid *owner, bool unread)
{
    unsigned lost = 0;

    for (size_t i = 0; i < count; i++) {
        const struct watchdog_hang *hang = &watchdog->hangs[i];
        const struct sid *other = &hang->target.owner;
        if ((pid == 0) == (hang->target.pid == 0) &&
            (owner == NULL || (other->size == owner->size &&
                               memcmp(other->bytes, owner->bytes, owner->size) == 0)) &&
            !(unread && hang->target.stage == STAGE_NAMES))
            lost += hang->lost_count > 0
                        ? hang->lost_count
                        : hang->has_returned && !unread && is_skipped(watchdog, hang);
    }
    return lost;
}

static unsigned least(unsigned lost)
{
    return lost < WATCHDOG_OWNER_LOST_MAX ? lost : WATCHDOG_OWNER_LOST_MAX;
}

/* Of all owners. Slices that run at once pass the check together, so of each owner only as many
 * count as the cap allows: no user can take the names of the others' processes away. */
static unsigned count_all(const struct watchdog *watchdog, bool unread)
{
    unsigned all = 0;

    for (size_t i = 0; i < WATCHDOG_HANGS_MAX; i++) {
        const struct watch_target *target = &watchdog->hangs[i].target;
        if (target->pid != 0)
            all += least(count_lost(watchdog, i + 1, target->pid, &target->owner, unread)) -
                   least(count_lost(watchdog, i, target->pid, &target->owner, unread));
    }
    return all;
}

/* By the threads that are lost already, whichever process it is. */
static enum scan_verdict check_caps(const struct watchdog *watchdog, uint32_t pid,
                                    const struct sid *owner)
{
    const bool is_user = is_user_account(owner);

    if (count_lost(watchdog, WATCHDOG_HANGS_MAX, pid, owner, true) > WATCHDOG_OWNER_LOST_MAX ||
        (is_user &&
         (count_all(watchdog, true) > WATCHDOG_LOST_MAX ||
          count_lost(watchdog, WATCHDOG_HANGS_MAX, pid, NULL, false) >= WATCHDOG_THREADS_MAX)))
        return SCAN_SKIP;
    if (count_lost(watchdog, WATCHDOG_HANGS_MAX, pid, owner, false) >= WATCHDOG_OWNER_LOST_MAX ||
        (is_user && count_all(watchdog, false) >= WATCHDOG_LOST_MAX))
        return SCAN_UNNAMED;
    return SCAN_ASK;
}

enum scan_verdict watchdog_check(void *context, uint32_t pid, uint64_t start_time,
                                 const struct sid *owner, enum scan_stage *stage)
{
    struct watchdog *watchdog = context;
    enum scan_verdict verdict = SCAN_ASK;

    if (atomic_get(&watchdog->count) == 0)
        return verdict;
    lock_acquire(&watchdog->lock);
    if (owner != NULL) {
        verdict = check_caps(watchdog, pid, owner);
        *stage = verdict == SCAN_UNNAMED ? STAGE_NAMES : STAGE_REGIONS;
    }
    const struct watchdog_hang *hang = find(watchdog, pid, start_time);
    if (hang != NULL && (owner != NULL || hang->target.stage == STAGE_OPEN) &&
        is_skipped(watchdog, hang)) {
        verdict = SCAN_SKIP;
        *stage = hang->target.stage;
    }
    lock_release(&watchdog->lock);
    return verdict;
}
