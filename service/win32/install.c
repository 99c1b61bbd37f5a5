#include "service/win32/install.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/win32/system_info.h"
#include "service/access.h"
#include "service/win32/access_setup.h"
#include "service/win32/events.h"
#include "service/win32/install_folder.h"
#include "service/win32/install_key.h"
#include "service/win32/install_service.h"
#include "service/win32/readers_group.h"
#include "service/win32/service_control.h"
#include "service/win32/service_say.h"

/* "C:\folder\lsmapd.exe" of this process, quoted and as it is. */
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
    program->path = install_folder_program();
    if (program->path == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    size_t length = wcslen(program->path);
    program->command = malloc((length + 3) * sizeof(wchar_t));
    if (program->command == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    program->command[0] = L'"';
    memcpy(program->command + 1, program->path, length * sizeof(wchar_t));
    program->command[length + 1] = L'"';
    program->command[length + 2] = L'\0';
    return ERROR_SUCCESS;
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
    if (error == ERROR_SUCCESS) {
        *service = opened;
        opened = NULL;
    }
    service_close(&opened);
    return error;
}

/* Locks what decides which code runs as SYSTEM. A folder that is not ours to lock is looked at, and
 * the person who installs is told: nothing else would keep others from becoming SYSTEM. */
static enum exit_code lock_places(const struct program *program)
{
    char reason[INSTALL_FOLDER_REASON_CAPACITY] = "";
    bool is_locked = false;

    DWORD error = install_key_lock();
    if (error != ERROR_SUCCESS)
        return service_fail("cannot make the key of the settings", error);
    error = install_folder_lock(program->path, &is_locked);
    if (error != ERROR_SUCCESS)
        return service_fail("cannot lock the folder of the program", error);
    if (!is_locked && !system_is_wine() &&
        install_folder_check(program->path, reason) == ERROR_SUCCESS && reason[0] != '\0')
        service_warn("others than administrators can replace the program and become SYSTEM: %s; "
                     "use install.cmd, which copies it to a folder below Program Files",
                     reason);
    return EXIT_CODE_OK;
}

static enum exit_code install_steps(SC_HANDLE manager, const struct program *program,
                                    const struct options *options)
{
    SC_HANDLE service = NULL;
    const char *what = NULL;
    bool is_new = false;
    char failed[128];

    DWORD error = register_service(manager, program->command, &service, &is_new);
    if (error != ERROR_SUCCESS)
        return service_fail("cannot register the service", error);
    enum exit_code code = EXIT_CODE_OK;
    error = install_service_configure(service, &what);
    if (error != ERROR_SUCCESS) {
        snprintf(failed, sizeof failed, "cannot set %s", what);
        code = service_fail(failed, error);
        goto cleanup;
    }
    code = lock_places(program);
    if (code != EXIT_CODE_OK)
        goto cleanup;
    error = access_setup_install(options, &what);
    if (error != ERROR_SUCCESS) {
        code = service_fail(what, error);
        goto cleanup;
    }
    error = events_register(program->path);
    if (error != ERROR_SUCCESS) {
        code = service_fail("cannot register the event source", error);
        goto cleanup;
    }
    service_say(options->quiet, "The service " SERVICE_NAME " is %s.\n",
                is_new ? "installed" : "updated");
    if (options->no_start)
        goto cleanup;
    error = service_start(service);
    if (error != ERROR_SUCCESS)
        code = service_fail("the service is installed but does not start", error);
    else
        service_say(options->quiet, "It is running.\n");

cleanup:
    service_close(&service);
    return code;
}

enum exit_code install_run(const struct options *options)
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
    code = install_steps(manager, &program, options);

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

enum exit_code uninstall_run(const struct options *options)
{
    SC_HANDLE manager = NULL;

    DWORD error = service_manager_open(SC_MANAGER_CONNECT, &manager);
    if (error != ERROR_SUCCESS)
        return service_fail("cannot open the service control manager", error);
    enum exit_code code = remove_service(manager, options->quiet);
    service_close(&manager);
    error = events_unregister();
    if (error != ERROR_SUCCESS && code == EXIT_CODE_OK)
        code = service_fail("cannot remove the event source", error);
    if (options->purge) {
        error = readers_group_remove();
        if (error != ERROR_SUCCESS && code == EXIT_CODE_OK)
            code = service_fail("cannot remove the group \"" READERS_GROUP_NAME "\"", error);
    }
    return code;
}
