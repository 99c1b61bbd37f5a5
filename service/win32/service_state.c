/* `lsmapd status` and `lsmapd stop`. */
#include "service/win32/install.h"

#include <stdlib.h>

#include "common/proto/protocol.h"
#include "common/win32/text_w.h"
#include "service/win32/service_control.h"
#include "service/win32/service_say.h"

static const char *state_name(DWORD state)
{
    static const char *const names[] = {"unknown", "stopped",  "starting", "stopping",
                                        "running", "resuming", "pausing",  "paused"};

    return state < sizeof names / sizeof names[0] ? names[state] : names[0];
}

static enum exit_code print_status(SC_HANDLE service, bool quiet)
{
    SERVICE_STATUS_PROCESS status = {0};
    wchar_t *command = NULL;
    char *command_utf8 = NULL;

    DWORD error = service_query_status(service, &status);
    if (error == ERROR_SUCCESS)
        error = service_query_command(service, &command);
    if (error != ERROR_SUCCESS)
        return service_fail("cannot query the service", error);
    command_utf8 = text_w_to_utf8_alloc(command);
    service_say(quiet, "state: %s\n", state_name(status.dwCurrentState));
    if (status.dwProcessId != 0)
        service_say(quiet, "pid: %lu\n", (unsigned long)status.dwProcessId);
    if (command_utf8 != NULL)
        service_say(quiet, "path: %s\n", command_utf8);
    free(command_utf8);
    free(command);
    return status.dwCurrentState == SERVICE_RUNNING ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static enum exit_code say_not_installed(bool quiet, enum exit_code code)
{
    service_say(quiet, "The service " SERVICE_NAME " is not installed.\n");
    return code;
}

enum exit_code stop_run(bool quiet)
{
    SC_HANDLE manager = NULL, service = NULL;
    enum exit_code code = EXIT_CODE_OK;

    DWORD error = service_manager_open(SC_MANAGER_CONNECT, &manager);
    if (error == ERROR_SUCCESS)
        error = service_open(manager, SERVICE_QUERY_STATUS | SERVICE_STOP, &service);
    if (error == ERROR_SUCCESS)
        error = service_stop(service);
    if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        code = say_not_installed(quiet, EXIT_CODE_OK);
    else if (error != ERROR_SUCCESS)
        code = service_fail("cannot stop the service", error);
    else
        service_say(quiet, "The service " SERVICE_NAME " is stopped.\n");
    service_close(&service);
    service_close(&manager);
    return code;
}

enum exit_code status_run(bool quiet)
{
    SC_HANDLE manager = NULL, service = NULL;
    enum exit_code code;

    DWORD error = service_manager_open(SC_MANAGER_CONNECT, &manager);
    if (error == ERROR_SUCCESS)
        error = service_open(manager, SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG, &service);
    if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        code = say_not_installed(quiet, EXIT_CODE_NOT_INSTALLED);
    else if (error != ERROR_SUCCESS)
        code = service_fail("cannot open the service", error);
    else
        code = print_status(service, quiet);
    service_close(&service);
    service_close(&manager);
    return code;
}
