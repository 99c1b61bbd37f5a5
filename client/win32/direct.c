#include "client/win32/direct.h"

#include <stdlib.h>
#include <string.h>

#include "common/answer/answer.h"
#include "common/proto/protocol.h"
#include "common/text/buffer.h"
#include "common/win32/platform_nt.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"

struct direct {
    struct transport transport;
    struct platform platform;
    struct server_info info;
    struct answer_context context;
    struct grant grant;
    struct answer *answer; /* owned; NULL between requests */
    struct buffer rows;    /* made and not yet received */
};

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

struct direct *direct_create(struct failure *failure)
{
    char text[FAILURE_DETAIL_CAPACITY];
    struct direct *direct = calloc(1, sizeof *direct);

    if (direct == NULL) {
        (void)failure_set(failure, FAILURE_MEMORY, NULL);
        return NULL;
    }
    /* Without the privilege other users' processes are refused one by one, and reported so. */
    DWORD error = platform_nt_enable_debug();
    error = platform_nt_create(&direct->platform);
    if (error != ERROR_SUCCESS) {
        (void)failure_set(failure, FAILURE_SYSTEM, text_w_error(text, sizeof text, error));
        free(direct);
        return NULL;
    }
    system_info_query(&direct->info, "direct");
    /* Facts that cannot be read stay unknown; no right depends on them here. */
    if (token_facts_self(&direct->grant.caller) != ERROR_SUCCESS)
        caller_set_unknown(&direct->grant.caller);
    direct->grant.caller.granted = RIGHTS_ALL;
    direct->grant.rights = RIGHTS_ALL;
    direct->grant.reason = "direct: this process' own rights";
    direct->context = (struct answer_context){
        .platform = &direct->platform, .info = &direct->info, .now_us = system_now_us};
    server_limits_default(&direct->context.limits, 1);
    direct->transport = (struct transport){direct, direct_send, direct_receive, NULL};
    buffer_init(&direct->rows, ANSWER_OUTPUT_SIZE_MAX);
    return direct;
}

const struct transport *direct_transport(const struct direct *direct)
{
    return &direct->transport;
}

void direct_destroy(struct direct *direct)
{
    if (direct == NULL)
        return;
    answer_destroy(direct->answer);
    buffer_release(&direct->rows);
    platform_nt_destroy(&direct->platform);
    free(direct);
}
