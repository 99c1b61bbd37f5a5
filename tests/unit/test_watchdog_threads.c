/* Slices on threads whose queries do not return, and an observer that abandons them; to be built with
 * ThreadSanitizer.
 *
 * A name query blocks at the k-th, for every k, until its answer was continued by another thread and
 * is complete; then it returns, and the lost thread must touch nothing of what the others use, and
 * free all that it has.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime, nanosleep */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "common/answer/watchdog.h"
#include "tests/rows/reply_stream.h"
#include "tests/rows/small_machine.h"
#include "tests/test.h"

enum { NAMES_MAX = 12, VIEWS = 8, THREADS_MAX = 4, OBSERVER_QUERY_MS = 20, CLIENTS = 3 };

static void mutex_acquire(pthread_mutex_t *mutex)
{
    if (pthread_mutex_lock(mutex) != 0)
        abort();
}

static void mutex_release(pthread_mutex_t *mutex)
{
    if (pthread_mutex_unlock(mutex) != 0)
        abort();
}

static uint64_t now_us(void *unused)
{
    struct timespec now;

    (void)unused;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        abort();
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t now_ms(void)
{
    return now_us(NULL) / 1000;
}

/* The platform of the small machine for any thread: each call is answered under a lock, and the k-th
 * name blocks outside of it. */
struct blocking {
    struct small_machine machine;
    struct platform platform;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned names;    /* asked so far */
    unsigned block_at; /* 1 is the first; 0: none */
    unsigned blocked;  /* threads that wait */
    bool is_released;
};

static uint32_t list(void *context, bool with_owners, struct process_list *processes)
{
    struct blocking *b = context;

    mutex_acquire(&b->mutex);
    const uint32_t status =
        b->machine.platform.list(b->machine.platform.context, with_owners, processes);
    mutex_release(&b->mutex);
    return status;
}

static uint32_t open_space(void *context, uint32_t pid, struct process_facts *facts,
                           struct buffer *image, struct address_space **space)
{
    struct blocking *b = context;

    mutex_acquire(&b->mutex);
    const uint32_t status =
        b->machine.platform.open(b->machine.platform.context, pid, facts, image, space);
    mutex_release(&b->mutex);
    return status;
}

static uint32_t memory(void *context, struct address_space *space, enum memory_class memory_class,
                       uint64_t address, void *answer, size_t size)
{
    struct blocking *b = context;

    mutex_acquire(&b->mutex);
    const uint32_t status = b->machine.platform.memory(b->machine.platform.context, space,
                                                       memory_class, address, answer, size);
    mutex_release(&b->mutex);
    return status;
}

static uint32_t name(void *context, struct address_space *space, uint64_t address,
                     struct buffer *text, bool *lossy)
{
    struct blocking *b = context;

    mutex_acquire(&b->mutex);
    if (++b->names == b->block_at) {
        b->blocked++;
        while (!b->is_released)
            if (pthread_cond_wait(&b->changed, &b->mutex) != 0)
                abort();
        b->blocked--;
    }
    const uint32_t status =
        b->machine.platform.name(b->machine.platform.context, space, address, text, lossy);
    mutex_release(&b->mutex);
    return status;
}

static bool services(void *context, uint32_t pid, uint64_t start_time, struct buffer *names)
{
    (void)context, (void)pid, (void)start_time, (void)names;
    return false;
}

static bool path(void *context, struct span device_path, struct buffer *text)
{
    (void)context, (void)device_path;
    buffer_clear(text);
    return false;
}

static void close_space(void *context, struct address_space *space)
{
    struct blocking *b = context;

    mutex_acquire(&b->mutex);
    b->machine.platform.close(b->machine.platform.context, space);
    mutex_release(&b->mutex);
}

static void blocking_init(struct blocking *b, unsigned block_at)
{
    *b = (struct blocking){.mutex = PTHREAD_MUTEX_INITIALIZER,
                           .changed = PTHREAD_COND_INITIALIZER,
                           .block_at = block_at};
    small_machine_init(&b->machine);
    b->machine.processes[2].regions_count = VIEWS;
    b->platform = (struct platform){.context = b,
                                    .list = list,
                                    .open = open_space,
                                    .memory = memory,
                                    .name = name,
                                    .services = services,
                                    .path = path,
                                    .close = close_space};
}

/* One thread of a server: it runs one slice after the other, until it is lost. */
struct worker {
    pthread_t thread;
    struct watch watch;
    struct client *client;
};

struct client {
    struct answer_context context;
    struct answer *answer; /* the worker's, after abandoning its slice the observer's */
    struct buffer out;
    struct worker workers[THREADS_MAX];
    unsigned workers_count;
    struct atomic is_over;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct client *client = worker->client;
    struct answer *answer = client->answer;

    while (!answer_is_over(answer)) {
        if (!answer_run(answer, &worker->watch, now_us(NULL) + 1000, OUTPUT_SIZE))
            return NULL;
        if (!answer_take(answer, &client->out))
            abort();
    }
    if (!answer_take(answer, &client->out)) /* of one that was over when it was resumed */
        abort();
    atomic_set(&client->is_over, 1);
    return NULL;
}

static void start(struct client *client)
{
    if (client->workers_count == THREADS_MAX)
        abort();
    struct worker *worker = &client->workers[client->workers_count++];
    worker->client = client;
    if (pthread_create(&worker->thread, NULL, work, worker) != 0)
        abort();
}

static void client_begin(struct client *client, struct blocking *b, struct watchdog *watchdog)
{
    const struct grant grant = {
        .rights = RIGHTS_ALL, .caller = small_machine_caller(RIGHTS_ALL), .reason = "Because."};

    *client = (struct client){.context = b->machine.context};
    client->context.platform = &b->platform;
    client->context.now_us = now_us;
    client->context.watchdog = watchdog;
    buffer_init(&client->out, 4 * OUTPUT_ROW_SIZE_MAX);
    client->answer =
        answer_create(&client->context, &grant, SPAN("{\"op\":\"maps\",\"all\":true}"));
    if (client->answer == NULL)
        abort();
    start(client);
}

/* Looks once. */
static void observe(struct client *client, struct watchdog *watchdog, uint32_t query_ms)
{
    struct watch *watch = &client->workers[client->workers_count - 1].watch;
    struct watch_target target;

    if (!watchdog_abandon(watchdog, watch, query_ms, &target))
        return;
    if (!answer_resume(client->answer, &target))
        abort();
    start(client);
}

static void client_end(struct test *t, struct client *client, bool is_hung)
{
    struct reply_stream stream;

    for (unsigned i = 0; i < client->workers_count; i++)
        if (pthread_join(client->workers[i].thread, NULL) != 0)
            abort();
    CHECK(t, reply_stream_read(buffer_span(&client->out), &stream));
    CHECK_INT(t, 1, stream.terminals); /* `timeout` when the list of processes was abandoned */
    if (!is_hung) {
        CHECK(t, reply_stream_is_complete(&stream));
        CHECK_INT(t, 1, stream.end_errors);
        CHECK_INT(t, SMALL_MACHINE_PROCESSES + 1 + 3 + VIEWS, stream.end_rows);
    }
    answer_destroy(client->answer);
    buffer_release(&client->out);
}

/* query_ms  Of the observer: 0 abandons also what does not hang, at any moment. */
static void run(struct test *t, unsigned block_at, uint32_t query_ms)
{
    static struct blocking b;
    static struct watchdog watchdog;
    static struct client clients[CLIENTS];
    unsigned over = 0;

    blocking_init(&b, block_at);
    watchdog_init(&watchdog, now_ms);
    for (unsigned i = 0; i < CLIENTS; i++)
        client_begin(&clients[i], &b, &watchdog);
    while (over < CLIENTS) {
        const struct timespec pause = {.tv_nsec = query_ms > 0 ? 1000000 : 20000};
        (void)nanosleep(&pause, NULL);
        over = 0;
        for (unsigned i = 0; i < CLIENTS; i++) {
            if (atomic_get(&clients[i].is_over) != 0)
                over++;
            else if (query_ms > 0 || clients[i].workers_count < THREADS_MAX)
                observe(&clients[i], &watchdog, query_ms);
        }
    }
    /* every client has its answer while the query has not returned */
    mutex_acquire(&b.mutex);
    CHECK_INT(t, block_at > 0, b.blocked);
    b.is_released = true;
    if (pthread_cond_broadcast(&b.changed) != 0)
        abort();
    mutex_release(&b.mutex);
    for (unsigned i = 0; i < CLIENTS; i++)
        client_end(t, &clients[i], block_at > 0 || query_ms == 0);
    CHECK_INT(t, 0, b.machine.virtual_.open_count);
}

static void answers_go_on_when_a_name_blocks(struct test *t)
{
    for (unsigned k = 0; k <= NAMES_MAX; k++) {
        TEST_ROW(t, "name %u", k);
        run(t, k, OBSERVER_QUERY_MS);
    }
}

/* The swap at the end of a slice, raced for. */
static void answers_are_abandoned_at_any_moment(struct test *t)
{
    for (unsigned round = 0; round < 50; round++) {
        TEST_ROW(t, "round %u", round);
        run(t, 0, 0);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(answers_go_on_when_a_name_blocks),
        TEST_CASE(answers_are_abandoned_at_any_moment),
    };

    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
