/* lsmapd.exe: command line to action; and the server with everything it needs, as the service and
 * `--console` both run it, which reports what happens to it as events (events.h).
 *
 * Two threads report to the service control manager: that of the controls and that of the service.
 * `daemon.lock` guards the status and its report; no other lock is taken while it is held. */

#include <stdio.h>
#include <string.h>

#include "common/proto/protocol.h"
#include "common/version.h"
#include "common/win32/platform_nt.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"
#include "service/command_line.h"
#include "service/win32/access_cmd.h"
#include "service/win32/events.h"
#include "service/win32/hardening.h"
#include "service/win32/install.h"
#include "service/win32/pipe.h"
#include "service/win32/server.h"
#include "service/win32/settings_registry.h"

enum {
    START_HINT_MS = 10 * 1000,          /* usually it takes far less */
    STOP_HINT_MS = 3 * STOP_TIMEOUT_MS, /* serve() gives up earlier */
    /* Not PRESHUTDOWN: Windows would wait for our stop before it shuts down, and would send no
     * SHUTDOWN. Source: HandlerEx, SERVICE_CONTROL_PRESHUTDOWN. */
    ACCEPTED = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PARAMCHANGE
};

/* Of this process, for callbacks without an argument. A lost thread may use it until the process ends,
 * and so may a callback its handles. */
static struct {
    bool is_console; /* pipe and rights of the user who runs it, not of access.h */
    struct platform platform;
    struct server_info info;
    struct statistics statistics;
    struct answer_context context;
    struct settings settings;  /* in force */
    struct access_setup setup; /* of the service: what the settings granted at the start */
    struct server *server;
    HANDLE stop;    /* event */
    HANDLE changed; /* of the service, auto-reset event: the settings are to be read again */
    HANDLE stopped; /* of the console, event */

    SERVICE_STATUS_HANDLE handle; /* of the service */
    SRWLOCK lock;                 /* guards the status */
    SERVICE_STATUS status;
    DWORD error;  /* result; set before STOPPED is reported, read after the dispatcher returns */
    bool is_late; /* the same: the thread of the service ends the process */
} daemon = {.lock = SRWLOCK_INIT};

/* --- settings and access --- */

/* Reads the registry and reports what is wrong there. A key that does not exist leaves the defaults.
 * last   The settings in force; NULL at the start.
 * setup  What the new ones grant; release it.
 * Returns a Win32 error. */
static DWORD read_settings(const struct settings *last, struct settings *settings,
                           struct access_setup *setup)
{
    settings_default(settings, system_processors());
    settings_registry_read(HKEY_LOCAL_MACHINE, SETTINGS_REGISTRY_KEY, settings);
    DWORD error = access_setup_create(settings, last, setup);
    for (size_t i = 0; i < settings->findings_count && error == ERROR_SUCCESS; i++) {
        const struct settings_finding *finding = &settings->findings[i];
        if (finding->is_security)
            event_security_refused(finding->name, finding->why, settings->is_closed);
        else
            event_configuration_refused(finding->name, finding->why);
    }
    return error;
}

/* The settings may have changed. On failure all is as before. */
static void reconfigure(void)
{
    struct settings settings;
    struct access_setup setup;
    bool is_pipe_other = false;

    DWORD error = read_settings(&daemon.settings, &settings, &setup);
    if (error == ERROR_SUCCESS) {
        error = server_set_access(daemon.server, setup.access_sddl.data, settings.filtered_admins);
        is_pipe_other = strcmp(setup.pipe_sddl.data, daemon.setup.pipe_sddl.data) != 0;
        access_setup_release(&setup);
    }
    if (error != ERROR_SUCCESS) {
        event_configuration_failed(error);
        return;
    }
    daemon.settings = settings;
    event_configuration_read(is_pipe_other);
    if (server_configure(daemon.server, &daemon.settings.limits) != ERROR_SUCCESS)
        event_configuration_refused("Scans", "more than Windows can start: fewer threads scan");
}

/* --- start --- */

/* The service serves everyone whom its DACL names; the console its user, and those who have all
 * rights anyway. */
static DWORD create_server(const char *pipe_name)
{
    char pipe_sddl[ACCESS_SDDL_CONSOLE_CAPACITY], access_sddl[ACCESS_SDDL_CONSOLE_CAPACITY];
    struct server_config config = {
        .pipe_name = pipe_name,
        .pipe_sddl = daemon.is_console ? pipe_sddl : daemon.setup.pipe_sddl.data,
        .access_sddl = daemon.is_console ? access_sddl : daemon.setup.access_sddl.data,
        .filtered_admins = daemon.settings.filtered_admins,
        .context = &daemon.context,
        .limits = &daemon.settings.limits,
    };

    if (daemon.is_console) {
        struct caller self;
        DWORD error = token_facts(GetCurrentProcessToken(), &self);
        if (error != ERROR_SUCCESS)
            return error;
        if (!access_console_sddl(&self.user, self.administrator == ADMINISTRATOR_ENABLED, pipe_sddl,
                                 access_sddl))
            return ERROR_INVALID_SID;
    }
    return server_create(&config, &daemon.server);
}

/* Listens, and reports so as an event; or reports why not.
 * settings  Of the console, copied; NULL: the service, with the operator's from the registry. */
static DWORD start(const char *pipe_name, const struct settings *settings)
{
    DWORD error = ERROR_SUCCESS;

    daemon.is_console = settings != NULL;
    if (daemon.is_console)
        daemon.settings = *settings;
    else
        error = read_settings(NULL, &daemon.settings, &daemon.setup);
    hardening_finish();
    if (error == ERROR_SUCCESS && !daemon.is_console &&
        !hardening_places_are_safe(daemon.settings.trust_folder != 0))
        error = ERROR_BAD_CONFIGURATION;
    /* Without the privilege we run all the same: a process whose DACL refuses us gets a row. */
    const DWORD debug_error = platform_nt_enable_debug();
    if (debug_error != ERROR_SUCCESS && !daemon.is_console)
        event_debug_missing(debug_error);
    system_info_query(&daemon.info, daemon.is_console ? "console" : "service");
    if (error == ERROR_SUCCESS)
        error = platform_nt_create(&daemon.platform, 0);
    if (error != ERROR_SUCCESS) {
        event_start_failed(error);
        goto cleanup;
    }
    statistics_init(&daemon.statistics, system_now_us(NULL));
    daemon.context = (struct answer_context){.platform = &daemon.platform,
                                             .info = &daemon.info,
                                             .now_us = system_now_us,
                                             .user_name = token_user_name,
                                             .statistics = &daemon.statistics};
    error = create_server(pipe_name);
    if (error == ERROR_SUCCESS) {
        event_service_started(pipe_name);
        return ERROR_SUCCESS;
    }
    event_pipe_failed(pipe_name, error);

cleanup:
    platform_nt_destroy(&daemon.platform);
    access_setup_release(&daemon.setup);
    return error;
}

/* --- run and stop --- */

/* Each report of a pending state has a new checkpoint. After STOPPED nothing may be reported. */
static void report(DWORD state, DWORD exit_code, DWORD hint_ms)
{
    const bool is_pending = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
    SERVICE_STATUS *status = &daemon.status;

    AcquireSRWLockExclusive(&daemon.lock);
    if (daemon.handle != NULL &&
        status->dwCurrentState != SERVICE_STOPPED) { /* else it is a late control */
        *status = (SERVICE_STATUS){.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                                   .dwCurrentState = state,
                                   .dwControlsAccepted = state == SERVICE_RUNNING ? ACCEPTED : 0,
                                   .dwWin32ExitCode = exit_code,
                                   .dwCheckPoint = is_pending ? status->dwCheckPoint + 1 : 0,
                                   .dwWaitHint = hint_ms};
        SetServiceStatus(daemon.handle, status);
    }
    ReleaseSRWLockExclusive(&daemon.lock);
}

/* Returns ERROR_SUCCESS when it is to stop, ERROR_SERVICE_NOT_ACTIVE when the server has failed for
 * good. */
static DWORD wait_for_stop(void)
{
    const HANDLE events[] = {daemon.stop, server_failed_event(daemon.server), daemon.changed};
    const DWORD count = daemon.changed != NULL ? 3 : 2;

    for (;;) {
        switch (WaitForMultipleObjects(count, events, FALSE, INFINITE)) {
        case WAIT_OBJECT_0:
            return ERROR_SUCCESS;
        case WAIT_OBJECT_0 + 2:
            reconfigure();
            break;
        default:
            event_server_failed();
            return ERROR_SERVICE_NOT_ACTIVE;
        }
    }
}

/* Returns the exit code to report; the manager takes anything but NO_ERROR as a failure. When
 * something hangs the process ends at once, without unwinding. */
static DWORD serve(const char *pipe_name, const struct settings *settings)
{
    DWORD error = start(pipe_name, settings);

    if (error != ERROR_SUCCESS)
        return error;
    report(SERVICE_RUNNING, NO_ERROR, 0);
    error = wait_for_stop();
    report(SERVICE_STOP_PENDING, NO_ERROR, STOP_HINT_MS);
    const DWORD stop_error = server_stop(daemon.server);
    if (stop_error != ERROR_SUCCESS && stop_error != ERROR_IO_INCOMPLETE) {
        pipe_close_all();
        /* At once: the event may take long, a thread may meet its closed handle, and a requested stop
         * must not look like a failure, or Windows restarts the service. */
        daemon.is_late = true;
        report(SERVICE_STOPPED, error == ERROR_SUCCESS ? NO_ERROR : ERROR_TIMEOUT, 0);
        event_stop_late();
        pipe_end_process(EXIT_CODE_TIMED_OUT);
    }
    if (stop_error == ERROR_SUCCESS)
        platform_nt_destroy(&daemon.platform); /* else a lost thread may still use it */
    access_setup_release(&daemon.setup);
    event_service_stopped();
    return error;
}

/* --- the service --- */

static DWORD WINAPI on_service_control(DWORD control, DWORD event_type, void *event_data,
                                       void *context)
{
    (void)event_type, (void)event_data, (void)context;

    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_SHUTDOWN:
        report(SERVICE_STOP_PENDING, NO_ERROR, STOP_HINT_MS);
        SetEvent(daemon.stop);
        return NO_ERROR;
    case SERVICE_CONTROL_PARAMCHANGE:
        SetEvent(daemon.changed);
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE: /* Windows knows the status */
        return NO_ERROR;
    default:
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

static void WINAPI service_main(DWORD count, wchar_t **arguments)
{
    (void)count, (void)arguments;

    /* Before anything that can block, such as the event log: without a handler the service cannot
     * be controlled, and its start cannot be reported. */
    daemon.handle = RegisterServiceCtrlHandlerExW(L"" SERVICE_NAME, on_service_control, NULL);
    DWORD error = GetLastError();
    report(SERVICE_START_PENDING, NO_ERROR, START_HINT_MS);
    events_open(EVENT_TARGET_LOG);
    if (daemon.handle == NULL) {
        event_start_failed(error);
        return;
    }
    daemon.error = serve(PIPE_NAME_DEFAULT, NULL);
    report(SERVICE_STOPPED, daemon.error, 0);
}

/* Hands this thread to the service control manager until the service has stopped. Prints why when this
 * process was not started by it. */
static enum exit_code run_service(void)
{
    wchar_t name[] = L"" SERVICE_NAME;
    const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};
    char text[256];

    /* Created here, not in service_main: a control may arrive as soon as the handler is
     * registered. */
    daemon.stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    daemon.changed = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (daemon.stop != NULL && daemon.changed != NULL && StartServiceCtrlDispatcherW(table)) {
        if (daemon.is_late)
            Sleep(STOP_TIMEOUT_MS);
        return daemon.error == ERROR_SUCCESS ? EXIT_CODE_OK : EXIT_CODE_FAILED;
    }
    const DWORD error = GetLastError();
    if (error == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
        fputs(SERVICE_NAME ": this is a service; use `lsmapd install`, `lsmapd --console` or "
                           "`lsmapd --help`\n",
              stderr);
        return EXIT_CODE_USAGE;
    }
    fprintf(stderr, SERVICE_NAME ": cannot connect to the service control manager: %s\n",
            text_w_error(text, sizeof text, error));
    return EXIT_CODE_FAILED;
}

/* --- the console --- */

static BOOL WINAPI on_console_control(DWORD control)
{
    SetEvent(daemon.stop);
    /* When the console is closed Windows ends the process as soon as we return. */
    if (control != CTRL_C_EVENT && control != CTRL_BREAK_EVENT)
        WaitForSingleObject(daemon.stopped, 2 * STOP_TIMEOUT_MS);
    return TRUE;
}

/* Serves without the service control manager until Ctrl+C, Ctrl+Break, or the console is closed. */
static enum exit_code run_console(const char *pipe_name, const struct settings *settings)
{
    events_open(EVENT_TARGET_CONSOLE);
    daemon.stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    daemon.stopped = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (daemon.stop == NULL || daemon.stopped == NULL ||
        !SetConsoleCtrlHandler(on_console_control, TRUE)) {
        event_start_failed(GetLastError());
        return EXIT_CODE_FAILED;
    }
    const DWORD error = serve(pipe_name, settings);
    SetEvent(daemon.stopped);
    return error == ERROR_SUCCESS ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

/* --- the command line --- */

static enum exit_code act(const struct command_line *line)
{
    switch (line->command) {
    case LSMAPD_SERVICE:
        return run_service();
    case LSMAPD_CONSOLE:
        return run_console(line->pipe_name, &line->settings);
    case LSMAPD_INSTALL:
        return install_run(line);
    case LSMAPD_UNINSTALL:
        return uninstall_run(line);
    case LSMAPD_STOP:
        return stop_run(line->quiet);
    case LSMAPD_STATUS:
        return status_run(line->quiet);
    case LSMAPD_ACCESS:
        return access_run(line->json);
    case LSMAPD_VERSION:
        fputs(SERVICE_NAME " " LSMAP_VERSION_STRING "\n", stdout);
        return EXIT_CODE_OK;
    case LSMAPD_HELP:
        fputs(command_line_help, stdout);
        return EXIT_CODE_OK;
    }
    return EXIT_CODE_USAGE;
}

int wmain(int argc, wchar_t **argv); /* no header declares it */

int wmain(int argc, wchar_t **argv)
{
    struct command_line line;
    char message[CLI_MESSAGE_CAPACITY];

    /* First of all: a DLL beside the program or in the current folder is never loaded. */
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    (void)hardening_apply();

    enum exit_code code = EXIT_CODE_FAILED;
    const UINT code_page = GetConsoleOutputCP();
    const int count = argc > 1 ? argc - 1 : 0;
    char **arguments = text_w_arguments(count, argv + 1);
    SetConsoleOutputCP(CP_UTF8);
    if (arguments != NULL && command_line_parse((size_t)count, (const char *const *)arguments,
                                                system_processors(), &line, message)) {
        code = act(&line);
    } else if (arguments != NULL) {
        fprintf(stderr, SERVICE_NAME ": %s (see lsmapd --help)\n", message);
        code = EXIT_CODE_USAGE;
    }
    fflush(stdout);
    if (code_page != 0)
        SetConsoleOutputCP(code_page); /* the prompt has its own */
    return (int)code;
}
