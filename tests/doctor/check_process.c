/* What the running service has and has given up: privileges, mitigation policies. */
#include "tests/doctor/checks.h"

#include "common/win32/handle.h"
#include "tests/doctor/hardening_check.h"

static void check_privileges(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_PROCESS_PRIVILEGES;
    char reason[PRIVILEGES_REASON_CAPACITY] = "";
    HANDLE process = NULL, token = NULL;
    bool is_good = false;
    DWORD error = ERROR_SUCCESS;

    if (machine_skips_stopped(machine, check))
        return;
    process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, machine->service_pid);
    if (process == NULL || !OpenProcessToken(process, TOKEN_QUERY, &token))
        error = GetLastError();
    if (error == ERROR_SUCCESS)
        error = privileges_compare(token, &is_good, reason);
    if (error != ERROR_SUCCESS)
        machine_skip_error(machine, check, NULL, "the token of the service cannot be read", error);
    else
        report_add(&machine->report, check, is_good ? DOCTOR_PASS : DOCTOR_FAIL, NULL, "%s",
                   reason);
    handle_close(&token);
    handle_close(&process);
}

static void check_policy(struct machine *machine, HANDLE process, size_t policy, const char *whose)
{
    const enum doctor_check check = DOCTOR_PROCESS_MITIGATIONS;
    const char *name = policy_name(policy);
    bool is_on = false;

    if (!policy_is_known(policy)) {
        report_add(&machine->report, check, DOCTOR_SKIP, name, "this Windows does not know it");
        return;
    }
    DWORD error = policy_query(process, policy, &is_on);
    if (error != ERROR_SUCCESS)
        machine_skip_error(machine, check, name, "the policy cannot be read", error);
    else
        report_add(&machine->report, check, is_on ? DOCTOR_PASS : DOCTOR_FAIL, name, "%s in %s",
                   is_on ? "on" : "off", whose);
}

static void check_mitigations(struct machine *machine)
{
    HANDLE process = NULL;

    if (machine_skips_wine(machine, DOCTOR_PROCESS_MITIGATIONS,
                           "accepts the policies without effect"))
        return;
    if (machine->service_pid != 0)
        process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, machine->service_pid);
    for (size_t i = 0; i < POLICIES_COUNT; i++)
        check_policy(machine, process != NULL ? process : GetCurrentProcess(), i,
                     process != NULL ? "the service" : "this process, which applied it as well");
    handle_close(&process);
}

void check_process(struct machine *machine)
{
    check_privileges(machine);
    check_mitigations(machine);
}
