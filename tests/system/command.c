#include "tests/system/command.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "tests/win32/child.h"

enum { READ_SIZE = 64 * 1024, POLL_MS = 10 };

static DWORD start(const wchar_t *line, HANDLE output, HANDLE *process)
{
    STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION information = {0};
    wchar_t *copy = _wcsdup(line); /* CreateProcessW writes into its command line */
    if (copy == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    startup.hStdOutput = startup.hStdError = output;
    const BOOL ok = child_start(NULL, copy, TRUE, CREATE_NO_WINDOW, &startup, &information);
    const DWORD error = ok ? ERROR_SUCCESS : GetLastError();
    free(copy);
    if (!ok)
        return error;
    CloseHandle(information.hThread);
    *process = information.hProcess;
    return ERROR_SUCCESS;
}

/* Reads the available bytes. Returns false when there are none. */
static bool drain(HANDLE input, struct buffer *output)
{
    DWORD available = 0, size = 0;
    if (!PeekNamedPipe(input, NULL, 0, NULL, &available, NULL) || available == 0)
        return false;
    if (!buffer_reserve(output, READ_SIZE))
        return false;
    if (!ReadFile(input, output->data + output->size, READ_SIZE, &size, NULL))
        return false;
    output->size += size;
    return size > 0;
}

/* A service that a script starts may inherit the write end, so the pipe may stay open after the
 * program has ended. */
static DWORD read_until_exit(HANDLE process, HANDLE input, struct buffer *output)
{
    DWORD silence_ms = 0;
    while (silence_ms < COMMAND_TIMEOUT_MS) {
        const bool has_ended = WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
        if (drain(input, output)) {
            silence_ms = 0;
            continue;
        }
        if (has_ended)
            return ERROR_SUCCESS;
        WaitForSingleObject(process, POLL_MS);
        silence_ms += POLL_MS;
    }
    TerminateProcess(process, 1);
    return WAIT_TIMEOUT;
}

DWORD command_run(struct command *command, const wchar_t *line)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE input = NULL, output = NULL, process = NULL;

    memset(command, 0, sizeof *command);
    buffer_init(&command->output, COMMAND_OUTPUT_SIZE_MAX);
    DWORD error = CreatePipe(&input, &output, &inherit, READ_SIZE) ? ERROR_SUCCESS : GetLastError();
    if (error != ERROR_SUCCESS)
        goto cleanup;
    SetHandleInformation(input, HANDLE_FLAG_INHERIT, 0);
    error = start(line, output, &process);
    handle_close(&output);
    if (error != ERROR_SUCCESS)
        goto cleanup;
    error = read_until_exit(process, input, &command->output);
    if (error == ERROR_SUCCESS && !GetExitCodeProcess(process, &command->exit_code))
        error = GetLastError();

cleanup:
    handle_close(&process);
    handle_close(&output);
    handle_close(&input);
    return error;
}

void command_release(struct command *command)
{
    buffer_release(&command->output);
}
