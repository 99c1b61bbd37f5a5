#include "client/win32/direct.h"

#include <stdlib.h>
#include <string.h>

#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/platform_nt.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"

enum { US_PER_MS = 1000, LOST_MAX = 64, SERVICES_WAIT_MS = 500 };

/* A thread and what it uses, freed by the last of the thread and its owner. */
struct direct_worker {
    volatile LONG references;
    HANDLE go;   /* event: a slice is to be run, or, without an answer, the thread to end */
    HANDLE done; /* event: it was run */
    struct watchdog *watchdog;
    struct answer *answer; /* of the slice */
    size_t size;
    struct watch watch;
    struct watch_target hung; /* after it was abandoned */
    HANDLE is_known;          /* event: `hung` is set */
};

static void worker_release(struct direct_worker *worker)
{
    if (worker == NULL || InterlockedDecrement(&worker->references) > 0)
        return;
    handle_close(&worker->go);
    handle_close(&worker->done);
    handle_close(&worker->is_known);
    free(worker);
}

static DWORD WINAPI work(void *context)
{
    struct direct_worker *worker = context;

    while (WaitForSingleObject(worker->go, INFINITE) == WAIT_OBJECT_0 && worker->answer != NULL) {
        if (!answer_run(worker->answer, &worker->watch, UINT64_MAX, worker->size)) {
            answer_destroy(worker->answer);
            WaitForSingleObject(worker->is_known, INFINITE);
            watchdog_return(worker->watchdog, &worker->hung, system_now_us(NULL) / US_PER_MS);
            break;
        }
        SetEvent(worker->done);
    }
    worker_release(worker);
    return 0;
}

static struct direct_worker *worker_start(struct watchdog *watchdog)
{
    struct direct_worker *worker = calloc(1, sizeof *worker);
    HANDLE thread = NULL;

    if (worker == NULL)
        return NULL;
    worker->references = 2;
    worker->watchdog = watchdog;
    worker->go = CreateEventW(NULL, FALSE, FALSE, NULL);
    worker->done = CreateEventW(NULL, FALSE, FALSE, NULL);
    worker->is_known = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (worker->go != NULL && worker->done != NULL && worker->is_known != NULL)
        thread = CreateThread(NULL, 0, work, worker, 0, NULL);
    if (thread == NULL) {
        worker->references = 1;
        worker_release(worker);
        return NULL;
    }
    handle_close(&thread);
    return worker;
}

static void worker_stop(struct direct *direct)
{
    if (direct->worker == NULL)
        return;
    direct->worker->answer = NULL;
    SetEvent(direct->worker->go);
    worker_release(direct->worker);
    direct->worker = NULL;
}

/* Gives up the thread when its query hangs. Returns false when it does not, or without memory. */
static bool give_up(struct direct *direct)
{
    struct direct_worker *worker = direct->worker;

    if (direct->lost_count >= LOST_MAX ||
        !watch_abandon(&worker->watch, system_awake_ms(), WATCHDOG_QUERY_MS, &worker->hung))
        return false;
    watchdog_lose(&direct->watchdog, &worker->hung);
    direct->lost_count++;
    direct->answer = answer_resume(&direct->context, &direct->checkpoint, &worker->hung);
    direct->worker = NULL;
    SetEvent(worker->is_known);
    worker_release(worker);
    return true;
}

/* Runs a slice, or gives it up. Returns false without memory. */
static bool run_slice(struct direct *direct)
{
    if (direct->worker == NULL && (direct->worker = worker_start(&direct->watchdog)) == NULL)
        return false;
    direct->worker->answer = direct->answer;
    direct->worker->size = OUTPUT_SIZE - direct->rows.size;
    SetEvent(direct->worker->go);
    while (WaitForSingleObject(direct->worker->done, WATCHDOG_INTERVAL_MS) != WAIT_OBJECT_0)
        if (give_up(direct))
            return direct->answer != NULL;
    return answer_take(direct->answer, &direct->rows, &direct->checkpoint);
}

static bool direct_send(void *context, struct span bytes, struct failure *failure)
{
    struct direct *direct = context;

    if (bytes.size > 0 && bytes.data[bytes.size - 1] == '\n')
        bytes.size--;
    answer_destroy(direct->answer);
    direct->answer = answer_create(&direct->context, &direct->grant, bytes);
    if (direct->answer == NULL)
        return failure_set(failure, FAILURE_MEMORY, NULL);
    answer_save(direct->answer, &direct->checkpoint);
    return true;
}

static bool direct_receive(void *context, char *data, size_t capacity, size_t *size,
                           struct failure *failure)
{
    struct direct *direct = context;
    const uint64_t deadline_ms = system_now_ms() + direct->left_ms;

    while (direct->answer != NULL && direct->rows.size < OUTPUT_SIZE) {
        if (!run_slice(direct))
            return failure_set(failure, FAILURE_MEMORY, NULL);
        if (system_now_ms() > deadline_ms)
            return failure_set(failure, FAILURE_TIMED_OUT, NULL);
        if (answer_is_over(direct->answer) && answer_take(direct->answer, &direct->rows, NULL)) {
            answer_destroy(direct->answer);
            direct->answer = NULL;
        }
    }
    const uint64_t now_ms = system_now_ms();
    direct->left_ms = now_ms < deadline_ms ? deadline_ms - now_ms : 0;
    if (direct->rows.size == 0)
        return failure_set(failure, FAILURE_CLOSED, NULL);
    *size = direct->rows.size < capacity ? direct->rows.size : capacity;
    memcpy(data, direct->rows.data, *size);
    buffer_consume(&direct->rows, *size);
    return true;
}

static void acquire(void *context)
{
    AcquireSRWLockExclusive(context);
}

static void release(void *context)
{
    ReleaseSRWLockExclusive(context);
}

bool direct_open(struct direct *direct, unsigned timeout_s, struct failure *failure)
{
    char text[FAILURE_DETAIL_CAPACITY];

    *direct = (struct direct){.transport = {direct, direct_send, direct_receive, NULL},
                              .left_ms = timeout_s * (uint64_t)1000};
    /* Without the privilege, processes of other users are refused and reported. */
    DWORD error = platform_nt_enable_debug();
    error = platform_nt_create(&direct->platform);
    if (error != ERROR_SUCCESS)
        return failure_set(failure, FAILURE_SYSTEM, text_w_error(text, sizeof text, error));
    platform_nt_wait_services(&direct->platform, SERVICES_WAIT_MS);
    system_info_query(&direct->info, "direct");
    /* Facts that cannot be read stay unknown; no right depends on them here. */
    if (token_facts_self(&direct->grant.caller) != ERROR_SUCCESS)
        caller_set_unknown(&direct->grant.caller);
    direct->grant.caller.granted = direct->grant.rights = RIGHTS_ALL;
    direct->grant.reason = "direct: the rights of this process";
    direct->context = (struct answer_context){.platform = &direct->platform,
                                              .info = &direct->info,
                                              .now_us = system_now_us,
                                              .watchdog = &direct->watchdog};
    InitializeSRWLock(&direct->srw);
    direct->lock = (struct statistics_lock){&direct->srw, acquire, release};
    watchdog_init(&direct->watchdog, &direct->lock);
    server_limits_default(&direct->context.limits, 1);
    buffer_init(&direct->rows, ANSWER_OUTPUT_SIZE_MAX);
    return true;
}

void direct_close(struct direct *direct)
{
    worker_stop(direct);
    answer_destroy(direct->answer);
    answer_checkpoint_release(&direct->checkpoint);
    buffer_release(&direct->rows);
    direct->answer = NULL;
    if (direct->lost_count == 0) /* else a lost thread may still use it */
        platform_nt_destroy(&direct->platform);
}
