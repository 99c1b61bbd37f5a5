/* lsmapd.exe as a user runs it: install, status, uninstall, each twice, and its exit codes. */
#include "common/win32/win.h"

#include <stdio.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/win32/system_info.h"
#include "service/access.h"
#include "service/win32/access_cmd.h"
#include "service/win32/hardening.h"
#include "service/win32/install.h"
#include "service/win32/service_control.h"
#include "service/win32/settings_registry.h"
#include "tests/doctor/compare.h"
#include "tests/doctor/hardening_check.h"
#include "tests/test.h"
#include "tests/win32/lsmapd_path.h"
#include "tests/win32/lsmapd_run.h"

static bool event_source_exists(void)
{
    HKEY key = NULL;
    bool exists =
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, INSTALL_EVENTS_KEY, 0, KEY_READ, &key) == ERROR_SUCCESS;

    if (exists)
        RegCloseKey(key);
    return exists;
}

/* The event log keeps the registered file mapped, so it must not be the program. */
static void check_message_file(struct test *t)
{
    wchar_t file[MAX_PATH] = L"";
    DWORD size = sizeof file;

    CHECK_INT(t, ERROR_SUCCESS,
              RegGetValueW(HKEY_LOCAL_MACHINE, INSTALL_EVENTS_KEY, L"EventMessageFile",
                           RRF_RT_REG_SZ, NULL, file, &size));
    CHECK(t, wcsstr(file, L"\\" INSTALL_EVENTS_FILE) != NULL);
    HMODULE module = LoadLibraryExW(file, NULL, LOAD_LIBRARY_AS_DATAFILE);
    CHECK(t, module != NULL);
    CHECK(t, module != NULL && FindResourceW(module, MAKEINTRESOURCEW(1), L"#11") != NULL);
    if (module != NULL)
        FreeLibrary(module);
}

/* The key of the settings exists, has the intended descriptor, and no other account can write it or
 * the registration above it. */
static void check_key(struct test *t)
{
    static const struct access_mapping mapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS};
    struct descriptor intended = {0}, found = {0};
    char reason[HARDENING_REASON_CAPACITY] = "";
    HKEY key = NULL;

    TEST_ROW(t, "key of the settings");
    CHECK_INT(t, ERROR_SUCCESS,
              RegOpenKeyExW(HKEY_LOCAL_MACHINE, SETTINGS_REGISTRY_KEY, 0, READ_CONTROL, &key));
    CHECK_INT(t, ERROR_SUCCESS, descriptor_copy_sddl(KEY_SDDL, &intended));
    CHECK_INT(t, ERROR_SUCCESS, descriptor_copy_object(key, SE_REGISTRY_KEY, 0, &found));
    if (!CHECK(t, descriptors_match(&intended, &found, &mapping, reason)))
        printf("  %s\n", reason);
    CHECK_INT(t, ERROR_SUCCESS, hardening_check_keys(reason));
    CHECK_STR(t, "", reason);
    descriptor_release(&found);
    descriptor_release(&intended);
    RegCloseKey(key);
}

static bool key_exists(void)
{
    HKEY key = NULL;
    bool exists = RegOpenKeyExW(HKEY_LOCAL_MACHINE, SETTINGS_REGISTRY_KEY, 0, KEY_READ, &key) ==
                  ERROR_SUCCESS;

    if (exists)
        RegCloseKey(key);
    return exists;
}

/* What only Windows keeps: privileges, SID, failure actions, who may control the service. */
static void check_windows_registration(struct test *t, SC_HANDLE service, BYTE *buffer, DWORD size)
{
    static const struct access_mapping none = {0, 0, 0, 0};
    struct descriptor intended = {0}, found = {0};
    char reason[ACCESS_REASON_CAPACITY] = "";
    DWORD needed = 0;

    if (system_is_wine())
        return;
    if (CHECK(t, QueryServiceConfig2W(service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, buffer,
                                      size, &needed)))
        CHECK(t,
              privileges_are_listed(
                  ((SERVICE_REQUIRED_PRIVILEGES_INFOW *)(void *)buffer)->pmszRequiredPrivileges));
    if (CHECK(t, QueryServiceConfig2W(service, SERVICE_CONFIG_SERVICE_SID_INFO, buffer, size,
                                      &needed)))
        CHECK_INT(t, SERVICE_SID_TYPE_UNRESTRICTED,
                  ((SERVICE_SID_INFO *)(void *)buffer)->dwServiceSidType);
    if (CHECK(t, QueryServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, buffer, size,
                                      &needed)))
        CHECK(t,
              ((SERVICE_FAILURE_ACTIONS_FLAG *)(void *)buffer)->fFailureActionsOnNonCrashFailures);
    CHECK_INT(t, ERROR_SUCCESS, descriptor_copy_sddl(SERVICE_SDDL, &intended));
    CHECK_INT(t, ERROR_SUCCESS, descriptor_copy_object(service, SE_SERVICE, 0, &found));
    if (!CHECK(t, descriptors_match(&intended, &found, &none, reason)))
        printf("  %s\n", reason);
    descriptor_release(&found);
    descriptor_release(&intended);
}

/* A service that accepts PRESHUTDOWN gets no SHUTDOWN, and holds up the shutdown of the machine. */
static void check_controls(struct test *t, SC_HANDLE service)
{
    SERVICE_STATUS_PROCESS status = {0};

    TEST_ROW(t, "accepted controls");
    CHECK_INT(t, ERROR_SUCCESS, service_query_status(service, &status));
    if (status.dwCurrentState == SERVICE_RUNNING)
        CHECK_INT(t, SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PARAMCHANGE,
                  status.dwControlsAccepted);
}

/* What Windows has registered: quoted path, LocalSystem, automatic start, restart on failure. */
static void check_registration(struct test *t)
{
    static BYTE buffer[8192];
    QUERY_SERVICE_CONFIGW *config = (QUERY_SERVICE_CONFIGW *)(void *)buffer;
    wchar_t path[MAX_PATH], quoted[MAX_PATH + 2];
    SC_HANDLE service = NULL;
    DWORD size = 0;

    TEST_ROW(t, "registration");
    REQUIRE(t, lsmapd_path(path));
    swprintf(quoted, MAX_PATH + 2, L"\"%ls\"", path);
    CHECK_INT(t, ERROR_SUCCESS,
              service_open(SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS | READ_CONTROL, &service));
    if (CHECK(t, QueryServiceConfigW(service, config, sizeof buffer, &size))) {
        CHECK_INT(t, 0, _wcsicmp(quoted, config->lpBinaryPathName));
        CHECK_INT(t, 0, wcscmp(L"LocalSystem", config->lpServiceStartName));
        CHECK_INT(t, SERVICE_AUTO_START, config->dwStartType);
        CHECK_INT(t, SERVICE_WIN32_OWN_PROCESS, config->dwServiceType);
        CHECK_INT(t, 0, wcscmp(L"" SERVICE_DISPLAY_NAME, config->lpDisplayName));
    }
    if (CHECK(t, QueryServiceConfig2W(service, SERVICE_CONFIG_DESCRIPTION, buffer, sizeof buffer,
                                      &size))) {
        const SERVICE_DESCRIPTIONW *description = (const void *)buffer;
        CHECK(t, description->lpDescription != NULL && description->lpDescription[0] != L'\0');
    }
    check_windows_registration(t, service, buffer, sizeof buffer);
    check_controls(t, service);
    service_close(&service);
    CHECK(t, event_source_exists());
    check_message_file(t);
    check_key(t);
}

static DWORD running_pid(void)
{
    SC_HANDLE service = NULL;
    SERVICE_STATUS_PROCESS status = {0};

    DWORD error = service_open(SERVICE_QUERY_STATUS, &service);
    if (error == ERROR_SUCCESS)
        error = service_query_status(service, &status);
    service_close(&service);
    return error == ERROR_SUCCESS && status.dwCurrentState == SERVICE_RUNNING ? status.dwProcessId
                                                                              : 0;
}

static void install_and_uninstall_may_be_repeated(struct test *t)
{
    const char *reason = lsmapd_reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    lsmapd_check_run(t, L"status", EXIT_CODE_NOT_INSTALLED, "not installed");
    lsmapd_check_run(t, L"uninstall", EXIT_CODE_OK, "not installed");
    lsmapd_check_run(t, L"stop", EXIT_CODE_OK, "not installed");
    lsmapd_check_run(t, L"install", EXIT_CODE_OK, "It is running.");
    check_registration(t);
    lsmapd_check_run(t, L"status", EXIT_CODE_OK, "state: running");
    DWORD first = running_pid();
    CHECK(t, first != 0);
    lsmapd_check_run(t, L"install", EXIT_CODE_OK, "is updated");
    check_registration(t);
    CHECK(t, running_pid() != 0 && running_pid() != first); /* the old one was stopped */
    lsmapd_check_run(t, L"status --quiet", EXIT_CODE_OK, "");
    lsmapd_check_run(t, L"stop", EXIT_CODE_OK, "is stopped");
    lsmapd_check_run(t, L"stop --quiet", EXIT_CODE_OK, "");
    lsmapd_check_run(t, L"status", EXIT_CODE_FAILED, "state: stopped");
    lsmapd_check_run(t, L"uninstall", EXIT_CODE_OK, "is removed");
    lsmapd_check_run(t, L"status", EXIT_CODE_NOT_INSTALLED, "not installed");
    CHECK(t, !event_source_exists());
    CHECK(t, !key_exists());
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
}

static void install_may_leave_it_stopped(struct test *t)
{
    const char *reason = lsmapd_reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    lsmapd_check_run(t, L"install --no-start --quiet", EXIT_CODE_OK, "");
    check_registration(t);
    lsmapd_check_run(t, L"status", EXIT_CODE_FAILED, "state: stopped");
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
    lsmapd_check_run(t, L"status --quiet", EXIT_CODE_NOT_INSTALLED, "");
}

/* The operator's choice outlives an upgrade; a wrong argument stops nothing. */
static void a_disabled_service_stays_disabled(struct test *t)
{
    const char *reason = lsmapd_reason_to_skip();
    SC_HANDLE service = NULL;

    if (reason != NULL)
        TEST_SKIP(t, reason);
    lsmapd_check_run(t, L"install --quiet", EXIT_CODE_OK, "");
    const DWORD pid = running_pid();
    lsmapd_check_run(t, L"install --check --quiet", EXIT_CODE_OK, "");
    lsmapd_check_run(t, L"install --filtered-admins none", EXIT_CODE_USAGE, "not \"none\"");
    lsmapd_check_run(t, L"install --readers lsmap-test-nobody", EXIT_CODE_FAILED, "is not known");
    CHECK(t, pid != 0 && running_pid() == pid);
    CHECK_INT(t, ERROR_SUCCESS, service_open(SERVICE_ALL_ACCESS, &service));
    CHECK(t, ChangeServiceConfigW(service, SERVICE_NO_CHANGE, SERVICE_DISABLED, SERVICE_NO_CHANGE,
                                  NULL, NULL, NULL, NULL, NULL, NULL, NULL));
    lsmapd_check_run(t, L"install", EXIT_CODE_OK, "It is disabled and stays so");
    CHECK_INT(t, 0, running_pid());
    lsmapd_check_run(t, L"install --enable", EXIT_CODE_OK, "It is running.");
    service_close(&service);
    check_registration(t);
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
}

static void the_service_answers_and_stops(struct test *t)
{
    const char *reason = lsmapd_reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    lsmapd_check_run(t, L"install --quiet", EXIT_CODE_OK, "");
    HANDLE pipe = CreateFileA(PIPE_NAME_DEFAULT, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
    if (CHECK(t, pipe != INVALID_HANDLE_VALUE)) {
        static const char request[] = "{\"op\":\"info\"}\n";
        char answer[4096];
        DWORD size = 0;
        CHECK(t, WriteFile(pipe, request, sizeof request - 1, &size, NULL));
        CHECK(t, ReadFile(pipe, answer, sizeof answer - 1, &size, NULL));
        answer[size] = '\0';
        CHECK(t, strstr(answer, "\"mode\":\"service\"") != NULL);
    }
    /* The client stays connected while the service stops. */
    lsmapd_check_run(t, L"uninstall", EXIT_CODE_OK, "is removed");
    if (pipe != INVALID_HANDLE_VALUE)
        CloseHandle(pipe);
}

/* From the option to what `access` prints; the settings are removed with the service. The group is not
 * tested here: only Windows creates one. */
static void install_takes_options_about_rights(struct test *t)
{
    const char *reason = lsmapd_reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    lsmapd_check_run(t, L"install --quiet --no-start --filtered-admins off", EXIT_CODE_OK, "");
    lsmapd_check_run(t, L"access", EXIT_CODE_OK, "(FilteredAdmins is off)");
    lsmapd_check_run(t, L"install --quiet --no-start", EXIT_CODE_OK, ""); /* keeps it */
    lsmapd_check_run(t, L"access", EXIT_CODE_OK, "(FilteredAdmins is off)");
    CHECK_INT(t, ERROR_SUCCESS, lsmapd_set_text(L"AccessSddl", L"D:P(A;;0x3;;;SY)(A;;0x1;;;WD)"));
    lsmapd_check_run(t, L"access", EXIT_CODE_OK, "DACL: AccessSddl");
    CHECK_INT(t, ERROR_SUCCESS, lsmapd_set_text(L"AccessSddl", L"D:(A;;GA;;;WD)"));
    lsmapd_check_run(t, L"access", EXIT_CODE_OK, "the value of AccessSddl is not usable");
    lsmapd_check_run(t, L"access --json", EXIT_CODE_OK, "\"source\":\"closed\"");
    CHECK_INT(t, ERROR_SUCCESS, lsmapd_set_text(L"AccessSddl", L""));
    CHECK_INT(t, ERROR_SUCCESS, lsmapd_set_text(L"FilteredAdmins", L"none"));
    lsmapd_check_run(t, L"access", EXIT_CODE_OK,
                     "DACL: closed, because the value of FilteredAdmins is not off");
    CHECK_INT(t, ERROR_SUCCESS, lsmapd_set_text(L"FilteredAdmins", L"full"));
    lsmapd_check_run(t, L"access", EXIT_CODE_OK, "DACL: built-in");
    lsmapd_check_run(t, L"uninstall --quiet --purge", EXIT_CODE_OK, "");
    lsmapd_check_run(t, L"access", EXIT_CODE_OK, "(FilteredAdmins is full)");
}

/* Writes a text into a key of the registry, or removes it: NULL. */
static void set_registry_text(struct test *t, HKEY root, const wchar_t *path, const wchar_t *name,
                              const wchar_t *text)
{
    const LSTATUS error = text != NULL
                              ? RegSetKeyValueW(root, path, name, REG_SZ, text,
                                                (DWORD)((wcslen(text) + 1) * sizeof(wchar_t)))
                              : RegDeleteKeyValueW(root, path, name);

    CHECK_INT(t, ERROR_SUCCESS, error);
}

/* Where netapi32.dll cannot be loaded no group can be made, as on a read-only domain controller. Only
 * Wine has a setting for that, by program. */
static void install_goes_on_without_the_group(struct test *t)
{
    static const wchar_t overrides[] = L"Software\\Wine\\AppDefaults\\lsmapd.exe\\DllOverrides";
    const char *reason = lsmapd_reason_to_skip();

    if (reason != NULL)
        TEST_SKIP(t, reason);
    if (!system_is_wine())
        TEST_SKIP(t, "Windows makes the group, and no setting keeps it from that");
    set_registry_text(t, HKEY_CURRENT_USER, overrides, L"netapi32", L"");
    lsmapd_check_run(t, L"install --no-start", EXIT_CODE_OK,
                     "there is no group \"" READERS_GROUP_NAME "\"");
    check_registration(t);
    lsmapd_check_run(t, L"install --no-start --quiet --readers \"NT AUTHORITY\\NETWORK SERVICE\"",
                     EXIT_CODE_OK, "NETWORK SERVICE is not a member of the group");
    set_registry_text(t, HKEY_CURRENT_USER, overrides, L"netapi32", NULL);
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
}

/* There the group belongs to the domain: nothing is removed, not even the service. Wine takes the kind of
 * machine from a value that Windows protects. */
static void purge_is_refused_on_a_domain_controller(struct test *t)
{
    static const wchar_t options[] = L"System\\CurrentControlSet\\Control\\ProductOptions";
    const char *reason = lsmapd_reason_to_skip();
    wchar_t type[32] = L"";
    DWORD size = sizeof type;

    if (reason != NULL)
        TEST_SKIP(t, reason);
    if (!system_is_wine())
        TEST_SKIP(t, "a machine cannot be made a domain controller for a test");
    REQUIRE(t, RegGetValueW(HKEY_LOCAL_MACHINE, options, L"ProductType", RRF_RT_REG_SZ, NULL, type,
                            &size) == ERROR_SUCCESS);
    lsmapd_check_run(t, L"install --no-start --quiet", EXIT_CODE_OK, "");
    set_registry_text(t, HKEY_LOCAL_MACHINE, options, L"ProductType", L"LanmanNT");
    lsmapd_check_run(t, L"uninstall --purge", EXIT_CODE_FAILED, "this is a domain controller");
    check_registration(t);
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, ""); /* without --purge */
    set_registry_text(t, HKEY_LOCAL_MACHINE, options, L"ProductType", type);
    lsmapd_check_run(t, L"uninstall --quiet --purge", EXIT_CODE_OK, "");
}

/* No other name is tried: the service ends with an error, which the failure actions act on. */
static void a_taken_name_keeps_the_service_from_running(struct test *t)
{
    const char *reason = lsmapd_reason_to_skip();
    SC_HANDLE service = NULL;
    SERVICE_STATUS_PROCESS status = {0};

    if (reason != NULL)
        TEST_SKIP(t, reason);
    HANDLE taken =
        CreateNamedPipeA(PIPE_NAME_DEFAULT, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 0, 0, 0, NULL);
    REQUIRE(t, taken != INVALID_HANDLE_VALUE);
    lsmapd_check_run(t, L"install", EXIT_CODE_FAILED, "does not start");
    lsmapd_check_run(t, L"status", EXIT_CODE_FAILED, "state: stopped");
    CHECK_INT(t, ERROR_SUCCESS, service_open(SERVICE_QUERY_STATUS, &service));
    CHECK_INT(t, ERROR_SUCCESS, service_query_status(service, &status));
    CHECK(t, status.dwWin32ExitCode == ERROR_PIPE_BUSY ||
                 status.dwWin32ExitCode == ERROR_ACCESS_DENIED);
    service_close(&service);
    CloseHandle(taken);
    lsmapd_check_run(t, L"install", EXIT_CODE_OK, "It is running.");
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
}

/* --- a service whose process outlives it, as with a thread that is lost in the kernel: this program
 * --- */

enum { STUCK_MS = 20 * 1000 };

static SERVICE_STATUS_HANDLE stuck_handle;

static void report_stuck(DWORD state)
{
    SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                             .dwCurrentState = state,
                             .dwControlsAccepted = SERVICE_ACCEPT_STOP};

    SetServiceStatus(stuck_handle, &status);
}

static DWORD WINAPI on_stuck_control(DWORD control, DWORD type, void *data, void *context)
{
    (void)type, (void)data, (void)context;

    if (control == SERVICE_CONTROL_STOP)
        report_stuck(SERVICE_STOPPED);
    return NO_ERROR;
}

static void WINAPI stuck_main(DWORD count, wchar_t **arguments)
{
    (void)count, (void)arguments;

    stuck_handle = RegisterServiceCtrlHandlerExW(L"" SERVICE_NAME, on_stuck_control, NULL);
    report_stuck(SERVICE_RUNNING);
}

static int run_stuck_service(void)
{
    wchar_t name[] = L"" SERVICE_NAME;
    const SERVICE_TABLE_ENTRYW table[] = {{name, stuck_main}, {NULL, NULL}};

    StartServiceCtrlDispatcherW(table);
    Sleep(STUCK_MS);
    return 0;
}

static void a_lost_process_holds_up_nothing(struct test *t)
{
    const char *reason = lsmapd_reason_to_skip();
    wchar_t self[MAX_PATH], command[MAX_PATH + 32];
    SC_HANDLE service = NULL;

    if (reason != NULL)
        TEST_SKIP(t, reason);
    REQUIRE(t, GetModuleFileNameW(NULL, self, MAX_PATH) > 0);
    swprintf(command, MAX_PATH + 32, L"\"%ls\" --stuck-service", self);
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    CHECK(t, manager != NULL);
    CHECK_INT(t, ERROR_SUCCESS, service_create(manager, command, &service));
    CHECK_INT(t, ERROR_SUCCESS, service_start(service));
    service_close(&service);
    service_close(&manager);
    lsmapd_check_run(t, L"stop", EXIT_CODE_OK, "its process has not ended");
    lsmapd_check_run(t, L"install", EXIT_CODE_OK, "It is running.");
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
}

/* A file that somebody has open is removed at the next start of Windows, any other at once. */
static void what_was_renamed_aside_is_removed(struct test *t)
{
    const char *reason = lsmapd_reason_to_skip();
    wchar_t path[MAX_PATH], held[MAX_PATH + 32], left[MAX_PATH + 32], foreign[MAX_PATH + 32];
    wchar_t pending[16 * 1024] = L"";
    DWORD size = sizeof pending - 2 * sizeof *pending;
    bool is_pending = false;

    if (reason != NULL)
        TEST_SKIP(t, reason);
    REQUIRE(t, lsmapd_path(path));
    swprintf(held, MAX_PATH + 32, L"%ls.old1", path);
    swprintf(left, MAX_PATH + 32, L"%ls.old2", path);
    swprintf(foreign, MAX_PATH + 32, L"%.*ls\\notes.old", (int)(wcsrchr(path, L'\\') - path), path);
    HANDLE file = CreateFileW(held, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    HANDLE other = CreateFileW(left, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    HANDLE notes = CreateFileW(foreign, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    REQUIRE(t, file != INVALID_HANDLE_VALUE && other != INVALID_HANDLE_VALUE &&
                   notes != INVALID_HANDLE_VALUE);
    CloseHandle(other);
    CloseHandle(notes);
    lsmapd_check_run(t, L"install --quiet --no-start", EXIT_CODE_OK, "");
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
    CHECK(t, GetFileAttributesW(left) == INVALID_FILE_ATTRIBUTES);
    CHECK(t, GetFileAttributesW(held) != INVALID_FILE_ATTRIBUTES);
    CHECK(t, DeleteFileW(foreign)); /* not ours, so it has stayed */
    if (RegGetValueW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Control\\Session Manager",
                     L"PendingFileRenameOperations", RRF_RT_REG_MULTI_SZ, NULL, pending,
                     &size) == ERROR_SUCCESS)
        for (const wchar_t *line = pending; line < pending + size / sizeof *pending;
             line += wcslen(line) + 1)
            is_pending = is_pending || wcsstr(line, L"lsmapd.exe.old1") != NULL;
    CHECK(t, is_pending);
    CloseHandle(file);
    CHECK(t, DeleteFileW(held));
}

static void the_command_line_is_checked(struct test *t)
{
    wchar_t path[MAX_PATH];

    if (!lsmapd_path(path))
        TEST_SKIP(t, "lsmapd.exe was not found; name it in LSMAPD_EXE");
    lsmapd_check_run(t, L"--version", EXIT_CODE_OK, SERVICE_NAME " ");
    lsmapd_check_run(t, L"--help", EXIT_CODE_OK, "usage:");
    lsmapd_check_run(t, L"nonsense", EXIT_CODE_USAGE, "see lsmapd --help");
    lsmapd_check_run(t, L"", EXIT_CODE_USAGE, "lsmapd install");
    lsmapd_check_run(t, L"--console --pipe \\\\other\\pipe\\name", EXIT_CODE_USAGE, "pipe name");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(the_command_line_is_checked),
        TEST_CASE(install_and_uninstall_may_be_repeated),
        TEST_CASE(install_may_leave_it_stopped),
        TEST_CASE(a_disabled_service_stays_disabled),
        TEST_CASE(the_service_answers_and_stops),
        TEST_CASE(a_taken_name_keeps_the_service_from_running),
        TEST_CASE(a_lost_process_holds_up_nothing),
        TEST_CASE(what_was_renamed_aside_is_removed),
        TEST_CASE(install_takes_options_about_rights),
        TEST_CASE(install_goes_on_without_the_group),
        TEST_CASE(purge_is_refused_on_a_domain_controller),
    };
    if (argc == 2 && strcmp(argv[1], "--stuck-service") == 0)
        return run_stuck_service();
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
