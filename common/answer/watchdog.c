#include "common/answer/watchdog.h"

#include <limits.h>
#include <string.h>

#include "common/base/assertion.h"

enum { ABANDONED = -1, STAGE_BITS = 4 };

_Static_assert((int)STAGE_HANDLES < 1 << STAGE_BITS, "a mark holds any stage");

/* --- the watch --- */

void watch_begin(struct watch *watch)
{
    const long state = atomic_get(&watch->state);

    ASSERT(state >= 0 && state % 2 == 0);
    watch->target = (struct watch_target){.pid = 0};
    watch_mark(watch, STAGE_SELECT);
    atomic_set(&watch->state, state < LONG_MAX - 2 ? state + 1 : 1);
}

void watch_mark(struct watch *watch, enum scan_stage stage)
{
    watch->marks = (watch->marks + 1) % (LONG_MAX >> STAGE_BITS);
    atomic_set(&watch->mark, (long)(watch->marks << STAGE_BITS | (unsigned long)stage));
}

void watch_process(struct watch *watch, uint32_t pid, uint64_t start_time)
{
    watch->target.pid = pid;
    watch->target.start_time = start_time;
}

void watch_owner(struct watch *watch, const struct sid *owner)
{
    watch->target.owner = *owner;
}

bool watch_is_kept(struct watch *watch)
{
    return atomic_get(&watch->state) != ABANDONED;
}

bool watch_end(struct watch *watch)
{
    const long state = atomic_get(&watch->state);

    return state != ABANDONED && atomic_swap(&watch->state, state, state + 1);
}

bool watch_abandon(struct watch *watch, uint64_t now_ms, uint32_t query_ms,
                   struct watch_target *target)
{
    const long state = atomic_get(&watch->state);
    const long mark = atomic_get(&watch->mark);

    if (state == ABANDONED || state % 2 == 0) {
        watch->is_seen = false;
        return false;
    }
    if (!watch->is_seen || watch->seen_mark != mark) {
        watch->is_seen = true;
        watch->seen_mark = mark;
        watch->seen_ms = now_ms;
    }
    if (now_ms - watch->seen_ms < query_ms || !atomic_swap(&watch->state, state, ABANDONED))
        return false;
    /* The thread may go on with the same process, but what it wrote before the mark stays. */
    *target = (struct watch_target){.stage = (enum scan_stage)(mark & ((1 << STAGE_BITS) - 1))};
    if (target->stage == STAGE_SELECT)
        return true;
    target->pid = watch->target.pid;
    target->start_time = watch->target.start_time;
    if (target->stage != STAGE_OPEN)
        target->owner = watch->target.owner;
    return true;
}

/* --- what hung --- */

void watchdog_init(struct watchdog *watchdog, const struct statistics_lock *lock)
{
    memset(watchdog, 0, sizeof *watchdog);
    watchdog->lock = lock;
}

static void acquire(struct watchdog *watchdog)
{
    if (watchdog->lock != NULL)
        watchdog->lock->acquire(watchdog->lock->context);
}

static void release(struct watchdog *watchdog)
{
    if (watchdog->lock != NULL)
        watchdog->lock->release(watchdog->lock->context);
}

static struct watchdog_hang *find(struct watchdog *watchdog, uint32_t pid, uint64_t start_time)
{
    for (size_t i = 0; i < WATCHDOG_HANGS_MAX; i++) {
        struct watchdog_hang *hang = &watchdog->hangs[i];

        if (hang->is_used && hang->target.pid == pid && hang->target.start_time == start_time)
            return hang;
    }
    return NULL;
}

/* Returns a free place, or that of the process which holds no thread for the longest time; NULL when
 * each holds one. */
static struct watchdog_hang *find_place(struct watchdog *watchdog)
{
    struct watchdog_hang *best = NULL;

    for (size_t i = 0; i < WATCHDOG_HANGS_MAX; i++) {
        struct watchdog_hang *hang = &watchdog->hangs[i];

        if (!hang->is_used)
            return hang;
        if (hang->lost_count == 0 && (best == NULL || hang->returned_ms < best->returned_ms))
            best = hang;
    }
    return best;
}

void watchdog_lose(struct watchdog *watchdog, const struct watch_target *target)
{
    if (target->stage == STAGE_SELECT)
        return; /* about no process */
    acquire(watchdog);
    struct watchdog_hang *hang = find(watchdog, target->pid, target->start_time);
    if (hang == NULL && (hang = find_place(watchdog)) != NULL) {
        if (!hang->is_used)
            (void)atomic_add(&watchdog->used_count, 1);
        *hang = (struct watchdog_hang){.target = *target, .is_used = true};
    }
    if (hang != NULL)
        hang->lost_count++;
    release(watchdog);
}

void watchdog_return(struct watchdog *watchdog, const struct watch_target *target, uint64_t now_ms)
{
    acquire(watchdog);
    struct watchdog_hang *hang = find(watchdog, target->pid, target->start_time);
    if (hang != NULL && hang->lost_count > 0) {
        hang->lost_count--;
        hang->returned_ms = now_ms;
    }
    release(watchdog);
}

static void forget_old(struct watchdog *watchdog, uint64_t now_ms)
{
    for (size_t i = 0; i < WATCHDOG_HANGS_MAX; i++) {
        struct watchdog_hang *hang = &watchdog->hangs[i];

        if (hang->is_used && hang->lost_count == 0 && now_ms >= hang->returned_ms &&
            now_ms - hang->returned_ms >= WATCHDOG_SKIP_MS) {
            hang->is_used = false;
            (void)atomic_add(&watchdog->used_count, -1);
        }
    }
}

static bool is_same_owner(const struct sid *a, const struct sid *b)
{
    return sid_equal(a, b) || (a->size == 0 && b->size == 0);
}

static bool is_user_account(const struct sid *sid)
{
    static const uint8_t service[] = {1, 1, 0, 0, 0, 0, 0, 5}; /* S-1-5-18, -19 and -20 */

    return sid->size != 0 &&
           !(sid->size == sizeof service + 4 && memcmp(sid->bytes, service, sizeof service) == 0);
}

/* By what hangs already, whichever process it is. */
static enum watchdog_verdict check_caps(const struct watchdog *watchdog, const struct sid *owner)
{
    unsigned all = 0, all_unread = 0, own = 0, own_unread = 0;

    for (size_t i = 0; i < WATCHDOG_HANGS_MAX; i++) {
        const struct watchdog_hang *hang = &watchdog->hangs[i];
        const bool is_own = is_same_owner(&hang->target.owner, owner);
        const bool is_unread = hang->target.stage != STAGE_NAMES;

        if (!hang->is_used || hang->lost_count == 0)
            continue;
        all++;
        all_unread += is_unread;
        own += is_own;
        own_unread += is_own && is_unread;
    }
    const bool is_user = is_user_account(owner);
    if (own_unread >= WATCHDOG_OWNER_LOST_MAX || (is_user && all_unread >= WATCHDOG_LOST_MAX))
        return WATCHDOG_SKIP;
    if (own >= WATCHDOG_OWNER_LOST_MAX || (is_user && all >= WATCHDOG_LOST_MAX))
        return WATCHDOG_UNNAMED;
    return WATCHDOG_ASK;
}

enum watchdog_verdict watchdog_check(struct watchdog *watchdog, uint32_t pid, uint64_t start_time,
                                     const struct sid *owner, uint64_t now_ms,
                                     enum scan_stage *stage)
{
    enum watchdog_verdict verdict = WATCHDOG_ASK;

    if (atomic_get(&watchdog->used_count) == 0)
        return verdict;
    acquire(watchdog);
    forget_old(watchdog, now_ms);
    const struct watchdog_hang *hang = find(watchdog, pid, start_time);
    if (hang != NULL && (owner != NULL || hang->target.stage == STAGE_OPEN)) {
        verdict = WATCHDOG_SKIP;
        *stage = hang->target.stage;
    } else if (owner != NULL) {
        verdict = check_caps(watchdog, owner);
        *stage = verdict == WATCHDOG_UNNAMED ? STAGE_NAMES : STAGE_REGIONS;
    }
    release(watchdog);
    return verdict;
}
