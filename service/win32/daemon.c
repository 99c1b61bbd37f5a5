#include "service/win32/daemon.h"

#include <string.h>

#include "common/proto/pipe_name.h"
#include "common/proto/protocol.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"
#include "service/win32/events.h"
#include "service/win32/hardening.h"
#include "service/win32/pipe.h"
#include "service/win32/places.h"
#include "service/win32/settings_registry.h"

/* --- settings and access --- */

static struct policy make_policy(const struct settings *settings)
{
    return (struct policy){.filtered_admins = settings->filtered_admins};
}

/* Reads the registry and reports what is wrong there. A key that does not exist leaves the defaults.
 * last   The settings in force; NULL at the start.
 * setup  What they grant; release it.
 * Returns a Win32 error, then `daemon->settings` is unchanged. */
static DWORD read_settings(struct daemon *daemon, const struct settings *last,
                           struct access_setup *setup)
{
    struct settings_findings findings = {0};
    struct settings settings;

    settings_default(&settings, system_processors());
    settings_registry_read(HKEY_LOCAL_MACHINE, SETTINGS_REGISTRY_KEY, &settings, &findings);
    DWORD error = access_setup_create(&settings, &findings, last, setup);
    if (error != ERROR_SUCCESS)
        return error;
    for (size_t i = 0; i < findings.count; i++) {
        const struct settings_finding *finding = &findings.items[i];
        if (finding->is_security)
            event_security_refused(finding->name, finding->why, settings.is_closed);
        else
            event_configuration_refused(finding->name, finding->why);
    }
    daemon->settings = settings;
    return ERROR_SUCCESS;
}

/* The operator has changed something, perhaps. */
static void reconfigure(struct daemon *daemon)
{
    const struct settings last = daemon->settings;
    struct access_setup setup;

    DWORD error = read_settings(daemon, &last, &setup);
    if (error == ERROR_SUCCESS) {
        const struct policy policy = make_policy(&daemon->settings);
        error = server_set_access(daemon->server, setup.access_sddl.data, &policy);
        bool is_pipe_other = strcmp(setup.pipe_sddl.data, daemon->setup.pipe_sddl.data) != 0;
        access_setup_release(&setup);
        if (error == ERROR_SUCCESS)
            event_configuration_read(is_pipe_other);
    }
    if (error != ERROR_SUCCESS) {
        daemon->settings = last;
        event_configuration_failed(error);
    } else if (server_configure(daemon->server, &daemon->settings.limits) != ERROR_SUCCESS) {
        event_configuration_refused("Scans", "more than Windows can start: fewer threads scan");
    }
}

/* --- start --- */

/* The service serves everyone whom its DACL names; the console its user, and those who have all
 * rights anyway. */
static DWORD create_server(struct daemon *daemon, const wchar_t *pipe_name)
{
    char pipe_sddl[ACCESS_SDDL_CONSOLE_CAPACITY], access_sddl[ACCESS_SDDL_CONSOLE_CAPACITY];
    struct server_config config = {
        .pipe_name = pipe_name,
        .pipe_sddl = pipe_sddl,
        .access_sddl = access_sddl,
        .policy = make_policy(&daemon->settings),
        .context = &daemon->context,
        .limits = &daemon->settings.limits,
    };
    struct caller self;

    if (!daemon->is_console) {
        config.pipe_sddl = daemon->setup.pipe_sddl.data;
        config.access_sddl = daemon->setup.access_sddl.data;
        return server_create(&config, &daemon->server);
    }
    DWORD error = token_facts_self(&self);
    if (error == ERROR_SUCCESS &&
        !access_console_sddl(&self.user, self.administrator == ADMINISTRATOR_ENABLED, pipe_sddl,
                             access_sddl))
        error = ERROR_INVALID_SID;
    return error != ERROR_SUCCESS ? error : server_create(&config, &daemon->server);
}

/* What a server needs before it can listen. */
static DWORD prepare(struct daemon *daemon, const struct settings *settings)
{
    DWORD error = ERROR_SUCCESS;

    if (settings != NULL)
        daemon->settings = *settings;
    else
        error = read_settings(daemon, NULL, &daemon->setup);
    hardening_finish();
    if (error == ERROR_SUCCESS && !daemon->is_console &&
        !places_are_safe(daemon->settings.trust_folder != 0))
        error = ERROR_BAD_CONFIGURATION;
    /* Without the privilege we run all the same: a process whose DACL refuses us gets a row. */
    const DWORD debug_error = platform_nt_enable_debug();
    if (debug_error != ERROR_SUCCESS && !daemon->is_console)
        event_debug_missing(debug_error);
    system_info_query(&daemon->info, daemon->is_console ? "console" : "service");
    return error == ERROR_SUCCESS ? platform_nt_create(&daemon->platform) : error;
}

DWORD daemon_start(struct daemon *daemon, const char *pipe_name, const struct settings *settings)
{
    wchar_t pipe_name_w[PIPE_NAME_LENGTH_MAX + 1];

    memset(daemon, 0, sizeof *daemon);
    daemon->is_console = settings != NULL;
    DWORD error = prepare(daemon, settings);
    if (error == ERROR_SUCCESS)
        error =
            text_w_from_utf8(pipe_name_w, PIPE_NAME_LENGTH_MAX + 1, span_from_string(pipe_name));
    if (error != ERROR_SUCCESS) {
        event_start_failed(error);
        goto cleanup;
    }
    statistics_init(&daemon->statistics, system_now_us(NULL));
    daemon->context = (struct answer_context){.platform = &daemon->platform,
                                              .info = &daemon->info,
                                              .now_us = system_now_us,
                                              .user_name = token_user_name,
                                              .statistics = &daemon->statistics};
    error = create_server(daemon, pipe_name_w);
    if (error != ERROR_SUCCESS) {
        event_pipe_failed(pipe_name_w, error);
        goto cleanup;
    }
    event_service_started(pipe_name_w);
    return ERROR_SUCCESS;

cleanup:
    platform_nt_destroy(&daemon->platform);
    access_setup_release(&daemon->setup);
    return error;
}

/* --- run and stop --- */

DWORD daemon_wait(struct daemon *daemon, HANDLE stop, HANDLE changed)
{
    const HANDLE events[] = {stop, server_failed_event(daemon->server), changed};
    const DWORD count = changed != NULL ? 3 : 2;

    for (;;) {
        switch (WaitForMultipleObjects(count, events, FALSE, INFINITE)) {
        case WAIT_OBJECT_0:
            return ERROR_SUCCESS;
        case WAIT_OBJECT_0 + 2:
            reconfigure(daemon);
            break;
        default:
            event_server_failed();
            return ERROR_SERVICE_NOT_ACTIVE;
        }
    }
}

DWORD daemon_stop(struct daemon *daemon)
{
    DWORD error = server_stop(daemon->server);

    if (error != ERROR_SUCCESS && error != ERROR_IO_INCOMPLETE) {
        pipe_close_all(); /* first: the event may take long */
        event_stop_late();
        return error;
    }
    if (error == ERROR_SUCCESS)
        platform_nt_destroy(&daemon->platform); /* else a lost thread may still use it */
    access_setup_release(&daemon->setup);
    event_service_stopped();
    return ERROR_SUCCESS;
}

/* --- the console; its handler runs on a thread of its own, without an argument --- */

static HANDLE stop_event;
static HANDLE stopped_event;

static BOOL WINAPI on_control(DWORD control)
{
    SetEvent(stop_event);
    /* When the console is closed Windows ends the process as soon as we return. */
    if (control != CTRL_C_EVENT && control != CTRL_BREAK_EVENT)
        WaitForSingleObject(stopped_event, 2 * STOP_TIMEOUT_MS);
    return TRUE;
}

enum exit_code daemon_run_console(const char *pipe_name, const struct settings *settings)
{
    static struct daemon daemon; /* a lost thread may use it until the process ends */

    events_open(EVENT_TARGET_CONSOLE);
    stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    stopped_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (stop_event == NULL || stopped_event == NULL || !SetConsoleCtrlHandler(on_control, TRUE)) {
        event_start_failed(GetLastError());
        return EXIT_CODE_FAILED;
    }
    DWORD error = daemon_start(&daemon, pipe_name, settings);
    if (error == ERROR_SUCCESS) {
        error = daemon_wait(&daemon, stop_event, NULL);
        if (daemon_stop(&daemon) != ERROR_SUCCESS)
            pipe_end_process(EXIT_CODE_TIMED_OUT);
    }
    SetEvent(stopped_event);
    /* The handles stay open: the handler may use them until the process ends. */
    return error == ERROR_SUCCESS ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}
