/* The real lsmapd.exe under many requests of eight honest clients while hostile ones come and go:
 * no honest request fails, and at the end it uses what it used after the warm-up.
 *
 * LSMAP_SOAK_REQUESTS sets the length, 100,000 for the full soak. The curve of what the process
 * uses, seen from outside, is printed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "tests/test.h"
#include "tests/win32/hostile.h"
#include "tests/win32/lsmapd_server.h"

#define LIMITS                                                   \
    L"--limit Connections=1024 --limit ConnectionsPerUser=1024 " \
    L"--limit ScanWaitMs=60000 --limit FirstByteMs=2000 "        \
    L"--limit RequestMs=2000 --limit WriteMs=2000 --limit AnswerMs=5000"

enum {
    REQUESTS_DEFAULT = 2000,
    REQUESTS_WARM_UP = 1000,
    REQUESTS_MAX = 100 * 1000 * 1000,
    CONNECTION_REQUESTS = 50, /* then an honest client connects again */
    CLIENTS = 8,
    FAILURES_PRINTED_MAX = 20,
    LANES = 4,        /* hostile clients at once; each lane goes through its attacks */
    TURN_MS = 2000,   /* of one attack that was not carried out often enough before */
    SECOND_MS = 200,  /* what slow attacks wait between bytes */
    SAMPLES = 10,     /* lines of the curve */
    SETTLE_MS = 6500, /* threads of a pool that have nothing to do end after five seconds */
    SETTLE_MAX_MS = 40 * 1000,
    POLL_MS = 100,
    MEMORY_SLACK_SIZE = 1024 * 1024, /* what the heap may keep for later */
    /* Wine 8 never frees the completions of a PTP_IO that had one: for each connection one block
     * of 112 bytes, and about 73 between those that no larger block fits into. */
    WINE_CONNECTION_SIZE = 208,
    /* Nor does its heap give back all that a peak took, and the second run may peak 3 MiB above the
     * warm-up. In a short run that outweighs the rest: only the full length measures closely. */
    WINE_PEAK_SIZE = 3 * 1024 * 1024
};

struct soak {
    struct lsmapd_server server;
    volatile LONG left;    /* requests to be made */
    volatile LONG stop;    /* for the lanes */
    volatile LONG turns;   /* attacks that were run */
    volatile LONG wrong;   /* what the server did against the protocol in them */
    volatile LONG failed;  /* honest requests without a good answer */
    volatile LONG printed; /* failures printed */
};

struct lane {
    struct soak *soak;
    size_t first; /* its first attack */
    HANDLE thread;
};

/* --- honest clients --- */

/* end  What came last: a terminal line, or how the connection ended. */
static void print_failure(struct soak *soak, const char *request, const char *end,
                          uint64_t elapsed_ms)
{
    InterlockedIncrement(&soak->failed);
    if (InterlockedIncrement(&soak->printed) <= FAILURES_PRINTED_MAX)
        printf("  failed after %" PRIu64 " ms: %s    %s\n", elapsed_ms, request, end);
}

/* Mostly what a monitoring agent asks; the scans are few because Wine needs a tenth of a second
 * for a process. */
static void format_request(char *text, size_t capacity, LONG number)
{
    if (number % 400 == 0)
        (void)snprintf(text, capacity, "{\"op\":\"maps\",\"all\":true,\"path\":\"*.exe\"}\n");
    else if (number % 50 == 3)
        (void)snprintf(text, capacity, "{\"op\":\"maps\",\"pid\":%lu}\n",
                       (unsigned long)GetCurrentProcessId());
    else if (number % 10 == 7)
        (void)snprintf(text, capacity, "{\"op\":\"stats\"}\n");
    else if (number % 10 == 2)
        (void)snprintf(text, capacity, "{\"op\":\"processes\",\"all\":true}\n");
    else
        (void)snprintf(text, capacity, "{\"op\":\"info\"}\n");
}

static DWORD WINAPI be_honest(void *context)
{
    struct soak *soak = context;
    struct pipe_client client = {0};
    LONG number = 0;

    while ((number = InterlockedDecrement(&soak->left)) >= 0) {
        struct pipe_reply reply = {0};
        char request[128];
        if (client.pipe != NULL && number % CONNECTION_REQUESTS == 0)
            pipe_client_close(&client);
        if (client.pipe == NULL && pipe_client_open(&client, &soak->server.rig) != ERROR_SUCCESS) {
            print_failure(soak, "connect\n", "no instance", 0);
            pipe_client_close(&client);
            continue;
        }
        format_request(request, sizeof request, number);
        const uint64_t begin_ms = system_now_ms();
        if (!pipe_client_send_text(&client, request) || !pipe_client_reply(&client, &reply) ||
            strstr(reply.last, "\"type\":\"end\"") == NULL || reply.rows == 0) {
            const char *end = client.is_closed ? "closed" : "nothing came in time";
            print_failure(soak, request, reply.last[0] != '\0' ? reply.last : end,
                          system_now_ms() - begin_ms);
            pipe_client_close(&client);
        }
    }
    pipe_client_close(&client);
    return 0;
}

/* --- hostile clients --- */

static bool is_stopped(struct soak *soak)
{
    return InterlockedCompareExchange(&soak->stop, 0, 0) != 0;
}

static DWORD WINAPI run_lane(void *context)
{
    struct lane *lane = context;
    struct soak *soak = lane->soak;

    for (size_t i = lane->first; !is_stopped(soak); i += LANES) {
        struct hostile hostile;
        const struct hostile_attack *attack = &hostile_attacks[i % hostile_attacks_count];
        const uint64_t end_ms = system_now_ms() + TURN_MS;
        if (!hostile_start(&hostile, attack, &soak->server.rig, SECOND_MS))
            break;
        while (!is_stopped(soak) && system_now_ms() < end_ms &&
               InterlockedCompareExchange(&hostile.deeds, 0, 0) < attack->deeds_least)
            Sleep(10);
        hostile_stop(&hostile);
        InterlockedExchangeAdd(&soak->wrong, hostile.wrong);
        InterlockedIncrement(&soak->turns);
    }
    return 0;
}

/* --- measuring --- */

static void print_usage(const char *when, LONG requests, const struct process_usage *usage)
{
    printf("  %-10s %9ld %8" PRIu32 " %8" PRIu32 " %10" PRIu64 " KiB\n", when, (long)requests,
           usage->handles, usage->threads, usage->memory_size / 1024);
    (void)fflush(stdout);
}

/* What it uses when it is idle: as much as `expected`, or what does not change any more. */
static bool settle(struct soak *soak, const struct process_usage *expected,
                   struct process_usage *usage)
{
    const uint64_t begin_ms = system_now_ms();
    uint64_t change_ms = begin_ms;
    struct process_usage last = {0};

    while (system_now_ms() - begin_ms < SETTLE_MAX_MS) {
        if (!lsmapd_server_usage(&soak->server, usage))
            return false;
        if (expected != NULL && usage->handles == expected->handles &&
            usage->threads == expected->threads)
            return true;
        if (usage->handles != last.handles || usage->threads != last.threads)
            change_ms = system_now_ms();
        if (expected == NULL && system_now_ms() - change_ms > SETTLE_MS)
            return true;
        last = *usage;
        Sleep(POLL_MS);
    }
    return true; /* the caller compares */
}

/* The connections that it has had, by its own statistics. */
static uint64_t connections_of(struct soak *soak)
{
    static const char member[] = "\"connections_opened\":";
    struct pipe_client client = {0};
    struct span line;
    uint64_t count = 0;

    if (pipe_client_open(&client, &soak->server.rig) == ERROR_SUCCESS &&
        pipe_client_send_text(&client, "{\"op\":\"stats\"}\n") &&
        pipe_client_line(&client, &line)) {
        char text[8192] = "";
        memcpy(text, line.data, line.size < sizeof text ? line.size : sizeof text - 1);
        const char *found = strstr(text, member);
        if (found != NULL)
            count = strtoull(found + sizeof member - 1, NULL, 10);
    }
    pipe_client_close(&client);
    return count;
}

/* --- the soak --- */

static void wait_and_sample(struct soak *soak, HANDLE *clients, LONG requests)
{
    const LONG step = requests / SAMPLES + 1;
    struct process_usage usage;
    LONG next = requests - step;

    while (WaitForMultipleObjects(CLIENTS, clients, TRUE, POLL_MS) == WAIT_TIMEOUT) {
        const LONG left = InterlockedCompareExchange(&soak->left, 0, 0);
        if (left > next || left < 0 || !lsmapd_server_usage(&soak->server, &usage))
            continue;
        print_usage("", requests - left, &usage);
        next = left - step;
    }
}

/* Returns how many threads there were. */
static size_t run(struct soak *soak, LONG requests, LONG turns_least)
{
    HANDLE clients[CLIENTS] = {0};
    struct lane lanes[LANES];
    size_t started = 0;

    InterlockedExchange(&soak->left, requests);
    InterlockedExchange(&soak->stop, 0);
    InterlockedExchange(&soak->turns, 0);
    for (size_t i = 0; i < LANES; i++) {
        lanes[i] = (struct lane){.soak = soak, .first = i};
        lanes[i].thread = CreateThread(NULL, 0, run_lane, &lanes[i], 0, NULL);
        started += lanes[i].thread != NULL;
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = CreateThread(NULL, 0, be_honest, soak, 0, NULL);
        started += clients[i] != NULL;
    }
    if (started == CLIENTS + LANES)
        wait_and_sample(soak, clients, requests);
    while (InterlockedCompareExchange(&soak->turns, 0, 0) < turns_least)
        Sleep(POLL_MS);
    InterlockedExchange(&soak->stop, 1);
    for (size_t i = 0; i < LANES; i++) {
        WaitForSingleObject(lanes[i].thread, INFINITE);
        handle_close(&lanes[i].thread);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        handle_close(&clients[i]);
    return started;
}

static LONG requests_to_make(void)
{
    const char *text = getenv("LSMAP_SOAK_REQUESTS");
    const long value = text != NULL ? strtol(text, NULL, 10) : 0;
    return value > 0 && value <= REQUESTS_MAX ? value : REQUESTS_DEFAULT;
}

static void nothing_fails_and_nothing_grows(struct test *t)
{
    static struct soak soak;
    struct process_usage before, after;
    const LONG requests = requests_to_make();

    if (!lsmapd_server_start(&soak.server, LIMITS))
        TEST_SKIP(t, "lsmapd.exe was not found; name it in LSMAPD_EXE");
    printf("  %-10s %9s %8s %8s %14s\n", "", "requests", "handles", "threads", "private");
    CHECK_INT(t, CLIENTS + LANES,
              run(&soak, REQUESTS_WARM_UP, (LONG)hostile_attacks_count)); /* each attack once */
    CHECK(t, settle(&soak, NULL, &before));
    print_usage("warm", REQUESTS_WARM_UP, &before);
    const uint64_t connections_before = connections_of(&soak);
    const uint64_t begin_ms = system_now_ms();
    CHECK_INT(t, CLIENTS + LANES, run(&soak, requests, 0));
    const uint64_t elapsed_ms = system_now_ms() - begin_ms;
    const uint64_t connections = connections_of(&soak) - connections_before;
    CHECK(t, settle(&soak, &before, &after));
    print_usage("end", requests, &after);

    const uint64_t bound =
        MEMORY_SLACK_SIZE +
        (system_is_wine() ? WINE_PEAK_SIZE + WINE_CONNECTION_SIZE * connections : 0);
    const int64_t growth = (int64_t)after.memory_size - (int64_t)before.memory_size;
    printf("  %ld requests, %" PRIu64 " connections, %ld attacks in %" PRIu64
           " s; grown by %" PRId64 " bytes, %.1f each connection; bound %" PRIu64 "\n",
           (long)requests, connections, (long)soak.turns, elapsed_ms / 1000, growth,
           connections > 0 ? (double)growth / (double)connections : 0.0, bound);
    CHECK_INT(t, 0, soak.failed);
    CHECK_INT(t, 0, soak.wrong);
    CHECK(t, before.handles > 0 && before.threads > 0 && before.memory_size > 0);
    CHECK_INT(t, before.handles, after.handles);
    CHECK_INT(t, before.threads, after.threads);
    CHECK(t, growth <= (int64_t)bound);
    lsmapd_server_stop(&soak.server);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {TEST_CASE(nothing_fails_and_nothing_grows)};
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
