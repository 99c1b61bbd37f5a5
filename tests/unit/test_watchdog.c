/* When a slice is abandoned, what is not asked afterwards, and that nothing but the process that hung
 * is missing from an answer. */
#include "common/answer/watchdog.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/rows/reply_stream.h"
#include "tests/rows/small_machine.h"
#include "tests/test.h"

static uint64_t now_ms;

static uint64_t clock_ms(void)
{
    return now_ms;
}

static struct watchdog *watchdog_new(void)
{
    static struct watchdog watchdog;

    now_ms = 0;
    watchdog_init(&watchdog, clock_ms);
    return &watchdog;
}

/* --- the watch --- */

static void watch_abandons_what_hangs(struct test *t)
{
    enum { BEGIN = 'b', MARK = 'm', END = 'e' };
    static const struct {
        const char *what;
        const char *steps; /* one each WATCHDOG_INTERVAL_MS, then the observer looks; ' ': none */
        int abandoned;     /* in which step, 0 is the first; -1: never */
        enum scan_stage stage;
    } rows[] = {
        {"idle", "           ", -1, STAGE_SELECT},
        {"hangs", "b          ", 8, STAGE_SELECT},
        {"hangs later", "bmmmm          ", 12, STAGE_NAMES},
        {"a query each time", "bmmmmmmmmmmmmme", -1, STAGE_NAMES},
        {"nearly", "bm       me     ", -1, STAGE_NAMES},
        {"once more", "bm       e       bm       e", -1, STAGE_NAMES},
        {"idle does not count", "be         bm        ", 20, STAGE_NAMES},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct watchdog *watchdog = watchdog_new();
        struct watch watch = {.seen_ms = 0};
        struct watch_target target = {.pid = 0};
        const struct sid owner = small_machine_sid(7);
        int abandoned = -1;
        TEST_ROW(t, "%s", rows[i].what);
        for (int step = 0; abandoned < 0 && rows[i].steps[step] != '\0'; step++) {
            now_ms = 1000 + (uint64_t)step * WATCHDOG_INTERVAL_MS;
            switch (rows[i].steps[step]) {
            case BEGIN:
                watch_begin(&watch);
                watch.target = (struct watch_target){.pid = 100, .start_time = 5, .owner = owner};
                break;
            case MARK:
                watch_mark(&watch, STAGE_NAMES);
                break;
            case END:
                CHECK(t, watch_end(&watch));
                break;
            }
            if (watchdog_abandon(watchdog, &watch, WATCHDOG_QUERY_MS, &target))
                abandoned = step;
        }
        CHECK_INT(t, rows[i].abandoned, abandoned);
        CHECK_INT(t, abandoned < 0, watch_is_kept(&watch));
        if (abandoned < 0)
            continue;
        CHECK(t, !watch_end(&watch));
        CHECK(t, !watchdog_abandon(watchdog, &watch, 0, &target)); /* only once */
        CHECK_INT(t, rows[i].stage, target.stage);
        CHECK_INT(t, target.stage == STAGE_SELECT ? 0 : 100, target.pid);
    }
}

/* A stop waits for nothing; and what was not opened has no owner. */
static void watch_abandons_at_once(struct test *t)
{
    struct watchdog *watchdog = watchdog_new();
    struct watch watch = {.seen_ms = 0};
    struct watch_target target;
    CHECK(t, !watchdog_abandon(watchdog, &watch, 0, &target)); /* no slice */
    watch_begin(&watch);
    watch.target = (struct watch_target){.pid = 100, .start_time = 5};
    watch_mark(&watch, STAGE_OPEN);
    CHECK(t, watchdog_abandon(watchdog, &watch, 0, &target));
    CHECK_INT(t, STAGE_OPEN, target.stage);
    CHECK_INT(t, 100, target.pid);
    CHECK_INT(t, 5, target.start_time);
    CHECK_INT(t, 0, target.owner.size);
}

/* --- what is not asked --- */

static struct sid service_sid(uint8_t rid)
{
    const uint8_t bytes[] = {1, 1, 0, 0, 0, 0, 0, 5, rid, 0, 0, 0};
    struct sid sid = {.size = sizeof bytes};

    memcpy(sid.bytes, bytes, sizeof bytes);
    return sid;
}

static struct watch_target target_of(uint32_t pid, struct sid owner, enum scan_stage stage)
{
    return (struct watch_target){
        .pid = pid, .start_time = 1000 + pid, .owner = owner, .stage = stage};
}

/* A thread is lost to a query. */
static void lose(struct watchdog *watchdog, const struct watch_target *target)
{
    struct watch watch = {.seen_ms = 0};
    struct watch_target hung;

    watch_begin(&watch);
    watch.target = *target;
    watch_mark(&watch, target->stage);
    if (!watchdog_abandon(watchdog, &watch, 0, &hung) || hung.stage != target->stage)
        abort();
}

static void return_at(struct watchdog *watchdog, const struct watch_target *target, uint64_t ms)
{
    now_ms = ms;
    watchdog_return(watchdog, target);
}

static enum scan_verdict verdict_of(struct watchdog *watchdog, uint32_t pid, struct sid owner,
                                    uint64_t ms)
{
    enum scan_stage stage;

    now_ms = ms;
    return watchdog_check(watchdog, pid, 1000 + pid, &owner, &stage);
}

static void watchdog_skips_while_lost_and_a_minute(struct test *t)
{
    struct watchdog *watchdog = watchdog_new();
    const struct sid user = small_machine_sid(1);
    const struct watch_target target = target_of(100, user, STAGE_NAMES);
    enum scan_stage stage = STAGE_SELECT;
    CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 100, user, 0));
    lose(watchdog, &target);
    CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 200, user, 0));
    lose(watchdog, &target); /* one process, and two threads of its owner */
    CHECK_INT(t, SCAN_UNNAMED, verdict_of(watchdog, 200, user, 0));
    CHECK_INT(t, SCAN_SKIP, verdict_of(watchdog, 100, user, 1u << 30));
    /* opening it did not hang, and its pid may be another process */
    CHECK_INT(t, SCAN_ASK, watchdog_check(watchdog, 100, 1100, NULL, &stage));
    CHECK_INT(t, SCAN_UNNAMED, watchdog_check(watchdog, 100, 1101, &user, &stage));
    CHECK_INT(t, SCAN_SKIP, watchdog_check(watchdog, 100, 1100, &user, &stage));
    CHECK_INT(t, STAGE_NAMES, stage);
    return_at(watchdog, &target, 1000);
    CHECK_INT(t, SCAN_SKIP, verdict_of(watchdog, 100, user, 1000 + 2 * WATCHDOG_SKIP_MS));
    CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 200, user, 1000));
    return_at(watchdog, &target, 5000);
    CHECK_INT(t, SCAN_SKIP, verdict_of(watchdog, 100, user, 5000 + WATCHDOG_SKIP_MS - 1));
    CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 100, user, 5000 + WATCHDOG_SKIP_MS));

    const struct watch_target unopened = target_of(300, (struct sid){.size = 0}, STAGE_OPEN);
    lose(watchdog, &unopened);
    CHECK_INT(t, SCAN_SKIP, watchdog_check(watchdog, 300, 1300, NULL, &stage));
    CHECK_INT(t, STAGE_OPEN, stage);
    const struct watch_target list = {.stage = STAGE_SELECT};
    lose(watchdog, &list); /* about no process */
    CHECK_INT(t, SCAN_ASK, watchdog_check(watchdog, 0, 0, NULL, &stage));
    const struct sid no_owner = {.size = 0};
    now_ms = 5; /* just after the start of the machine */
    CHECK_INT(t, SCAN_ASK, watchdog_check(watchdog, 0, 0, &no_owner, &stage));
    const struct watch_target whoami = {.stage = STAGE_OPEN}; /* no process either */
    lose(watchdog, &whoami);
    return_at(watchdog, &list, 10); /* which was never remembered */
    now_ms = 10 + WATCHDOG_SKIP_MS;
    CHECK_INT(t, SCAN_SKIP, watchdog_check(watchdog, 0, 0, NULL, &stage));
    return_at(watchdog, &whoami, now_ms);
    now_ms += WATCHDOG_SKIP_MS;
    CHECK_INT(t, SCAN_ASK, watchdog_check(watchdog, 0, 0, NULL, &stage));
}

/* A user makes one process after the other hang: no more than two threads are lost; then others do
 * the same, and no more than eight are. The services of Windows are still named. */
static void watchdog_has_caps(struct test *t)
{
    enum { USERS = 12, PROCESSES = 20, ROUNDS = 3 };
    struct watchdog *watchdog = watchdog_new();
    unsigned lost = 0;
    uint32_t pid = 1000;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned user = 0; user < USERS; user++) {
            const struct sid sid = small_machine_sid((uint8_t)user);
            unsigned lost_of_user = 0;
            TEST_ROW(t, "round %u user %u", round, user);
            for (unsigned i = 0; i < PROCESSES; i++) {
                const struct watch_target target = target_of(pid, sid, STAGE_NAMES);
                if (verdict_of(watchdog, pid++, sid, 0) != SCAN_ASK)
                    continue;
                lose(watchdog, &target);
                lost_of_user++;
            }
            lost += lost_of_user;
            CHECK(t, lost_of_user <= WATCHDOG_OWNER_LOST_MAX);
            CHECK_INT(t, SCAN_UNNAMED, verdict_of(watchdog, pid, sid, 0));
        }
        CHECK_INT(t, WATCHDOG_LOST_MAX, lost);
    }
    for (uint8_t rid = 18; rid <= 20; rid++)
        CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 4, service_sid(rid), 0));
    CHECK_INT(t, SCAN_UNNAMED, verdict_of(watchdog, 4, small_machine_sid(99), 0));
    /* one returns: one more may be lost, after a minute of the process itself */
    const struct watch_target first = watchdog->hangs[0].target;
    return_at(watchdog, &first, 0);
    CHECK_INT(t, SCAN_UNNAMED,
              verdict_of(watchdog, 5, small_machine_sid(99), WATCHDOG_SKIP_MS - 1));
    CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 5, small_machine_sid(99), WATCHDOG_SKIP_MS));
}

/* Who lets each query return soon after its thread was given up gets no further for it: a process whose
 * queries have returned counts as one thread for its minute. */
static void watchdog_caps_those_who_let_go(struct test *t)
{
    enum { PROCESSES = 20 };
    struct watchdog *watchdog = watchdog_new();
    const struct sid user = small_machine_sid(1);
    unsigned lost = 0;

    for (uint32_t pid = 1000; pid < 1000 + PROCESSES; pid++) {
        const struct watch_target target = target_of(pid, user, STAGE_NAMES);
        if (verdict_of(watchdog, pid, user, 500) != SCAN_ASK)
            continue;
        lose(watchdog, &target);
        return_at(watchdog, &target, 500);
        lost++;
    }
    CHECK_INT(t, WATCHDOG_OWNER_LOST_MAX, lost);
    CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 5, small_machine_sid(2), 500));
    CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 5, user, 500 + WATCHDOG_SKIP_MS));
}

/* Slices that run at once pass the check together: what one user loses so does not count against
 * others, and a name of a user that hangs holds up no scan. */
static void watchdog_caps_count_two_of_a_user(struct test *t)
{
    static const enum scan_stage stages[] = {STAGE_NAMES, STAGE_REGIONS};
    const struct sid user = small_machine_sid(1), other = small_machine_sid(2);
    const struct sid unknown = {.size = 0};
    const struct watch_target whoami = {.stage = STAGE_OPEN};
    for (size_t i = 0; i < TEST_COUNT(stages); i++) {
        struct watchdog *watchdog = watchdog_new();
        TEST_ROW(t, "stage %zu", i);
        for (uint32_t pid = 100; pid < 100 + 2 * WATCHDOG_LOST_MAX; pid++) {
            const struct watch_target target = target_of(pid, user, stages[i]);
            lose(watchdog, &target);
            lose(watchdog, &whoami);
        }
        CHECK_INT(t, stages[i] == STAGE_NAMES ? SCAN_UNNAMED : SCAN_SKIP,
                  verdict_of(watchdog, 5, user, 0));
        CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 5, other, 0));
        CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 5, unknown, 0));
    }
}

/* However many users share in it: the threads that hang are bounded. */
static void watchdog_caps_all_threads(struct test *t)
{
    struct watchdog *watchdog = watchdog_new();
    for (uint8_t user = 1; user <= 2; user++) {
        const struct watch_target target = target_of(user, small_machine_sid(user), STAGE_NAMES);
        CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 500, small_machine_sid(99), 0));
        for (int i = 0; i < WATCHDOG_THREADS_MAX / 2; i++)
            lose(watchdog, &target);
    }
    CHECK_INT(t, SCAN_SKIP, verdict_of(watchdog, 500, small_machine_sid(99), 0));
    CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 500, service_sid(18), 0));
}

/* Whatever query hung, its owner's processes are listed without names; only when that was no cure they
 * are not read at all. */
static void watchdog_caps_every_query(struct test *t)
{
    static const enum scan_stage stages[] = {STAGE_REGIONS, STAGE_PAGES, STAGE_DRIVERS};
    const struct sid user = small_machine_sid(1);
    for (size_t i = 0; i < TEST_COUNT(stages); i++) {
        struct watchdog *watchdog = watchdog_new();
        TEST_ROW(t, "stage %zu", i);
        for (uint32_t pid = 1; pid <= WATCHDOG_OWNER_LOST_MAX + 1; pid++) {
            const struct watch_target target = target_of(pid, user, stages[i]);
            CHECK_INT(t, pid <= WATCHDOG_OWNER_LOST_MAX ? SCAN_ASK : SCAN_UNNAMED,
                      verdict_of(watchdog, 100, user, 0));
            lose(watchdog, &target);
        }
        CHECK_INT(t, SCAN_SKIP, verdict_of(watchdog, 100, user, 0));
        CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 100, small_machine_sid(2), 0));
    }
}

/* Bounded, and the oldest that holds no thread is forgotten first. */
static void watchdog_remembers_a_bounded_number(struct test *t)
{
    struct watchdog *watchdog = watchdog_new();
    const struct sid user = small_machine_sid(1);
    for (uint32_t pid = 1; pid <= 2 * WATCHDOG_HANGS_MAX; pid++) {
        const struct watch_target target = target_of(pid, user, STAGE_NAMES);
        lose(watchdog, &target);
        if (pid <= WATCHDOG_HANGS_MAX)
            return_at(watchdog, &target, pid);
    }
    CHECK_INT(t, WATCHDOG_HANGS_MAX, atomic_get(&watchdog->count));
    CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 1, service_sid(18), 200)); /* it was forgotten */
    CHECK_INT(t, SCAN_SKIP, verdict_of(watchdog, WATCHDOG_HANGS_MAX + 1, service_sid(18), 200));
    const struct watch_target late = target_of(3 * WATCHDOG_HANGS_MAX, user, STAGE_NAMES);
    lose(watchdog, &late); /* each place is taken: nothing breaks */
    watchdog_return(watchdog, &late);
}

/* --- answers --- */

/* The observer, played by the platform: it abandons the slice during one call. */
struct player {
    struct watchdog *watchdog;
    struct watch *watch;
    enum virtual_call call;
    uint64_t at; /* the k-th of that kind */
    uint64_t seen;
    bool is_abandoned;
    struct watch_target target;
    uint64_t *clock_us, slow_us; /* instead, this and each that follows takes so long; 0: no */
};

static void on_call(struct virtual_platform *virtual_, enum virtual_call call)
{
    struct player *player = virtual_->distort_context;

    if (player->slow_us > 0)
        *player->clock_us +=
            call == player->call && ++player->seen >= player->at ? player->slow_us : 0;
    else if (call == player->call && ++player->seen == player->at)
        player->is_abandoned =
            watchdog_abandon(player->watchdog, player->watch, 0, &player->target);
}

struct play {
    struct small_machine machine;
    struct watchdog *watchdog;
    struct player player;
    struct buffer out;
    uint64_t marks, slices;
    uint64_t slow_us; /* of calls, if they are not to be abandoned */
    unsigned abandoned_count;
};

/* Answers as a server does. */
static void play(struct test *t, struct play *play, const char *line, uint32_t rights,
                 enum virtual_call call, uint64_t at)
{
    const struct grant grant = {
        .rights = rights, .caller = small_machine_caller(rights), .reason = "Because."};
    struct watch watches[2] = {{.seen_ms = 0}, {.seen_ms = 0}};
    play->player = (struct player){.watchdog = play->watchdog,
                                   .watch = watches,
                                   .call = call,
                                   .at = at,
                                   .clock_us = &play->machine.clock_us,
                                   .slow_us = play->slow_us};
    play->abandoned_count = 0;
    play->slices = 0;
    buffer_clear(&play->out);
    struct answer *answer = answer_create(&play->machine.context, &grant, span_from_string(line));
    if (answer == NULL)
        abort();
    while (!answer_is_over(answer)) {
        struct watch *watch = &watches[play->abandoned_count];
        play->slices++;
        if (answer_run(answer, watch, UINT64_MAX, OUTPUT_SIZE)) {
            CHECK(t, answer_take(answer, &play->out));
            continue;
        }
        play->abandoned_count++;
        if (!answer_resume(answer, &play->player.target))
            abort();
    }
    CHECK(t, answer_take(answer, &play->out));
    play->marks = (unsigned long)(atomic_get(&watches[0].mark) / WATCH_STAGES +
                                  atomic_get(&watches[1].mark) / WATCH_STAGES);
    answer_destroy(answer);
}

static struct play *play_open(void)
{
    static struct play play;

    small_machine_init(&play.machine);
    play.watchdog = watchdog_new();
    play.slow_us = 0;
    play.machine.context.watchdog = play.watchdog;
    play.machine.virtual_.on_call = on_call;
    play.machine.virtual_.distort_context = &play.player;
    buffer_init(&play.out, 4 * OUTPUT_ROW_SIZE_MAX);
    return &play;
}

static void play_close(struct test *t, struct play *play)
{
    CHECK_INT(t, 0, play->machine.virtual_.open_count);
    buffer_release(&play->out);
}

static size_t count_texts(struct span lines, const char *text)
{
    size_t count = 0;

    for (size_t i = 0; i + strlen(text) <= lines.size; i++)
        count += memcmp(lines.data + i, text, strlen(text)) == 0;
    return count;
}

static const char maps_all[] = "{\"op\":\"maps\",\"all\":true,\"detail\":\"pages\",\"debug\":true}";

static void answer_goes_on_after_the_process_that_hung(struct test *t)
{
    enum { FULL_VIEWS = 512 }; /* whose lines fill the output */
    static const struct {
        enum virtual_call call;
        uint64_t at;
        uint64_t rows;  /* of `end` */
        uint64_t views; /* map rows */
        const char *error;
    } rows[] = {
        /* the first process with names is 100 with three of them, then 200 */
        {VIRTUAL_NAME, 1, 3 + 2 + SMALL_MACHINE_VIEWS, SMALL_MACHINE_VIEWS,
         "\"pid\":100,\"process\":\"server.exe\",\"code\":\"timeout\",\"stage\":\"names\""},
        {VIRTUAL_NAME, 3, 3 + 2 + SMALL_MACHINE_VIEWS, SMALL_MACHINE_VIEWS,
         "\"pid\":100,\"process\":\"server.exe\",\"code\":\"timeout\",\"stage\":\"names\""},
        {VIRTUAL_NAME, 4, 3 + 2 + 3, 3,
         "\"pid\":200,\"process\":\"big.exe\",\"code\":\"timeout\",\"stage\":\"names\""},
        /* after lines of the process were handed over, because the output was full */
        {VIRTUAL_NAME, 3 + SMALL_MACHINE_VIEWS, 3 + 2 + FULL_VIEWS, FULL_VIEWS,
         "\"pid\":200,\"process\":\"big.exe\",\"code\":\"timeout\",\"stage\":\"names\""},
        {VIRTUAL_ALLOCATION, 1, 3 + 2 + SMALL_MACHINE_VIEWS, SMALL_MACHINE_VIEWS,
         "\"pid\":100,\"process\":\"server.exe\",\"code\":\"timeout\",\"stage\":\"regions\""},
        {VIRTUAL_PAGES, 5, 3 + 2 + 3, 3,
         "\"pid\":200,\"process\":\"big.exe\",\"code\":\"timeout\",\"stage\":\"pages\""},
        {VIRTUAL_OPEN, 2, 3 + 2 + SMALL_MACHINE_VIEWS, SMALL_MACHINE_VIEWS,
         "\"pid\":100,\"process\":\"server.exe\",\"code\":\"timeout\",\"stage\":\"open\""},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play *plays = play_open();
        struct reply_stream stream;
        TEST_ROW(t, "call %d, number %d", (int)rows[i].call, (int)rows[i].at);
        for (int again = 0; again < 2; again++) { /* the second answer skips it at once */
            play(t, plays, maps_all, RIGHTS_ALL, rows[i].call, again == 0 ? rows[i].at : 0);
            CHECK_INT(t, again == 0, plays->abandoned_count);
            CHECK(t, reply_stream_read(buffer_span(&plays->out), &stream));
            CHECK(t, reply_stream_is_complete(&stream));
            const uint64_t handed_over =
                again == 1 && rows[i].views == FULL_VIEWS ? FULL_VIEWS - 3 : 0;
            CHECK_INT(t, rows[i].rows - handed_over, stream.end_rows);
            CHECK_INT(t, 2, stream.end_errors);
            CHECK(t, !stream.end_complete);
            CHECK_INT(t, 1, count_texts(buffer_span(&plays->out), rows[i].error));
            CHECK_INT(t, rows[i].views - handed_over,
                      count_texts(buffer_span(&plays->out), "\"type\":\"map\""));
        }
        play_close(t, plays);
    }
}

/* A user who lets go of a lock just before the limit of one query holds up an answer no longer than one
 * who never does. */
static void answer_leaves_out_what_is_slow(struct test *t)
{
    static const char error[] =
        "\"pid\":200,\"process\":\"big.exe\",\"code\":\"timeout\",\"stage\":\"names\"";
    static const struct {
        uint64_t slow_us;
        size_t views[3]; /* in the first answer, in the next, and a minute later */
    } rows[] = {
        {WATCHDOG_QUERY_MS * 999, {3 + 1, 3, 3 + 1}},
        {WATCHDOG_QUERY_MS * 1000 / 10, {3 + 9, 3, 3 + 9}},
        {WATCHDOG_SLOW_US / 2,
         {3 + SMALL_MACHINE_VIEWS, 3 + SMALL_MACHINE_VIEWS, 3 + SMALL_MACHINE_VIEWS}},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play *plays = play_open();
        const bool is_late = rows[i].slow_us >= WATCHDOG_SLOW_US;
        TEST_ROW(t, "%lu us", (unsigned long)rows[i].slow_us);
        plays->slow_us = rows[i].slow_us;
        for (size_t again = 0; again < 3; again++) {
            struct reply_stream stream;
            now_ms = again == 2 ? WATCHDOG_SKIP_MS : 0;
            play(t, plays, maps_all, RIGHTS_ALL, VIRTUAL_NAME, 4);
            CHECK_INT(t, 0, plays->abandoned_count);
            CHECK(t, reply_stream_read(buffer_span(&plays->out), &stream));
            CHECK(t, reply_stream_is_complete(&stream));
            CHECK_INT(t, 1 + is_late, stream.end_errors);
            CHECK_INT(t, is_late, count_texts(buffer_span(&plays->out), error));
            CHECK_INT(t, rows[i].views[again],
                      count_texts(buffer_span(&plays->out), "\"type\":\"map\""));
        }
        play_close(t, plays);
    }
}

/* A pattern that takes minutes to compare with a path is given up, and the process says so. Nobody's
 * queries were slow, so the process is asked again. */
static void answer_says_what_it_could_not_compare(struct test *t)
{
    enum { PATH_LEN = 30000, PATTERN_SIZE = 500 };
    static uint16_t path[PATH_LEN];
    char pattern[PATTERN_SIZE + 1], line[PATTERN_SIZE + 64];
    struct play *plays = play_open();

    for (size_t i = 0; i < PATH_LEN; i++)
        path[i] = i < 10 ? (uint16_t) "\\Device\\X\\"[i] : 'x';
    for (size_t i = 0; i < 3; i++) {
        plays->machine.regions[i].name = path;
        plays->machine.regions[i].name_len = PATH_LEN;
    }
    memset(pattern, '?', PATTERN_SIZE);
    pattern[0] = '*';
    pattern[PATTERN_SIZE - 1] = 'b';
    pattern[PATTERN_SIZE] = '\0';
    (void)snprintf(line, sizeof line, "{\"op\":\"maps\",\"pid\":100,\"path\":\"%s\"}", pattern);
    for (int again = 0; again < 2; again++) {
        struct reply_stream stream;
        play(t, plays, line, RIGHTS_ALL, VIRTUAL_CALLS, 0);
        CHECK(t, reply_stream_read(buffer_span(&plays->out), &stream));
        CHECK_INT(t, 1, stream.end_errors);
        CHECK_INT(t, 1,
                  count_texts(buffer_span(&plays->out),
                              "\"pid\":100,\"process\":\"server.exe\",\"code\":\"too_large\","
                              "\"stage\":\"names\""));
        CHECK_INT(t, 0, count_texts(buffer_span(&plays->out), "\"type\":\"map\""));
    }
    play_close(t, plays);
}

/* A process that hangs once more, when it is opened, still counts for its owner. */
static void watchdog_keeps_the_owner_of_a_hang(struct test *t)
{
    const struct sid user = small_machine_sid(1), unknown = {.size = 0};
    for (int i = 0; i < 2; i++) {
        struct watchdog *watchdog = watchdog_new();
        const struct watch_target named = target_of(100, user, STAGE_NAMES);
        const struct watch_target unopened = target_of(100, unknown, STAGE_OPEN);
        const struct watch_target other = target_of(200, user, STAGE_NAMES);
        TEST_ROW(t, "opened %s", i == 0 ? "second" : "first");
        lose(watchdog, i == 0 ? &named : &unopened);
        lose(watchdog, i == 0 ? &unopened : &named);
        lose(watchdog, &other);
        CHECK_INT(t, SCAN_UNNAMED, verdict_of(watchdog, 300, user, 0));
    }
}

/* Of the queries in which a process holds threads, opening it counts for most and a name for least,
 * in whatever order they hang. */
static void watchdog_keeps_the_gravest_stage(struct test *t)
{
    const struct sid user = small_machine_sid(1), unknown = {.size = 0};
    const struct watch_target region = target_of(100, user, STAGE_REGIONS);
    const struct watch_target name = target_of(100, user, STAGE_NAMES);
    const struct watch_target opening = target_of(100, unknown, STAGE_OPEN);
    struct watch watch = {.target = name};
    enum scan_stage stage;

    for (int i = 0; i < 2; i++) {
        struct watchdog *watchdog = watchdog_new();
        TEST_ROW(t, "a name hangs %s", i == 0 ? "last" : "first");
        for (int j = 0; j < 2 + WATCHDOG_OWNER_LOST_MAX; j++)
            lose(watchdog, j == (i == 0 ? 1 + WATCHDOG_OWNER_LOST_MAX : 0) ? &name : &region);
        CHECK_INT(t, SCAN_SKIP, verdict_of(watchdog, 200, user, 0));
    }
    struct watchdog *watchdog = watchdog_new();
    lose(watchdog, &opening);
    watch_mark(&watch, STAGE_NAMES);
    (void)watchdog_on_slow(watchdog, &watch);
    CHECK_INT(t, SCAN_SKIP, watchdog_check(watchdog, 100, 1100, NULL, &stage));
}

/* What is slow counts as lost while it is remembered: after two processes the names of the others are
 * not asked for. */
static void watchdog_caps_what_is_slow(struct test *t)
{
    const struct sid user = small_machine_sid(1);
    struct watchdog *watchdog = watchdog_new();
    for (uint32_t pid = 100; pid < 100 + 2 * WATCHDOG_OWNER_LOST_MAX; pid++) {
        struct watch watch = {.target = target_of(pid, user, STAGE_NAMES)};
        watch_mark(&watch, STAGE_NAMES);
        CHECK_INT(t, pid < 100 + WATCHDOG_OWNER_LOST_MAX ? SCAN_ASK : SCAN_UNNAMED,
                  verdict_of(watchdog, pid, user, 0));
        CHECK_INT(t, STAGE_NAMES, watchdog_on_slow(watchdog, &watch));
        CHECK_INT(t, SCAN_SKIP, verdict_of(watchdog, pid, user, WATCHDOG_SKIP_MS - 1));
        now_ms = 0;
    }
    CHECK_INT(t, SCAN_UNNAMED, verdict_of(watchdog, 5, user, WATCHDOG_SKIP_MS - 1)); /* but read */
    CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 5, small_machine_sid(2), 0));
    CHECK_INT(t, SCAN_ASK, verdict_of(watchdog, 5, user, WATCHDOG_SKIP_MS));
}

/* Answers that are inside a process when two threads are lost to its owner: the caps hold for them too,
 * or each of them would lose a thread of its own. */
static void answer_heeds_the_caps_within_a_process(struct test *t)
{
    enum { ANSWERS = 8 };
    static const char maps_of_one[] = "{\"op\":\"maps\",\"pid\":200}";
    static const char maps_of_path[] = "{\"op\":\"maps\",\"pid\":200,\"path\":\"*a*\"}";
    static const struct {
        const char *what;
        uint32_t pid; /* whose query hangs */
        const char *request;
        const char *until; /* the answer has this text, and then waits for its reader */
        const char *error;
    } rows[] = {
        {"another process", 900, maps_of_one, "\"type\":\"map\"",
         "Queries about other processes did not return"},
        {"the same process", 200, maps_of_one, "\"type\":\"map\"",
         "Queries about this process, or too many about others, did not return in time"},
        {"before the first row of a path", 200, maps_of_path, "\"type\":\"process\"",
         "Queries about this process, or too many about others, did not return in time"},
        {"the same, another process", 900, maps_of_path, "\"type\":\"process\"",
         "Queries about other processes did not return"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play *plays = play_open();
        const uint64_t *names = &plays->machine.virtual_.calls[VIRTUAL_NAME];
        const struct grant grant = {.rights = RIGHTS_ALL,
                                    .caller = small_machine_caller(RIGHTS_ALL)};
        const struct watch_target hung =
            target_of(rows[i].pid, small_machine_sid(200), STAGE_NAMES);
        struct watch watches[ANSWERS] = {{.seen_ms = 0}};
        struct answer *answers[ANSWERS];
        plays->player = (struct player){.at = 0};
        TEST_ROW(t, "%s", rows[i].what);
        for (int j = 0; j < ANSWERS; j++) {
            answers[j] =
                answer_create(&plays->machine.context, &grant, span_from_string(rows[i].request));
            REQUIRE(t, answers[j] != NULL);
            buffer_clear(&plays->out);
            while (count_texts(buffer_span(&plays->out), rows[i].until) == 0)
                CHECK(t, answer_run(answers[j], &watches[j], 0, OUTPUT_SIZE) &&
                             answer_take(answers[j], &plays->out));
        }
        for (int j = 0; j < WATCHDOG_OWNER_LOST_MAX; j++)
            lose(plays->watchdog, &hung);
        const uint64_t asked = *names;
        for (int j = 0; j < ANSWERS; j++) {
            buffer_clear(&plays->out);
            while (!answer_is_over(answers[j]))
                CHECK(t, answer_run(answers[j], &watches[j], UINT64_MAX, OUTPUT_SIZE) &&
                             answer_take(answers[j], &plays->out));
            CHECK_INT(t, 1, count_texts(buffer_span(&plays->out), rows[i].error));
            answer_destroy(answers[j]);
        }
        CHECK_INT(t, asked, *names);
        play_close(t, plays);
    }
}

/* The list of drivers is read at once: whatever hangs afterwards keeps none of it back. */
static void answer_lists_all_drivers_whatever_hangs(struct test *t)
{
    enum { DRIVERS = 600 };
    static struct virtual_driver drivers[DRIVERS];
    struct play *plays = play_open();
    struct virtual_process *system = &plays->machine.processes[0];
    const struct grant grant = {.rights = RIGHTS_ALL, .caller = small_machine_caller(RIGHTS_ALL)};
    const char *line = "{\"op\":\"maps\",\"pid\":4}";
    struct watch watch = {.seen_ms = 0};

    for (size_t i = 0; i < DRIVERS; i++)
        drivers[i] = (struct virtual_driver){0x1000, "\\SystemRoot\\a.sys"};
    plays->machine.virtual_.drivers = drivers;
    plays->machine.virtual_.drivers_count = DRIVERS;
    plays->player = (struct player){.at = 0};
    system->faults.open = NTSTATUS_OK;
    system->faults.region = NTSTATUS_ACCESS_DENIED;
    system->facts.is_minimal = true;
    system->facts.owner = service_sid(18);
    struct answer *answer = answer_create(&plays->machine.context, &grant, span_from_string(line));
    REQUIRE(t, answer != NULL);
    buffer_clear(&plays->out);
    while (count_texts(buffer_span(&plays->out), "\"type\":\"map\"") == 0)
        CHECK(t, answer_run(answer, &watch, 0, OUTPUT_SIZE) && answer_take(answer, &plays->out));
    for (uint32_t pid = 300; pid <= 300 + WATCHDOG_OWNER_LOST_MAX; pid++) {
        const struct watch_target hung = target_of(pid, service_sid(18), STAGE_REGIONS);
        lose(plays->watchdog, &hung);
    }
    while (!answer_is_over(answer))
        CHECK(t, answer_run(answer, &watch, 0, OUTPUT_SIZE) && answer_take(answer, &plays->out));
    CHECK_INT(t, DRIVERS, count_texts(buffer_span(&plays->out), "\"type\":\"map\""));
    CHECK_INT(t, 0, count_texts(buffer_span(&plays->out), "timeout"));
    answer_destroy(answer);
    play_close(t, plays);
}

/* The list of processes itself: there is nothing to go on with. */
static void answer_ends_when_the_list_hangs(struct test *t)
{
    struct play *plays = play_open();
    struct reply_stream stream;
    play(t, plays, maps_all, RIGHTS_ALL, VIRTUAL_LIST, 1);
    CHECK(t, reply_stream_read(buffer_span(&plays->out), &stream));
    CHECK(t, !stream.is_end);
    CHECK_INT(t, STATUS_TIMED_OUT, stream.code);
    CHECK_INT(t, 0, stream.rows);
    play_close(t, plays);
}

/* A caller who may see only its own learns nothing about others that hang. */
static void answer_says_nothing_about_others(struct test *t)
{
    static const char line[] = "{\"op\":\"maps\",\"pid\":[100,200]}";
    const uint32_t own = RIGHT_CONNECT | RIGHT_QUERY_OWN;
    const enum scan_stage stages[] = {STAGE_OPEN, STAGE_REGIONS, STAGE_NAMES};
    struct play *plays = play_open();
    play(t, plays, line, own, VIRTUAL_CALLS, 0);
    const size_t lines = count_texts(buffer_span(&plays->out), "\n");
    for (size_t i = 0; i < TEST_COUNT(stages); i++) {
        TEST_ROW(t, "stage %zu", i);
        (void)watchdog_new();
        for (uint32_t pid = 200; pid < 200 + WATCHDOG_LOST_MAX; pid++) {
            const struct watch_target target = target_of(
                pid, stages[i] == STAGE_OPEN ? (struct sid){.size = 0} : small_machine_sid(200),
                stages[i]);
            lose(plays->watchdog, &target);
            if (pid > 200) /* one that is skipped, and no cap */
                watchdog_return(plays->watchdog, &target);
        }
        play(t, plays, line, own, VIRTUAL_CALLS, 0);
        CHECK_INT(t, lines, count_texts(buffer_span(&plays->out), "\n"));
        CHECK_INT(t, 0, count_texts(buffer_span(&plays->out), "timeout"));
    }
    play_close(t, plays);
}

/* Views without names, and one process_error that says so. */
static void answer_lists_without_names_at_the_cap(struct test *t)
{
    static const struct {
        const char *line;
        uint64_t rows, maps, errors;
    } rows[] = {
        {"{\"op\":\"maps\",\"pid\":100}", 1 + 3 + 1, 3, 1},
        {"{\"op\":\"maps\",\"pid\":100,\"path\":\"*\"}", 1, 0, 1},
        {"{\"op\":\"processes\",\"pid\":100}", 1, 0, 0},
        {"{\"op\":\"maps\",\"pid\":200}", 1 + SMALL_MACHINE_VIEWS, SMALL_MACHINE_VIEWS, 0},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct play *plays = play_open();
        struct reply_stream stream;
        TEST_ROW(t, "%s", rows[i].line);
        for (uint32_t pid = 1; pid <= WATCHDOG_OWNER_LOST_MAX; pid++) {
            const struct watch_target target =
                target_of(pid, small_machine_sid(100), pid % 2 == 0 ? STAGE_REGIONS : STAGE_NAMES);
            lose(plays->watchdog, &target);
        }
        play(t, plays, rows[i].line, RIGHTS_ALL, VIRTUAL_CALLS, 0);
        CHECK(t, reply_stream_read(buffer_span(&plays->out), &stream));
        CHECK_INT(t, rows[i].rows, stream.rows);
        CHECK_INT(t, rows[i].rows, stream.end_rows);
        CHECK_INT(t, rows[i].errors, stream.end_errors);
        CHECK_INT(t, rows[i].maps, count_texts(buffer_span(&plays->out), "\"type\":\"map\""));
        CHECK_INT(
            t, rows[i].errors,
            count_texts(buffer_span(&plays->out), "\"code\":\"timeout\",\"stage\":\"names\""));
        play_close(t, plays);
    }
}

/* One store for each query of the kernel, and at most two for each slice. */
/* The local security authority, which answers or hangs. */
static struct player *authority;

static void user_name(const struct caller *caller, char *name)
{
    (void)caller;
    authority->seen++;
    if (authority->seen == authority->at)
        authority->is_abandoned =
            watchdog_abandon(authority->watchdog, authority->watch, 0, &authority->target);
    (void)snprintf(name, CALLER_USER_CAPACITY, "PC\\alice");
}

/* Only whoami asks for a name, in a slice of its own: no thread of the pipe waits for it. When it
 * hangs the answer lacks the name, and so do others until it has returned. */
static void whoami_waits_for_no_name(struct test *t)
{
    static const struct {
        const char *line;
        uint64_t hangs_at; /* 0: never */
        uint64_t asked;
        const char *user;
    } rows[] = {
        {"{\"op\":\"whoami\"}", 0, 1, "\"user\":\"PC\\\\alice\""},
        {"{\"op\":\"info\"}", 0, 0, "\"type\":\"info\""},
        {"{\"op\":\"processes\",\"all\":true}", 0, 0, "\"type\":\"end\""},
        {"{\"op\":\"whoami\"}", 1, 1, "\"user\":null"},
        {"{\"op\":\"whoami\"}", 0, 0, "\"user\":null"}, /* the other still hangs */
        {"{\"op\":\"processes\",\"all\":true}", 0, 0, "\"complete\":true"},
    };
    struct play *plays = play_open();
    struct reply_stream stream;

    authority = &plays->player;
    plays->machine.context.user_name = user_name;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "row %zu", i);
        play(t, plays, rows[i].line, RIGHTS_ALL, VIRTUAL_CALLS, rows[i].hangs_at);
        CHECK_INT(t, rows[i].hangs_at != 0, plays->abandoned_count);
        CHECK_INT(t, rows[i].asked, plays->player.seen);
        CHECK(t, reply_stream_read(buffer_span(&plays->out), &stream));
        CHECK(t, reply_stream_is_complete(&stream));
        CHECK_INT(t, 1, count_texts(buffer_span(&plays->out), rows[i].user));
    }
    play_close(t, plays);
}

static void watchdog_costs_a_store_per_query(struct test *t)
{
    struct play *plays = play_open();
    play(t, plays, maps_all, RIGHTS_ALL, VIRTUAL_CALLS, 0);
    const uint64_t queries =
        plays->machine.virtual_.calls_total - plays->machine.virtual_.calls[VIRTUAL_PATH];
    CHECK(t, queries > 2 * SMALL_MACHINE_VIEWS);
    CHECK(t, plays->marks >= queries);
    CHECK(t, plays->marks <= queries + 2 * plays->slices);
    play_close(t, plays);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(watch_abandons_what_hangs),
        TEST_CASE(watch_abandons_at_once),
        TEST_CASE(watchdog_skips_while_lost_and_a_minute),
        TEST_CASE(watchdog_has_caps),
        TEST_CASE(watchdog_caps_those_who_let_go),
        TEST_CASE(watchdog_caps_count_two_of_a_user),
        TEST_CASE(watchdog_caps_all_threads),
        TEST_CASE(watchdog_caps_every_query),
        TEST_CASE(watchdog_remembers_a_bounded_number),
        TEST_CASE(watchdog_keeps_the_owner_of_a_hang),
        TEST_CASE(watchdog_keeps_the_gravest_stage),
        TEST_CASE(answer_goes_on_after_the_process_that_hung),
        TEST_CASE(answer_leaves_out_what_is_slow),
        TEST_CASE(answer_says_what_it_could_not_compare),
        TEST_CASE(watchdog_caps_what_is_slow),
        TEST_CASE(answer_heeds_the_caps_within_a_process),
        TEST_CASE(answer_lists_all_drivers_whatever_hangs),
        TEST_CASE(answer_ends_when_the_list_hangs),
        TEST_CASE(answer_says_nothing_about_others),
        TEST_CASE(answer_lists_without_names_at_the_cap),
        TEST_CASE(whoami_waits_for_no_name),
        TEST_CASE(watchdog_costs_a_store_per_query),
    };

    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
