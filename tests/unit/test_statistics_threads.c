/* Many threads count into one `struct statistics` at once; to be built with ThreadSanitizer.
 *
 * Each thread answers requests of its own, as the sessions of a server do, so that all portable code
 * is checked: anything else that answers share would be found too.
 *
 *     test_statistics_threads                 the sums are right, and there is no race
 *     test_statistics_threads --without-lock  there is a race, which must be found
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/answer/answer.h"
#include "common/proto/statistics.h"
#include "tests/rows/small_machine.h"
#include "tests/test.h"
#include "tests/virtual/lock.h"

enum { THREADS = 8, ROUNDS = 150 };

/* The requests of each round, and what each must add. */
static const struct {
    const char *line;
    unsigned steps; /* then the client leaves; 0: it stays to the end */
    unsigned op;
    enum statistics_result result;
} requests[] = {
    {"{\"op\":\"info\"}", 0, OP_INFO, RESULT_OK},
    {"{\"op\":\"whoami\"}", 0, OP_WHOAMI, RESULT_OK},
    {"{\"op\":\"stats\"}", 0, OP_STATS, RESULT_OK},
    {"{\"op\":\"processes\",\"all\":true}", 0, OP_PROCESSES, RESULT_OK},
    {"{\"op\":\"maps\",\"pid\":100}", 0, OP_MAPS, RESULT_OK},
    {"{\"op\":\"maps\",\"pid\":4}", 0, OP_MAPS, RESULT_PARTIAL},
    {"{\"op\":\"maps\",\"name\":\"big*\",\"path\":\"no\"}", 20, OP_MAPS, RESULT_CANCELLED},
    {"{\"op\":\"maps\"}", 0, STATISTICS_OP_UNKNOWN, RESULT_INVALID},
};

struct server {
    pthread_mutex_t mutex;
    struct statistics statistics;
    bool is_over; /* guarded by the mutex */
};

static void acquire(pthread_mutex_t *mutex)
{
    if (pthread_mutex_lock(mutex) != 0)
        abort();
}

static void release(pthread_mutex_t *mutex)
{
    if (pthread_mutex_unlock(mutex) != 0)
        abort();
}

/* slices  How many to run before the client goes; 0: all. */
static void serve(const struct answer_context *context, const char *line, unsigned slices)
{
    const struct grant grant = {
        .rights = RIGHTS_ALL, .caller = small_machine_caller(RIGHTS_ALL), .reason = "Because."};
    struct buffer out;
    unsigned slice = 0;

    buffer_init(&out, 4 * OUTPUT_ROW_SIZE_MAX);
    struct answer *answer = answer_create(context, &grant, span_from_string(line));
    if (answer == NULL)
        abort();
    while (!answer_is_over(answer) && (slices == 0 || slice++ < slices)) {
        answer_run(answer, NULL, 0, OUTPUT_SIZE);
        if (!answer_take(answer, &out))
            abort();
    }
    statistics_answered(context->statistics, answer_tally(answer));
    answer_destroy(answer);
    statistics_add(context->statistics, STATISTICS_BYTES_RECEIVED, strlen(line));
    statistics_add(context->statistics, STATISTICS_BYTES_SENT, out.size);
    buffer_release(&out);
}

static void *client(void *argument)
{
    struct server *server = argument;
    struct small_machine *machine = malloc(sizeof *machine);

    if (machine == NULL)
        abort();
    small_machine_init(machine);
    machine->context.statistics = &server->statistics;
    for (int round = 0; round < ROUNDS; round++) {
        statistics_connection(&server->statistics, true);
        for (size_t i = 0; i < TEST_COUNT(requests); i++)
            serve(&machine->context, requests[i].line, requests[i].steps);
        statistics_limit_hit(&server->statistics, (enum statistics_limit)(round % LIMIT_COUNT));
        statistics_connection(&server->statistics, false);
    }
    free(machine);
    return NULL;
}

/* Checks what is true at every moment. Returns what is not, or NULL. */
static const char *find_contradiction(const uint64_t *values, const uint64_t *before)
{
    if (values[STATISTICS_CONNECTIONS_NOW] > values[STATISTICS_CONNECTIONS_PEAK] ||
        values[STATISTICS_CONNECTIONS_PEAK] > THREADS)
        return "more connections than there can be";
    for (size_t i = 0; i < STATISTICS_COUNT; i++)
        if (i != STATISTICS_CONNECTIONS_NOW && values[i] < before[i])
            return "a counter fell";
    for (int i = 0; i < CLASS_COUNT; i++)
        for (unsigned k = 1; k <= STATISTICS_BUCKET_COUNT; k++)
            if (values[statistics_latency_index((enum statistics_class)i, k)] <
                values[statistics_latency_index((enum statistics_class)i, k - 1)])
                return "a bucket holds less than the one below";
    return NULL;
}

/* Reads while the others count. Returns a contradiction, or NULL. */
static void *watch(void *argument)
{
    static const char unread[] = "nothing was read";
    struct server *server = argument;
    uint64_t values[STATISTICS_COUNT], before[STATISTICS_COUNT] = {0};
    const char *contradiction = unread;
    bool is_over = false;

    while (!is_over && (contradiction == unread || contradiction == NULL)) {
        acquire(&server->mutex);
        is_over = server->is_over;
        release(&server->mutex);
        statistics_read(&server->statistics, 0, values);
        contradiction = find_contradiction(values, before);
        memcpy(before, values, sizeof before);
    }
    return (void *)(uintptr_t)contradiction;
}

/* Returns what the watcher found. */
static const char *run(struct server *server)
{
    pthread_t clients[THREADS], watcher;
    void *contradiction = NULL;

    statistics_init(&server->statistics, 0);
    if (pthread_create(&watcher, NULL, watch, server) != 0)
        abort();
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&clients[i], NULL, client, server) != 0)
            abort();
    for (int i = 0; i < THREADS; i++)
        if (pthread_join(clients[i], NULL) != 0)
            abort();
    acquire(&server->mutex);
    server->is_over = true;
    release(&server->mutex);
    if (pthread_join(watcher, &contradiction) != 0)
        abort();
    return contradiction;
}

static void the_sums_of_many_threads_are_right(struct test *t)
{
    struct server server = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    uint64_t values[STATISTICS_COUNT], sum = 0;

    const char *contradiction = run(&server);
    if (contradiction != NULL)
        puts(contradiction);
    CHECK(t, contradiction == NULL);
    statistics_read(&server.statistics, 0, values);
    for (size_t i = 0; i < TEST_COUNT(requests); i++) {
        TEST_ROW(t, "%s", requests[i].line);
        CHECK_INT(t, THREADS * ROUNDS,
                  values[statistics_request_index(requests[i].op, requests[i].result)]);
    }
    for (size_t i = STATISTICS_REQUESTS; i < STATISTICS_LIMIT_HITS; i++)
        sum += values[i];
    CHECK_INT(t, THREADS * ROUNDS * TEST_COUNT(requests), sum);
    CHECK_INT(t, THREADS * ROUNDS, values[STATISTICS_CONNECTIONS_OPENED]);
    CHECK_INT(t, 0, values[STATISTICS_CONNECTIONS_NOW]);
    sum = 0;
    for (size_t i = STATISTICS_LIMIT_HITS; i < STATISTICS_QUERIES; i++)
        sum += values[i];
    CHECK_INT(t, THREADS * ROUNDS, sum);
    /* every round costs the same and has the same result */
    CHECK(t, values[STATISTICS_ROWS] > 0 && values[STATISTICS_ROWS] % (THREADS * ROUNDS) == 0);
    CHECK(t, values[(int)STATISTICS_QUERIES + QUERY_LIST] % (THREADS * ROUNDS) == 0);
    CHECK(t, values[STATISTICS_BYTES_RECEIVED] % (THREADS * ROUNDS) == 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {TEST_CASE(the_sums_of_many_threads_are_right)};

    if (argc > 1 && strcmp(argv[1], "--without-lock") == 0) {
        struct server server = {.mutex = PTHREAD_MUTEX_INITIALIZER};
        lock_disable();
        (void)run(&server);
        return 0;
    }
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
