#include "tests/doctor/machine.h"

#include <stdlib.h>
#include <tlhelp32.h>
#include <wchar.h>

#include "common/base/bounds.h"
#include "common/win32/handle.h"
#include "common/win32/platform_nt.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "service/win32/service_control.h"
#include "tests/doctor/tokens.h"

/* The program of a quoted command without arguments, as lsmapd registers it; else the command. */
static wchar_t *unquote(wchar_t *command)
{
    size_t length = wcslen(command);

    if (length > 2 && command[0] == L'"' && command[length - 1] == L'"') {
        wmemmove(command, command + 1, length - 2);
        command[length - 2] = L'\0';
    }
    return command;
}

static void find_service(struct machine *machine)
{
    const DWORD access = SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG | READ_CONTROL;
    SERVICE_STATUS_PROCESS status = {0};
    wchar_t *command = NULL;

    DWORD error = service_open(access, &machine->service);
    machine->service_error = error;
    if (error != ERROR_SUCCESS)
        return;
    if (service_query_status(machine->service, &status) == ERROR_SUCCESS &&
        status.dwCurrentState == SERVICE_RUNNING)
        machine->service_pid = status.dwProcessId;
    if (service_query_command(machine->service, &command) == ERROR_SUCCESS)
        machine->program = unquote(command);
}

struct machine *machine_open(void)
{
    struct machine *machine = calloc(1, sizeof *machine);

    if (machine == NULL)
        return NULL;
    system_info_query(&machine->info, "doctor");
    machine->is_wine = system_is_wine();
    machine->is_elevated = tokens_own_is_elevated();
    machine->is_system = tokens_own_is_system();
    const struct doctor_place place = {.host = machine->info.host,
                                       .os_build = machine->info.os_build,
                                       .wine = machine->info.wine,
                                       .is_elevated = machine->is_elevated};
    report_init(&machine->report, &place);
    /* As the service does; without it the checks report what was refused. */
    (void)(platform_nt_enable_debug() == ERROR_SUCCESS);
    find_service(machine);
    target_open(&machine->target, machine->service_pid != 0);
    return machine;
}

void machine_close(struct machine *machine)
{
    if (machine == NULL)
        return;
    target_close(&machine->target);
    service_close(&machine->service);
    free(machine->program);
    free(machine);
}

bool machine_skips_wine(struct machine *machine, enum doctor_check check, const char *what)
{
    if (machine->is_wine)
        report_add(&machine->report, check, DOCTOR_SKIP, NULL, "Wine %s", what);
    return machine->is_wine;
}

bool machine_skips_absent(struct machine *machine, enum doctor_check check)
{
    if (machine->service != NULL)
        return false;
    if (machine->service_error == ERROR_SERVICE_DOES_NOT_EXIST)
        report_add(&machine->report, check, DOCTOR_SKIP, NULL, "the service is not installed");
    else
        machine_skip_error(machine, check, NULL, "the service cannot be opened",
                           machine->service_error);
    return true;
}

bool machine_skips_stopped(struct machine *machine, enum doctor_check check)
{
    if (machine->service_pid == 0)
        report_add(&machine->report, check, DOCTOR_SKIP, NULL, "the service does not run");
    return machine->service_pid == 0;
}

bool machine_skips_pipe(struct machine *machine, enum doctor_check check)
{
    target_renew(&machine->target);
    if (machine->target.error != ERROR_SUCCESS)
        machine_skip_error(machine, check, NULL, "there is no pipe to try", machine->target.error);
    return machine->target.error != ERROR_SUCCESS;
}

void machine_skip_error(struct machine *machine, enum doctor_check check, const char *subject,
                        const char *what, DWORD error)
{
    char text[MACHINE_ERROR_CAPACITY];
    bool needs_elevation = error == ERROR_ACCESS_DENIED && !machine->is_elevated;

    report_add(&machine->report, check, DOCTOR_SKIP, subject, "%s: %s%s", what,
               text_w_error(text, sizeof text, error),
               needs_elevation ? "; run this from an elevated prompt" : "");
}

DWORD machine_find_process(const wchar_t *name)
{
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    DWORD pid = 0;

    if (snapshot == INVALID_HANDLE_VALUE)
        return 0;
    BOOL has_more = Process32FirstW(snapshot, &entry);
    for (int i = 0; i < PROCESSES_MAX && has_more && pid == 0; i++) {
        if (_wcsicmp(entry.szExeFile, name) == 0)
            pid = entry.th32ProcessID;
        has_more = Process32NextW(snapshot, &entry);
    }
    handle_close(&snapshot);
    return pid;
}
