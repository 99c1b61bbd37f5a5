/* Who gets in: the pipe opened as somebody who must not. */
#include "common/win32/handle.h"
#include "common/win32/text_w.h"
#include "service/win32/doctor_checks.h"

/* The thread is somebody else now, and is itself again when this returns. */
static void try_as_impersonated(struct doctor_context *context, enum doctor_check check,
                                const char *who)
{
    char text[DOCTOR_ERROR_CAPACITY];
    HANDLE pipe = NULL;

    DWORD error = doctor_open_pipe(context->pipe_name, GENERIC_READ | GENERIC_WRITE, &pipe);
    doctor_revert();
    handle_close(&pipe);
    if (error == ERROR_SUCCESS)
        doctor_add(context->report, check, DOCTOR_FAIL, NULL, "%s could open the pipe", who);
    else if (error == ERROR_ACCESS_DENIED)
        doctor_add(context->report, check, DOCTOR_PASS, NULL, "%s: %s", who,
                   text_w_error(text, sizeof text, error));
    else
        doctor_skip_error(context, check, NULL, "the pipe could not be tried", error);
}

static void try_with_token(struct doctor_context *context, enum doctor_check check,
                           DWORD (*make)(HANDLE *token), const char *who)
{
    HANDLE token = NULL;

    if (doctor_skips_wine(context, check, "enforces neither access list nor label of a pipe") ||
        doctor_skips_pipe(context, check))
        return;
    DWORD error = make(&token);
    if (error == ERROR_SUCCESS && !SetThreadToken(NULL, token))
        error = GetLastError();
    if (error == ERROR_SUCCESS)
        try_as_impersonated(context, check, who);
    else
        doctor_skip_error(context, check, NULL, "the token for it could not be made", error);
    handle_close(&token);
}

static void check_anonymous(struct doctor_context *context)
{
    const enum doctor_check check = DOCTOR_PIPE_ANONYMOUS;

    if (doctor_skips_wine(context, check, "enforces no access list of a pipe") ||
        doctor_skips_pipe(context, check))
        return;
    if (!ImpersonateAnonymousToken(GetCurrentThread())) {
        doctor_skip_error(context, check, NULL, "nobody can be anonymous here", GetLastError());
        return;
    }
    try_as_impersonated(context, check, "an anonymous client");
}

void doctor_check_clients(struct doctor_context *context)
{
    check_anonymous(context);
    try_with_token(context, DOCTOR_PIPE_LOW, doctor_token_low, "a client of low integrity");
    try_with_token(context, DOCTOR_PIPE_STRANGER, doctor_token_stranger,
                   "a client without user and groups");
}
