#include "common/scan/slice_watch.h"

#include <limits.h>

#include "common/base/assertion.h"

enum { ABANDONED = -1, STAGE_BITS = 4 };

_Static_assert((int)STAGE_HANDLES < 1 << STAGE_BITS, "a mark holds any stage");

const char *scan_stage_name(enum scan_stage stage)
{
    static const char *const names[] = {"select",  "open",    "regions",   "names",  "pages",
                                        "address", "drivers", "directory", "handles"};
    return names[stage];
}

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
    if (watch == NULL)
        return;
    watch->marks = (watch->marks + 1) % (LONG_MAX >> STAGE_BITS);
    atomic_set(&watch->mark, (long)(watch->marks << STAGE_BITS | (unsigned long)stage));
}

void watch_process(struct watch *watch, uint32_t pid, uint64_t start_time)
{
    if (watch == NULL)
        return;
    watch->target.pid = pid;
    watch->target.start_time = start_time;
}

void watch_owner(struct watch *watch, const struct sid *owner)
{
    if (watch != NULL)
        watch->target.owner = *owner;
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
