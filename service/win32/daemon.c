#include "daemon.h"

#include <string.h>

#include "access.h"
#include "descriptor.h"
#include "event_log.h"
#include "pipe_name.h"
#include "text_w.h"
#include "token.h"

/* Without the privilege we still run: processes whose descriptors refuse us are told as such. */
static void enable_debug(enum daemon_mode mode)
{
    DWORD error = platform_nt_enable_debug();

    if (error != ERROR_SUCCESS && mode == DAEMON_SERVICE)
        event_debug_missing(error);
}

static DWORD create_server(struct daemon *daemon, enum daemon_mode mode, const wchar_t *pipe_name)
{
    char pipe_sddl[DESCRIPTOR_SDDL_CAPACITY] = PIPE_SDDL_SERVICE;
    char access_sddl[DESCRIPTOR_SDDL_CAPACITY] = ACCESS_SDDL_SERVICE;
    const struct server_config config = {
        .pipe_name = pipe_name,
        .pipe_sddl = pipe_sddl,
        .access_sddl = access_sddl,
        .context = &daemon->context,
    };

    if (mode == DAEMON_CONSOLE) {
        struct caller self;
        DWORD error = token_facts_self(&self);
        if (error == ERROR_SUCCESS)
            error = descriptor_console_sddl(&self.user, pipe_sddl, access_sddl);
        if (error != ERROR_SUCCESS)
            return error;
    }
    return server_create(&config, &daemon->server);
}

DWORD daemon_start(struct daemon *daemon, enum daemon_mode mode, const char *pipe_name)
{
    wchar_t pipe_name_w[PIPE_NAME_LENGTH_MAX + 1];

    memset(daemon, 0, sizeof *daemon);
    enable_debug(mode);
    system_info_query(&daemon->info, mode == DAEMON_SERVICE ? "service" : "console");
    DWORD error =
        text_w_from_utf8(pipe_name_w, PIPE_NAME_LENGTH_MAX + 1, span_from_string(pipe_name));
    if (error == ERROR_SUCCESS)
        error = platform_nt_create(&daemon->nt, &daemon->platform);
    if (error != ERROR_SUCCESS) {
        event_start_failed(error);
        return error;
    }
    daemon->context = (struct answer_context){
        .platform = &daemon->platform, .info = &daemon->info, .now_us = system_now_us};
    error = create_server(daemon, mode, pipe_name_w);
    if (error != ERROR_SUCCESS) {
        event_pipe_failed(pipe_name_w, error);
        platform_nt_destroy(daemon->nt);
        return error;
    }
    event_service_started(pipe_name_w);
    return ERROR_SUCCESS;
}

DWORD daemon_wait(const struct daemon *daemon, HANDLE stop)
{
    const HANDLE events[] = {stop, server_failed_event(daemon->server)};

    if (WaitForMultipleObjects(2, events, FALSE, INFINITE) == WAIT_OBJECT_0)
        return ERROR_SUCCESS;
    event_server_failed();
    return ERROR_SERVICE_NOT_ACTIVE;
}

DWORD daemon_stop(struct daemon *daemon)
{
    DWORD error = server_stop(daemon->server);

    if (error != ERROR_SUCCESS) {
        event_stop_late();
        return error;
    }
    platform_nt_destroy(daemon->nt);
    event_service_stopped();
    return ERROR_SUCCESS;
}
