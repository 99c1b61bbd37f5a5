#include "service/win32/daemon.h"

#include <string.h>

#include "common/proto/pipe_name.h"
#include "common/proto/protocol.h"
#include "common/win32/text_w.h"
#include "common/win32/token.h"
#include "service/win32/access_cmd.h"
#include "service/win32/events.h"
#include "service/win32/hardening.h"
#include "service/win32/places.h"
#include "service/win32/settings_registry.h"

/* --- settings and access --- */

/* A key that does not exist, or cannot be read, leaves the defaults. */
static void read_settings(struct daemon *daemon)
{
    struct settings_findings findings = {0};

    settings_default(&daemon->settings, system_processors());
    settings_registry_read(&daemon->settings, &findings);
    for (size_t i = 0; i < findings.count; i++)
        event_configuration_refused(findings.items[i].name, findings.items[i].why);
}

static struct policy make_policy(const struct settings *settings)
{
    return (struct policy){.filtered_admins = settings->filtered_admins};
}

static DWORD setup_access(const struct settings *settings, struct access_setup *setup)
{
    DWORD error = access_setup_create(settings->access_sddl, setup);

    if (error == ERROR_SUCCESS && setup->refusal != NULL)
        event_configuration_refused("AccessSddl", setup->refusal);
    return error;
}

/* Without memory the list stays as it was; the next change tries again. */
static void reconfigure_access(struct daemon *daemon)
{
    const struct policy policy = make_policy(&daemon->settings);
    struct access_setup setup;

    DWORD error = setup_access(&daemon->settings, &setup);
    if (error == ERROR_SUCCESS) {
        error = server_set_access(daemon->server, setup.access_sddl.data, &policy);
        access_setup_release(&setup);
    }
    if (error != ERROR_SUCCESS)
        event_configuration_refused("AccessSddl", "not used: memory is short");
}

/* The operator has changed something, perhaps. */
static void reconfigure(struct daemon *daemon)
{
    read_settings(daemon);
    if (server_configure(daemon->server, &daemon->settings.limits) != ERROR_SUCCESS)
        event_configuration_refused("Scans", "fewer threads run: no more could be created");
    if (daemon->mode == DAEMON_SERVICE)
        reconfigure_access(daemon);
    event_configuration_read();
}

/* --- start --- */

/* The service serves everyone named by the access list; the console its user, and those who have
 * all rights anyway. */
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
    struct access_setup setup;
    struct caller self;
    DWORD error;

    if (daemon->mode == DAEMON_SERVICE) {
        error = setup_access(&daemon->settings, &setup);
        if (error != ERROR_SUCCESS)
            return error;
        config.pipe_sddl = setup.pipe_sddl.data;
        config.access_sddl = setup.access_sddl.data;
        error = server_create(&config, &daemon->server);
        access_setup_release(&setup);
        return error;
    }
    error = token_facts_self(&self);
    if (error == ERROR_SUCCESS && !access_console_sddl(&self.user, pipe_sddl, access_sddl))
        error = ERROR_INVALID_SID;
    return error != ERROR_SUCCESS ? error : server_create(&config, &daemon->server);
}

DWORD daemon_start(struct daemon *daemon, enum daemon_mode mode, const char *pipe_name,
                   const struct settings *settings)
{
    wchar_t pipe_name_w[PIPE_NAME_LENGTH_MAX + 1];

    memset(daemon, 0, sizeof *daemon);
    daemon->mode = mode;
    if (settings != NULL)
        daemon->settings = *settings;
    else
        read_settings(daemon);
    hardening_finish();
    if (mode == DAEMON_SERVICE)
        places_report();
    /* Without the privilege we run all the same: a process whose DACL refuses us gets a row. */
    DWORD error = platform_nt_enable_debug();
    if (error != ERROR_SUCCESS && mode == DAEMON_SERVICE)
        event_debug_missing(error);
    system_info_query(&daemon->info, mode == DAEMON_SERVICE ? "service" : "console");
    error = text_w_from_utf8(pipe_name_w, PIPE_NAME_LENGTH_MAX + 1, span_from_string(pipe_name));
    if (error == ERROR_SUCCESS)
        error = platform_nt_create(&daemon->platform);
    if (error != ERROR_SUCCESS) {
        event_start_failed(error);
        return error;
    }
    const struct statistics_lock lock = server_statistics_lock(&daemon->statistics_lock);
    statistics_init(&daemon->statistics, &lock, system_now_us(NULL));
    daemon->context = (struct answer_context){.platform = &daemon->platform,
                                              .info = &daemon->info,
                                              .now_us = system_now_us,
                                              .statistics = &daemon->statistics};
    error = create_server(daemon, pipe_name_w);
    if (error != ERROR_SUCCESS) {
        event_pipe_failed(pipe_name_w, error);
        platform_nt_destroy(&daemon->platform);
        return error;
    }
    event_service_started(pipe_name_w);
    return ERROR_SUCCESS;
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

    if (error != ERROR_SUCCESS) {
        event_stop_late();
        return error;
    }
    platform_nt_destroy(&daemon->platform);
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
    struct daemon daemon;

    events_open(EVENT_TARGET_CONSOLE);
    stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    stopped_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (stop_event == NULL || stopped_event == NULL) {
        event_start_failed(ERROR_NOT_ENOUGH_MEMORY);
        return EXIT_CODE_FAILED;
    }
    if (!SetConsoleCtrlHandler(on_control, TRUE)) {
        event_start_failed(GetLastError());
        return EXIT_CODE_FAILED;
    }
    DWORD error = daemon_start(&daemon, DAEMON_CONSOLE, pipe_name, settings);
    if (error == ERROR_SUCCESS) {
        error = daemon_wait(&daemon, stop_event, NULL);
        if (daemon_stop(&daemon) != ERROR_SUCCESS)
            TerminateProcess(GetCurrentProcess(), EXIT_CODE_TIMED_OUT);
    }
    SetEvent(stopped_event);
    /* The handles stay open: the handler may use them until the process ends. */
    return error == ERROR_SUCCESS ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}
