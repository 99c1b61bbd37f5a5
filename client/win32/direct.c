#include "client/win32/direct.h"

#include <stdlib.h>
#include <string.h>

#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/platform_nt.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"

static unsigned left_count; /* closed while lost threads could use them */

enum { LOST_MAX = 64, SERVICES_WAIT_MS = 500 };

/* What a slice uses besides its answer. One that was abandoned is never freed. */
struct direct_slice {
    struct watchdog *watchdog;
    struct answer *answer;
    size_t size;
    struct watch watch;
    struct watch_target hung; /* guarded by the watchdog's lock; of one that was abandoned */
};

static DWORD WINAPI run(void *context)
{
    struct direct_slice *slice = context;

    if (!answer_run(slice->answer, &slice->watch, UINT64_MAX, slice->size))
        watchdog_return(slice->watchdog, &slice->hung);
    return 0;
}

/* Waits for the slice's thread. Returns false when it was abandoned. */
static bool wait_for(struct direct *direct, struct direct_slice *slice, HANDLE thread)
{
    while (WaitForSingleObject(thread, WATCHDOG_INTERVAL_MS) != WAIT_OBJECT_0)
        if (direct->lost_count < LOST_MAX &&
            watchdog_abandon(&direct->watchdog, &slice->watch, WATCHDOG_QUERY_MS, &slice->hung))
            return false;
    return true;
}

/* Runs a slice on a thread of its own, or gives it up with its thread. Returns false without memory. */
static bool run_slice(struct direct *direct)
{
    struct direct_slice *slice = direct->slice;

    if (slice == NULL) {
        slice = calloc(1, sizeof *slice);
        if (slice == NULL)
            return false;
        slice->watchdog = &direct->watchdog;
        direct->slice = slice;
    }
    slice->answer = direct->answer;
    slice->size = OUTPUT_SIZE - direct->rows.size;
    HANDLE thread = CreateThread(NULL, 0, run, slice, 0, NULL);
    if (thread == NULL)
        return false;
    const bool is_kept = wait_for(direct, slice, thread);
    handle_close(&thread);
    if (is_kept)
        return answer_take(direct->answer, &direct->rows);
    direct->lost_count++;
    direct->slice = NULL;
    return answer_resume(direct->answer, &slice->hung);
}

static bool direct_send(void *context, struct span bytes, struct failure *failure)
{
    struct direct *direct = context;

    if (bytes.size > 0 && bytes.data[bytes.size - 1] == '\n')
        bytes.size--;
    answer_destroy(direct->answer);
    direct->answer = answer_create(&direct->context, &direct->grant, bytes);
    return direct->answer != NULL || failure_set(failure, FAILURE_MEMORY, NULL);
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
        if (answer_is_over(direct->answer) && answer_take(direct->answer, &direct->rows)) {
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

bool direct_open(struct direct **opened, unsigned timeout_s, struct failure *failure)
{
    char text[FAILURE_DETAIL_CAPACITY];

    if (left_count == DIRECT_LEFT_MAX)
        return failure_set(
            failure, FAILURE_SYSTEM,
            "Windows did not answer questions about processes again and again: start " PRODUCT_NAME
            " anew");
    struct direct *direct = calloc(1, sizeof *direct);
    if (direct == NULL)
        return failure_set(failure, FAILURE_MEMORY, NULL);
    *direct = (struct direct){.transport = {direct, direct_send, direct_receive, NULL},
                              .left_ms = timeout_s * (uint64_t)1000};
    /* Without the privilege, processes of other users are refused and reported. */
    (void)!platform_nt_enable_debug();
    DWORD error = platform_nt_create(&direct->platform, SERVICES_WAIT_MS);
    if (error != ERROR_SUCCESS) {
        free(direct);
        return failure_set(failure, FAILURE_SYSTEM, "%s", text_w_error(text, sizeof text, error));
    }
    system_info_query(&direct->info, "direct");
    /* Facts that cannot be read stay unknown; no right depends on them here. */
    if (token_facts(GetCurrentProcessToken(), &direct->grant.caller) != ERROR_SUCCESS)
        direct->grant.caller = caller_unknown;
    direct->grant.caller.granted = direct->grant.rights = RIGHTS_ALL;
    direct->grant.reason = "direct: the rights of this process";
    direct->context = (struct answer_context){.platform = &direct->platform,
                                              .info = &direct->info,
                                              .now_us = system_now_us,
                                              .user_name = token_user_name,
                                              .watchdog = &direct->watchdog};
    watchdog_init(&direct->watchdog, system_awake_ms);
    server_limits_default(&direct->context.limits, 1);
    buffer_init(&direct->rows, ANSWER_OUTPUT_SIZE_MAX);
    *opened = direct;
    return true;
}

void direct_close(struct direct *direct)
{
    if (direct == NULL)
        return;
    answer_destroy(direct->answer);
    buffer_release(&direct->rows);
    free(direct->slice);
    if (direct->lost_count > 0) { /* a lost thread may still use it */
        left_count++;
        return;
    }
    platform_nt_destroy(&direct->platform);
    free(direct);
}
