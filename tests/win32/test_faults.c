/* Every call of the pipe server's table failing at its k-th use, for all k: afterwards the server
 * serves, or it could not start and left nothing; and it stops in time.
 */
#include "tests/test.h"

#include <stdlib.h>

#include "service/win32/pipe.h"
#include "tests/win32/pipe_rig.h"

enum { SPEED = 20, USES_MAX = 60, PROCESSES = 2000, SLOW_PROCESSES = 150 };

static struct pipe_calls real;
static volatile LONG uses;    /* of the call that is to fail */
static volatile LONG fail_at; /* its k-th use fails; 0: none */
static bool is_slow;          /* scans take long enough to look for their client */

static bool fails(void)
{
    if (InterlockedCompareExchange(&fail_at, 0, 0) == 0)
        return false;
    return InterlockedIncrement(&uses) == fail_at;
}

static HANDLE WINAPI create_named_pipe(LPCWSTR name, DWORD open, DWORD mode, DWORD count, DWORD out,
                                       DWORD in, DWORD timeout, LPSECURITY_ATTRIBUTES security)
{
    if (!fails())
        return real.create_named_pipe(name, open, mode, count, out, in, timeout, security);
    SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return INVALID_HANDLE_VALUE;
}

static BOOL WINAPI connect_named_pipe(HANDLE pipe, LPOVERLAPPED overlapped)
{
    if (!fails())
        return real.connect_named_pipe(pipe, overlapped);
    SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return FALSE;
}

static BOOL WINAPI disconnect_named_pipe(HANDLE pipe)
{
    if (!fails())
        return real.disconnect_named_pipe(pipe);
    SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return FALSE;
}

static BOOL WINAPI peek_named_pipe(HANDLE pipe, LPVOID buffer, DWORD size, LPDWORD read,
                                   LPDWORD available, LPDWORD left)
{
    if (!fails())
        return real.peek_named_pipe(pipe, buffer, size, read, available, left);
    SetLastError(ERROR_BROKEN_PIPE);
    return FALSE;
}

static BOOL WINAPI read_file(HANDLE file, LPVOID buffer, DWORD size, LPDWORD read,
                             LPOVERLAPPED overlapped)
{
    if (!fails())
        return real.read_file(file, buffer, size, read, overlapped);
    SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return FALSE;
}

static BOOL WINAPI write_file(HANDLE file, LPCVOID buffer, DWORD size, LPDWORD written,
                              LPOVERLAPPED overlapped)
{
    if (!fails())
        return real.write_file(file, buffer, size, written, overlapped);
    SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return FALSE;
}

static BOOL WINAPI cancel_io(HANDLE file, LPOVERLAPPED overlapped)
{
    if (!fails())
        return real.cancel_io(file, overlapped);
    SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return FALSE;
}

static BOOL WINAPI impersonate_client(HANDLE pipe)
{
    if (!fails())
        return real.impersonate_client(pipe);
    SetLastError(ERROR_CANNOT_IMPERSONATE);
    return FALSE;
}

static BOOL WINAPI open_thread_token(HANDLE thread, DWORD access, BOOL as_self, PHANDLE token)
{
    if (!fails())
        return real.open_thread_token(thread, access, as_self, token);
    SetLastError(ERROR_CANT_OPEN_ANONYMOUS);
    return FALSE;
}

static HANDLE WINAPI create_event(LPSECURITY_ATTRIBUTES security, BOOL manual, BOOL initial,
                                  LPCWSTR name)
{
    if (!fails())
        return real.create_event(security, manual, initial, name);
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

static HANDLE WINAPI create_thread(LPSECURITY_ATTRIBUTES security, SIZE_T stack,
                                   LPTHREAD_START_ROUTINE run, LPVOID context, DWORD flags,
                                   LPDWORD id)
{
    if (!fails())
        return real.create_thread(security, stack, run, context, flags, id);
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

static PTP_POOL WINAPI create_pool(PVOID reserved)
{
    if (!fails())
        return real.create_pool(reserved);
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

static PTP_TIMER WINAPI create_timer(PTP_TIMER_CALLBACK callback, PVOID context,
                                     PTP_CALLBACK_ENVIRON environment)
{
    if (!fails())
        return real.create_timer(callback, context, environment);
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

static PTP_WORK WINAPI create_work(PTP_WORK_CALLBACK callback, PVOID context,
                                   PTP_CALLBACK_ENVIRON environment)
{
    if (!fails())
        return real.create_work(callback, context, environment);
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

static PTP_IO WINAPI create_io(HANDLE file, PTP_WIN32_IO_CALLBACK callback, PVOID context,
                               PTP_CALLBACK_ENVIRON environment)
{
    if (!fails())
        return real.create_io(file, callback, context, environment);
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

/* --- the heap: every allocation of this process, the clients' included --- */

#if defined(HAS_WRAPPED_HEAP) /* the linker hands over the functions */
static volatile LONG heap_calls;
static volatile LONG heap_interval; /* every so many calls one fails; 0: none */
static volatile LONG heap_failures;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

static bool heap_fails(void)
{
    const LONG interval = InterlockedCompareExchange(&heap_interval, 0, 0);
    if (interval == 0 || InterlockedIncrement(&heap_calls) % interval != 0)
        return false;
    InterlockedIncrement(&heap_failures);
    return true;
}

void *__wrap_malloc(size_t size)
{
    return heap_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return heap_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return heap_fails() ? NULL : __real_realloc(block, size);
}
#endif

static void *allocate(size_t count, size_t size)
{
    return fails() ? NULL : real.allocate(count, size);
}

/* --- one life of a server --- */

/* What clients do: they connect, ask little and much, leave in the middle, stay silent. Whether they
 * get an answer does not matter. */
static void visit(const struct pipe_rig *rig)
{
    struct pipe_client polite = {0}, rude = {0};
    struct pipe_reply reply;

    if (pipe_client_open(&polite, rig) == ERROR_SUCCESS) {
        (void)pipe_client_is_served(&polite);
        if (pipe_client_send_text(&polite, "{\"op\":\"processes\",\"all\":true}\n"))
            (void)pipe_client_reply(&polite, &reply);
    }
    if (pipe_client_open(&rude, rig) == ERROR_SUCCESS)
        (void)pipe_client_send_text(&rude, "{\"op\":\"processes\",\"all\":true}\n");
    pipe_client_close(&rude);
    pipe_client_close(&polite);
}

static bool serves_again(const struct pipe_rig *rig)
{
    for (int attempt = 0; attempt < RIG_WAIT_MS / 50; attempt++) {
        if (pipe_rig_serves(rig))
            return true;
        Sleep(50); /* accepting begins again after a pause */
    }
    return false;
}

static void live_once(struct test *t)
{
    struct pipe_rig rig = {.processes_count = PROCESSES};
    if (is_slow) {
        rig.processes_count = SLOW_PROCESSES;
        rig.open_delay_ms = 1;
    }
    if (pipe_rig_start(&rig, SPEED, 0) != ERROR_SUCCESS) {
        CHECK(t, rig.server == NULL);
        return;
    }
    visit(&rig);
    const LONG at = InterlockedExchange(&fail_at, 0);
    CHECK(t, serves_again(&rig));
    CHECK(t, WaitForSingleObject(server_failed_event(rig.server), 0) == WAIT_TIMEOUT);
    InterlockedExchange(&fail_at, at); /* calls of the stop may fail as well */
    CHECK(t, pipe_rig_stop(&rig) < 2000);
}

static void fail_each_use(struct test *t, const char *name, LONG least)
{
    LONG at = 1, used = 0;
    for (; at <= USES_MAX; at++) {
        TEST_ROW(t, "%s fails at use %ld", name, (long)at);
        InterlockedExchange(&uses, 0);
        InterlockedExchange(&fail_at, at);
        live_once(t);
        InterlockedExchange(&fail_at, 0);
        used = uses;
        if (used < at)
            break; /* it was not used so often: all its uses have failed once */
    }
    pipe_calls = real;
    printf("  %-22s failed at each of %ld uses\n", name, (long)(at - 1));
    CHECK(t, at > least);
}

#define FAULT_TEST(call, least)                     \
    static void each_##call##_fails(struct test *t) \
    {                                               \
        real = pipe_calls;                          \
        pipe_calls.call = call;                     \
        fail_each_use(t, #call, least);             \
    }

FAULT_TEST(create_named_pipe, 2)
FAULT_TEST(connect_named_pipe, 2)
FAULT_TEST(disconnect_named_pipe, 1)
FAULT_TEST(read_file, 2)
FAULT_TEST(write_file, 2)
FAULT_TEST(cancel_io, 1)
FAULT_TEST(impersonate_client, 1)
FAULT_TEST(open_thread_token, 1)
FAULT_TEST(create_event, 1)
FAULT_TEST(create_thread, 1)
FAULT_TEST(create_pool, 1)
FAULT_TEST(create_timer, 1)
FAULT_TEST(create_work, 2)
FAULT_TEST(create_io, 2)
FAULT_TEST(allocate, 2)

static void each_peek_named_pipe_fails(struct test *t)
{
    real = pipe_calls;
    pipe_calls.peek_named_pipe = peek_named_pipe;
    is_slow = true;
    fail_each_use(t, "peek_named_pipe", 1);
    is_slow = false;
}

#if defined(HAS_WRAPPED_HEAP)
static void every_few_allocations_fail(struct test *t)
{
    /* Not every one: a server that cannot accept for a minute and a half gives up. */
    static const LONG intervals[] = {2, 3, 5, 7, 11};
    enum { VISITS = 3 };

    for (size_t row = 0; row < TEST_COUNT(intervals); row++) {
        const LONG interval = intervals[row];
        struct pipe_rig rig = {.processes_count = PROCESSES};
        TEST_ROW(t, "every %ldth allocation fails", (long)interval);
        REQUIRE(t, pipe_rig_start(&rig, SPEED, 0) == ERROR_SUCCESS);
        InterlockedExchange(&heap_failures, 0);
        InterlockedExchange(&heap_calls, 0);
        InterlockedExchange(&heap_interval, interval);
        for (int i = 0; i < VISITS; i++)
            visit(&rig);
        InterlockedExchange(&heap_interval, 0);
        CHECK(t, heap_failures > 0);
        CHECK(t, serves_again(&rig));
        CHECK(t, WaitForSingleObject(server_failed_event(rig.server), 0) == WAIT_TIMEOUT);
        InterlockedExchange(&heap_interval, interval);
        CHECK(t, pipe_rig_stop(&rig) < 2000);
        InterlockedExchange(&heap_interval, 0);
    }
}
#endif

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(each_create_named_pipe_fails),
        TEST_CASE(each_connect_named_pipe_fails),
        TEST_CASE(each_disconnect_named_pipe_fails),
        TEST_CASE(each_peek_named_pipe_fails),
        TEST_CASE(each_read_file_fails),
        TEST_CASE(each_write_file_fails),
        TEST_CASE(each_cancel_io_fails),
        TEST_CASE(each_impersonate_client_fails),
        TEST_CASE(each_open_thread_token_fails),
        TEST_CASE(each_create_event_fails),
        TEST_CASE(each_create_thread_fails),
        TEST_CASE(each_create_pool_fails),
        TEST_CASE(each_create_timer_fails),
        TEST_CASE(each_create_work_fails),
        TEST_CASE(each_create_io_fails),
        TEST_CASE(each_allocate_fails),
#if defined(HAS_WRAPPED_HEAP)
        TEST_CASE(every_few_allocations_fail),
#endif
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
