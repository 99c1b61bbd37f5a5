/* The pipe's instances: how they are created, and the guard that reserves the name.
 *
 * All are byte-mode, overlapped, and closed to other machines. The security descriptor decides who
 * may open them (access.h). */
#ifndef SERVICE_WIN32_PIPE_H
#define SERVICE_WIN32_PIPE_H

#include "common/win32/win.h"
#include "service/seats.h"

/* Quotas are charged to the kernel's non-paged pool, for each client. */
enum {
    PIPE_QUOTA_IN_SIZE = 4 * 1024,  /* requests are small; a larger one waits in its client */
    PIPE_QUOTA_OUT_SIZE = 64 * 1024 /* one output buffer: the scan goes on while the client reads */
};

/* Creates the first instance of `name`, to which no client can ever connect. While it is open the
 * name belongs to this process: close it last. A name that is left of a dead server with our
 * descriptor is taken over, with an event: NPFS keeps a name while a client has a handle open (source:
 * ReactOS, npfs/statesup.c, NpSetClosingPipeState; microsoft/go-winio#73).
 * Returns a Win32 error; ERROR_ACCESS_DENIED or ERROR_PIPE_BUSY when the name is taken (or, below
 * ProtectedPrefix, not ours to take). */
NODISCARD DWORD pipe_create_guard(_In_ const wchar_t *name, _In_opt_ SECURITY_ATTRIBUTES *security,
                                  _Out_ HANDLE *guard);

/* Creates an instance, listening.
 * first  FILE_FLAG_FIRST_PIPE_INSTANCE for the guard, otherwise 0. */
NODISCARD DWORD pipe_create_instance(_In_ const wchar_t *name, DWORD first,
                                     _In_opt_ SECURITY_ATTRIBUTES *security, _Out_ HANDLE *pipe);

/* Disconnects and closes an instance, so that no handle of a client keeps it. Resets to NULL; accepts
 * NULL. */
void pipe_close(_Inout_ HANDLE *pipe);

/* Does that with every instance, for good, also with those that threads still use; then ends the
 * process, without unwinding. */
void pipe_close_all(void);
NORETURN void pipe_end_process(int code);

/* True when the client has closed its end and left nothing to read. Does not block, also when an
 * operation is pending: the handle is overlapped. */
bool pipe_is_abandoned(_In_ HANDLE pipe);

/* The calls of Windows that the pipe server depends on and that can fail. A test replaces one, while no
 * server exists, to make it fail at its k-th use (tests/win32/test_faults.c). */
struct pipe_calls {
    HANDLE(WINAPI *create_named_pipe)
    (LPCWSTR, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, LPSECURITY_ATTRIBUTES);
    BOOL(WINAPI *connect_named_pipe)(HANDLE, LPOVERLAPPED);
    BOOL(WINAPI *disconnect_named_pipe)(HANDLE);
    BOOL(WINAPI *peek_named_pipe)(HANDLE, LPVOID, DWORD, LPDWORD, LPDWORD, LPDWORD);
    size_t (*unread_size)(HANDLE); /* bytes sent that the client has not read; SIZE_MAX: unknown */
    BOOL(WINAPI *read_file)(HANDLE, LPVOID, DWORD, LPDWORD, LPOVERLAPPED);
    BOOL(WINAPI *write_file)(HANDLE, LPCVOID, DWORD, LPDWORD, LPOVERLAPPED);
    BOOL(WINAPI *cancel_io)(HANDLE, LPOVERLAPPED);
    BOOL(WINAPI *impersonate_client)(HANDLE);
    BOOL(WINAPI *open_thread_token)(HANDLE, DWORD, BOOL, PHANDLE);
    HANDLE(WINAPI *create_event)(LPSECURITY_ATTRIBUTES, BOOL, BOOL, LPCWSTR);
    HANDLE(WINAPI *create_thread)
    (LPSECURITY_ATTRIBUTES, SIZE_T, LPTHREAD_START_ROUTINE, LPVOID, DWORD, LPDWORD);
    PTP_POOL(WINAPI *create_pool)(PVOID);
    PTP_TIMER(WINAPI *create_timer)(PTP_TIMER_CALLBACK, PVOID, PTP_CALLBACK_ENVIRON);
    PTP_WORK(WINAPI *create_work)(PTP_WORK_CALLBACK, PVOID, PTP_CALLBACK_ENVIRON);
    PTP_IO(WINAPI *create_io)(HANDLE, PTP_WIN32_IO_CALLBACK, PVOID, PTP_CALLBACK_ENVIRON);
    void *(*allocate)(size_t count, size_t size); /* zeroed, released with free() */
};

extern struct pipe_calls pipe_calls;

#endif
