/* Two threads report: that of the controls and that of the service. `service.lock` guards the status
 * and its report to the service control manager; no other lock is taken while it is held. */
#include "service/win32/scm.h"

#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "service/win32/daemon.h"
#include "service/win32/events.h"
#include "service/win32/pipe.h"
#include "service/win32/service_control.h"

enum {
    START_HINT_MS = 10 * 1000,          /* usually it takes far less */
    STOP_HINT_MS = 3 * STOP_TIMEOUT_MS, /* daemon_stop() gives up earlier */
    /* Not PRESHUTDOWN: Windows would wait for our stop before it shuts down, and would send no
     * SHUTDOWN. Source: HandlerEx, SERVICE_CONTROL_PRESHUTDOWN. */
    ACCEPTED = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PARAMCHANGE
};

/* The service of this process, for its callbacks, which get no argument. */
struct service {
    SERVICE_STATUS_HANDLE handle;
    HANDLE stop;    /* event */
    HANDLE changed; /* auto-reset event: the settings are to be read again */
    SRWLOCK lock;   /* guards the status */
    SERVICE_STATUS status;
    DWORD error; /* result; set before STOPPED is reported, read after the dispatcher returns */
};

static struct service service = {.lock = SRWLOCK_INIT};

/* Each report of a pending state has a new checkpoint. After STOPPED nothing may be reported. */
static void report(DWORD state, DWORD exit_code, DWORD hint_ms)
{
    const bool is_pending = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
    SERVICE_STATUS *status = &service.status;

    AcquireSRWLockExclusive(&service.lock);
    if (status->dwCurrentState != SERVICE_STOPPED) { /* else it is a late control */
        *status = (SERVICE_STATUS){.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
                                   .dwCurrentState = state,
                                   .dwControlsAccepted = state == SERVICE_RUNNING ? ACCEPTED : 0,
                                   .dwWin32ExitCode = exit_code,
                                   .dwCheckPoint = is_pending ? status->dwCheckPoint + 1 : 0,
                                   .dwWaitHint = hint_ms};
        SetServiceStatus(service.handle, status);
    }
    ReleaseSRWLockExclusive(&service.lock);
}

static DWORD WINAPI on_control(DWORD control, DWORD event_type, void *event_data, void *context)
{
    (void)event_type, (void)event_data, (void)context;

    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_SHUTDOWN:
        report(SERVICE_STOP_PENDING, NO_ERROR, STOP_HINT_MS);
        SetEvent(service.stop);
        return NO_ERROR;
    case SERVICE_CONTROL_PARAMCHANGE:
        SetEvent(service.changed);
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
        AcquireSRWLockExclusive(&service.lock);
        SetServiceStatus(service.handle, &service.status);
        ReleaseSRWLockExclusive(&service.lock);
        return NO_ERROR;
    default:
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

/* Returns the exit code to report; the manager takes anything but NO_ERROR as a failure. */
static DWORD serve(void)
{
    static struct daemon daemon; /* a lost thread may use it until the process ends */

    DWORD error = daemon_start(&daemon, PIPE_NAME_DEFAULT, NULL);
    if (error != ERROR_SUCCESS)
        return error;
    report(SERVICE_RUNNING, NO_ERROR, 0);
    error = daemon_wait(&daemon, service.stop, service.changed);
    report(SERVICE_STOP_PENDING, NO_ERROR, STOP_HINT_MS);
    if (daemon_stop(&daemon) != ERROR_SUCCESS) {
        /* A requested stop must not look like a failure, or Windows restarts the service. A new
         * one may start from here on: the pipe is closed. */
        report(SERVICE_STOPPED, error == ERROR_SUCCESS ? NO_ERROR : ERROR_TIMEOUT, 0);
        pipe_end_process(EXIT_CODE_TIMED_OUT);
    }
    return error;
}

static void WINAPI service_main(DWORD count, wchar_t **arguments)
{
    (void)count, (void)arguments;

    /* Before anything that can block, such as the event log: without a handler the service cannot
     * be controlled, and its start cannot be reported. */
    service.handle = RegisterServiceCtrlHandlerExW(L"" SERVICE_NAME, on_control, NULL);
    DWORD error = GetLastError();
    if (service.handle != NULL)
        report(SERVICE_START_PENDING, NO_ERROR, START_HINT_MS);
    events_open(EVENT_TARGET_LOG);
    if (service.handle == NULL) {
        event_start_failed(error);
        return;
    }
    service.error = serve();
    report(SERVICE_STOPPED, service.error, 0);
}

DWORD scm_run(DWORD *service_error)
{
    wchar_t name[] = L"" SERVICE_NAME;
    const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};

    /* Created here, not in service_main: a control may arrive as soon as the handler is
     * registered. */
    service.stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (service.stop == NULL)
        return GetLastError();
    service.changed = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (service.changed == NULL)
        return GetLastError();
    DWORD error = StartServiceCtrlDispatcherW(table) ? ERROR_SUCCESS : GetLastError();
    handle_close(&service.changed);
    handle_close(&service.stop);
    if (error == ERROR_SUCCESS)
        *service_error = service.error;
    return error;
}
