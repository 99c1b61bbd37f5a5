#include "service/win32/install.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "service/win32/access_cmd.h"
#include "service/win32/apps_entry.h"
#include "service/win32/events.h"
#include "service/win32/hardening.h"
#include "service/win32/places.h"
#include "service/win32/settings_registry.h"

enum { RESTART_RESET_S = 24 * 60 * 60, ERROR_CAPACITY = 256 };

static wchar_t description[] = L"Lists the files that are mapped into the memory of processes, for "
                               L"lsmap. Answers local clients "
                               L"over a named pipe, each according to its rights.";

/* --- the registration --- */

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
    SERVICE_DESCRIPTIONW about = {.lpDescription = description};
    /* A restart after 5 s, after 30 s, then after each minute. */
    SC_ACTION actions[] = {{SC_ACTION_RESTART, 5 * 1000},
                           {SC_ACTION_RESTART, 30 * 1000},
                           {SC_ACTION_RESTART, 60 * 1000}};
    SERVICE_FAILURE_ACTIONSW failure = {
        .dwResetPeriod = RESTART_RESET_S, .cActions = 3, .lpsaActions = actions};
    /* Without it only a crash counts as a failure, and a service whose pipe name is in use would
     * stay stopped. */
    SERVICE_FAILURE_ACTIONS_FLAG flag = {.fFailureActionsOnNonCrashFailures = TRUE};
    wchar_t names[] = HARDENING_PRIVILEGES;
    SERVICE_REQUIRED_PRIVILEGES_INFOW privileges = {.pmszRequiredPrivileges = names};
    /* Puts the group NT SERVICE\lsmapd into its token, so that an administrator can name the service
     * in a DACL. Unrestricted: with a restricted SID it could not open other processes. */
    SERVICE_SID_INFO sid = {.dwServiceSidType = SERVICE_SID_TYPE_UNRESTRICTED};
    const struct {
        const char *what;
        DWORD level;
        void *info;
    } steps[] = {
        {"cannot set the description", SERVICE_CONFIG_DESCRIPTION, &about},
        {"cannot set the failure actions", SERVICE_CONFIG_FAILURE_ACTIONS, &failure},
        {"cannot set the flag of the failure actions", SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &flag},
        {"cannot set the required privileges", SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO,
         &privileges},
        {"cannot set the type of the service's SID", SERVICE_CONFIG_SERVICE_SID_INFO, &sid},
    };

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        *what = steps[i].what;
        if (ChangeServiceConfig2W(service, steps[i].level, steps[i].info))
            continue;
        DWORD error = GetLastError();
        bool is_unknown = error == ERROR_INVALID_PARAMETER || error == ERROR_INVALID_LEVEL;
        if (!is_unknown || !system_is_wine())
            return error;
    }
    *what = "cannot set who may control the service";
    return set_descriptor(service);
}

/* Registers or updates. Afterwards the service is stopped. */
static DWORD register_service(SC_HANDLE manager, const wchar_t *program,
                              const struct command_line *line, SC_HANDLE *service, bool *is_new)
{
    const size_t capacity = wcslen(program) + sizeof "\"\"";
    wchar_t *command = malloc(capacity * sizeof *command);

    if (command == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    (void)swprintf(command, capacity, L"\"%ls\"", program);
    DWORD error = service_create(manager, command, service);
    *is_new = error == ERROR_SUCCESS;
    if (error == ERROR_SERVICE_EXISTS) {
        error = service_open(SERVICE_ALL_ACCESS, service);
        if (error == ERROR_SUCCESS)
            error = service_stop(*service, line->quiet);
        if (error == ERROR_SUCCESS)
            error = service_change(*service, command, line->enable);
    }
    free(command);
    return error;
}

/* --- install --- */

/* Everything that can be refused is checked before anything is changed: a running service goes on
 * running. Prints why. */
static enum exit_code check_first(const wchar_t *program, const struct command_line *line)
{
    char reason[PLACES_REASON_CAPACITY] = "";

    DWORD error = places_lock_folder(program);
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
    if (error == ERROR_SUCCESS &&
        !line->trust_folder) { /* PATH has no folder that others can change */
        *what = "cannot add lsmap to PATH and to the installed apps";
        error = apps_entry_write(program, line->packaged);
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

/* Removes what scripts renamed because somebody had it open, now or when Windows starts next. What
 * cannot be removed does no harm. */
static void remove_old(const wchar_t *program)
{
    static const wchar_t *const patterns[] = {L"lsmapd.exe.old*", L"lsmap-events.dll.old*"};
    const size_t folder_len = (size_t)(wcsrchr(program, L'\\') + 1 - program);
    WIN32_FIND_DATAW found;
    wchar_t *path = calloc(folder_len + MAX_PATH, sizeof *path);

    for (size_t i = 0; path != NULL && i < sizeof patterns / sizeof patterns[0]; i++) {
        (void)wmemcpy(path, program, folder_len);
        wcscpy(path + folder_len, patterns[i]);
        HANDLE search = FindFirstFileW(path, &found);
        if (search == INVALID_HANDLE_VALUE)
            continue;
        do {
            wcscpy(path + folder_len, found.cFileName);
            if (!DeleteFileW(path))
                (void)MoveFileExW(path, NULL, MOVEFILE_DELAY_UNTIL_REBOOT);
        } while (FindNextFileW(search, &found));
        FindClose(search);
    }
    free(path);
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
    if (program != NULL)
        remove_old(program);
    free(program);
    service_close(&manager);
    return error == ERROR_SUCCESS ? code : service_fail(what, error);
}

/* --- uninstall --- */

static enum exit_code remove_service(bool quiet)
{
    SC_HANDLE service = NULL;

    DWORD error = service_open(SERVICE_QUERY_STATUS | SERVICE_STOP | DELETE, &service);
    if (error == ERROR_SERVICE_DOES_NOT_EXIST) {
        service_say(quiet, SERVICE_NOT_INSTALLED);
        return EXIT_CODE_OK;
    }
    if (error != ERROR_SUCCESS)
        return service_fail("cannot open the service", error);
    error = service_stop(service, quiet);
    if (error != ERROR_SUCCESS) {
        service_close(&service);
        return service_fail("cannot stop the service", error);
    }
    error = DeleteService(service) ? ERROR_SUCCESS : GetLastError();
    service_close(&service);
    if (error != ERROR_SUCCESS && error != ERROR_SERVICE_MARKED_FOR_DELETE)
        return service_fail("cannot remove the service", error);
    if (service_wait_gone() != ERROR_SUCCESS)
        return service_fail("the service is stopped and marked", ERROR_SERVICE_MARKED_FOR_DELETE);
    service_say(quiet, "The service " SERVICE_NAME " is removed.\n");
    return EXIT_CODE_OK;
}

enum exit_code uninstall_run(const struct command_line *line)
{
    if (line->purge && readers_group_is_shared()) {
        fputs(SERVICE_NAME ": this is a domain controller, so the group \"" READERS_GROUP_NAME
                           "\" belongs to the domain, and other machines may use it: run this "
                           "without --purge\n",
              stderr);
        return EXIT_CODE_FAILED;
    }
    enum exit_code code = remove_service(line->quiet);
    DWORD error = events_unregister();
    if (error != ERROR_SUCCESS && code == EXIT_CODE_OK)
        code = service_fail("cannot remove the event source", error);
    wchar_t *program = places_program();
    error = program != NULL ? apps_entry_remove(program) : ERROR_NOT_ENOUGH_MEMORY;
    if (program != NULL)
        remove_old(program);
    free(program);
    if (error != ERROR_SUCCESS && code == EXIT_CODE_OK)
        code = service_fail("cannot remove lsmap from PATH and from the installed apps", error);
    error = line->purge ? readers_group_remove() : ERROR_SUCCESS;
    if (error != ERROR_SUCCESS && code == EXIT_CODE_OK)
        code = service_fail("cannot remove the group \"" READERS_GROUP_NAME "\"", error);
    return code;
}
