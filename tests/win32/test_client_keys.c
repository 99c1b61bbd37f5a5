/* lsmap on a console: Ctrl+Break, and the progress of a scan. */
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "client/outcome.h"
#include "tests/test.h"
#include "tests/win32/child.h"
#include "tests/win32/fake_server.h"
#include "tests/win32/lsmap_process.h"
#include "tests/win32/out_folder.h"

#define PROCESS_ROW "{\"id\":1,\"type\":\"process\",\"pid\":7,\"name\":\"a\",\"access\":\"full\"}\n"
#define MAP_ROW "{\"id\":1,\"type\":\"map\",\"pid\":7,\"size\":4096,\"path\":\"C:\\\\x\"}\n"
#define END_ROW \
    "{\"id\":1,\"type\":\"end\",\"processes\":1,\"rows\":2,\"errors\":0,\"complete\":true}\n"
#define OLD "what was there before\n"

enum { ARGUMENTS_CAPACITY = 1024, WAIT_MS = 20 * 1000, POLL_MS = 20, SCREEN_CAPACITY = 256 };

/* Starts lsmap in its own process group, so that its Ctrl+Break does not reach the test.
 * error  Its stderr. */
static bool start_group(const wchar_t *arguments, HANDLE error, PROCESS_INFORMATION *child)
{
    wchar_t exe[MAX_PATH], line[ARGUMENTS_CAPACITY];
    STARTUPINFOW startup = {.cb = sizeof startup,
                            .dwFlags = STARTF_USESTDHANDLES,
                            .hStdOutput = NULL,
                            .hStdError = error};
    DWORD size = GetEnvironmentVariableW(L"LSMAP_EXE", exe, MAX_PATH);

    if (size == 0 || size >= MAX_PATH ||
        swprintf(line, ARGUMENTS_CAPACITY, L"\"%ls\" %ls", exe, arguments) < 0)
        return false;
    return child_start(NULL, line, TRUE, CREATE_NEW_PROCESS_GROUP, &startup, child) != 0;
}

static DWORD end_of(PROCESS_INFORMATION *child)
{
    DWORD exit_code = LSMAP_EXIT_HUNG;

    if (WaitForSingleObject(child->hProcess, WAIT_MS) != WAIT_OBJECT_0)
        (void)TerminateProcess(child->hProcess, LSMAP_EXIT_HUNG);
    (void)WaitForSingleObject(child->hProcess, WAIT_MS);
    (void)GetExitCodeProcess(child->hProcess, &exit_code);
    (void)CloseHandle(child->hProcess);
    (void)CloseHandle(child->hThread);
    return exit_code;
}

/* Waits until lsmap has created its temporary file in the folder. */
static bool wait_for_temporary(const struct out_folder *folder)
{
    wchar_t pattern[MAX_PATH];
    WIN32_FIND_DATAW found;

    (void)swprintf(pattern, MAX_PATH, L"%ls\\*.tmp", folder->path);
    for (int waited_ms = 0; waited_ms < WAIT_MS; waited_ms += POLL_MS) {
        HANDLE find = FindFirstFileW(pattern, &found);
        if (find != INVALID_HANDLE_VALUE)
            return FindClose(find);
        Sleep(POLL_MS);
    }
    return false;
}

static void ctrl_break_leaves_nothing(struct test *t)
{
    struct fake_script script = {.reply = PROCESS_ROW MAP_ROW, .hold = true};
    struct fake_server server;
    struct out_folder folder;
    PROCESS_INFORMATION child;
    wchar_t arguments[ARGUMENTS_CAPACITY];

    (void)AllocConsole(); /* both must have the same console; fails if there is one */
    REQUIRE(t, out_folder_make(&folder));
    REQUIRE(t, out_folder_write(folder.file, OLD));
    REQUIRE(t, fake_server_start(&server, &script) == ERROR_SUCCESS);
    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--pipe %ls 7 --json --out \"%ls\"", server.name,
                   folder.file);
    REQUIRE(t, start_group(arguments, NULL, &child));
    CHECK(t, wait_for_temporary(&folder));
    bool pressed = GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, child.dwProcessId);
    if (!pressed)
        (void)TerminateProcess(child.hProcess, 0);
    DWORD exit_code = end_of(&child);
    fake_server_stop(&server);
    if (pressed) {
        CHECK_INT(t, OUTCOME_INTERRUPTED, exit_code);
        CHECK_STR(t, OLD, out_folder_read(folder.file));
        CHECK_INT(t, 1, out_folder_clear(&folder));
    }
    out_folder_remove(&folder);
    if (!pressed)
        TEST_SKIP(t, "no console to press Ctrl+Break in");
}

/* True when one of the first lines of the console contains the text. */
static bool is_on_screen(HANDLE screen, const char *text)
{
    char line[SCREEN_CAPACITY + 1];
    CONSOLE_SCREEN_BUFFER_INFO info;
    DWORD size = 0;

    if (!GetConsoleScreenBufferInfo(screen, &info))
        return false;
    for (SHORT y = 0; y <= info.dwCursorPosition.Y; y++) {
        const COORD begin = {0, y};
        if (!ReadConsoleOutputCharacterA(screen, line, SCREEN_CAPACITY, begin, &size))
            return false;
        line[size] = '\0';
        if (strstr(line, text) != NULL)
            return true;
    }
    return false;
}

static void progress_is_shown_and_cleared(struct test *t)
{
    static const char reply[] = PROCESS_ROW MAP_ROW END_ROW;
    struct fake_script script = {.reply = reply, .piece = 20, .pause_ms = 150, .hold = true};
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    struct fake_server server;
    struct out_folder folder;
    PROCESS_INFORMATION child;
    wchar_t arguments[ARGUMENTS_CAPACITY];
    bool shown = false;

    (void)AllocConsole();
    HANDLE screen =
        CreateConsoleScreenBuffer(GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                  &inherited, CONSOLE_TEXTMODE_BUFFER, NULL);
    if (screen == INVALID_HANDLE_VALUE)
        TEST_SKIP(t, "no console to show progress on");
    REQUIRE(t, out_folder_make(&folder));
    REQUIRE(t, fake_server_start(&server, &script) == ERROR_SUCCESS);
    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--pipe %ls -a --json --out \"%ls\"",
                   server.name, folder.file);
    REQUIRE(t, start_group(arguments, screen, &child));
    for (int waited_ms = 0; waited_ms < WAIT_MS && !shown; waited_ms += POLL_MS) {
        shown = is_on_screen(screen, "lsmap: 1 process");
        if (WaitForSingleObject(child.hProcess, POLL_MS) == WAIT_OBJECT_0)
            break;
    }
    CHECK_INT(t, OUTCOME_COMPLETE, end_of(&child));
    fake_server_stop(&server);
    CHECK(t, shown);
    CHECK(t, !is_on_screen(screen, "lsmap"));
    CHECK_STR(t, reply, out_folder_read(folder.file));
    (void)CloseHandle(screen);
    out_folder_remove(&folder);
}

/* With stderr in a file nothing is written. */
static void progress_is_for_consoles(struct test *t)
{
    struct fake_script script = {
        .reply = PROCESS_ROW MAP_ROW END_ROW, .piece = 40, .pause_ms = 250, .hold = true};
    struct fake_server server;
    struct lsmap_process process;
    wchar_t arguments[ARGUMENTS_CAPACITY];

    REQUIRE(t, fake_server_start(&server, &script) == ERROR_SUCCESS);
    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--pipe %ls -a --json", server.name);
    CHECK(t, lsmap_process_run(&process, arguments));
    fake_server_stop(&server);
    CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
    CHECK_STR(t, "", process.error);
    lsmap_process_release(&process);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(ctrl_break_leaves_nothing),
        TEST_CASE(progress_is_shown_and_cleared),
        TEST_CASE(progress_is_for_consoles),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
