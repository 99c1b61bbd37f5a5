#include "tests/win32/fixture_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/win32/handle.h"
#include "common/win32/text_w.h"
#include "tests/win32/child.h"

enum {
    OUTPUT_SIZE_MAX = 256 * 1024,
    FIXTURE_STOP_TIMEOUT_MS = 20 * 1000,
    COMMAND_LEN_MAX = 2 * FIXTURE_PATH_LEN_MAX
};

/* The path of the fixture: LSMAP_FIXTURE, or fixture.exe beside this program. */
static bool find_fixture(wchar_t *path)
{
    DWORD len = GetEnvironmentVariableW(L"LSMAP_FIXTURE", path, FIXTURE_PATH_LEN_MAX);
    if (len > 0)
        return len < FIXTURE_PATH_LEN_MAX;
    wchar_t self[FIXTURE_PATH_LEN_MAX];
    len = GetModuleFileNameW(NULL, self, FIXTURE_PATH_LEN_MAX);
    if (len == 0 || len >= FIXTURE_PATH_LEN_MAX)
        return false;
    wchar_t *last = wcsrchr(self, L'\\');
    if (last == NULL)
        return false;
    *last = L'\0';
    return fixture_path_join(path, self, L"fixture.exe");
}

/* "PATH" --tag TAG */
static DWORD make_command(const wchar_t *path, const char *tag, wchar_t *command)
{
    char utf8[COMMAND_LEN_MAX];
    char *path_utf8 = text_w_to_utf8_alloc(path);
    if (path_utf8 == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    int size = snprintf(utf8, sizeof utf8, "\"%s\" --tag %s", path_utf8, tag);
    free(path_utf8);
    if (size < 0 || (size_t)size >= sizeof utf8)
        return ERROR_BUFFER_OVERFLOW;
    return text_w_from_utf8(command, COMMAND_LEN_MAX, span_from_string(utf8));
}

/* Starts it with our ends of two pipes: `input` to write to, `output` to read from. */
static DWORD start(struct fixture_run *run, HANDLE *output)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE their_input = NULL, their_output = NULL;
    STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION started = {0};
    wchar_t path[FIXTURE_PATH_LEN_MAX];
    wchar_t command[COMMAND_LEN_MAX];
    DWORD error = ERROR_FILE_NOT_FOUND;

    if (!find_fixture(path))
        goto cleanup;
    error = make_command(path, run->tag, command);
    if (error != ERROR_SUCCESS)
        goto cleanup;
    if (!CreatePipe(&their_input, &run->input, &inherit, 0) ||
        !CreatePipe(output, &their_output, &inherit, 0) ||
        !SetHandleInformation(run->input, HANDLE_FLAG_INHERIT, 0) ||
        !SetHandleInformation(*output, HANDLE_FLAG_INHERIT, 0)) {
        error = GetLastError();
        goto cleanup;
    }
    startup.hStdInput = their_input;
    startup.hStdOutput = their_output;
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (!child_start(path, command, TRUE, 0, &startup, &started))
        error = GetLastError();
    run->process = started.hProcess;
    handle_close(&started.hThread);

cleanup:
    handle_close(&their_input);
    handle_close(&their_output);
    return error;
}

/* Takes complete lines from the front of `text`.
 * ready  Receives true at the line `ready`. */
static DWORD take_lines(struct fixture_run *run, struct buffer *text, bool *ready)
{
    char *end;
    while (!*ready && text->size > 0 && (end = memchr(text->data, '\n', text->size)) != NULL) {
        struct span line = {text->data, (size_t)(end - text->data)};
        *ready = span_equal(line, SPAN("ready"));
        if (!*ready && !fixture_line_parse(line, run))
            return ERROR_INVALID_DATA;
        buffer_consume(text, line.size + 1);
    }
    return ERROR_SUCCESS;
}

static DWORD read_truth(struct fixture_run *run, HANDLE output)
{
    char block[4096];
    bool ready = false;
    DWORD error = ERROR_SUCCESS;
    struct buffer text;

    buffer_init(&text, OUTPUT_SIZE_MAX);
    while (error == ERROR_SUCCESS && !ready) {
        DWORD count = 0;
        if (!ReadFile(output, block, sizeof block, &count, NULL) || count == 0 ||
            !buffer_append(&text, (struct span){block, count}))
            error = ERROR_INVALID_DATA;
        else
            error = take_lines(run, &text, &ready);
    }
    buffer_release(&text);
    return error;
}

DWORD fixture_run_start(struct fixture_run *run)
{
    HANDLE output = NULL;

    *run = (struct fixture_run){0};
    snprintf(run->tag, sizeof run->tag, "fixture-%lu-%lu", (unsigned long)GetCurrentProcessId(),
             (unsigned long)GetTickCount());
    DWORD error = start(run, &output);
    if (error == ERROR_SUCCESS)
        error = read_truth(run, output);
    handle_close(&output);
    if (error != ERROR_SUCCESS)
        fixture_run_stop(run);
    return error;
}

void fixture_run_stop(struct fixture_run *run)
{
    handle_close(&run->input);
    if (run->process != NULL &&
        WaitForSingleObject(run->process, FIXTURE_STOP_TIMEOUT_MS) != WAIT_OBJECT_0)
        TerminateProcess(run->process, 1);
    handle_close(&run->process);
    run->count = 0;
}

const struct fixture_view *fixture_run_view(const struct fixture_run *run, const char *label)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct fixture_view *view = &run->views[i];
        if (view->skipped == NULL && strcmp(view->label, label) == 0)
            return view;
    }
    return NULL;
}
