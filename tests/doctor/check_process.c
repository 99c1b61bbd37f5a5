/* What the running service has and has given up: privileges, mitigation policies. */
#include "tests/doctor/checks.h"

#include <psapi.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/text_w.h"
#include "tests/doctor/hardening_check.h"

enum { MODULES_MAX = 512 };

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

/* True for a module of Windows or of the program itself. */
static bool is_expected(const wchar_t *module, const wchar_t *program)
{
    wchar_t windows[MAX_PATH];
    const UINT windows_len = GetSystemWindowsDirectoryW(windows, MAX_PATH);

    return (windows_len > 0 && windows_len < MAX_PATH &&
            _wcsnicmp(module, windows, windows_len) == 0) ||
           (program != NULL && _wcsicmp(module, program) == 0);
}

/* Security products bring DLLs into every process; one that uses a wrong handle ends a process with
 * strict handle checks. Handles are checked in the service alone, so that it is named there. */
static void check_modules(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_PROCESS_MODULES;
    HMODULE modules[MODULES_MAX];
    wchar_t path[MAX_PATH];
    char name[DOCTOR_SUBJECT_CAPACITY];
    DWORD size = 0, foreign = 0;

    if (machine_skips_stopped(machine, check))
        return;
    HANDLE process =
        OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, machine->service_pid);
    if (process == NULL ||
        !K32EnumProcessModulesEx(process, modules, sizeof modules, &size, LIST_MODULES_ALL)) {
        machine_skip_error(machine, check, NULL, "the modules of the service cannot be listed",
                           GetLastError());
        handle_close(&process);
        return;
    }
    for (DWORD i = 0; i < size / sizeof *modules && i < MODULES_MAX; i++) {
        const DWORD len = K32GetModuleFileNameExW(process, modules[i], path, MAX_PATH);
        if (len == 0 || len >= MAX_PATH || is_expected(path, machine->program))
            continue;
        foreign++;
        if (text_w_to_utf8(name, sizeof name, wcsrchr(path, L'\\') + 1) == ERROR_SUCCESS)
            report_add(&machine->report, check, DOCTOR_FAIL, name,
                       "is in the service and not of Windows: if the service ends with 0xC0000008, "
                       "this DLL used a wrong handle");
    }
    if (foreign == 0)
        report_add(&machine->report, check, DOCTOR_PASS, NULL, "%lu modules, all of Windows",
                   (unsigned long)(size / sizeof *modules));
    handle_close(&process);
}

void check_process(struct machine *machine)
{
    check_modules(machine);
    check_privileges(machine);
    check_mitigations(machine);
}
