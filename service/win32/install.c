#include "install.h"

#include <stdlib.h>
#include <string.h>

#include "event_log.h"
#include "protocol.h"
#include "service_control.h"
#include "service_say.h"
#include "system_info.h"
#include "text_w.h"

enum {
    PATH_LENGTH_MAX = 32767, /* UTF-16 units; source: the longest path Windows has */
    RESTART_RESET_S = 24 * 60 * 60
};

static const char description[] =
    "Tells lsmap which files are mapped into the memory of processes. Answers local callers only, "
    "over a named pipe; every caller gets what his rights allow.";

/* "C:\folder\lsmapd.exe" of this process, quoted.
 * command  Receives it on the heap; the path without quotes is the same memory. */
struct program {
    wchar_t *command; /* owned */
    wchar_t *path;    /* owned */
};

static void program_free(struct program *program)
{
    free(program->command);
    free(program->path);
}

static DWORD program_query(struct program *program)
{
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    program->path = malloc((PATH_LENGTH_MAX + 1) * sizeof(wchar_t));
    program->command = malloc((PATH_LENGTH_MAX + 3) * sizeof(wchar_t));

    if (program->path == NULL || program->command == NULL)
        return error;
    DWORD length = GetModuleFileNameW(NULL, program->path, PATH_LENGTH_MAX + 1);
    if (length == 0)
        return GetLastError();
    if (length > PATH_LENGTH_MAX)
        return ERROR_FILENAME_EXCED_RANGE;
    program->command[0] = L'"';
    memcpy(program->command + 1, program->path, length * sizeof(wchar_t));
    program->command[length + 1] = L'"';
    program->command[length + 2] = L'\0';
    return ERROR_SUCCESS;
}

static DWORD set_description(SC_HANDLE service)
{
    wchar_t text[sizeof description];
    SERVICE_DESCRIPTIONW info = {.lpDescription = text};

    DWORD error = text_w_from_utf8(text, sizeof description, span_from_string(description));
    if (error != ERROR_SUCCESS)
        return error;
    return ChangeServiceConfig2W(service, SERVICE_CONFIG_DESCRIPTION, &info) ? ERROR_SUCCESS
                                                                             : GetLastError();
}

/* After a crash, and after an end with an error: again in 5 s, in 30 s, then each minute. */
static DWORD set_failure_actions(SC_HANDLE service)
{
    SC_ACTION actions[] = {{SC_ACTION_RESTART, 5 * 1000},
                           {SC_ACTION_RESTART, 30 * 1000},
                           {SC_ACTION_RESTART, 60 * 1000}};
    SERVICE_FAILURE_ACTIONSW failure = {
        .dwResetPeriod = RESTART_RESET_S, .cActions = 3, .lpsaActions = actions};
    SERVICE_FAILURE_ACTIONS_FLAG flag = {.fFailureActionsOnNonCrashFailures = TRUE};

    if (!ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS, &failure))
        return GetLastError();
    if (ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &flag))
        return ERROR_SUCCESS;
    DWORD error = GetLastError();
    return system_is_wine() ? ERROR_SUCCESS : error; /* Wine does not know the flag */
}

/* Registers or updates. Afterwards the service is stopped. */
static DWORD register_service(SC_HANDLE manager, const wchar_t *command, SC_HANDLE *service,
                              bool *is_new)
{
    SC_HANDLE opened = NULL;

    DWORD error = service_create(manager, command, &opened);
    *is_new = error == ERROR_SUCCESS;
    if (error == ERROR_SERVICE_EXISTS) {
        error = service_open(manager, SERVICE_ALL_ACCESS, &opened);
        if (error == ERROR_SUCCESS)
            error = service_stop(opened);
        if (error == ERROR_SUCCESS)
            error = service_change(opened, command);
    }
    if (error == ERROR_SUCCESS)
        error = set_description(opened);
    if (error == ERROR_SUCCESS)
        error = set_failure_actions(opened);
    if (error == ERROR_SUCCESS) {
        *service = opened;
        opened = NULL;
    }
    service_close(&opened);
    return error;
}

static enum exit_code install_steps(SC_HANDLE manager, const struct program *program, bool start,
                                    bool quiet)
{
    SC_HANDLE service = NULL;
    bool is_new = false;

    DWORD error = register_service(manager, program->command, &service, &is_new);
    if (error != ERROR_SUCCESS)
        return service_fail("cannot register the service", error);
    enum exit_code code = EXIT_CODE_OK;
    error = event_log_register(program->path);
    if (error != ERROR_SUCCESS) {
        code = service_fail("cannot register the event source", error);
        goto cleanup;
    }
    service_say(quiet, "The service " SERVICE_NAME " is %s.\n", is_new ? "installed" : "updated");
    if (!start)
        goto cleanup;
    error = service_start(service);
    if (error != ERROR_SUCCESS)
        code = service_fail("the service is installed but does not start", error);
    else
        service_say(quiet, "It is running.\n");

cleanup:
    service_close(&service);
    return code;
}

enum exit_code install_run(bool start, bool quiet)
{
    SC_HANDLE manager = NULL;
    struct program program = {0};
    enum exit_code code;

    DWORD error = service_manager_open(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE, &manager);
    if (error != ERROR_SUCCESS) {
        code = service_fail("cannot open the service control manager", error);
        goto cleanup;
    }
    error = program_query(&program);
    if (error != ERROR_SUCCESS) {
        code = service_fail("cannot tell the path of this program", error);
        goto cleanup;
    }
    code = install_steps(manager, &program, start, quiet);

cleanup:
    program_free(&program);
    service_close(&manager);
    return code;
}

static enum exit_code remove_service(SC_HANDLE manager, bool quiet)
{
    SC_HANDLE service = NULL;

    DWORD error = service_open(manager, SERVICE_QUERY_STATUS | SERVICE_STOP | DELETE, &service);
    if (error == ERROR_SERVICE_DOES_NOT_EXIST) {
        service_say(quiet, "The service " SERVICE_NAME " is not installed.\n");
        return EXIT_CODE_OK;
    }
    if (error != ERROR_SUCCESS)
        return service_fail("cannot open the service", error);
    error = service_stop(service);
    if (error != ERROR_SUCCESS) {
        service_close(&service);
        return service_fail("cannot stop the service", error);
    }
    error = DeleteService(service) ? ERROR_SUCCESS : GetLastError();
    service_close(&service);
    if (error != ERROR_SUCCESS && error != ERROR_SERVICE_MARKED_FOR_DELETE)
        return service_fail("cannot remove the service", error);
    if (service_wait_gone(manager) != ERROR_SUCCESS)
        return service_fail("the service is stopped and marked", ERROR_SERVICE_MARKED_FOR_DELETE);
    service_say(quiet, "The service " SERVICE_NAME " is removed.\n");
    return EXIT_CODE_OK;
}

enum exit_code uninstall_run(bool quiet)
{
    SC_HANDLE manager = NULL;

    DWORD error = service_manager_open(SC_MANAGER_CONNECT, &manager);
    if (error != ERROR_SUCCESS)
        return service_fail("cannot open the service control manager", error);
    enum exit_code code = remove_service(manager, quiet);
    service_close(&manager);
    error = event_log_unregister();
    if (error != ERROR_SUCCESS && code == EXIT_CODE_OK)
        code = service_fail("cannot remove the event source", error);
    return code;
}
