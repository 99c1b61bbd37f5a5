/* The calls of Windows that the pipe server depends on and that can fail, as a table.
 *
 * The members are the functions of their names; a test replaces one to make it fail at its k-th use
 * (tests/win32/test_faults.c). Nobody else writes to the table, and only while no server exists, so
 * it needs no lock.
 */
#ifndef SERVICE_WIN32_PIPE_CALLS_H
#define SERVICE_WIN32_PIPE_CALLS_H

#include <stddef.h>

#include "common/win32/win.h"

struct pipe_calls {
    HANDLE(WINAPI *create_named_pipe)
    (LPCWSTR, DWORD, DWORD, DWORD, DWORD, DWORD, DWORD, LPSECURITY_ATTRIBUTES);
    BOOL(WINAPI *connect_named_pipe)(HANDLE, LPOVERLAPPED);
    BOOL(WINAPI *disconnect_named_pipe)(HANDLE);
    BOOL(WINAPI *peek_named_pipe)(HANDLE, LPVOID, DWORD, LPDWORD, LPDWORD, LPDWORD);
    BOOL(WINAPI *read_file)(HANDLE, LPVOID, DWORD, LPDWORD, LPOVERLAPPED);
    BOOL(WINAPI *write_file)(HANDLE, LPCVOID, DWORD, LPDWORD, LPOVERLAPPED);
    BOOL(WINAPI *cancel_io)(HANDLE, LPOVERLAPPED);
    BOOL(WINAPI *impersonate_client)(HANDLE);
    BOOL(WINAPI *open_thread_token)(HANDLE, DWORD, BOOL, PHANDLE);
    HANDLE(WINAPI *create_event)(LPSECURITY_ATTRIBUTES, BOOL, BOOL, LPCWSTR);
    PTP_POOL(WINAPI *create_pool)(PVOID);
    PTP_TIMER(WINAPI *create_timer)(PTP_TIMER_CALLBACK, PVOID, PTP_CALLBACK_ENVIRON);
    PTP_WORK(WINAPI *create_work)(PTP_WORK_CALLBACK, PVOID, PTP_CALLBACK_ENVIRON);
    PTP_IO(WINAPI *create_io)(HANDLE, PTP_WIN32_IO_CALLBACK, PVOID, PTP_CALLBACK_ENVIRON);
    void *(*allocate)(size_t count, size_t size); /* zeroed, released with free() */
};

extern struct pipe_calls pipe_calls;

#endif
