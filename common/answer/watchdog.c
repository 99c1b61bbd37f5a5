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
    /* The thread may go on with the same process, but what it wrote before the mark stays. */
    *target = (struct watch_target){.stage = (enum scan_stage)(mark % WATCH_STAGES)};
    if (target->stage == STAGE_SELECT)
        return true;
    target->pid = watch->target.pid;
    target->start_time = watch->target.start_time;
    if (target->stage != STAGE_OPEN)
        target->owner = watch->target.owner;
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

/* A new place, else that of the process which holds no thread for the longest time; NULL when each
 * holds one. */
static struct watchdog_hang *find_place(struct watchdog *watchdog)
{
    struct watchdog_hang *best = NULL;

    if (atomic_get(&watchdog->count) < WATCHDOG_HANGS_MAX)
        return &watchdog->hangs[atomic_add(&watchdog->count, 1) - 1];
    for (size_t i = 0; i < WATCHDOG_HANGS_MAX; i++) {
        struct watchdog_hang *hang = &watchdog->hangs[i];

        if (hang->lost_count == 0 && (best == NULL || hang->returned_ms < best->returned_ms))
            best = hang;
    }
    return best;
}

bool watchdog_abandon(struct watchdog *watchdog, struct watch *watch, uint32_t query_ms,
                      struct watch_target *hung)
{
    lock_acquire(&watchdog->lock);
    const bool is_abandoned = abandon(watch, watchdog->now_ms(), query_ms, hung);
    if (is_abandoned && hung->stage != STAGE_SELECT) { /* that is about no process */
        struct watchdog_hang *hang = find(watchdog, hung->pid, hung->start_time);
        if (hang == NULL)
            hang = find_place(watchdog);
        if (hang != NULL) {
            hang->target = *hung;
            hang->lost_count++;
        }
    }
    lock_release(&watchdog->lock);
    return is_abandoned;
}

void watchdog_return(struct watchdog *watchdog, const struct watch_target *hung)
{
    if (hung->stage == STAGE_SELECT) /* it was not remembered */
        return;
    lock_acquire(&watchdog->lock);
    struct watchdog_hang *hang = find(watchdog, hung->pid, hung->start_time);
    if (hang != NULL && hang->lost_count > 0) {
        hang->lost_count--;
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

/* By the threads that are lost already, whichever process it is. */
static enum scan_verdict check_caps(const struct watchdog *watchdog, const struct sid *owner)
{
    unsigned all = 0, all_unread = 0, own = 0, own_unread = 0;

    for (size_t i = 0; i < WATCHDOG_HANGS_MAX; i++) {
        const struct watchdog_hang *hang = &watchdog->hangs[i];
        const unsigned unread = hang->target.stage != STAGE_NAMES ? hang->lost_count : 0;
        const bool is_own = sid_equal(&hang->target.owner, owner) ||
                            (owner->size == 0 && hang->target.owner.size == 0);

        all += hang->lost_count;
        all_unread += unread;
        own += is_own ? hang->lost_count : 0;
        own_unread += is_own ? unread : 0;
    }
    const bool is_user = is_user_account(owner);
    if (own_unread > WATCHDOG_OWNER_LOST_MAX || (is_user && all_unread > WATCHDOG_LOST_MAX))
        return SCAN_SKIP;
    if (own >= WATCHDOG_OWNER_LOST_MAX || (is_user && all >= WATCHDOG_LOST_MAX))
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
        verdict = check_caps(watchdog, owner);
        *stage = verdict == SCAN_UNNAMED ? STAGE_NAMES : STAGE_REGIONS;
    }
    const struct watchdog_hang *hang = find(watchdog, pid, start_time);
    if (hang != NULL && (owner != NULL || hang->target.stage == STAGE_OPEN) &&
        (hang->lost_count > 0 || watchdog->now_ms() - hang->returned_ms < WATCHDOG_SKIP_MS)) {
        verdict = SCAN_SKIP;
        *stage = hang->target.stage;
    }
    lock_release(&watchdog->lock);
    return verdict;
}
