/* What the pipe server does not release: after requests, after connections, after its stop. */
#include "tests/win32/pipe_rig.h"

#include <psapi.h>

#include "common/scan/process.h"
#include "common/win32/ntdll.h"
#include "service/seats.h"
#include "tests/test.h"

struct usage {
    uint32_t handles;
    uint64_t memory_size; /* private bytes; on Wine, which does not count them, the working set */
    uint64_t heap_size;   /* allocated in all heaps: exact, while the other counts pages */
};

/* Wine's GetProcessHandleCount always returns 0; its process list is right. */
static uint32_t query_handles(void)
{
    static _Alignas(16) char buffer[4 * 1024 * 1024];
    ULONG size = 0;

    if (NtQuerySystemInformation(NT_SYSTEM_PROCESSES, buffer, sizeof buffer, &size) != 0)
        return 0;
    for (size_t offset = 0;;) {
        const struct system_process *process =
            (const struct system_process *)(const void *)(buffer + offset);
        if ((DWORD)process->pid == GetCurrentProcessId())
            return process->handle_count;
        if (process->next_offset == 0)
            return 0;
        offset += process->next_offset;
    }
}

static uint64_t query_heaps(void)
{
    HANDLE heaps[64];
    uint64_t sum = 0;

    DWORD count = GetProcessHeaps(TEST_COUNT(heaps), heaps);
    for (DWORD i = 0; i < count && i < TEST_COUNT(heaps); i++) {
        PROCESS_HEAP_ENTRY entry = {0};
        HeapLock(heaps[i]);
        while (HeapWalk(heaps[i], &entry))
            if ((entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0)
                sum += entry.cbData;
        HeapUnlock(heaps[i]);
    }
    return sum;
}

static struct usage usage_query(void)
{
    PROCESS_MEMORY_COUNTERS_EX memory = {.cb = sizeof memory};
    struct usage usage = {.handles = query_handles(), .heap_size = query_heaps()};

    if (GetProcessMemoryInfo(GetCurrentProcess(), (PROCESS_MEMORY_COUNTERS *)&memory,
                             sizeof memory))
        usage.memory_size = memory.PrivateUsage != 0 ? memory.PrivateUsage : memory.WorkingSetSize;
    return usage;
}

static void print_usage(const char *what, struct usage before, struct usage after)
{
    printf("  %s: handles %" PRIu32 " -> %" PRIu32 ", heap %" PRIu64 " -> %" PRIu64
           ", memory %" PRIu64 " -> %" PRIu64 "\n",
           what, before.handles, after.handles, before.heap_size, after.heap_size,
           before.memory_size, after.memory_size);
}

static int serve_clients(struct pipe_rig *rig, int count)
{
    int served = 0;

    for (int i = 0; i < count; i++)
        served += pipe_rig_serves(rig);
    pipe_rig_wait_connections(rig, 1); /* the caller's is left */
    Sleep(200);                        /* and the memory of the last has been freed */
    return served;
}

static int serve_requests(struct pipe_client *client, int count)
{
    int served = 0;

    for (int i = 0; i < count; i++)
        served += pipe_client_is_served(client);
    return served;
}

static bool has_grown(struct usage before, struct usage after, uint64_t heap_slack,
                      uint32_t handles)
{
    return after.heap_size > before.heap_size + heap_slack ||
           after.handles > before.handles + handles;
}

/* The heap and the pool of threads take some rounds to reach their size, more of them on one Wine than on
 * another. What leaks grows in every round. */
enum { ROUNDS_MAX = 6 };

static void nothing_grows(struct test *t)
{
    /* Wine 8 keeps 96 bytes of every PTP_IO that had a completion. */
    enum { REQUESTS = 1000, CONNECTIONS = 300, SLACK_SIZE = 128 * CONNECTIONS, HANDLES_SLACK = 64 };
    struct pipe_rig rig = {.processes_count = 10};
    struct pipe_client client = {0};
    bool grows = true;

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    for (int round = 0; round < ROUNDS_MAX && grows; round++) {
        struct usage start = usage_query();
        CHECK_INT(t, REQUESTS, serve_requests(&client, REQUESTS));
        struct usage middle = usage_query();
        CHECK_INT(t, CONNECTIONS, serve_clients(&rig, CONNECTIONS));
        struct usage end = usage_query();
        print_usage("1,000 requests", start, middle);
        print_usage("300 connections", middle, end);
        CHECK(t, start.handles > 0 && start.heap_size > 0); /* it was measured */
        grows = has_grown(start, middle, 1024, HANDLES_SLACK) ||
                has_grown(middle, end, SLACK_SIZE, HANDLES_SLACK);
    }
    CHECK(t, !grows);
    pipe_client_close(&client);
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

static void starts_and_stops_leave_nothing(struct test *t)
{
    /* Each start listens with as many instances: see above. */
    enum { STARTS = 40, SLACK_SIZE = 128 * SEATS_ACCEPTING_MAX * STARTS, HANDLES_SLACK = 32 };
    bool grows = true;

    for (int round = 0; round < ROUNDS_MAX && grows; round++) {
        struct usage start = usage_query();
        for (int i = 0; i < STARTS; i++) {
            struct pipe_rig rig = {0};
            CHECK_INT(t, ERROR_SUCCESS, pipe_rig_start(&rig, 1, 0));
            CHECK(t, pipe_rig_stop(&rig) < 2000);
        }
        Sleep(500); /* pool threads end by themselves */
        struct usage end = usage_query();
        print_usage("40 starts and stops", start, end);
        CHECK(t, start.handles > 0 && start.heap_size > 0);
        grows = has_grown(start, end, SLACK_SIZE, HANDLES_SLACK);
    }
    CHECK(t, !grows);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(nothing_grows),
        TEST_CASE(starts_and_stops_leave_nothing),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
