#include "service/win32/install.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "service/win32/descriptor.h"
#include "service/win32/events.h"
#include "service/win32/hardening.h"
#include "service/win32/places.h"
#include "service/win32/readers_group.h"
#include "service/win32/settings_registry.h"

enum { RESTART_RESET_S = 24 * 60 * 60, ERROR_CAPACITY = 256 };

static const char description[] = "Lists the files that are mapped into the memory of processes, "
                                  "for lsmap. Answers local clients "
                                  "over a named pipe, each according to its rights.";

/* --- the registration --- */

static DWORD change(SC_HANDLE service, DWORD level, void *info)
{
    return ChangeServiceConfig2W(service, level, info) ? ERROR_SUCCESS : GetLastError();
}

static DWORD set_description(SC_HANDLE service)
{
    wchar_t text[sizeof description];
    SERVICE_DESCRIPTIONW info = {.lpDescription = text};

    DWORD error = text_w_from_utf8(text, sizeof description, span_from_string(description));
    return error == ERROR_SUCCESS ? change(service, SERVICE_CONFIG_DESCRIPTION, &info) : error;
}

/* A restart after 5 s, after 30 s, then after each minute. */
static DWORD set_failure_actions(SC_HANDLE service)
{
    SC_ACTION actions[] = {{SC_ACTION_RESTART, 5 * 1000},
                           {SC_ACTION_RESTART, 30 * 1000},
                           {SC_ACTION_RESTART, 60 * 1000}};
    SERVICE_FAILURE_ACTIONSW failure = {
        .dwResetPeriod = RESTART_RESET_S, .cActions = 3, .lpsaActions = actions};

    return change(service, SERVICE_CONFIG_FAILURE_ACTIONS, &failure);
}

/* Without it only a crash counts as a failure, and a service whose pipe name is in use would stay
 * stopped. */
static DWORD set_failure_flag(SC_HANDLE service)
{
    SERVICE_FAILURE_ACTIONS_FLAG flag = {.fFailureActionsOnNonCrashFailures = TRUE};

    return change(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &flag);
}

/* Puts the group NT SERVICE\lsmapd into its token, so that an administrator can name the service in
 * a DACL. Unrestricted: with a restricted SID it could not open other processes. */
static DWORD set_sid(SC_HANDLE service)
{
    SERVICE_SID_INFO info = {.dwServiceSidType = SERVICE_SID_TYPE_UNRESTRICTED};

    return change(service, SERVICE_CONFIG_SERVICE_SID_INFO, &info);
}

static DWORD set_descriptor(SC_HANDLE service)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;

    DWORD error = descriptor_create(SERVICE_SDDL, &descriptor);
    if (error != ERROR_SUCCESS)
        return error;
    if (!SetServiceObjectSecurity(service, DACL_SECURITY_INFORMATION, descriptor))
        error = GetLastError();
    descriptor_free(&descriptor);
    return error;
}

/* Most of it takes effect at the next start. Wine does not know all of it.
 * what  Receives on failure which step, a phrase. */
static DWORD configure(SC_HANDLE service, const char **what)
{
    static const struct {
        const char *what;
        DWORD (*set)(SC_HANDLE service);
    } steps[] = {
        {"cannot set the description", set_description},
        {"cannot set the failure actions", set_failure_actions},
        {"cannot set the flag of the failure actions", set_failure_flag},
        {"cannot set the required privileges", hardening_register_privileges},
        {"cannot set the type of the service's SID", set_sid},
        {"cannot set who may control the service", set_descriptor},
    };

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        DWORD error = steps[i].set(service);
        bool is_unknown = error == ERROR_INVALID_PARAMETER || error == ERROR_INVALID_LEVEL;
        if (error != ERROR_SUCCESS && !(is_unknown && system_is_wine())) {
            *what = steps[i].what;
            return error;
        }
    }
    return ERROR_SUCCESS;
}

/* Registers or updates. Afterwards the service is stopped. */
static DWORD register_service(SC_HANDLE manager, const wchar_t *program,
                              const struct command_line *line, SC_HANDLE *service, bool *is_new)
{
    const size_t capacity = wcslen(program) + sizeof "\"\"";
    wchar_t *command = malloc(capacity * sizeof *command);
    SC_HANDLE opened = NULL;
    bool process_remains = false;

    if (command == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    (void)swprintf(command, capacity, L"\"%ls\"", program);
    DWORD error = service_create(manager, command, &opened);
    *is_new = error == ERROR_SUCCESS;
    if (error == ERROR_SERVICE_EXISTS) {
        error = service_open(manager, SERVICE_ALL_ACCESS, &opened);
        if (error == ERROR_SUCCESS)
            error = service_stop(opened, &process_remains);
        if (process_remains)
            service_warn_remains(line->quiet);
        if (error == ERROR_SUCCESS)
            error = service_change(opened, command, line->enable);
    }
    free(command);
    if (error == ERROR_SUCCESS)
        *service = opened;
    else
        service_close(&opened);
    return error;
}

/* --- install --- */

/* Everything that can be refused is checked before anything is changed: a running service goes on
 * running. Prints why. */
static enum exit_code check_first(const wchar_t *program, const struct command_line *line)
{
    char reason[PLACES_REASON_CAPACITY] = "";
    bool is_locked = false;

    DWORD error = places_lock_folder(program, &is_locked);
    if (error != ERROR_SUCCESS)
        return service_fail("cannot lock the folder of the program", error);
    places_check_program(program, reason);
    if (reason[0] == '\0')
        return EXIT_CODE_OK;
    if (line->trust_folder) {
        service_warn(line->quiet, "%s", reason);
        return EXIT_CODE_OK;
    }
    fprintf(stderr,
            SERVICE_NAME ": the service must not run from here, where others could become SYSTEM: "
                         "%s; use install.cmd, which copies it to a folder below Program Files, or "
                         "--trust-folder\n",
            reason);
    return EXIT_CODE_FAILED;
}

/* The group of readers and its new member. Without the group, as on a read-only domain controller,
 * all else works. */
static void set_readers(const struct command_line *line)
{
    char text[ERROR_CAPACITY];

    DWORD error = readers_group_create();
    if (error != ERROR_SUCCESS)
        service_warn(line->quiet, "there is no group \"" READERS_GROUP_NAME "\": %s",
                     text_w_error(text, sizeof text, error));
    error = line->readers != NULL ? readers_group_add(line->readers) : ERROR_SUCCESS;
    if (error != ERROR_SUCCESS) /* it was asked for: also when quiet */
        service_warn(false, "%s is not a member of the group \"" READERS_GROUP_NAME "\": %s",
                     line->readers, text_w_error(text, sizeof text, error));
}

/* The settings FilteredAdmins and TrustFolder. */
static DWORD write_settings(const struct command_line *line)
{
    wchar_t word[FILTERED_ADMINS_NAME_CAPACITY];

    DWORD error = settings_registry_write_number(L"TrustFolder", line->trust_folder);
    if (error != ERROR_SUCCESS || !line->has_filtered_admins)
        return error;
    error =
        text_w_from_utf8(word, FILTERED_ADMINS_NAME_CAPACITY,
                         span_from_string(filtered_admins_name(line->settings.filtered_admins)));
    return error == ERROR_SUCCESS ? settings_registry_write_text(L"FilteredAdmins", word) : error;
}

static DWORD install_steps(SC_HANDLE manager, const wchar_t *program,
                           const struct command_line *line, const char **what)
{
    SC_HANDLE service = NULL;
    bool is_new = false;

    *what = "cannot register the service";
    DWORD error = register_service(manager, program, line, &service, &is_new);
    if (error == ERROR_SUCCESS)
        error = configure(service, what);
    if (error == ERROR_SUCCESS) {
        *what = "cannot write the settings";
        error = places_lock_key();
    }
    if (error == ERROR_SUCCESS)
        error = write_settings(line);
    if (error == ERROR_SUCCESS) {
        set_readers(line);
        *what = "cannot register the event source";
        error = events_register(program);
    }
    if (error == ERROR_SUCCESS)
        service_say(line->quiet, "The service " SERVICE_NAME " is %s.\n",
                    is_new ? "installed" : "updated");
    if (error == ERROR_SUCCESS && !line->no_start) {
        *what = "the service is installed but does not start";
        error = service_start(service);
        if (error == ERROR_SUCCESS)
            service_say(line->quiet, "It is running.\n");
        if (error == ERROR_SERVICE_DISABLED) {
            service_say(line->quiet, "It is disabled and stays so; --enable starts it.\n");
            error = ERROR_SUCCESS;
        }
    }
    service_close(&service);
    return error;
}

enum exit_code install_run(const struct command_line *line)
{
    const char *what = "cannot open the service control manager";
    SC_HANDLE manager = NULL;
    wchar_t *program = NULL;
    enum exit_code code = EXIT_CODE_OK;

    DWORD error = line->readers != NULL ? readers_group_check(line->readers) : ERROR_SUCCESS;
    if (error != ERROR_SUCCESS)
        return service_fail("the account of --readers is not known", error);
    if (line->check)
        return EXIT_CODE_OK;
    error = service_manager_open(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE, &manager);
    if (error == ERROR_SUCCESS) {
        what = "cannot determine the path of this program";
        program = places_program();
        error = program != NULL ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    }
    if (error == ERROR_SUCCESS)
        code = check_first(program, line);
    if (error == ERROR_SUCCESS && code == EXIT_CODE_OK)
        error = install_steps(manager, program, line, &what);
    free(program);
    service_close(&manager);
    return error == ERROR_SUCCESS ? code : service_fail(what, error);
}

/* --- uninstall --- */

static enum exit_code remove_service(SC_HANDLE manager, bool quiet)
{
    SC_HANDLE service = NULL;
    bool process_remains = false;

    DWORD error = service_open(manager, SERVICE_QUERY_STATUS | SERVICE_STOP | DELETE, &service);
    if (error == ERROR_SERVICE_DOES_NOT_EXIST) {
        service_say(quiet, "The service " SERVICE_NAME " is not installed.\n");
        return EXIT_CODE_OK;
    }
    if (error != ERROR_SUCCESS)
        return service_fail("cannot open the service", error);
    error = service_stop(service, &process_remains);
    if (process_remains)
        service_warn_remains(quiet);
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

enum exit_code uninstall_run(const struct command_line *line)
{
    SC_HANDLE manager = NULL;

    DWORD error = service_manager_open(SC_MANAGER_CONNECT, &manager);
    if (error != ERROR_SUCCESS)
        return service_fail("cannot open the service control manager", error);
    if (line->purge && readers_group_is_shared()) {
        service_close(&manager);
        fputs(SERVICE_NAME ": this is a domain controller, so the group \"" READERS_GROUP_NAME
                           "\" belongs to the domain, and other machines may use it: run this "
                           "without --purge\n",
              stderr);
        return EXIT_CODE_FAILED;
    }
    enum exit_code code = remove_service(manager, line->quiet);
    service_close(&manager);
    error = events_unregister();
    if (error != ERROR_SUCCESS && code == EXIT_CODE_OK)
        code = service_fail("cannot remove the event source", error);
    error = line->purge ? readers_group_remove() : ERROR_SUCCESS;
    if (error != ERROR_SUCCESS && code == EXIT_CODE_OK)
        code = service_fail("cannot remove the group \"" READERS_GROUP_NAME "\"", error);
    return code;
}
