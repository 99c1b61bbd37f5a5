/* lsmap.exe with real files, interrupts, and a server that is busy for a while. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "client/outcome.h"
#include "tests/test.h"
#include "tests/win32/fake_server.h"
#include "tests/win32/lsmap_process.h"

#define PROCESS "{\"id\":1,\"type\":\"process\",\"pid\":7,\"name\":\"a\",\"access\":\"full\"}\n"
#define END                                                                                \
    "\"id\":1,\"type\":\"end\",\"processes\":1,\"rows\":1,\"errors\":0,\"complete\":true," \
    "\"scope\":\"all\",\"elapsed_us\":5}\n"
#define GOOD PROCESS "{" END

enum { ARGUMENTS_CAPACITY = 1024, FILES = 3 };

static void a_busy_server_is_asked_until_it_answers(struct test *t)
{
    static const struct fake_script script = {.reply = GOOD, .hold = true, .busy_first = 3};
    wchar_t arguments[ARGUMENTS_CAPACITY];
    struct fake_server server;
    struct lsmap_process process = {0};

    REQUIRE(t, fake_server_start(&server, &script) == ERROR_SUCCESS);
    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--json --timeout 20 --pipe %ls 7", server.name);
    CHECK(t, lsmap_process_run(&process, arguments));
    fake_server_stop(&server);
    CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
    CHECK_STR(t, PROCESS "{\"question\":\"7 (mappings)\"," END, process.out);
    CHECK_STR(t, "", process.error);
    lsmap_process_release(&process);
}

static void a_server_that_stays_busy_is_quoted(struct test *t)
{
    static const struct fake_script script = {.reply = GOOD, .hold = true, .busy_first = 1000};
    wchar_t arguments[ARGUMENTS_CAPACITY];
    struct fake_server server;
    struct lsmap_process process = {0};

    REQUIRE(t, fake_server_start(&server, &script) == ERROR_SUCCESS);
    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--timeout 1 --pipe %ls 7", server.name);
    CHECK(t, lsmap_process_run(&process, arguments));
    fake_server_stop(&server);
    CHECK_INT(t, OUTCOME_BUSY, process.exit_code);
    CHECK_STR(t, "lsmap: Full. (busy): h\n", process.error);
    CHECK(t, process.elapsed_ms >= 300); /* it did not give up at once */
    lsmap_process_release(&process);
}

/* A path that no other test run uses. */
static void temporary_path(wchar_t *path, const wchar_t *name)
{
    wchar_t folder[MAX_PATH];

    if (GetTempPathW(MAX_PATH, folder) == 0)
        folder[0] = L'\0';
    (void)swprintf(path, MAX_PATH, L"%lslsmap-test-%lu-%ls", folder, GetCurrentProcessId(), name);
}

static bool write_file(const wchar_t *path, const void *data, size_t size)
{
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD written = 0;

    if (file == INVALID_HANDLE_VALUE)
        return false;
    bool good = WriteFile(file, data, (DWORD)size, &written, NULL) && written == size;
    return CloseHandle(file) && good;
}

/* Writes the rows of this process to a file. */
static bool snapshot(const wchar_t *path)
{
    wchar_t arguments[ARGUMENTS_CAPACITY];
    struct lsmap_process process = {0};

    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--direct --json -k data %lu",
                   GetCurrentProcessId());
    bool good = lsmap_process_run(&process, arguments) && process.exit_code == OUTCOME_COMPLETE &&
                write_file(path, process.out, process.out_size);
    lsmap_process_release(&process);
    return good;
}

static void compare(struct test *t, const wchar_t *before, const wchar_t *after, DWORD exit_code,
                    struct lsmap_process *process)
{
    wchar_t arguments[ARGUMENTS_CAPACITY];

    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"diff \"%ls\" \"%ls\"", before, after);
    CHECK(t, lsmap_process_run(process, arguments));
    CHECK_INT(t, exit_code, process->exit_code);
    CHECK_STR(t, "", process->error);
}

/* A file is mapped between the first two runs and unmapped before the third. */
static void diff_shows_exactly_the_file(struct test *t)
{
    wchar_t paths[FILES][MAX_PATH], mapped[MAX_PATH];
    struct lsmap_process process = {0};
    static const char bytes[4096] = "mapped";
    HANDLE file = INVALID_HANDLE_VALUE, section = NULL;
    void *view = NULL;

    temporary_path(paths[0], L"0.jsonl");
    temporary_path(paths[1], L"1.jsonl");
    temporary_path(paths[2], L"2 \x00e9.jsonl");
    temporary_path(mapped, L"mapped \x00e9.dat");
    CHECK(t, snapshot(paths[0]));
    CHECK(t, write_file(mapped, bytes, sizeof bytes));
    file = CreateFileW(mapped, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    section = CreateFileMappingW(file, NULL, PAGE_READONLY, 0, 0, NULL);
    view = section != NULL ? MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0) : NULL;
    CHECK(t, view != NULL);
    CHECK(t, snapshot(paths[1]));
    if (view != NULL)
        (void)UnmapViewOfFile(view);
    if (section != NULL)
        (void)CloseHandle(section);
    (void)CloseHandle(file);
    CHECK(t, snapshot(paths[2]));

    compare(t, paths[0], paths[1], OUTCOME_INCOMPLETE, &process);
    CHECK(t, strstr(process.out, "\n  + 0x") != NULL);
    CHECK(t, strstr(process.out, "-mapped \xC3\xA9.dat\n\n1 mapping came, 0 went; ") != NULL);
    lsmap_process_release(&process);
    compare(t, paths[1], paths[2], OUTCOME_INCOMPLETE, &process);
    CHECK(t, strstr(process.out, "\n  - 0x") != NULL);
    CHECK(t, strstr(process.out, "-mapped \xC3\xA9.dat\n\n0 mappings came, 1 went; ") != NULL);
    lsmap_process_release(&process);
    compare(t, paths[0], paths[2], OUTCOME_COMPLETE, &process);
    CHECK_STR(t, "", process.out);
    lsmap_process_release(&process);
    for (size_t i = 0; i < FILES; i++)
        (void)DeleteFileW(paths[i]);
    (void)DeleteFileW(mapped);
}

/* Windows PowerShell writes UTF-16 for `lsmap --json > FILE`. */
static void utf16_files_are_compared(struct test *t)
{
    static const wchar_t rows[] =
        L"\xfeff{\"type\":\"process\",\"pid\":1,\"name\":\"\x65e5.exe\",\"access\":\"full\"}\r\n"
        L"{\"type\":\"end\",\"processes\":1,\"rows\":1,\"errors\":0,\"complete\":true}\r\n";
    static const char none[] =
        "{\"type\":\"end\",\"processes\":0,\"rows\":0,\"errors\":0,\"complete\":true}\n";
    wchar_t wide[MAX_PATH], narrow[MAX_PATH];
    struct lsmap_process process = {0};

    temporary_path(wide, L"wide.jsonl");
    temporary_path(narrow, L"narrow.jsonl");
    CHECK(t, write_file(wide, rows, sizeof rows - sizeof rows[0]));
    CHECK(t, write_file(narrow, none, sizeof none - 1));
    compare(t, narrow, wide, OUTCOME_INCOMPLETE, &process);
    static const char expected[] = "+ \xE6\x97\xA5.exe (1)  started, 0 mappings\n";
    CHECK(t, strncmp(process.out, expected, sizeof expected - 1) == 0);
    lsmap_process_release(&process);
    (void)DeleteFileW(wide);
    (void)DeleteFileW(narrow);
}

static void files_that_cannot_be_opened_are_reported(struct test *t)
{
    struct lsmap_process process = {0};

    REQUIRE(t, lsmap_process_run(&process, L"diff lsmap-test-none.jsonl lsmap-test-none.jsonl"));
    CHECK_INT(t, OUTCOME_USAGE, process.exit_code);
    CHECK(t, strncmp(process.error, "lsmap: lsmap-test-none.jsonl: ", 30) == 0);
    lsmap_process_release(&process);
}

/* The program of this test is outside, its DLLs are inside. */
static void the_system_folders_are_left_out(struct test *t)
{
    wchar_t arguments[ARGUMENTS_CAPACITY];
    struct lsmap_process process = {0};

    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--direct --json --outside-system %lu",
                   GetCurrentProcessId());
    REQUIRE(t, lsmap_process_run(&process, arguments));
    CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
    CHECK(t, strstr(process.out, "win32_client_files.exe\"") != NULL);
    CHECK(t, strstr(process.out, "kernel32.dll\"") == NULL);
    lsmap_process_release(&process);
    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--direct --json %lu", GetCurrentProcessId());
    REQUIRE(t, lsmap_process_run(&process, arguments));
    CHECK(t, strstr(process.out, "kernel32.dll\"") != NULL);
    lsmap_process_release(&process);
}

static void an_interrupt_ends_at_once(struct test *t)
{
    static const struct fake_script script = {.hold = true};
    wchar_t arguments[ARGUMENTS_CAPACITY];
    struct fake_server server;
    struct lsmap_process process = {0};

    REQUIRE(t, fake_server_start(&server, &script) == ERROR_SUCCESS);
    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--timeout 25 --pipe %ls 7", server.name);
    bool sent = lsmap_process_run_interrupted(&process, arguments, &server.received_size);
    fake_server_stop(&server);
    if (!sent) {
        lsmap_process_release(&process);
        TEST_SKIP(t, "there is no console, and no other way to interrupt a process");
    }
    CHECK_INT(t, OUTCOME_INTERRUPTED, process.exit_code);
    CHECK(t, process.elapsed_ms < 20 * 1000); /* it did not wait for its timeout */
    lsmap_process_release(&process);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_busy_server_is_asked_until_it_answers),
        TEST_CASE(a_server_that_stays_busy_is_quoted),
        TEST_CASE(diff_shows_exactly_the_file),
        TEST_CASE(utf16_files_are_compared),
        TEST_CASE(files_that_cannot_be_opened_are_reported),
        TEST_CASE(the_system_folders_are_left_out),
        TEST_CASE(an_interrupt_ends_at_once),
    };

    if (GetEnvironmentVariableW(L"LSMAP_EXE", NULL, 0) == 0) {
        puts("LSMAP_EXE must be the path of lsmap.exe");
        return 1;
    }
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
