/* The service: does it answer, what is registered, and the places that decide what runs and how. */
#include "tests/doctor/checks.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/platform_nt.h"
#include "common/win32/text_w.h"
#include "messages.h"
#include "service/access.h"
#include "service/win32/access_cmd.h"
#include "service/win32/hardening.h"
#include "service/win32/install.h"
#include "service/win32/service_control.h"
#include "tests/doctor/compare.h"
#include "tests/doctor/hardening_check.h"

enum {
    CONFIG_SIZE = 8 * 1024, /* source: the most that QueryServiceConfig returns */
    SOURCE_LENGTH = 1024,
    ANSWER_CAPACITY = 4096,
    ANSWER_TIMEOUT_MS = 5000
};

/* --- does it answer? --- */

/* The one check that fails instead of being skipped when there is no service. */
void check_answer(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_SERVICE_ANSWERS;
    char text[MACHINE_ERROR_CAPACITY], answer[ANSWER_CAPACITY] = "";
    const char *problem = NULL;
    DWORD error = machine->service_error;

    if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        problem = "the service is not installed";
    else if (error != ERROR_SUCCESS)
        problem = "the service cannot be opened";
    else if (machine->service_pid == 0)
        problem = "the service does not run";
    else if ((error = machine->target.error) != ERROR_SUCCESS ||
             (error = pipe_ask(machine->target.name, ANSWER_TIMEOUT_MS, answer, sizeof answer)) !=
                 ERROR_SUCCESS)
        problem = "the service does not answer";
    if (problem == NULL)
        report_add(&machine->report, check,
                   strstr(answer, "\"type\":\"info\"") != NULL ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
                   "the service answers: %s", answer);
    else if (error == ERROR_SUCCESS || error == ERROR_SERVICE_DOES_NOT_EXIST)
        report_add(&machine->report, check, DOCTOR_FAIL, NULL, "%s", problem);
    else
        report_add(&machine->report, check, DOCTOR_FAIL, NULL, "%s: %s", problem,
                   text_w_error(text, sizeof text, error));
}

/* --- what is registered --- */

/* Services have no generic rights in their descriptors. */
static const struct access_mapping no_mapping = {0, 0, 0, 0};

/* Reads the configuration of this level; adds SKIP and returns false when it cannot be read. */
static bool query(struct machine *machine, enum doctor_check check, DWORD level, void *buffer)
{
    DWORD size = 0;

    if (QueryServiceConfig2W(machine->service, level, buffer, CONFIG_SIZE, &size))
        return true;
    machine_skip_error(machine, check, NULL,
                       machine->is_wine ? "Wine does not keep it" : "it cannot be read",
                       GetLastError());
    return false;
}

static void check_command(struct machine *machine, BYTE *buffer)
{
    const enum doctor_check check = DOCTOR_SERVICE_COMMAND;
    const QUERY_SERVICE_CONFIGW *config = (const void *)buffer;
    DWORD size = 0;

    if (!QueryServiceConfigW(machine->service, (void *)buffer, CONFIG_SIZE, &size)) {
        machine_skip_error(machine, check, NULL, "it cannot be read", GetLastError());
        return;
    }
    char *command = text_w_to_utf8_alloc(config->lpBinaryPathName);
    size_t length = wcslen(config->lpBinaryPathName);
    bool is_quoted = length > 2 && config->lpBinaryPathName[0] == L'"' &&
                     config->lpBinaryPathName[length - 1] == L'"';
    bool is_system = wcscmp(config->lpServiceStartName, L"LocalSystem") == 0;
    report_add(&machine->report, check, is_quoted && is_system ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
               "%s%s%s", command != NULL ? command : "?",
               is_quoted ? "" : ", not quoted: Windows may run another program",
               is_system ? ", as LocalSystem" : ", not as LocalSystem");
    free(command);
}

static void check_privileges(struct machine *machine, BYTE *buffer)
{
    const enum doctor_check check = DOCTOR_SERVICE_PRIVILEGES;
    const SERVICE_REQUIRED_PRIVILEGES_INFOW *info = (const void *)buffer;

    if (!query(machine, check, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, buffer))
        return;
    bool is_good = privileges_are_listed(info->pmszRequiredPrivileges);
    report_add(&machine->report, check, is_good ? DOCTOR_PASS : DOCTOR_FAIL, NULL, "%s",
               is_good ? "the list is registered" : "the registered list is another or empty");
}

static void check_sid(struct machine *machine, BYTE *buffer)
{
    const enum doctor_check check = DOCTOR_SERVICE_SID;
    const SERVICE_SID_INFO *info = (const void *)buffer;

    if (query(machine, check, SERVICE_CONFIG_SERVICE_SID_INFO, buffer))
        report_add(&machine->report, check,
                   info->dwServiceSidType == SERVICE_SID_TYPE_UNRESTRICTED ? DOCTOR_PASS
                                                                           : DOCTOR_FAIL,
                   NULL, "type %lu (1 is unrestricted)", (unsigned long)info->dwServiceSidType);
}

static void check_failure(struct machine *machine, BYTE *buffer)
{
    const enum doctor_check check = DOCTOR_SERVICE_FAILURE;
    const SERVICE_FAILURE_ACTIONS_FLAG *flag = (const void *)buffer;
    const SERVICE_FAILURE_ACTIONSW *actions = (const void *)buffer;

    if (!query(machine, check, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, buffer))
        return;
    bool is_flagged = flag->fFailureActionsOnNonCrashFailures != FALSE;
    if (!query(machine, check, SERVICE_CONFIG_FAILURE_ACTIONS, buffer))
        return;
    bool is_restarted = actions->cActions > 0 && actions->lpsaActions != NULL &&
                        actions->lpsaActions[0].Type == SC_ACTION_RESTART;
    report_add(&machine->report, check, is_flagged && is_restarted ? DOCTOR_PASS : DOCTOR_FAIL,
               NULL, "%s%s", is_restarted ? "restarted" : "not restarted",
               is_flagged ? ", also after an end with an error" : " after an end with an error");
}

static void check_descriptor(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_SERVICE_DESCRIPTOR;
    struct descriptor intended = {0}, found = {0};
    char reason[ACCESS_REASON_CAPACITY] = "";

    if (machine_skips_wine(machine, check, "accepts the descriptor of a service without effect"))
        return;
    DWORD error = descriptor_copy_sddl(SERVICE_SDDL, &intended);
    if (error == ERROR_SUCCESS)
        error = descriptor_copy_object(machine->service, SE_SERVICE, 0, &found);
    if (error != ERROR_SUCCESS)
        machine_skip_error(machine, check, NULL, "the descriptor cannot be read", error);
    else if (descriptors_match(&intended, &found, &no_mapping, reason))
        report_add(&machine->report, check, DOCTOR_PASS, NULL, SERVICE_SDDL);
    else
        report_add(&machine->report, check, DOCTOR_FAIL, NULL, "%s", reason);
    descriptor_release(&found);
    descriptor_release(&intended);
}

static void check_registration(struct machine *machine)
{
    /* Aligned for the structures read into it. */
    union {
        QUERY_SERVICE_CONFIGW config;
        BYTE bytes[CONFIG_SIZE];
    } buffer;

    for (int check = DOCTOR_SERVICE_COMMAND; check <= DOCTOR_SERVICE_DESCRIPTOR; check++) {
        if (machine_skips_absent(machine, (enum doctor_check)check) &&
            check == DOCTOR_SERVICE_DESCRIPTOR)
            return;
    }
    check_command(machine, buffer.bytes);
    check_privileges(machine, buffer.bytes);
    check_sid(machine, buffer.bytes);
    check_failure(machine, buffer.bytes);
    check_descriptor(machine);
}

/* --- the places --- */

/* Finds the text of a message as the event log does: in the file, without running it. */
static DWORD read_message(const wchar_t *file)
{
    wchar_t text[SOURCE_LENGTH];
    DWORD error = ERROR_SUCCESS;
    HMODULE module =
        LoadLibraryExW(file, NULL, LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_IMAGE_RESOURCE);

    if (module == NULL)
        return GetLastError();
    if (FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_IGNORE_INSERTS, module,
                       EVENT_SERVICE_STARTED, 0, text, SOURCE_LENGTH, NULL) == 0)
        error = GetLastError();
    FreeLibrary(module);
    return error;
}

/* True for two files of one folder. */
static bool is_beside(const wchar_t *file, const wchar_t *other)
{
    const wchar_t *last = wcsrchr(file, L'\\'), *other_last = wcsrchr(other, L'\\');

    return last != NULL && other_last != NULL && last - file == other_last - other &&
           _wcsnicmp(file, other, (size_t)(last - file)) == 0;
}

static void check_source(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_EVENT_SOURCE;
    wchar_t file[SOURCE_LENGTH];
    DWORD size = sizeof file;

    if (machine_skips_absent(machine, check))
        return;
    DWORD error = (DWORD)RegGetValueW(HKEY_LOCAL_MACHINE, INSTALL_EVENTS_KEY, L"EventMessageFile",
                                      RRF_RT_REG_SZ, NULL, file, &size);
    if (error != ERROR_SUCCESS) {
        report_add(&machine->report, check, DOCTOR_FAIL, NULL,
                   "the event source is not registered: error %lu", (unsigned long)error);
        return;
    }
    char *file_utf8 = text_w_to_utf8_alloc(file);
    error = read_message(file);
    bool is_ours = machine->program == NULL || is_beside(file, machine->program);
    report_add(&machine->report, check,
               error == ERROR_SUCCESS && is_ours ? DOCTOR_PASS : DOCTOR_FAIL, NULL, "%s%s%s",
               file_utf8 != NULL ? file_utf8 : "?",
               is_ours ? "" : ": not in the folder of the registered program",
               error == ERROR_SUCCESS ? "" : ": its messages cannot be read");
    free(file_utf8);
}

/* Opened as for renaming, and left as it is: the event log may have it mapped. */
static void check_replaceable(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_EVENT_REPLACE;
    wchar_t file[SOURCE_LENGTH];
    DWORD size = sizeof file;

    if (machine_skips_absent(machine, check))
        return;
    DWORD error = (DWORD)RegGetValueW(HKEY_LOCAL_MACHINE, INSTALL_EVENTS_KEY, L"EventMessageFile",
                                      RRF_RT_REG_SZ, NULL, file, &size);
    HANDLE opened = INVALID_HANDLE_VALUE;
    if (error == ERROR_SUCCESS)
        opened = CreateFileW(file, DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                             NULL, OPEN_EXISTING, 0, NULL);
    if (error == ERROR_SUCCESS && opened == INVALID_HANDLE_VALUE)
        error = GetLastError();
    if (error == ERROR_ACCESS_DENIED && !machine->is_elevated)
        machine_skip_error(machine, check, NULL, "the message file cannot be opened", error);
    else
        report_add(&machine->report, check, error == ERROR_SUCCESS ? DOCTOR_PASS : DOCTOR_FAIL,
                   NULL, "opening the message file for renaming: error %lu", (unsigned long)error);
    if (opened != INVALID_HANDLE_VALUE)
        handle_close(&opened);
}

/* Where the name has no SID, members get nothing until the service starts again. */
static void check_readers(struct machine *machine)
{
    struct sid sid;
    char text[SID_TEXT_CAPACITY] = "";

    if (machine_skips_absent(machine, DOCTOR_READERS))
        return;
    const DWORD error = readers_group_query(&sid);
    if (error == ERROR_SUCCESS)
        sid_format(text, &sid);
    if (error == ERROR_NONE_MAPPED)
        report_add(&machine->report, DOCTOR_READERS, DOCTOR_SKIP, NULL,
                   "there is no group of readers: lsmapd install --readers makes it");
    else
        report_add(&machine->report, DOCTOR_READERS,
                   error == ERROR_SUCCESS ? DOCTOR_PASS : DOCTOR_FAIL, NULL, "%s: error %lu",
                   text[0] != '\0' ? text : "it cannot be resolved", (unsigned long)error);
}

static void check_folder(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_FOLDER;
    char reason[HARDENING_REASON_CAPACITY] = "";

    if (machine_skips_absent(machine, check) ||
        machine_skips_wine(machine, check, "derives DACLs from the host's file modes"))
        return;
    if (machine->program == NULL) {
        machine_skip_error(machine, check, NULL, "the registered program is not known",
                           ERROR_FILE_NOT_FOUND);
        return;
    }
    DWORD error = hardening_check_folder(machine->program, reason);
    if (error != ERROR_SUCCESS)
        machine_skip_error(machine, check, NULL, "the DACLs cannot be read", error);
    else
        report_add(&machine->report, check, reason[0] == '\0' ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
                   "%s", reason[0] == '\0' ? "program, folder and the folders above" : reason);
}

static void check_keys(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_KEY;
    char reason[HARDENING_REASON_CAPACITY] = "";

    if (machine_skips_absent(machine, check) ||
        machine_skips_wine(machine, check, "does not enforce the DACL of a key"))
        return;
    DWORD error = hardening_check_keys(reason);
    if (error != ERROR_SUCCESS)
        machine_skip_error(machine, check, NULL, "the DACLs cannot be read", error);
    else
        report_add(&machine->report, check, reason[0] == '\0' ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
                   "%s", reason[0] == '\0' ? "the keys of the service and its settings" : reason);
}

void check_service(struct machine *machine)
{
    check_registration(machine);
    check_source(machine);
    check_replaceable(machine);
    check_readers(machine);
    check_folder(machine);
    check_keys(machine);
}

/* --- with --disturb --- */

enum { RESTART_POLL_MS = 250, RESTART_POLLS_MAX = 240, PROCESS_ENDED = 1 };

/* Ends the process as a crash would: nothing in it runs any more. */
static DWORD kill_service(struct machine *machine)
{
    HANDLE process = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, machine->service_pid);

    if (process == NULL)
        return GetLastError();
    DWORD error = TerminateProcess(process, PROCESS_ENDED) ? ERROR_SUCCESS : GetLastError();
    if (error == ERROR_SUCCESS)
        (void)WaitForSingleObject(process, RESTART_POLL_MS * RESTART_POLLS_MAX);
    handle_close(&process);
    return error;
}

/* The failure actions start it again; so do we. */
static bool answers_again(struct machine *machine)
{
    char answer[1024];

    for (int poll = 0; poll < RESTART_POLLS_MAX; poll++) {
        SC_HANDLE service = NULL;
        if (service_open(SERVICE_START, &service) == ERROR_SUCCESS)
            (void)StartServiceW(service, 0, NULL);
        service_close(&service);
        if (pipe_ask(machine->target.name, RESTART_POLL_MS, answer, sizeof answer) == ERROR_SUCCESS)
            return true;
        Sleep(RESTART_POLL_MS);
    }
    return false;
}

void check_restart(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_SERVICE_RESTART;
    char answer[1024];
    HANDLE pipe = NULL;

    if (!machine->may_disturb) {
        report_add(&machine->report, check, DOCTOR_SKIP, NULL,
                   "this ends the service and starts it again: ask for it with --disturb");
        return;
    }
    if (machine_skips_stopped(machine, check))
        return;
    DWORD error = platform_nt_enable_debug(); /* the process is SYSTEM's */
    if (error == ERROR_SUCCESS)
        error = pipe_open(machine->target.name, GENERIC_READ | GENERIC_WRITE, &pipe);
    if (error == ERROR_SUCCESS)
        error = pipe_exchange(pipe, "{\"op\":\"info\"}\n", RESTART_POLL_MS * RESTART_POLLS_MAX,
                              answer, sizeof answer);
    if (error == ERROR_SUCCESS)
        error = kill_service(machine);
    if (error != ERROR_SUCCESS)
        machine_skip_error(machine, check, NULL, "the service could not be ended", error);
    else
        report_add(&machine->report, check, answers_again(machine) ? DOCTOR_PASS : DOCTOR_FAIL,
                   NULL, "after the end of its process, with a handle of this program open");
    handle_close(&pipe);
}
