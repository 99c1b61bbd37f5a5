/* What the running service has and has given up: privileges, mitigation policies. */
#include "common/win32/handle.h"
#include "service/win32/doctor_checks.h"
#include "service/win32/hardening.h"
#include "service/win32/privileges.h"

static void check_privileges(struct doctor_context *context)
{
    const enum doctor_check check = DOCTOR_PROCESS_PRIVILEGES;
    char reason[PRIVILEGES_REASON_CAPACITY] = "";
    HANDLE process = NULL, token = NULL;
    bool is_good = false;
    DWORD error = ERROR_SUCCESS;

    if (doctor_skips_stopped(context, check))
        return;
    process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, context->service_pid);
    if (process == NULL || !OpenProcessToken(process, TOKEN_QUERY, &token))
        error = GetLastError();
    if (error == ERROR_SUCCESS)
        error = privileges_compare(token, &is_good, reason);
    if (error != ERROR_SUCCESS)
        doctor_skip_error(context, check, NULL, "the token of the service cannot be read", error);
    else
        doctor_add(context->report, check, is_good ? DOCTOR_PASS : DOCTOR_FAIL, NULL, "%s", reason);
    handle_close(&token);
    handle_close(&process);
}

static void check_policy(struct doctor_context *context, HANDLE process,
                         enum hardening_policy policy, const char *whose)
{
    const enum doctor_check check = DOCTOR_PROCESS_MITIGATIONS;
    const char *name = hardening_name(policy);
    bool is_on = false;

    if (hardening_error(policy) == ERROR_INVALID_PARAMETER) {
        doctor_add(context->report, check, DOCTOR_SKIP, name, "this Windows does not know it");
        return;
    }
    DWORD error = hardening_query(process, policy, &is_on);
    if (error != ERROR_SUCCESS)
        doctor_skip_error(context, check, name, "the policy cannot be read", error);
    else
        doctor_add(context->report, check, is_on ? DOCTOR_PASS : DOCTOR_FAIL, name, "%s in %s",
                   is_on ? "on" : "off", whose);
}

static void check_mitigations(struct doctor_context *context)
{
    HANDLE process = NULL;

    if (doctor_skips_wine(context, DOCTOR_PROCESS_MITIGATIONS,
                          "takes the policies and forgets them"))
        return;
    if (context->service_pid != 0)
        process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, context->service_pid);
    for (int i = 0; i < HARDENING_COUNT; i++)
        check_policy(context, process != NULL ? process : GetCurrentProcess(),
                     (enum hardening_policy)i,
                     process != NULL ? "the service" : "this process, the same program");
    handle_close(&process);
}

void doctor_check_process(struct doctor_context *context)
{
    check_privileges(context);
    check_mitigations(context);
}
