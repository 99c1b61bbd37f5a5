/* Who owns the pipe's name and who gets in: second creators, remote clients, the descriptor, the
 * server, the pipe opened by clients that must be refused. */
#include "tests/doctor/checks.h"

#include <stdio.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/text_w.h"
#include "service/win32/access_cmd.h"
#include "tests/doctor/compare.h"
#include "tests/doctor/tokens.h"

enum { HOST_LENGTH = 256, LOCAL_PREFIX_LENGTH = 9 /* \\.\pipe\ */ };

/* FILE_GENERIC_*, FILE_ALL_ACCESS. */
static const struct access_mapping file_mapping = {0x120089, 0x120116, 0x1200a0, 0x1f01ff};

static DWORD try_create(const wchar_t *name, DWORD flags)
{
    HANDLE pipe = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | flags,
                                   PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS,
                                   PIPE_UNLIMITED_INSTANCES, 0, 0, 0, NULL);

    if (pipe == INVALID_HANDLE_VALUE)
        return GetLastError();
    handle_close(&pipe);
    return ERROR_SUCCESS;
}

static void check_first(struct machine *machine)
{
    char text[MACHINE_ERROR_CAPACITY];

    if (machine_skips_wine(machine, DOCTOR_PIPE_FIRST, "ignores FILE_FLAG_FIRST_PIPE_INSTANCE") ||
        machine_skips_pipe(machine, DOCTOR_PIPE_FIRST))
        return;
    DWORD error = try_create(machine->target.name, FILE_FLAG_FIRST_PIPE_INSTANCE);
    bool is_refused = error == ERROR_ACCESS_DENIED || error == ERROR_PIPE_BUSY;
    report_add(&machine->report, DOCTOR_PIPE_FIRST, is_refused ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
               "creating %s a second time as the first: %s", target_describe(&machine->target),
               error == ERROR_SUCCESS ? "allowed" : text_w_error(text, sizeof text, error));
}

static void check_further(struct machine *machine)
{
    char text[MACHINE_ERROR_CAPACITY];

    if (machine_skips_wine(machine, DOCTOR_PIPE_FURTHER, "does not enforce the DACL of a pipe") ||
        machine_skips_pipe(machine, DOCTOR_PIPE_FURTHER))
        return;
    if (machine->target.is_own || machine->is_system) {
        report_add(&machine->report, DOCTOR_PIPE_FURTHER, DOCTOR_SKIP, NULL, "%s",
                   machine->target.is_own
                       ? "the service does not run, and a pipe of our own proves nothing"
                       : "SYSTEM owns the pipe and may do this; run this as an administrator");
        return;
    }
    DWORD error = try_create(machine->target.name, 0);
    report_add(&machine->report, DOCTOR_PIPE_FURTHER,
               error != ERROR_SUCCESS ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
               "adding an instance to the service's pipe: %s",
               error == ERROR_SUCCESS ? "allowed" : text_w_error(text, sizeof text, error));
}

/* Errors that mean that this machine cannot be reached by its name at all. */
static bool is_no_network(DWORD error)
{
    switch (error) {
    case ERROR_PATH_NOT_FOUND:
    case ERROR_REM_NOT_LIST:
    case ERROR_BAD_NETPATH:
    case ERROR_NETNAME_DELETED:
    case ERROR_NETWORK_ACCESS_DENIED:
    case ERROR_BAD_NET_NAME:
    case ERROR_NO_NET_OR_BAD_PATH:
    case ERROR_NETWORK_UNREACHABLE:
    case ERROR_HOST_UNREACHABLE:
    case ERROR_LOGON_FAILURE:
    case ERROR_NO_LOGON_SERVERS:
        return true;
    default:
        return false;
    }
}

static void check_remote_name(struct machine *machine, const wchar_t *host)
{
    wchar_t name[(int)HOST_LENGTH + TARGET_NAME_LENGTH + 16];
    char text[MACHINE_ERROR_CAPACITY], subject[DOCTOR_SUBJECT_CAPACITY];
    HANDLE pipe = NULL;

    swprintf(name, sizeof name / sizeof name[0], L"\\\\%ls\\pipe\\%ls", host,
             machine->target.name + LOCAL_PREFIX_LENGTH);
    if (text_w_to_utf8(subject, sizeof subject, host) != ERROR_SUCCESS)
        subject[0] = '\0';
    target_renew(&machine->target);
    DWORD error = pipe_open(name, GENERIC_READ | GENERIC_WRITE, &pipe);
    handle_close(&pipe);
    text_w_error(text, sizeof text, error);
    if (error == ERROR_SUCCESS)
        report_add(&machine->report, DOCTOR_PIPE_REMOTE, DOCTOR_FAIL, subject,
                   "%s could be opened over the network", target_describe(&machine->target));
    else if (is_no_network(error))
        report_add(&machine->report, DOCTOR_PIPE_REMOTE, DOCTOR_SKIP, subject,
                   "this machine serves no pipes over the network: %s", text);
    else
        report_add(&machine->report, DOCTOR_PIPE_REMOTE, DOCTOR_PASS, subject, "%s", text);
}

static void check_remote(struct machine *machine)
{
    wchar_t host[HOST_LENGTH];
    DWORD length = HOST_LENGTH;

    if (machine_skips_wine(machine, DOCTOR_PIPE_REMOTE, "has no pipes of other machines") ||
        machine_skips_pipe(machine, DOCTOR_PIPE_REMOTE))
        return;
    check_remote_name(machine, L"localhost");
    if (GetComputerNameExW(ComputerNameDnsHostname, host, &length))
        check_remote_name(machine, host);
}

static void compare_descriptor(struct machine *machine, HANDLE pipe)
{
    const enum doctor_check check = DOCTOR_PIPE_DESCRIPTOR;
    struct descriptor intended = {0}, found = {0};
    char reason[ACCESS_REASON_CAPACITY] = "";

    DWORD error = descriptor_copy_sddl(machine->target.sddl, &intended);
    if (error == ERROR_SUCCESS)
        error = descriptor_copy_object(pipe, SE_KERNEL_OBJECT, LABEL_SECURITY_INFORMATION, &found);
    if (error != ERROR_SUCCESS)
        machine_skip_error(machine, check, NULL, "the descriptor cannot be read", error);
    else if (descriptors_match(&intended, &found, &file_mapping, reason))
        report_add(&machine->report, check, DOCTOR_PASS, NULL, "%s: %s",
                   target_describe(&machine->target), machine->target.sddl);
    else
        report_add(&machine->report, check, machine->is_wine ? DOCTOR_SKIP : DOCTOR_FAIL, NULL,
                   "%s%s: %s", machine->is_wine ? "Wine: " : "", target_describe(&machine->target),
                   reason);
    descriptor_release(&found);
    descriptor_release(&intended);
}

static void check_server(struct machine *machine, HANDLE pipe)
{
    ULONG pid = 0;

    if (machine->target.is_own) {
        report_add(&machine->report, DOCTOR_PIPE_SERVER, DOCTOR_SKIP, NULL,
                   "the service does not run");
        return;
    }
    if (!GetNamedPipeServerProcessId(pipe, &pid)) {
        machine_skip_error(machine, DOCTOR_PIPE_SERVER, NULL, "the server's process is not known",
                           GetLastError());
        return;
    }
    report_add(&machine->report, DOCTOR_PIPE_SERVER,
               pid == machine->service_pid ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
               "process %lu serves the pipe, process %lu is the service", (unsigned long)pid,
               (unsigned long)machine->service_pid);
}

/* Opened as a client may: read, write, and read the descriptor. */
static void check_from_inside(struct machine *machine)
{
    HANDLE pipe = NULL;

    if (machine_skips_pipe(machine, DOCTOR_PIPE_DESCRIPTOR)) {
        (void)machine_skips_pipe(machine, DOCTOR_PIPE_SERVER);
        return;
    }
    DWORD error = pipe_open(machine->target.name, GENERIC_READ | GENERIC_WRITE, &pipe);
    if (error != ERROR_SUCCESS) {
        machine_skip_error(machine, DOCTOR_PIPE_DESCRIPTOR, NULL, "the pipe cannot be opened",
                           error);
        machine_skip_error(machine, DOCTOR_PIPE_SERVER, NULL, "the pipe cannot be opened", error);
        return;
    }
    compare_descriptor(machine, pipe);
    check_server(machine, pipe);
    handle_close(&pipe);
}

/* --- who gets in --- */

/* Opens the pipe and ends the impersonation of this thread. */
static void try_as_impersonated(struct machine *machine, enum doctor_check check, const char *who)
{
    char text[MACHINE_ERROR_CAPACITY];
    HANDLE pipe = NULL;

    DWORD error = pipe_open(machine->target.name, GENERIC_READ | GENERIC_WRITE, &pipe);
    tokens_revert();
    handle_close(&pipe);
    if (error == ERROR_SUCCESS)
        report_add(&machine->report, check, DOCTOR_FAIL, NULL, "%s could open the pipe", who);
    else if (error == ERROR_ACCESS_DENIED)
        report_add(&machine->report, check, DOCTOR_PASS, NULL, "%s: %s", who,
                   text_w_error(text, sizeof text, error));
    else
        machine_skip_error(machine, check, NULL, "the pipe could not be tried", error);
}

static void try_with_token(struct machine *machine, enum doctor_check check,
                           DWORD (*make)(HANDLE *token), const char *who)
{
    HANDLE token = NULL;

    if (machine_skips_wine(machine, check, "enforces neither the DACL nor the label of a pipe") ||
        machine_skips_pipe(machine, check))
        return;
    DWORD error = make(&token);
    if (error == ERROR_SUCCESS && !SetThreadToken(NULL, token))
        error = GetLastError();
    if (error == ERROR_SUCCESS)
        try_as_impersonated(machine, check, who);
    else
        machine_skip_error(machine, check, NULL, "the token for it could not be made", error);
    handle_close(&token);
}

static void check_anonymous(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_PIPE_ANONYMOUS;

    if (machine_skips_wine(machine, check, "does not enforce the DACL of a pipe") ||
        machine_skips_pipe(machine, check))
        return;
    if (!ImpersonateAnonymousToken(GetCurrentThread())) {
        machine_skip_error(machine, check, NULL, "the anonymous token cannot be impersonated",
                           GetLastError());
        return;
    }
    try_as_impersonated(machine, check, "an anonymous client");
}

void check_pipe(struct machine *machine)
{
    check_first(machine);
    check_further(machine);
    check_remote(machine);
    check_from_inside(machine);
    check_anonymous(machine);
    try_with_token(machine, DOCTOR_PIPE_LOW, tokens_low, "a client of low integrity");
    try_with_token(machine, DOCTOR_PIPE_APP_CONTAINER, tokens_app_container,
                   "a client in an AppContainer");
    try_with_token(machine, DOCTOR_PIPE_STRANGER, tokens_stranger,
                   "a client without user and groups");
}
