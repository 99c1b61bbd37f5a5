#include "service/win32/install.h"

#include <aclapi.h>
#include <stdio.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/version.h"
#include "common/win32/ntdll.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "service/win32/access_cmd.h"
#include "service/win32/hardening.h"
#include "service/win32/settings_registry.h"

enum { RESTART_RESET_S = 24 * 60 * 60, ERROR_CAPACITY = 256, BROADCAST_WAIT_MS = 1000 };

static wchar_t description[] = L"Lists the files that are mapped into the memory of processes, for "
                               L"lsmap. Answers local clients over a named pipe, each according to "
                               L"its rights.";

/* Of a command that runs once. */
static const char *step; /* what is being done, a phrase for the message when it fails */
static const wchar_t *program;
static wchar_t folder[INSTALL_PATH_CAPACITY]; /* of the program */
static wchar_t scratch[INSTALL_PATH_CAPACITY];

static DWORD find_program(void)
{
    program = hardening_program();
    if (program == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    (void)swprintf(folder, INSTALL_PATH_CAPACITY, L"%.*ls",
                   (int)(wcsrchr(program, L'\\') - program), program);
    return ERROR_SUCCESS;
}

/* The full path of a file in the folder, in `scratch`. */
static const wchar_t *in_folder(const wchar_t *name)
{
    if (swprintf(scratch, INSTALL_PATH_CAPACITY, L"%ls\\%ls", folder, name) < 0)
        scratch[0] = L'\0';
    return scratch;
}

/* --- the registry, below HKEY_LOCAL_MACHINE; a key is made when there is none --- */

static DWORD write_text(const wchar_t *key, const wchar_t *name, DWORD type, const wchar_t *text)
{
    return (DWORD)RegSetKeyValueW(HKEY_LOCAL_MACHINE, key, name, type, text,
                                  (DWORD)((wcslen(text) + 1) * sizeof *text));
}

static DWORD write_number(const wchar_t *key, const wchar_t *name, DWORD number)
{
    return (DWORD)RegSetKeyValueW(HKEY_LOCAL_MACHINE, key, name, REG_DWORD, &number, sizeof number);
}

/* Succeeds when there is none. */
static DWORD remove_key(const wchar_t *key)
{
    LSTATUS error = RegDeleteKeyW(HKEY_LOCAL_MACHINE, key);

    return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : (DWORD)error;
}

/* --- the registration --- */

/* Most of it takes effect at the next start. Wine does not know all of it. */
static DWORD configure(SC_HANDLE service)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
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
        step = steps[i].what;
        if (ChangeServiceConfig2W(service, steps[i].level, steps[i].info))
            continue;
        DWORD error = GetLastError();
        bool is_unknown = error == ERROR_INVALID_PARAMETER || error == ERROR_INVALID_LEVEL;
        if (!is_unknown || !system_is_wine())
            return error;
    }
    step = "cannot set who may control the service";
    DWORD error = descriptor_create(SERVICE_SDDL, &descriptor);
    if (error == ERROR_SUCCESS &&
        !SetServiceObjectSecurity(service, DACL_SECURITY_INFORMATION, descriptor))
        error = GetLastError();
    descriptor_free(&descriptor);
    return error;
}

/* Registers or updates. Afterwards the service is stopped. This and each later step sets `step`. */
static DWORD register_service(SC_HANDLE manager, const struct command_line *line,
                              SC_HANDLE *service, bool *is_new)
{
    step = "cannot register the service";
    if (swprintf(scratch, INSTALL_PATH_CAPACITY, L"\"%ls\"", program) < 0)
        return ERROR_FILENAME_EXCED_RANGE;
    DWORD error = service_create(manager, scratch, service);
    *is_new = error == ERROR_SUCCESS;
    if (error == ERROR_SERVICE_EXISTS) {
        error = service_open(SERVICE_ALL_ACCESS, service);
        if (error == ERROR_SUCCESS)
            error = service_stop(*service, line->quiet);
        if (error == ERROR_SUCCESS)
            error = service_change(*service, scratch, line->enable);
    }
    return error;
}

/* --- locks --- */

/* Creates the key of the settings when there is none, and gives it KEY_SDDL. */
static DWORD lock_key(void)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    HKEY key = NULL;

    DWORD error = descriptor_create(KEY_SDDL, &descriptor);
    if (error != ERROR_SUCCESS)
        return error;
    SECURITY_ATTRIBUTES security = {.nLength = sizeof security, .lpSecurityDescriptor = descriptor};
    error = (DWORD)RegCreateKeyExW(HKEY_LOCAL_MACHINE, SETTINGS_REGISTRY_KEY, 0, NULL, 0,
                                   WRITE_DAC | WRITE_OWNER, &security, &key, NULL);
    if (error == ERROR_SUCCESS) /* it may have existed before */
        error = (DWORD)RegSetKeySecurity(key,
                                         OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |
                                             DACL_SECURITY_INFORMATION |
                                             PROTECTED_DACL_SECURITY_INFORMATION,
                                         descriptor);
    if (key != NULL)
        RegCloseKey(key);
    descriptor_free(&descriptor);
    return error;
}

/* True for a folder below the one that Windows names for programs. Not by the environment, which the
 * user's own part of the registry can change. Source: SHGetKnownFolderPath, FOLDERID_ProgramFiles. */
static bool is_below_programs(void)
{
    typedef HRESULT(WINAPI * get_folder)(const GUID *id, DWORD flags, HANDLE token, wchar_t **path);
    typedef void(WINAPI * free_memory)(void *memory);
    static const GUID program_files = {
        0x905e63b6, 0xc1bf, 0x494e, {0xb2, 0x9c, 0x65, 0xb7, 0x32, 0xd3, 0xd2, 0x1a}};
    get_folder get = (get_folder)system_function(L"shell32.dll", "SHGetKnownFolderPath");
    free_memory release = (free_memory)system_function(L"ole32.dll", "CoTaskMemFree");
    wchar_t *programs = NULL;

    if (get == NULL || release == NULL || FAILED(get(&program_files, 0, NULL, &programs)))
        return false;
    const size_t length = wcslen(programs);
    bool is_below = wcslen(folder) > length + 1 && _wcsnicmp(folder, programs, length) == 0 &&
                    folder[length] == L'\\';
    release(programs);
    return is_below;
}

/* Gives the folder FOLDER_SDDL, whose DACL the files in it inherit. One that is not below Program Files
 * may hold other files and is left unchanged; so is any on Wine, which derives DACLs from the host's
 * file modes. */
static DWORD lock_folder(void)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    ACL *dacl = NULL;
    BOOL is_present = FALSE, is_default = FALSE;

    if (!is_below_programs() || system_is_wine())
        return ERROR_SUCCESS;
    DWORD error = descriptor_create(FOLDER_SDDL, &descriptor);
    if (error != ERROR_SUCCESS)
        return error;
    if (!GetSecurityDescriptorOwner(descriptor, &owner, &is_default) ||
        !GetSecurityDescriptorDacl(descriptor, &is_present, &dacl, &is_default))
        error = GetLastError();
    else
        error = SetNamedSecurityInfoW(folder, SE_FILE_OBJECT,
                                      OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
                                          PROTECTED_DACL_SECURITY_INFORMATION,
                                      owner, NULL, dacl, NULL);
    descriptor_free(&descriptor);
    return error;
}

/* --- PATH and the installed apps --- */

bool install_edit_path(wchar_t *list, const wchar_t *name, bool add)
{
    const size_t len = wcslen(name);
    bool found = false;

    for (wchar_t *item = list; *item != L'\0';) {
        const size_t item_len = wcscspn(item, L";");
        wchar_t *next = item + item_len + (item[item_len] == L';');
        if ((item_len == len || (item_len == len + 1 && item[len] == L'\\')) &&
            _wcsnicmp(item, name, len) == 0) {
            found = true;
            if (add)
                break;
            if (*next == L'\0' && item > list)
                item--; /* the semicolon before the last one */
            wmemmove(item, next, wcslen(next) + 1);
        } else {
            item = next;
        }
    }
    const size_t list_len = wcslen(list);
    if (!add || found || list_len + 1 + len >= INSTALL_PATH_CAPACITY)
        return !add && found;
    if (list_len > 0 && list[list_len - 1] != L';')
        wcscat(list, L";");
    wcscat(list, name);
    return true;
}

/* Reads, edits and writes the system's PATH; its type stays. New programs get the new one. */
static DWORD edit_path(bool add)
{
    typedef LRESULT(WINAPI * send_timeout)(HWND, UINT, WPARAM, LPARAM, UINT, UINT, PDWORD_PTR);
    DWORD type = REG_EXPAND_SZ, size = sizeof scratch;

    scratch[0] = L'\0';
    DWORD error = (DWORD)RegGetValueW(HKEY_LOCAL_MACHINE, INSTALL_PATH_KEY, L"Path",
                                      RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, &type,
                                      scratch, &size);
    if (error != ERROR_SUCCESS && error != ERROR_FILE_NOT_FOUND)
        return error;
    if (!install_edit_path(scratch, folder, add))
        return ERROR_SUCCESS;
    error = write_text(INSTALL_PATH_KEY, L"Path", type, scratch);
    if (error != ERROR_SUCCESS)
        return error;
    /* The service itself never loads user32.dll. */
    send_timeout send = (send_timeout)system_function(L"user32.dll", "SendMessageTimeoutW");
    if (send != NULL)
        send(HWND_BROADCAST, WM_SETTINGCHANGE, 0, (LPARAM)L"Environment", SMTO_ABORTIFHUNG,
             BROADCAST_WAIT_MS, NULL);
    return ERROR_SUCCESS;
}

static DWORD write_entry(void)
{
    static const struct {
        const wchar_t *name, *format;
    } values[] = {
        {L"DisplayName", L"lsmap"},
        {L"DisplayVersion", L"" LSMAP_VERSION_STRING},
        {L"Publisher", L"the lsmap authors"},
        {L"InstallLocation", L"%ls"},
        {L"DisplayIcon", L"%ls\\lsmap.exe"},
        {L"UninstallString", L"\"%ls\\uninstall.cmd\" /elevate"},
        {L"QuietUninstallString", L"\"%ls\\uninstall.cmd\" /quiet"},
    };
    DWORD error = write_number(INSTALL_APPS_KEY, L"NoModify", 1);

    for (size_t i = 0; i < sizeof values / sizeof values[0] && error == ERROR_SUCCESS; i++) {
        (void)swprintf(scratch, INSTALL_PATH_CAPACITY, values[i].format, folder);
        error = write_text(INSTALL_APPS_KEY, values[i].name, REG_SZ, scratch);
    }
    return error;
}

/* Does nothing when lsmap.exe is not beside the service.
 * is_packaged  A package has an entry of its own: ours is removed. */
static DWORD add_apps_entry(bool is_packaged)
{
    step = "cannot add lsmap to PATH and to the installed apps";
    if (GetFileAttributesW(in_folder(L"lsmap.exe")) == INVALID_FILE_ATTRIBUTES)
        return ERROR_SUCCESS;
    DWORD error = is_packaged ? remove_key(INSTALL_APPS_KEY) : write_entry();
    return error == ERROR_SUCCESS ? edit_path(true) : error;
}

/* The folder that leaves PATH is the one that the entry names, or else that of the program. */
static DWORD remove_apps_entry(void)
{
    DWORD size = sizeof scratch;

    if (RegGetValueW(HKEY_LOCAL_MACHINE, INSTALL_APPS_KEY, L"InstallLocation", RRF_RT_REG_SZ, NULL,
                     scratch, &size) == ERROR_SUCCESS)
        wcscpy(folder, scratch);
    DWORD error = edit_path(false);
    return error == ERROR_SUCCESS ? remove_key(INSTALL_APPS_KEY) : error;
}

/* --- install --- */

/* Everything that can be refused is checked before anything is changed: a running service goes on
 * running. Prints why. */
static enum exit_code check_first(const struct command_line *line)
{
    char reason[HARDENING_REASON_CAPACITY] = "";

    DWORD error = lock_folder();
    if (error != ERROR_SUCCESS)
        return service_fail("cannot lock the folder of the program", error);
    hardening_check_program(program, reason);
    if (reason[0] != '\0' && line->trust_folder)
        service_warn(line->quiet, "%s", reason);
    if (reason[0] == '\0' || line->trust_folder)
        return EXIT_CODE_OK;
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
    step = "cannot write the settings";
    DWORD error = lock_key();
    if (error == ERROR_SUCCESS)
        error = write_number(SETTINGS_REGISTRY_KEY, L"TrustFolder", line->trust_folder);
    if (error != ERROR_SUCCESS || !line->has_filtered_admins)
        return error;
    (void)swprintf(scratch, INSTALL_PATH_CAPACITY, L"%hs",
                   filtered_admins_name(line->settings.filtered_admins));
    return write_text(SETTINGS_REGISTRY_KEY, L"FilteredAdmins", REG_SZ, scratch);
}

/* The file whose messages the event log shows: the one beside the program, or the program itself,
 * which has the same messages. */
static DWORD register_event_source(void)
{
    const wchar_t *file = in_folder(L"" INSTALL_EVENTS_FILE);

    step = "cannot register the event source";
    if (GetFileAttributesW(file) == INVALID_FILE_ATTRIBUTES)
        file = program;
    DWORD error = write_text(INSTALL_EVENTS_KEY, L"EventMessageFile", REG_EXPAND_SZ, file);
    return error == ERROR_SUCCESS ? write_number(INSTALL_EVENTS_KEY, L"TypesSupported",
                                                 EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE |
                                                     EVENTLOG_INFORMATION_TYPE)
                                  : error;
}

static DWORD start_service(SC_HANDLE service, bool quiet)
{
    step = "the service is installed but does not start";
    DWORD error = service_start(service);
    if (error == ERROR_SUCCESS)
        service_say(quiet, "It is running.\n");
    if (error != ERROR_SERVICE_DISABLED)
        return error;
    service_say(quiet, "It is disabled and stays so; --enable starts it.\n");
    return ERROR_SUCCESS;
}

static DWORD install_steps(SC_HANDLE manager, const struct command_line *line)
{
    SC_HANDLE service = NULL;
    bool is_new = false;

    DWORD error = register_service(manager, line, &service, &is_new);
    if (error == ERROR_SUCCESS)
        error = configure(service);
    if (error == ERROR_SUCCESS)
        error = write_settings(line);
    if (error == ERROR_SUCCESS) {
        set_readers(line);
        error = register_event_source();
    }
    if (error == ERROR_SUCCESS && !line->trust_folder) /* PATH has no folder others can change */
        error = add_apps_entry(line->packaged);
    if (error == ERROR_SUCCESS) {
        service_say(line->quiet, "The service " SERVICE_NAME " is %s.\n",
                    is_new ? "installed" : "updated");
        error = line->no_start ? ERROR_SUCCESS : start_service(service, line->quiet);
    }
    service_close(&service);
    return error;
}

/* Removes what scripts renamed because somebody had it open, now or when Windows starts next. What
 * cannot be removed does no harm. */
static void remove_old(void)
{
    WIN32_FIND_DATAW found;
    HANDLE search = FindFirstFileW(in_folder(L"lsmap*.old*"), &found);

    if (search == INVALID_HANDLE_VALUE)
        return;
    do {
        if (!DeleteFileW(in_folder(found.cFileName)))
            (void)MoveFileExW(scratch, NULL, MOVEFILE_DELAY_UNTIL_REBOOT);
    } while (FindNextFileW(search, &found));
    FindClose(search);
}

enum exit_code install_run(const struct command_line *line)
{
    enum exit_code code = EXIT_CODE_OK;

    DWORD error = line->readers != NULL ? readers_group_check(line->readers) : ERROR_SUCCESS;
    if (error != ERROR_SUCCESS)
        return service_fail("the account of --readers is not known", error);
    if (line->check)
        return EXIT_CODE_OK;
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    if (manager == NULL)
        return service_fail("cannot open the service control manager", GetLastError());
    step = "cannot determine the path of this program";
    error = find_program();
    if (error == ERROR_SUCCESS) {
        code = check_first(line);
        if (code == EXIT_CODE_OK)
            error = install_steps(manager, line);
        remove_old();
    }
    service_close(&manager);
    return error == ERROR_SUCCESS ? code : service_fail(step, error);
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

/* The first failure decides. */
static enum exit_code join(enum exit_code code, const char *what, DWORD error)
{
    return error == ERROR_SUCCESS || code != EXIT_CODE_OK ? code : service_fail(what, error);
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
    code = join(code, "cannot remove the event source", remove_key(INSTALL_EVENTS_KEY));
    DWORD error = find_program();
    if (error == ERROR_SUCCESS) {
        remove_old();
        error = remove_apps_entry();
    }
    code = join(code, "cannot remove lsmap from PATH and from the installed apps", error);
    error = line->purge ? readers_group_remove() : ERROR_SUCCESS;
    return join(code, "cannot remove the group \"" READERS_GROUP_NAME "\"", error);
}
