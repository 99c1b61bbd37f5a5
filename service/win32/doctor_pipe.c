/* Who owns the pipe's name: second creators, remote clients, the descriptor, the server. */
#include <stdio.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/text_w.h"
#include "service/win32/doctor_checks.h"
#include "service/win32/security_bytes.h"

enum { HOST_LENGTH = 256, LOCAL_PREFIX_LENGTH = 9 /* \\.\pipe\ */ };

/* FILE_GENERIC_*, FILE_ALL_ACCESS. */
static const struct access_mapping file_mapping = {0x120089, 0x120116, 0x1200a0, 0x1f01ff};

DWORD doctor_open_pipe(const wchar_t *name, DWORD access, HANDLE *pipe)
{
    HANDLE opened = CreateFileW(name, access, 0, NULL, OPEN_EXISTING,
                                SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);

    if (opened == INVALID_HANDLE_VALUE)
        return GetLastError();
    *pipe = opened;
    return ERROR_SUCCESS;
}

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

static const char *which_pipe(const struct doctor_context *context)
{
    return context->is_own_pipe ? "a pipe made like that of the service" : "the service's pipe";
}

static void check_first(struct doctor_context *context)
{
    char text[DOCTOR_ERROR_CAPACITY];

    if (doctor_skips_wine(context, DOCTOR_PIPE_FIRST, "ignores FILE_FLAG_FIRST_PIPE_INSTANCE") ||
        doctor_skips_pipe(context, DOCTOR_PIPE_FIRST))
        return;
    DWORD error = try_create(context->pipe_name, FILE_FLAG_FIRST_PIPE_INSTANCE);
    bool is_refused = error == ERROR_ACCESS_DENIED || error == ERROR_PIPE_BUSY;
    doctor_add(context->report, DOCTOR_PIPE_FIRST, is_refused ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
               "creating %s a second time as the first: %s", which_pipe(context),
               error == ERROR_SUCCESS ? "allowed" : text_w_error(text, sizeof text, error));
}

static void check_further(struct doctor_context *context)
{
    char text[DOCTOR_ERROR_CAPACITY];

    if (doctor_skips_wine(context, DOCTOR_PIPE_FURTHER, "enforces no access list of a pipe") ||
        doctor_skips_pipe(context, DOCTOR_PIPE_FURTHER))
        return;
    if (context->is_own_pipe || context->is_system) {
        doctor_add(context->report, DOCTOR_PIPE_FURTHER, DOCTOR_SKIP, NULL, "%s",
                   context->is_own_pipe
                       ? "the service does not run, and our own pipe is ours"
                       : "SYSTEM owns the pipe and may; run this as an administrator");
        return;
    }
    DWORD error = try_create(context->pipe_name, 0);
    doctor_add(context->report, DOCTOR_PIPE_FURTHER,
               error != ERROR_SUCCESS ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
               "adding an instance to the service's pipe: %s",
               error == ERROR_SUCCESS ? "allowed" : text_w_error(text, sizeof text, error));
}

/* Errors that mean there is no way to this machine by its name at all. */
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

static void check_remote_name(struct doctor_context *context, const wchar_t *host)
{
    wchar_t name[HOST_LENGTH + DOCTOR_PIPE_NAME_LENGTH + 16];
    char text[DOCTOR_ERROR_CAPACITY], subject[DOCTOR_SUBJECT_CAPACITY];
    HANDLE pipe = NULL;

    swprintf(name, sizeof name / sizeof name[0], L"\\\\%ls\\pipe\\%ls", host,
             context->pipe_name + LOCAL_PREFIX_LENGTH);
    if (text_w_to_utf8(subject, sizeof subject, host) != ERROR_SUCCESS)
        subject[0] = '\0';
    doctor_target_renew(context);
    DWORD error = doctor_open_pipe(name, GENERIC_READ | GENERIC_WRITE, &pipe);
    handle_close(&pipe);
    text_w_error(text, sizeof text, error);
    if (error == ERROR_SUCCESS)
        doctor_add(context->report, DOCTOR_PIPE_REMOTE, DOCTOR_FAIL, subject,
                   "%s could be opened over the network", which_pipe(context));
    else if (is_no_network(error))
        doctor_add(context->report, DOCTOR_PIPE_REMOTE, DOCTOR_SKIP, subject,
                   "this machine serves no pipes over the network: %s", text);
    else
        doctor_add(context->report, DOCTOR_PIPE_REMOTE, DOCTOR_PASS, subject, "%s", text);
}

static void check_remote(struct doctor_context *context)
{
    wchar_t host[HOST_LENGTH];
    DWORD length = HOST_LENGTH;

    if (doctor_skips_wine(context, DOCTOR_PIPE_REMOTE, "knows no pipes of other machines") ||
        doctor_skips_pipe(context, DOCTOR_PIPE_REMOTE))
        return;
    check_remote_name(context, L"localhost");
    if (GetComputerNameExW(ComputerNameDnsHostname, host, &length))
        check_remote_name(context, host);
}

static void compare_descriptor(struct doctor_context *context, HANDLE pipe)
{
    const SECURITY_INFORMATION parts =
        (SECURITY_INFORMATION)SECURITY_PARTS | LABEL_SECURITY_INFORMATION;
    struct security_bytes meant = {0}, found = {0};
    char reason[DESCRIPTOR_VIEW_REASON_CAPACITY] = "";

    DWORD error = security_bytes_of_sddl(context->pipe_sddl, &meant);
    if (error == ERROR_SUCCESS)
        error = security_bytes_of_file(pipe, parts, &found);
    if (error != ERROR_SUCCESS)
        doctor_skip_error(context, DOCTOR_PIPE_DESCRIPTOR, NULL, "the descriptor cannot be read",
                          error);
    else if (descriptor_view_equal(&meant.view, &found.view, &file_mapping, reason))
        doctor_add(context->report, DOCTOR_PIPE_DESCRIPTOR, DOCTOR_PASS, NULL, "%s: %s",
                   which_pipe(context), context->pipe_sddl);
    else
        doctor_add(context->report, DOCTOR_PIPE_DESCRIPTOR,
                   context->is_wine ? DOCTOR_SKIP : DOCTOR_FAIL, NULL, "%s%s: %s",
                   context->is_wine ? "Wine: " : "", which_pipe(context), reason);
    security_bytes_release(&found);
    security_bytes_release(&meant);
}

static void check_server(struct doctor_context *context, HANDLE pipe)
{
    ULONG pid = 0;

    if (context->is_own_pipe) {
        doctor_add(context->report, DOCTOR_PIPE_SERVER, DOCTOR_SKIP, NULL,
                   "the service does not run");
        return;
    }
    if (!GetNamedPipeServerProcessId(pipe, &pid)) {
        doctor_skip_error(context, DOCTOR_PIPE_SERVER, NULL, "the server's process is not told",
                          GetLastError());
        return;
    }
    doctor_add(context->report, DOCTOR_PIPE_SERVER,
               pid == context->service_pid ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
               "process %lu serves the pipe, process %lu is the service", (unsigned long)pid,
               (unsigned long)context->service_pid);
}

/* As a client may: read, write, and the descriptor. */
static void check_from_inside(struct doctor_context *context)
{
    HANDLE pipe = NULL;

    if (doctor_skips_pipe(context, DOCTOR_PIPE_DESCRIPTOR)) {
        (void)doctor_skips_pipe(context, DOCTOR_PIPE_SERVER);
        return;
    }
    DWORD error = doctor_open_pipe(context->pipe_name, GENERIC_READ | GENERIC_WRITE, &pipe);
    if (error != ERROR_SUCCESS) {
        doctor_skip_error(context, DOCTOR_PIPE_DESCRIPTOR, NULL, "the pipe cannot be opened",
                          error);
        doctor_skip_error(context, DOCTOR_PIPE_SERVER, NULL, "the pipe cannot be opened", error);
        return;
    }
    compare_descriptor(context, pipe);
    check_server(context, pipe);
    handle_close(&pipe);
}

void doctor_check_pipe(struct doctor_context *context)
{
    check_first(context);
    check_further(context);
    check_remote(context);
    check_from_inside(context);
}
