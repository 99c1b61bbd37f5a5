/* Which client a server sees: impersonation, and the linked token of a filtered one. */
#include "tests/doctor/checks.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/token.h"
#include "service/access.h"
#include "service/win32/access_cmd.h"
#include "tests/doctor/tokens.h"

enum { PIPE_BUFFER_SIZE = 64, ANSWER_CAPACITY = 4096, ANSWER_TIMEOUT_MS = 5000 };

/* A pipe whose two ends are both ours; the client's is opened with a token with fewer groups. */
struct pair {
    HANDLE server;
    HANDLE client;
};

static void pair_close(struct pair *pair)
{
    handle_close(&pair->client);
    handle_close(&pair->server);
}

/* Opens the client's end with a token that has neither Users nor Administrators. */
static DWORD open_as_plain(const wchar_t *name, HANDLE *client)
{
    HANDLE token = NULL;

    DWORD error = tokens_plain(&token);
    if (error == ERROR_SUCCESS && !SetThreadToken(NULL, token))
        error = GetLastError();
    if (error == ERROR_SUCCESS) {
        error = pipe_open(name, GENERIC_READ | GENERIC_WRITE, client);
        tokens_revert();
    }
    handle_close(&token);
    return error;
}

/* By default the pipe of an elevated administrator is owned by the group Administrators, which the
 * client does not have: so its descriptor names the user. */
static DWORD create_server(const wchar_t *name, HANDLE *server)
{
    char pipe_sddl[ACCESS_SDDL_CONSOLE_CAPACITY], access_sddl[ACCESS_SDDL_CONSOLE_CAPACITY];
    PSECURITY_DESCRIPTOR descriptor = NULL;
    struct caller self;

    DWORD error = token_facts(GetCurrentProcessToken(), &self);
    if (error == ERROR_SUCCESS && !access_console_sddl(&self.user, false, pipe_sddl, access_sddl))
        error = ERROR_INVALID_SID;
    if (error == ERROR_SUCCESS)
        error = descriptor_create(pipe_sddl, &descriptor);
    if (error != ERROR_SUCCESS)
        return error;
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security, .lpSecurityDescriptor = descriptor};
    HANDLE created = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
                                      PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 1,
                                      PIPE_BUFFER_SIZE, PIPE_BUFFER_SIZE, 0, &security);
    if (created == INVALID_HANDLE_VALUE)
        error = GetLastError();
    else
        *server = created;
    descriptor_free(&descriptor);
    return error;
}

/* Impersonation works only after something was read, so a byte is sent. */
static DWORD pair_open(struct pair *pair)
{
    wchar_t name[TARGET_NAME_LENGTH];
    char byte = '\n';
    DWORD size = 0;

    swprintf(name, TARGET_NAME_LENGTH, L"\\\\.\\pipe\\lsmap-doctor-%lu-pair",
             (unsigned long)GetCurrentProcessId());
    DWORD error = create_server(name, &pair->server);
    if (error == ERROR_SUCCESS)
        error = open_as_plain(name, &pair->client);
    if (error != ERROR_SUCCESS)
        return error;
    if (!WriteFile(pair->client, &byte, 1, &size, NULL) ||
        !ReadFile(pair->server, &byte, 1, &size, NULL))
        return GetLastError();
    return ERROR_SUCCESS;
}

/* What the server sees of the client. */
struct seen {
    SECURITY_IMPERSONATION_LEVEL level;
    bool is_user; /* the group Users is enabled */
};

static DWORD look(HANDLE pipe, struct seen *seen)
{
    BYTE users[SECURITY_MAX_SID_SIZE];
    DWORD size = SECURITY_MAX_SID_SIZE, error = ERROR_SUCCESS;
    BOOL is_member = TRUE;
    HANDLE token = NULL;

    if (!CreateWellKnownSid(WinBuiltinUsersSid, NULL, users, &size))
        return GetLastError();
    if (!ImpersonateNamedPipeClient(pipe))
        return GetLastError();
    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token))
        error = GetLastError();
    tokens_revert();
    if (error == ERROR_SUCCESS && (!GetTokenInformation(token, TokenImpersonationLevel,
                                                        &seen->level, sizeof seen->level, &size) ||
                                   !CheckTokenMembership(token, users, &is_member)))
        error = GetLastError();
    seen->is_user = is_member != FALSE;
    handle_close(&token);
    return error;
}

static void check_impersonation(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_CLIENT_IDENTITY;
    struct pair pair = {0};
    struct seen seen = {0};

    if (machine_skips_wine(machine, check, "gives a server its own token instead of the client's"))
        return;
    DWORD error = pair_open(&pair);
    if (error != ERROR_SUCCESS)
        machine_skip_error(machine, check, NULL, "the pipe for it could not be made", error);
    else if ((error = look(pair.server, &seen)) != ERROR_SUCCESS)
        report_add(&machine->report, check, DOCTOR_FAIL, NULL,
                   "the client cannot be impersonated: error %lu", (unsigned long)error);
    else if (seen.is_user)
        report_add(&machine->report, check, DOCTOR_FAIL, NULL,
                   "the server sees a group that its client does not have");
    else
        report_add(&machine->report, check,
                   seen.level == SecurityIdentification ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
                   "the server sees the client's groups, at level %d (1 is identification, which "
                   "the client allowed)",
                   (int)seen.level);
    pair_close(&pair);
}

static DWORD query_elevation(HANDLE token, TOKEN_ELEVATION_TYPE *type)
{
    DWORD size = 0;

    return GetTokenInformation(token, TokenElevationType, type, sizeof *type, &size)
               ? ERROR_SUCCESS
               : GetLastError();
}

static DWORD query_linked(HANDLE token, HANDLE *linked, TOKEN_ELEVATION_TYPE *type)
{
    TOKEN_LINKED_TOKEN answer = {0};
    DWORD size = 0;

    if (!GetTokenInformation(token, TokenLinkedToken, &answer, sizeof answer, &size))
        return GetLastError();
    *linked = answer.LinkedToken;
    return query_elevation(answer.LinkedToken, type);
}

/* The service sees a filtered administrator through a token at identification level and queries its
 * linked token. From an elevated prompt the filtered token is our linked one, at the same level: the
 * same case. */
static DWORD find_full(HANDLE own, TOKEN_ELEVATION_TYPE own_type, TOKEN_ELEVATION_TYPE *found)
{
    HANDLE linked = NULL, back = NULL;

    DWORD error = query_linked(own, &linked, found);
    if (error == ERROR_SUCCESS && own_type == TokenElevationTypeFull)
        error = query_linked(linked, &back, found);
    handle_close(&back);
    handle_close(&linked);
    return error;
}

static void check_linked(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_CLIENT_LINKED;
    TOKEN_ELEVATION_TYPE own_type = TokenElevationTypeDefault, found = TokenElevationTypeDefault;
    HANDLE own = NULL;

    if (machine_skips_wine(machine, check, "invents a linked token"))
        return;
    DWORD error = tokens_own(&own);
    if (error == ERROR_SUCCESS)
        error = query_elevation(own, &own_type);
    if (error == ERROR_SUCCESS && own_type == TokenElevationTypeDefault) {
        report_add(&machine->report, check, DOCTOR_SKIP, NULL,
                   "this user has only one token: not an administrator, UAC is off, or a service");
    } else if (error != ERROR_SUCCESS ||
               (error = find_full(own, own_type, &found)) != ERROR_SUCCESS) {
        report_add(&machine->report, check, DOCTOR_FAIL, NULL,
                   "the linked token cannot be read: error %lu", (unsigned long)error);
    } else {
        report_add(&machine->report, check,
                   found == TokenElevationTypeFull ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
                   "the linked token of the filtered one has elevation type %d (2 is full)",
                   (int)found);
    }
    handle_close(&own);
}

/* --- what the running service says --- */

static bool skips_without_service(struct machine *machine, enum doctor_check check)
{
    if (machine_skips_wine(machine, check,
                           "gives a server its own token instead of the client's") ||
        machine_skips_pipe(machine, check))
        return true;
    if (machine->target.is_own)
        report_add(&machine->report, check, DOCTOR_SKIP, NULL, "the service does not run");
    return machine->target.is_own;
}

/* Opens the service's pipe with a token like that of a non-elevated administrator, and asks
 * who that is. */
static void check_filtered(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_CLIENT_FILTERED;
    char answer[ANSWER_CAPACITY] = "";
    HANDLE token = NULL, pipe = NULL;

    if (skips_without_service(machine, check))
        return;
    if (!machine->is_elevated) {
        report_add(&machine->report, check, DOCTOR_SKIP, NULL, "needs an elevated prompt");
        return;
    }
    DWORD error = tokens_filtered(&token);
    if (error == ERROR_SUCCESS && !SetThreadToken(NULL, token))
        error = GetLastError();
    if (error == ERROR_SUCCESS) {
        error = pipe_open(machine->target.name, GENERIC_READ | GENERIC_WRITE, &pipe);
        tokens_revert();
    }
    if (error == ERROR_SUCCESS)
        error =
            pipe_exchange(pipe, "{\"op\":\"whoami\"}\n", ANSWER_TIMEOUT_MS, answer, sizeof answer);
    if (error != ERROR_SUCCESS)
        machine_skip_error(machine, check, NULL, "the service could not be asked", error);
    else
        report_add(&machine->report, check,
                   strstr(answer, "\"administrator\":\"deny_only\"") != NULL &&
                           strstr(answer, "\"integrity\":\"medium\"") != NULL
                       ? DOCTOR_PASS
                       : DOCTOR_FAIL,
                   NULL, "%s", answer);
    handle_close(&pipe);
    handle_close(&token);
}

/* Without SECURITY_SQOS_PRESENT Windows tracks who writes: first we, then we with less integrity. */
static void check_tracking(struct machine *machine)
{
    const enum doctor_check check = DOCTOR_CLIENT_TRACKING;
    char answer[ANSWER_CAPACITY] = "";
    HANDLE token = NULL;

    if (skips_without_service(machine, check))
        return;
    HANDLE pipe = CreateFileW(machine->target.name, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              OPEN_EXISTING, 0, NULL);
    DWORD error = pipe != INVALID_HANDLE_VALUE ? ERROR_SUCCESS : GetLastError();
    if (error == ERROR_SUCCESS)
        error =
            pipe_exchange(pipe, "{\"op\":\"nothing\"}\n", ANSWER_TIMEOUT_MS, answer, sizeof answer);
    if (error == ERROR_SUCCESS)
        error = tokens_low(&token);
    if (error == ERROR_SUCCESS && !SetThreadToken(NULL, token))
        error = GetLastError();
    if (error == ERROR_SUCCESS) {
        answer[0] = '\0';
        error =
            pipe_exchange(pipe, "{\"op\":\"info\"}\n", ANSWER_TIMEOUT_MS, answer, sizeof answer);
        tokens_revert();
    }
    if (error != ERROR_SUCCESS)
        machine_skip_error(machine, check, NULL, "the service could not be asked", error);
    else
        report_add(&machine->report, check,
                   strstr(answer, "\"code\":\"denied\"") != NULL ? DOCTOR_PASS : DOCTOR_FAIL, NULL,
                   "%s", answer);
    if (pipe != INVALID_HANDLE_VALUE)
        handle_close(&pipe);
    handle_close(&token);
}

void check_identity(struct machine *machine)
{
    check_impersonation(machine);
    check_linked(machine);
    check_filtered(machine);
    check_tracking(machine);
}
