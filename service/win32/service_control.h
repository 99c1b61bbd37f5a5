/* The service as the service control manager sees it: each step with a bounded wait, the messages
 * of the commands that take these steps, and `lsmapd stop` and `status`. */
#ifndef SERVICE_WIN32_SERVICE_CONTROL_H
#define SERVICE_WIN32_SERVICE_CONTROL_H

#include "common/win32/win.h"

/* Exit codes of lsmapd.exe. install.cmd and other scripts rely on the numbers. */
enum exit_code {
    EXIT_CODE_OK = 0,            /* `status`: the service runs */
    EXIT_CODE_FAILED = 1,        /* Windows refused or failed, the message says what; `status`: the
                                    service is installed and does not run */
    EXIT_CODE_USAGE = 2,         /* the command line is wrong */
    EXIT_CODE_DENIED = 3,        /* needs an elevated prompt */
    EXIT_CODE_NOT_INSTALLED = 4, /* `status`: there is no such service */
    EXIT_CODE_TIMED_OUT = 5      /* the service control manager did not finish in time */
};

enum {
    SERVICE_WAIT_MS = 15 * 1000,       /* for a service to start, to stop, to be removed */
    SERVICE_PROCESS_WAIT_MS = 5 * 1000 /* for the process of a stopped service to end */
};

/* --- steps; what returns a DWORD returns a Win32 error --- */

/* Closes and resets to NULL; accepts NULL. */
void service_close(_Inout_ SC_HANDLE *handle);

/* Sets the handle to NULL on failure, ERROR_SERVICE_DOES_NOT_EXIST when there is no service. */
NODISCARD DWORD service_open(DWORD access, _Out_ SC_HANDLE *service);

/* Registers it with its command line. While Windows is still removing an earlier one, waits for that.
 * Returns ERROR_SERVICE_EXISTS when there is one, ERROR_SERVICE_MARKED_FOR_DELETE when the removal
 * does not end because a program holds a handle to the old one. */
NODISCARD DWORD service_create(SC_HANDLE manager, const wchar_t *command, SC_HANDLE *service);

/* Gives an existing one the same registration, but leaves when it starts, unless `enable`. */
NODISCARD DWORD service_change(SC_HANDLE service, const wchar_t *command, bool enable);

/* Its status; its registered command line, terminated, on the heap. */
NODISCARD DWORD service_query_status(SC_HANDLE service, _Out_ SERVICE_STATUS_PROCESS *status);
NODISCARD DWORD service_query_command(SC_HANDLE service, _Out_ wchar_t **command);

/* Starts it and waits until it runs. Success when it runs already. Returns also ERROR_TIMEOUT, or the
 * error that the service ended with. */
NODISCARD DWORD service_start(SC_HANDLE service);

/* Stops it, then waits up to SERVICE_PROCESS_WAIT_MS for its process, so that its files can be
 * replaced; warns when a thread that is lost in the kernel keeps the process. Success when it is
 * stopped already. */
NODISCARD DWORD service_stop(SC_HANDLE service, bool quiet);

/* Waits until Windows has removed it. ERROR_TIMEOUT: a program holds a handle to it. */
NODISCARD DWORD service_wait_gone(void);

/* --- messages --- */

/* What was done, on stdout; on stderr, after "lsmapd: warning: ". Nothing when `quiet`. */
PRINTF_FORMAT(2, 3) void service_say(bool quiet, const char *format, ...);
PRINTF_FORMAT(2, 3) void service_warn(bool quiet, const char *format, ...);

#define SERVICE_NOT_INSTALLED "The service " SERVICE_NAME " is not installed.\n"

/* What failed, a phrase, and what to do about it, on stderr. Returns the exit code. */
enum exit_code service_fail(_In_ const char *what, DWORD error);

/* --- commands --- */

enum exit_code stop_run(bool quiet);   /* as service_stop(); success when there is none */
enum exit_code status_run(bool quiet); /* prints state, process and path */

#endif
