/* lsmapd --console as a process: its messages, an answer, a clean end by Ctrl+Break. */
#include "common/win32/win.h"

#include <stdio.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "service/win32/service_control.h"
#include "tests/test.h"
#include "tests/win32/child.h"
#include "tests/win32/lsmapd_path.h"

enum { END_TIMEOUT_MS = 10 * 1000, LINE_CAPACITY = 1024 };

struct console {
    PROCESS_INFORMATION process;
    HANDLE errors; /* read end of its stderr */
    char pipe_name[64];
};

/* Reads one line of its stderr, without line end; "" when it has ended. */
static void read_line(struct console *console, char line[LINE_CAPACITY])
{
    size_t size = 0;
    DWORD read = 0;
    char c;

    while (size + 1 < LINE_CAPACITY && ReadFile(console->errors, &c, 1, &read, NULL) && read == 1 &&
           c != '\n')
        if (c != '\r')
            line[size++] = c;
    line[size] = '\0';
}

/* name  Last part of the pipe name. */
static bool start(struct console *console, const char *name)
{
    wchar_t path[MAX_PATH], command[MAX_PATH + 128];
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof inherit, .bInheritHandle = TRUE};
    STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    HANDLE writer = NULL;

    memset(console, 0, sizeof *console);
    snprintf(console->pipe_name, sizeof console->pipe_name, PIPE_PREFIX "%s", name);
    if (!lsmapd_path(path) || !CreatePipe(&console->errors, &writer, &inherit, 0))
        return false;
    SetHandleInformation(console->errors, HANDLE_FLAG_INHERIT, 0);
    swprintf(command, MAX_PATH + 128, L"\"%ls\" --console --pipe %hs", path, name);
    startup.hStdError = writer;
    /* In a process group of its own, so that Ctrl+Break does not reach this process. */
    BOOL is_started =
        child_start(path, command, TRUE, CREATE_NEW_PROCESS_GROUP, &startup, &console->process);
    handle_close(&writer);
    return is_started;
}

/* Returns its exit code; terminates it when it does not end. */
static DWORD finish(struct console *console)
{
    DWORD code = 0xffff;

    if (WaitForSingleObject(console->process.hProcess, END_TIMEOUT_MS) == WAIT_OBJECT_0)
        GetExitCodeProcess(console->process.hProcess, &code);
    else
        TerminateProcess(console->process.hProcess, 1);
    handle_close(&console->process.hProcess);
    handle_close(&console->process.hThread);
    handle_close(&console->errors);
    return code;
}

static HANDLE connect(const struct console *console)
{
    HANDLE pipe = CreateFileA(console->pipe_name, GENERIC_READ | GENERIC_WRITE, 0, NULL,
                              OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);

    return pipe == INVALID_HANDLE_VALUE ? NULL : pipe;
}

static void it_listens_answers_and_ends(struct test *t)
{
    static const char request[] = "{\"op\":\"info\"}\n";
    struct console console;
    wchar_t path[MAX_PATH];
    char line[LINE_CAPACITY], expected[LINE_CAPACITY];
    DWORD size = 0;

    if (!lsmapd_path(path))
        TEST_SKIP(t, "lsmapd.exe was not found; name it in LSMAPD_EXE");
    /* Ctrl+Break needs a shared console. This fails when there is one, as in an interactive run. */
    (void)AllocConsole();
    REQUIRE(t, start(&console, "lsmapd-test-console"));
    read_line(&console, line);
    snprintf(expected, sizeof expected, "lsmapd: listening on %s", console.pipe_name);
    CHECK_STR(t, expected, line);
    HANDLE pipe = connect(&console);
    if (CHECK(t, pipe != NULL)) {
        CHECK(t, WriteFile(pipe, request, sizeof request - 1, &size, NULL));
        CHECK(t, ReadFile(pipe, line, sizeof line - 1, &size, NULL));
        line[size] = '\0';
        CHECK(t, strstr(line, "\"mode\":\"console\"") != NULL);
    }
    if (!GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, console.process.dwProcessId)) {
        TerminateProcess(console.process.hProcess, 0);
        finish(&console);
        handle_close(&pipe);
        TEST_SKIP(t, "no console to press Ctrl+Break in");
    }
    ULONGLONG start_ms = GetTickCount64();
    read_line(&console, line);
    CHECK_STR(t, "lsmapd: stopped", line);
    CHECK_INT(t, EXIT_CODE_OK, finish(&console));
    CHECK(t, GetTickCount64() - start_ms < STOP_TIMEOUT_MS);
    handle_close(&pipe);
}

static void a_taken_name_is_reported(struct test *t)
{
    struct console console;
    wchar_t path[MAX_PATH];
    char line[LINE_CAPACITY];

    if (!lsmapd_path(path))
        TEST_SKIP(t, "lsmapd.exe was not found; name it in LSMAPD_EXE");
    HANDLE taken = CreateNamedPipeA(PIPE_PREFIX "lsmapd-test-taken-name", PIPE_ACCESS_DUPLEX,
                                    PIPE_TYPE_BYTE, 1, 0, 0, 0, NULL);
    REQUIRE(t, taken != INVALID_HANDLE_VALUE);
    REQUIRE(t, start(&console, "lsmapd-test-taken-name"));
    read_line(&console, line);
    CHECK(t, strstr(line, "lsmapd: cannot listen on " PIPE_PREFIX "lsmapd-test-taken-name, and no "
                          "other name is tried: another program uses the name") == line);
    CHECK_INT(t, EXIT_CODE_FAILED, finish(&console));
    CloseHandle(taken);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(it_listens_answers_and_ends),
        TEST_CASE(a_taken_name_is_reported),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
