#include "client/win32/direct.h"

#include <string.h>

#include "common/answer/answer.h"
#include "common/proto/protocol.h"
#include "common/win32/platform_nt.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"

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

    while (direct->answer != NULL && direct->rows.size < OUTPUT_SIZE) {
        answer_run(direct->answer, UINT64_MAX, OUTPUT_SIZE - direct->rows.size);
        if (!answer_take(direct->answer, &direct->rows, NULL))
            return failure_set(failure, FAILURE_MEMORY, NULL);
        if (answer_is_over(direct->answer)) {
            answer_destroy(direct->answer);
            direct->answer = NULL;
        }
    }
    if (direct->rows.size == 0)
        return failure_set(failure, FAILURE_CLOSED, NULL);
    *size = direct->rows.size < capacity ? direct->rows.size : capacity;
    memcpy(data, direct->rows.data, *size);
    buffer_consume(&direct->rows, *size);
    return true;
}

bool direct_open(struct direct *direct, struct failure *failure)
{
    char text[FAILURE_DETAIL_CAPACITY];

    *direct = (struct direct){.transport = {direct, direct_send, direct_receive, NULL}};
    /* Without the privilege, processes of other users are refused and reported. */
    DWORD error = platform_nt_enable_debug();
    error = platform_nt_create(&direct->platform);
    if (error != ERROR_SUCCESS)
        return failure_set(failure, FAILURE_SYSTEM, text_w_error(text, sizeof text, error));
    system_info_query(&direct->info, "direct");
    /* Facts that cannot be read stay unknown; no right depends on them here. */
    if (token_facts_self(&direct->grant.caller) != ERROR_SUCCESS)
        caller_set_unknown(&direct->grant.caller);
    direct->grant.caller.granted = direct->grant.rights = RIGHTS_ALL;
    direct->grant.reason = "direct: the rights of this process";
    direct->context = (struct answer_context){
        .platform = &direct->platform, .info = &direct->info, .now_us = system_now_us};
    server_limits_default(&direct->context.limits, 1);
    buffer_init(&direct->rows, ANSWER_OUTPUT_SIZE_MAX);
    return true;
}

void direct_close(struct direct *direct)
{
    answer_destroy(direct->answer);
    buffer_release(&direct->rows);
    platform_nt_destroy(&direct->platform);
    *direct = (struct direct){.answer = NULL};
}
