/* The service control manager, each step of ours with its bounded wait. */
#ifndef SERVICE_WIN32_SERVICE_CONTROL_H
#define SERVICE_WIN32_SERVICE_CONTROL_H

#include "common/win32/win.h"

enum { SERVICE_WAIT_MS = 15 * 1000 }; /* for a service to start, to stop, to be gone */

/* Closes and resets to NULL; accepts NULL. */
void service_close(_Inout_ SC_HANDLE *handle);

NODISCARD DWORD service_manager_open(DWORD access, _Out_ SC_HANDLE *manager);

/* Opens the lsmapd service. ERROR_SERVICE_DOES_NOT_EXIST when there is none. */
NODISCARD DWORD service_open(_In_ SC_HANDLE manager, DWORD access, _Out_ SC_HANDLE *service);

/* Registers it. While Windows still removes an earlier one, waits for that.
 * command  Its command line, the program quoted.
 * Returns ERROR_SERVICE_EXISTS when there is one, ERROR_SERVICE_MARKED_FOR_DELETE when the removal
 * does not end because somebody holds the old one open. */
NODISCARD DWORD service_create(_In_ SC_HANDLE manager, _In_ const wchar_t *command,
                               _Out_ SC_HANDLE *service);

/* Gives an existing one the same registration as service_create(). */
NODISCARD DWORD service_change(_In_ SC_HANDLE service, _In_ const wchar_t *command);

NODISCARD DWORD service_query_status(_In_ SC_HANDLE service, _Out_ SERVICE_STATUS_PROCESS *status);

/* Starts it and waits until it runs. Running already is success.
 * Returns a Win32 error, ERROR_TIMEOUT, or what the service itself ended with. */
NODISCARD DWORD service_start(_In_ SC_HANDLE service);

/* Stops it and waits until it has stopped and its process has ended, so that its files can be
 * replaced. Stopped already is success. */
NODISCARD DWORD service_stop(_In_ SC_HANDLE service);

/* Waits until Windows has forgotten it. ERROR_TIMEOUT: somebody holds it open. */
NODISCARD DWORD service_wait_gone(_In_ SC_HANDLE manager);

/* Its registered command line, terminated, on the heap. */
NODISCARD DWORD service_query_command(_In_ SC_HANDLE service, _Out_ wchar_t **command);

#endif
