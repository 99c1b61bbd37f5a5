#include "service/win32/doctor_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/platform_nt.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "service/win32/doctor_checks.h"
#include "service/win32/service_control.h"

/* --- the ways a check is passed over --- */

bool doctor_skips_wine(struct doctor_context *context, enum doctor_check check, const char *what)
{
    if (context->is_wine)
        doctor_add(context->report, check, DOCTOR_SKIP, NULL, "Wine %s", what);
    return context->is_wine;
}

bool doctor_skips_absent(struct doctor_context *context, enum doctor_check check)
{
    if (context->service != NULL)
        return false;
    if (context->service_error == ERROR_SERVICE_DOES_NOT_EXIST)
        doctor_add(context->report, check, DOCTOR_SKIP, NULL, "the service is not installed");
    else
        doctor_skip_error(context, check, NULL, "the service cannot be opened",
                          context->service_error);
    return true;
}

bool doctor_skips_stopped(struct doctor_context *context, enum doctor_check check)
{
    if (context->service_pid == 0)
        doctor_add(context->report, check, DOCTOR_SKIP, NULL, "the service does not run");
    return context->service_pid == 0;
}

bool doctor_skips_pipe(struct doctor_context *context, enum doctor_check check)
{
    doctor_target_renew(context);
    if (context->pipe_error != ERROR_SUCCESS)
        doctor_skip_error(context, check, NULL, "there is no pipe to try", context->pipe_error);
    return context->pipe_error != ERROR_SUCCESS;
}

void doctor_skip_error(struct doctor_context *context, enum doctor_check check, const char *subject,
                       const char *what, DWORD error)
{
    char text[DOCTOR_ERROR_CAPACITY];
    bool needs_elevation = error == ERROR_ACCESS_DENIED && !context->is_elevated;

    doctor_add(context->report, check, DOCTOR_SKIP, subject, "%s: %s%s", what,
               text_w_error(text, sizeof text, error),
               needs_elevation ? "; run this from an elevated prompt" : "");
}

/* --- the machine --- */

static bool query_is_elevated(void)
{
    TOKEN_ELEVATION elevation = {0};
    HANDLE token = NULL;
    DWORD size = 0;

    if (doctor_own_token(&token) != ERROR_SUCCESS ||
        !GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &size))
        elevation.TokenIsElevated = 0;
    handle_close(&token);
    return elevation.TokenIsElevated != 0;
}

static bool query_is_system(void)
{
    union {
        TOKEN_USER user;
        BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } answer;
    HANDLE token = NULL;
    DWORD size = 0;

    bool is_system = doctor_own_token(&token) == ERROR_SUCCESS &&
                     GetTokenInformation(token, TokenUser, &answer, sizeof answer, &size) &&
                     IsWellKnownSid(answer.user.User.Sid, WinLocalSystemSid);
    handle_close(&token);
    return is_system;
}

/* The program of a quoted command without arguments, as we register it; else the command. */
static wchar_t *unquote(wchar_t *command)
{
    size_t length = wcslen(command);

    if (length > 2 && command[0] == L'"' && command[length - 1] == L'"') {
        wmemmove(command, command + 1, length - 2);
        command[length - 2] = L'\0';
    }
    return command;
}

static void find_service(struct doctor_context *context)
{
    const DWORD access = SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG | READ_CONTROL;
    SERVICE_STATUS_PROCESS status = {0};
    SC_HANDLE manager = NULL;
    wchar_t *command = NULL;

    DWORD error = service_manager_open(SC_MANAGER_CONNECT, &manager);
    if (error == ERROR_SUCCESS)
        error = service_open(manager, access, &context->service);
    context->service_error = error;
    if (error == ERROR_SUCCESS &&
        service_query_status(context->service, &status) == ERROR_SUCCESS &&
        status.dwCurrentState == SERVICE_RUNNING)
        context->service_pid = status.dwProcessId;
    if (error == ERROR_SUCCESS &&
        service_query_command(context->service, &command) == ERROR_SUCCESS)
        context->program = unquote(command);
    service_close(&manager);
}

static void run_checks(struct doctor_context *context)
{
    doctor_check_pipe(context);
    doctor_check_clients(context);
    doctor_check_identity(context);
    doctor_check_process(context);
    doctor_check_service(context);
    doctor_check_places(context);
    doctor_check_queries(context);
    doctor_finish(context->report);
}

static enum exit_code print(const struct doctor_report *report, bool json)
{
    struct buffer out;
    enum exit_code code = EXIT_CODE_FAILED;

    buffer_init(&out, DOCTOR_OUTPUT_SIZE_MAX);
    if (json ? doctor_write_json(report, &out) : doctor_write_text(report, &out)) {
        fwrite(out.data, 1, out.size, stdout);
        code = doctor_exit_code(report) == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILED;
    } else {
        fputs("lsmapd: out of memory\n", stderr);
    }
    buffer_release(&out);
    return code;
}

enum exit_code doctor_run(bool json)
{
    struct server_info info;
    struct doctor_report *report = malloc(sizeof *report);
    struct doctor_context *context = calloc(1, sizeof *context);
    enum exit_code code = EXIT_CODE_FAILED;

    if (report == NULL || context == NULL) {
        fputs("lsmapd: out of memory\n", stderr);
        goto cleanup;
    }
    system_info_query(&info, "doctor");
    context->report = report;
    context->is_wine = system_is_wine();
    context->is_elevated = query_is_elevated();
    context->is_system = query_is_system();
    const struct doctor_machine machine = {.host = info.host,
                                           .os_build = info.os_build,
                                           .wine = info.wine,
                                           .is_elevated = context->is_elevated};
    doctor_init(report, &machine);
    /* What the service enables; without it the checks say what they were refused. */
    (void)(platform_nt_enable_debug() == ERROR_SUCCESS);
    find_service(context);
    doctor_target_open(context);
    run_checks(context);
    doctor_target_close(context);
    code = print(report, json);

cleanup:
    if (context != NULL) {
        service_close(&context->service);
        free(context->program);
    }
    free(context);
    free(report);
    return code;
}
