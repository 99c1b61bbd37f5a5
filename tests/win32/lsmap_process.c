#include "tests/win32/lsmap_process.h"
#include "tests/win32/child.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { COMMAND_LINE_CAPACITY = 2048 };

/* A file that child processes can write to and that is deleted when it is closed. */
static HANDLE output_file(void)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    static unsigned number;
    wchar_t folder[MAX_PATH], path[MAX_PATH];

    /* Not GetTempFileNameW: it fails if another test is just deleting a file of that name. */
    if (GetTempPathW(MAX_PATH, folder) == 0 ||
        swprintf(path, MAX_PATH, L"%lslsmap-test-%lu-%u.tmp", folder,
                 (unsigned long)GetCurrentProcessId(), ++number) < 0)
        return NULL;
    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, CREATE_ALWAYS,
                              FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    return file == INVALID_HANDLE_VALUE ? NULL : file;
}

/* The write end of a pipe whose read end is closed. */
static HANDLE unread_pipe(void)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    HANDLE read_end = NULL, write_end = NULL;

    if (!CreatePipe(&read_end, &write_end, &inherited, 0))
        return NULL;
    (void)CloseHandle(read_end);
    return write_end;
}

static size_t read_back(HANDLE file, char *data, size_t capacity)
{
    size_t size = 0;
    DWORD got = 0;

    (void)SetFilePointer(file, 0, NULL, FILE_BEGIN);
    while (size + 1 < capacity &&
           ReadFile(file, data + size, (DWORD)(capacity - 1 - size), &got, NULL) && got > 0)
        size += got;
    data[size] = '\0';
    return size;
}

static bool start(const wchar_t *arguments, HANDLE out, HANDLE error, DWORD flags,
                  PROCESS_INFORMATION *child)
{
    wchar_t exe[MAX_PATH], line[COMMAND_LINE_CAPACITY];
    STARTUPINFOW startup = {.cb = sizeof startup,
                            .dwFlags = STARTF_USESTDHANDLES,
                            .hStdOutput = out,
                            .hStdError = error};
    DWORD size = GetEnvironmentVariableW(L"LSMAP_EXE", exe, MAX_PATH);

    if (size == 0 || size >= MAX_PATH)
        return false;
    if (swprintf(line, COMMAND_LINE_CAPACITY, L"\"%ls\" %ls", exe, arguments) < 0)
        return false;
    return child_start(NULL, line, TRUE, flags, &startup, child);
}

static bool has_console(void)
{
    return GetConsoleCP() != 0;
}

/* Does what a console does for Ctrl+C: creates a thread in this routine, which calls the handlers of
 * the process. The library has the same address in every process. */
static bool inject_interrupt(const PROCESS_INFORMATION *child)
{
    FARPROC found = GetProcAddress(GetModuleHandleW(L"kernelbase.dll"), "CtrlRoutine");
    LPTHREAD_START_ROUTINE routine = NULL;

    if (found == NULL)
        return false;
    memcpy(&routine, &found, sizeof routine);
    HANDLE thread = CreateRemoteThread(child->hProcess, NULL, 0, routine,
                                       (void *)(uintptr_t)CTRL_C_EVENT, 0, NULL);
    if (thread == NULL)
        return false;
    (void)CloseHandle(thread);
    return true;
}

/* Through the console, to the child's process group; without a console, as in a build without a
 * terminal, by the thread that a console would create. */
static bool interrupt(const PROCESS_INFORMATION *child, const volatile DWORD *received)
{
    enum { POLL_MS = 20 };

    for (DWORD waited = 0; *received == 0 && waited < LSMAP_TIMEOUT_MS; waited += POLL_MS)
        Sleep(POLL_MS);
    if (*received == 0)
        return false;
    return has_console() ? GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, child->dwProcessId) != 0
                         : inject_interrupt(child);
}

static bool run(struct lsmap_process *process, const wchar_t *arguments, HANDLE out, bool read,
                const volatile DWORD *received)
{
    HANDLE error = output_file();
    PROCESS_INFORMATION child = {0};
    bool good = false;

    *process = (struct lsmap_process){.out = calloc(1, LSMAP_OUTPUT_CAPACITY)};
    DWORD begin = GetTickCount();
    if (out == NULL || error == NULL || process->out == NULL ||
        !start(arguments, out, error,
               received != NULL && has_console() ? CREATE_NEW_PROCESS_GROUP : 0, &child))
        goto cleanup;
    bool good_signal = received == NULL || interrupt(&child, received);
    if (!good_signal || WaitForSingleObject(child.hProcess, LSMAP_TIMEOUT_MS) != WAIT_OBJECT_0) {
        (void)TerminateProcess(child.hProcess, LSMAP_EXIT_HUNG);
        (void)WaitForSingleObject(child.hProcess, LSMAP_TIMEOUT_MS);
    }
    process->elapsed_ms = GetTickCount() - begin;
    good = GetExitCodeProcess(child.hProcess, &process->exit_code) != 0 && good_signal;
    process->out_size = read ? read_back(out, process->out, LSMAP_OUTPUT_CAPACITY) : 0;
    (void)read_back(error, process->error, LSMAP_ERROR_CAPACITY);

cleanup:
    if (child.hProcess != NULL)
        (void)CloseHandle(child.hProcess);
    if (child.hThread != NULL)
        (void)CloseHandle(child.hThread);
    if (error != NULL)
        (void)CloseHandle(error);
    if (out != NULL)
        (void)CloseHandle(out);
    return good;
}

bool lsmap_process_run(struct lsmap_process *process, const wchar_t *arguments)
{
    return run(process, arguments, output_file(), true, NULL);
}

bool lsmap_process_run_unread(struct lsmap_process *process, const wchar_t *arguments)
{
    return run(process, arguments, unread_pipe(), false, NULL);
}

bool lsmap_process_run_to(struct lsmap_process *process, const wchar_t *arguments, HANDLE out)
{
    return run(process, arguments, out, false, NULL);
}

bool lsmap_process_run_interrupted(struct lsmap_process *process, const wchar_t *arguments,
                                   const volatile DWORD *received)
{
    return run(process, arguments, output_file(), true, received);
}

void lsmap_process_release(struct lsmap_process *process)
{
    free(process->out);
    process->out = NULL;
}
