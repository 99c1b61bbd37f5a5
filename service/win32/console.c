#include "service/win32/console.h"
#include "common/proto/protocol.h"

#include "service/win32/daemon.h"
#include "service/win32/events.h"

/* The handler runs on a thread of its own, without an argument. */
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

static enum exit_code serve(const char *pipe_name, const struct settings *settings)
{
    struct daemon daemon;

    DWORD error = daemon_start(&daemon, DAEMON_CONSOLE, pipe_name, settings);
    if (error != ERROR_SUCCESS)
        return EXIT_CODE_FAILED;
    error = daemon_wait(&daemon, stop_event, NULL);
    if (daemon_stop(&daemon) != ERROR_SUCCESS)
        TerminateProcess(GetCurrentProcess(), EXIT_CODE_TIMED_OUT);
    return error == ERROR_SUCCESS ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

enum exit_code console_run(const char *pipe_name, const struct settings *settings)
{
    enum exit_code code = EXIT_CODE_FAILED;

    events_open(EVENT_TARGET_CONSOLE);
    stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    stopped_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (stop_event == NULL || stopped_event == NULL) {
        event_start_failed(ERROR_NOT_ENOUGH_MEMORY);
        return code;
    }
    if (!SetConsoleCtrlHandler(on_control, TRUE)) {
        event_start_failed(GetLastError());
        return code;
    }
    code = serve(pipe_name, settings);
    SetEvent(stopped_event);
    /* The handles stay open: the handler may use them until the process ends. */
    return code;
}
