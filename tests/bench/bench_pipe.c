/* What the real lsmapd.exe achieves through its pipe, beside a bare echo server on the same kind of
 * pipe. Prints tables; judges nothing.
 *
 *     bench_pipe [MILLISECONDS]     of one measurement
 *
 * 1. Requests per second and latencies of `info`, `maps` of one process and of all, and of the echo
 *    of an `info` request, from 1, 8 and 64 clients. Rounds take turns, so that a machine whose
 *    speed drifts is fair to all; the ratio to echo is made in each round.
 * 2. Private memory that a connection costs, and that 1,000 requests on one connection add.
 * 3. How long a user's scan takes beside 1 and beside 32 connections of another user, which scan all
 *    the time. This server runs in this process, with made-up processes that take 1 ms each, and
 *    takes the clients for different users.
 *
 * The other servers are processes of their own; so the memory of the clients is not in the figures.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "tests/bench/echo_server.h"
#include "tests/win32/lsmapd_server.h"
#include "tests/win32/process_usage.h"

#define LIMITS                                                   \
    L"--limit Connections=1024 --limit ConnectionsPerUser=1024 " \
    L"--limit ScanWaitMs=60000 --limit FirstByteMs=60000"

enum {
    CLIENTS_MAX = 64,
    ROUNDS = 5,
    ROUND_MS = 600,
    SLOW_ROUNDS = 5,       /* what takes as long as so many rounds is measured once */
    SAMPLES_MAX = 1 << 18, /* of one client, all rounds */
    RECEIVE_SIZE = 64 * 1024,
    IDLE_CONNECTIONS = 1000,
    REQUESTS = 1000,
    SETTLE_MS = 2000,
    SCANNERS_MAX = 32,
    SCANNED_PROCESSES = 300,
    OPEN_ATTEMPTS_MAX = 200
};

struct client {
    const wchar_t *pipe_name;
    const char *request;
    uint64_t *latencies_us; /* owned */
    size_t count;
    size_t failed;
    DWORD round_ms;
    double rate; /* requests a second */
    HANDLE thread;
    HANDLE pipe; /* of bench_fairness() */
    char bytes[RECEIVE_SIZE];
};

struct server {
    PROCESS_INFORMATION process;
    wchar_t pipe_name[RIG_NAME_CAPACITY];
};

static HANDLE open_pipe(const wchar_t *name)
{
    for (int attempt = 0; attempt < OPEN_ATTEMPTS_MAX; attempt++) {
        HANDLE pipe = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                                  SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
        if (pipe != INVALID_HANDLE_VALUE)
            return pipe;
        if (!WaitNamedPipeW(name, RIG_WAIT_MS))
            Sleep(20);
    }
    return NULL;
}

/* The last line is complete, and an `end`; an echo is one line. */
static bool is_complete(const char *bytes, size_t size)
{
    static const char end[] = "{\"id\":1,\"type\":\"end\"", echo[] = "{\"id\":1,\"op\"";
    size_t start = size - 1;

    if (size == 0 || bytes[start] != '\n')
        return false;
    while (start > 0 && bytes[start - 1] != '\n')
        start--;
    return (size - start > sizeof end && memcmp(bytes + start, end, sizeof end - 1) == 0) ||
           (size - start > sizeof echo && memcmp(bytes + start, echo, sizeof echo - 1) == 0);
}

/* Keeps the end of what came before the new bytes, so that a line that comes in two parts is
 * recognised. */
static bool ask(struct client *client, HANDLE pipe)
{
    DWORD moved = 0;
    size_t size = 0;

    if (!WriteFile(pipe, client->request, (DWORD)strlen(client->request), &moved, NULL))
        return false;
    do {
        const size_t kept = size > RECEIVE_SIZE / 2 ? RECEIVE_SIZE / 4 : size;
        memmove(client->bytes, client->bytes + size - kept, kept);
        if (!ReadFile(pipe, client->bytes + kept, (DWORD)(RECEIVE_SIZE - kept), &moved, NULL) ||
            moved == 0)
            return false;
        size = kept + moved;
    } while (!is_complete(client->bytes, size));
    return true;
}

static DWORD WINAPI run_client(void *context)
{
    struct client *client = context;
    HANDLE pipe = open_pipe(client->pipe_name);

    if (pipe == NULL || !ask(client, pipe)) { /* the first warms up */
        client->failed++;
        handle_close(&pipe);
        return 1;
    }
    const uint64_t start = system_now_us(NULL);
    uint64_t begin = start;
    size_t asked = 0;
    do {
        client->failed += !ask(client, pipe);
        asked++;
        const uint64_t now = system_now_us(NULL);
        if (client->count < SAMPLES_MAX)
            client->latencies_us[client->count++] = now - begin;
        begin = now;
    } while (begin - start < client->round_ms * UINT64_C(1000));
    client->rate = (double)asked * 1e6 / (double)(begin - start);
    handle_close(&pipe);
    return 0;
}

/* --- one measurement --- */

struct cell {
    const char *name;
    const wchar_t *pipe_name;
    const char *request;
    double rates[ROUNDS]; /* requests a second */
    int rounds;           /* done; what takes too long is not repeated */
    bool is_slow;
    uint64_t *latencies_us;
    size_t count, capacity;
    size_t failed;
};

static void keep(struct cell *cell, const struct client *client)
{
    if (cell->count + client->count > cell->capacity) {
        cell->capacity = 2 * (cell->count + client->count);
        cell->latencies_us =
            realloc(cell->latencies_us, cell->capacity * sizeof *cell->latencies_us);
        if (cell->latencies_us == NULL)
            exit(1);
    }
    for (size_t i = 0; i < client->count; i++)
        cell->latencies_us[cell->count++] = client->latencies_us[i];
    cell->failed += client->failed;
}

static void measure(struct cell *cell, size_t clients, DWORD round_ms)
{
    static struct client all[CLIENTS_MAX];
    const uint64_t begin_ms = system_now_ms();
    double rate = 0;

    for (size_t i = 0; i < clients; i++) {
        struct client *client = &all[i];
        if (client->latencies_us == NULL)
            client->latencies_us = calloc(SAMPLES_MAX, sizeof *client->latencies_us);
        if (client->latencies_us == NULL)
            exit(1);
        client->pipe_name = cell->pipe_name;
        client->request = cell->request;
        client->count = client->failed = 0;
        client->rate = 0;
        client->round_ms = round_ms;
        client->thread = CreateThread(NULL, 0, run_client, client, 0, NULL);
        if (client->thread == NULL)
            exit(1);
    }
    for (size_t i = 0; i < clients; i++) {
        WaitForSingleObject(all[i].thread, INFINITE);
        handle_close(&all[i].thread);
        rate += all[i].rate;
        keep(cell, &all[i]);
    }
    cell->rates[cell->rounds++] = rate;
    cell->is_slow = system_now_ms() - begin_ms > SLOW_ROUNDS * round_ms;
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, int count)
{
    double sorted[ROUNDS];
    memcpy(sorted, values, (size_t)count * sizeof *values);
    qsort(sorted, (size_t)count, sizeof sorted[0], compare_doubles);
    return sorted[count / 2];
}

/* echo  What the ratio is to. */
static void print_cell(struct cell *cell, const struct cell *echo, size_t clients)
{
    double ratios[ROUNDS];

    for (int round = 0; round < cell->rounds; round++)
        ratios[round] = echo->rates[round] > 0 ? cell->rates[round] / echo->rates[round] : 0;
    qsort(cell->latencies_us, cell->count, sizeof *cell->latencies_us, compare);
    printf("  %-10s %8zu %12.1f %10" PRIu64 " %10" PRIu64 " %10.3f", cell->name, clients,
           median(cell->rates, cell->rounds),
           cell->count > 0 ? cell->latencies_us[cell->count / 2] : 0,
           cell->count > 0 ? cell->latencies_us[cell->count * 99 / 100] : 0,
           median(ratios, cell->rounds));
    if (cell->failed > 0)
        printf("   %zu FAILED", cell->failed);
    puts("");
    (void)fflush(stdout);
}

static void bench_rates(const wchar_t *echo_name, const wchar_t *lsmapd_name, DWORD round_ms)
{
    static const size_t clients[] = {1, 8, CLIENTS_MAX};
    static const char *const names[] = {"echo", "info", "maps pid", "maps all"};
    char maps_one[96];

    (void)snprintf(maps_one, sizeof maps_one, "{\"id\":1,\"op\":\"maps\",\"pid\":%lu}\n",
                   (unsigned long)GetCurrentProcessId());
    const char *const requests[] = {"{\"id\":1,\"op\":\"info\"}\n", "{\"id\":1,\"op\":\"info\"}\n",
                                    maps_one, "{\"id\":1,\"op\":\"maps\",\"all\":true}\n"};
    puts("Requests, in rounds that take turns; the median of the rounds, latencies of all.\n");
    printf("  %-10s %8s %12s %10s %10s %10s\n", "", "clients", "a second", "p50 us", "p99 us",
           "to echo");
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++) {
        struct cell cells[4] = {0};
        for (size_t j = 0; j < 4; j++)
            cells[j] = (struct cell){.name = names[j],
                                     .pipe_name = j == 0 ? echo_name : lsmapd_name,
                                     .request = requests[j]};
        for (int round = 0; round < ROUNDS; round++)
            for (size_t j = 0; j < 4; j++)
                if (!cells[j].is_slow)
                    measure(&cells[j], clients[i], round_ms);
        for (size_t j = 0; j < 4; j++)
            print_cell(&cells[j], &cells[0], clients[i]);
        for (size_t j = 0; j < 4; j++)
            free(cells[j].latencies_us);
    }
}

/* --- memory --- */

static void bench_idle(const struct lsmapd_server *server)
{
    static HANDLE pipes[IDLE_CONNECTIONS];
    static struct client client = {.request = "{\"id\":1,\"op\":\"info\"}\n"};
    struct process_usage before, after;
    size_t count = 0;

    Sleep(SETTLE_MS);
    if (!lsmapd_server_usage(server, &before))
        return;
    while (count < IDLE_CONNECTIONS) {
        pipes[count] = open_pipe(server->rig.name);
        if (pipes[count] == NULL || !ask(&client, pipes[count]))
            break;
        count++;
    }
    Sleep(SETTLE_MS);
    if (count > 0 && lsmapd_server_usage(server, &after))
        printf("\n%zu connections, each asked `info` once and idle: %" PRIu64 " -> %" PRIu64
               " KiB private, %.0f bytes each\n",
               count, before.memory_size / 1024, after.memory_size / 1024,
               ((double)after.memory_size - (double)before.memory_size) / (double)count);
    for (size_t i = 0; i < count; i++)
        handle_close(&pipes[i]);
}

static void bench_requests(const struct lsmapd_server *server, const char *name,
                           const char *request)
{
    static struct client client;
    struct process_usage before, after;
    HANDLE pipe = open_pipe(server->rig.name);

    client.request = request;
    if (pipe == NULL)
        return;
    for (int i = 0; i < 2 * REQUESTS; i++) {
        if (i == REQUESTS && !lsmapd_server_usage(server, &before))
            break;
        if (!ask(&client, pipe))
            break;
    }
    if (lsmapd_server_usage(server, &after))
        printf("%d requests `%s` on one connection, after as many: %" PRIu64 " -> %" PRIu64
               " KiB private\n",
               REQUESTS, name, before.memory_size / 1024, after.memory_size / 1024);
    handle_close(&pipe);
}

/* --- fairness --- */

static volatile LONG is_over;

static DWORD WINAPI scan_on(void *context)
{
    struct client *client = context;

    while (InterlockedCompareExchange(&is_over, 0, 0) == 0 && ask(client, client->pipe))
        client->count++;
    return 0;
}

/* Opens a connection that is taken for this user's. */
static void open_as(struct client *client, const struct pipe_rig *rig, unsigned user)
{
    pipe_rig_set_user(user);
    client->pipe = open_pipe(rig->name);
    client->request = "{\"id\":1,\"op\":\"info\"}\n";
    if (client->pipe == NULL || !ask(client, client->pipe))
        exit(1);
    client->request = "{\"id\":1,\"op\":\"processes\",\"all\":true}\n";
}

/* The milliseconds of one scan of user 2 beside `count` connections of user 1. */
static double scan_beside(unsigned threads, size_t count)
{
    static struct client others[SCANNERS_MAX], client;
    struct server_limits limits;
    struct pipe_rig rig = {
        .processes_count = SCANNED_PROCESSES, .open_delay_ms = 1, .limits = &limits};
    double times_ms[ROUNDS] = {0};

    server_limits_default(&limits, threads);
    if (pipe_rig_start(&rig, 1, 0) != ERROR_SUCCESS)
        return 0;
    InterlockedExchange(&is_over, 0);
    for (size_t i = 0; i < count; i++)
        open_as(&others[i], &rig, 1);
    open_as(&client, &rig, 2);
    for (size_t i = 0; i < count; i++)
        others[i].thread = CreateThread(NULL, 0, scan_on, &others[i], 0, NULL);
    Sleep(SETTLE_MS / 4);
    for (int i = 0; i < ROUNDS; i++) {
        const uint64_t begin_us = system_now_us(NULL);
        if (!ask(&client, client.pipe))
            exit(1);
        times_ms[i] = (double)(system_now_us(NULL) - begin_us) / 1000;
    }
    InterlockedExchange(&is_over, 1);
    (void)pipe_rig_stop(&rig);
    for (size_t i = 0; i < count; i++) {
        WaitForSingleObject(others[i].thread, INFINITE);
        handle_close(&others[i].thread);
        handle_close(&others[i].pipe);
    }
    handle_close(&client.pipe);
    return median(times_ms, ROUNDS);
}

static void bench_fairness(void)
{
    static const unsigned threads[] = {1, 2, 4};

    printf(
        "\nA scan of one user, in ms, beside connections of another that scan; median of %d.\n\n",
        ROUNDS);
    printf("  %8s %8s %8s %8s %8s\n", "threads", "alone", "1", "32", "32 to 1");
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        const double alone = scan_beside(threads[i], 0), one = scan_beside(threads[i], 1),
                     many = scan_beside(threads[i], SCANNERS_MAX);
        printf("  %8u %8.0f %8.0f %8.0f %8.2f\n", threads[i], alone, one, many,
               one > 0 ? many / one : 0);
    }
}

/* --- servers --- */

static bool start_echo(struct server *server)
{
    wchar_t path[MAX_PATH], command[2 * MAX_PATH];
    STARTUPINFOW startup = {.cb = sizeof startup};

    swprintf(server->pipe_name, RIG_NAME_CAPACITY, L"\\\\.\\pipe\\lsmap-bench-echo-%lu",
             (unsigned long)GetCurrentProcessId());
    if (GetModuleFileNameW(NULL, path, MAX_PATH) == 0)
        return false;
    swprintf(command, 2 * MAX_PATH, L"\"%ls\" --echo %ls", path, server->pipe_name);
    return CreateProcessW(path, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup,
                          &server->process) != FALSE;
}

int wmain(int argc, wchar_t **argv); /* the CRT calls it, no header declares it */

int wmain(int argc, wchar_t **argv)
{
    struct lsmapd_server lsmapd;
    struct server echo = {0};

    if (argc == 3 && wcscmp(argv[1], L"--echo") == 0)
        return (int)echo_server_run(argv[2], CLIENTS_MAX + CLIENTS_MAX / 4);
    const unsigned long round_ms = argc > 1 ? wcstoul(argv[1], NULL, 10) : ROUND_MS;
    if (!lsmapd_server_start(&lsmapd, LIMITS)) {
        fputs("bench_pipe: lsmapd.exe does not serve; name it in LSMAPD_EXE\n", stderr);
        return 1;
    }
    if (start_echo(&echo)) {
        bench_rates(echo.pipe_name, lsmapd.rig.name, round_ms);
        bench_idle(&lsmapd);
        bench_requests(&lsmapd, "info", "{\"id\":1,\"op\":\"info\"}\n");
        bench_requests(&lsmapd, "processes all", "{\"id\":1,\"op\":\"processes\",\"all\":true}\n");
        TerminateProcess(echo.process.hProcess, 0);
        handle_close(&echo.process.hProcess);
        handle_close(&echo.process.hThread);
    }
    lsmapd_server_stop(&lsmapd);
    bench_fairness();
    return 0;
}
