/* --out: the file is complete or unchanged, whatever happens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "client/outcome.h"
#include "client/win32/console.h"
#include "common/win32/handle.h"
#include "tests/test.h"
#include "tests/win32/child.h"
#include "tests/win32/fake_server.h"
#include "tests/win32/lsmap_process.h"
#include "tests/win32/out_folder.h"

#define PROCESS_ROW "{\"id\":1,\"type\":\"process\",\"pid\":7,\"name\":\"a\",\"access\":\"full\"}\n"
#define MAP_ROW "{\"id\":1,\"type\":\"map\",\"pid\":7,\"size\":4096,\"path\":\"C:\\\\\xC3\xA9\"}\n"
#define FAILED_ROW "{\"id\":1,\"type\":\"process_error\",\"pid\":7,\"code\":\"access_denied\"}\n"
#define END_ROW                                    \
    "{\"id\":1,\"type\":\"end\",\"question\":\"7 " \
    "(mappings)\",\"processes\":1,\"rows\":2,\"errors\":0,\"complete\":true}\n"
#define END_FAILED_ROW                             \
    "{\"id\":1,\"type\":\"end\",\"question\":\"7 " \
    "(mappings)\",\"processes\":1,\"rows\":2,\"errors\":1,\"complete\":false}\n"
#define END_NOTHING_ROW                            \
    "{\"id\":1,\"type\":\"end\",\"question\":\"7 " \
    "(mappings)\",\"processes\":0,\"rows\":0,\"errors\":0,\"complete\":true}\n"
#define OLD "what was there before\n"

enum { ARGUMENTS_CAPACITY = 1024 };

static bool run(struct lsmap_process *process, const wchar_t *first,
                const struct out_folder *folder)
{
    wchar_t arguments[ARGUMENTS_CAPACITY];

    return swprintf(arguments, ARGUMENTS_CAPACITY, L"%ls --out \"%ls\"", first, folder->file) > 0 &&
           lsmap_process_run(process, arguments);
}

static void a_complete_reply_gets_the_name(struct test *t)
{
    static const struct {
        const char *name, *reply, *content;
        const wchar_t *options;
        DWORD exit_code;
    } rows[] = {
        {"complete", PROCESS_ROW MAP_ROW END_ROW, PROCESS_ROW MAP_ROW END_ROW, L"--json", 0},
        {"some failed", PROCESS_ROW FAILED_ROW END_FAILED_ROW,
         PROCESS_ROW FAILED_ROW END_FAILED_ROW, L"--json", OUTCOME_INCOMPLETE},
        {"nothing", END_NOTHING_ROW, END_NOTHING_ROW, L"--json", OUTCOME_NOTHING},
        {"csv", PROCESS_ROW MAP_ROW END_ROW,
         "pid,process,base,size,kind,protect,path,device_path,path_lossy,"
         "name_status,committed\r\n"
         "7,,,4096,,,C:\\\xC3\xA9,,false,,\r\n",
         L"--csv", 0},
        {"table", PROCESS_ROW MAP_ROW END_ROW,
         "a (7)  access full\n  -                  4K  -         -     C:\\\xC3\xA9\n",
         L"--no-header", 0},
    };
    struct out_folder folder;

    REQUIRE(t, out_folder_make(&folder));
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        for (int old = 0; old < 2; old++) {
            struct fake_script script = {.reply = rows[i].reply, .hold = true};
            struct fake_server server;
            struct lsmap_process process;
            wchar_t first[ARGUMENTS_CAPACITY];
            TEST_ROW(t, "%s, %s", rows[i].name, old ? "over an old file" : "new");
            CHECK(t, !old || out_folder_write(folder.file, OLD));
            REQUIRE(t, fake_server_start(&server, &script) == ERROR_SUCCESS);
            (void)swprintf(first, ARGUMENTS_CAPACITY, L"--pipe %ls 7 %ls", server.name,
                           rows[i].options);
            CHECK(t, run(&process, first, &folder));
            fake_server_stop(&server);
            CHECK_INT(t, rows[i].exit_code, process.exit_code);
            CHECK_INT(t, 0, process.out_size);
            CHECK_STR(t, rows[i].content, out_folder_read(folder.file));
            CHECK_INT(t, 1, out_folder_clear(&folder));
            lsmap_process_release(&process);
        }
    }
    out_folder_remove(&folder);
}

static void an_incomplete_reply_leaves_nothing(struct test *t)
{
    static const struct {
        const char *name, *reply;
        DWORD exit_code;
    } rows[] = {
        {"cut", PROCESS_ROW MAP_ROW, OUTCOME_BROKEN},
        {"refused", "{\"id\":1,\"type\":\"error\",\"code\":\"denied\",\"message\":\"m\"}\n",
         OUTCOME_DENIED},
        {"false", PROCESS_ROW END_ROW, OUTCOME_BROKEN},
        {"silent", "", OUTCOME_BROKEN},
    };
    struct out_folder folder;

    REQUIRE(t, out_folder_make(&folder));
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        for (int old = 0; old < 2; old++) {
            struct fake_script script = {.reply = rows[i].reply};
            struct fake_server server;
            struct lsmap_process process;
            wchar_t first[ARGUMENTS_CAPACITY];
            TEST_ROW(t, "%s, %s", rows[i].name, old ? "old file" : "no file");
            CHECK(t, !old || out_folder_write(folder.file, OLD));
            REQUIRE(t, fake_server_start(&server, &script) == ERROR_SUCCESS);
            (void)swprintf(first, ARGUMENTS_CAPACITY, L"--pipe %ls 7 --json", server.name);
            CHECK(t, run(&process, first, &folder));
            fake_server_stop(&server);
            CHECK_INT(t, rows[i].exit_code, process.exit_code);
            CHECK(t, strstr(process.error, " was not written\n") != NULL);
            CHECK_STR(t, old ? OLD : "", out_folder_read(folder.file));
            CHECK_INT(t, old, out_folder_clear(&folder));
            lsmap_process_release(&process);
        }
    }
    out_folder_remove(&folder);
}

/* Refused before a request is sent. */
static void a_name_that_cannot_be_used_is_reported(struct test *t)
{
    static const wchar_t *const names[] = {L"--out CON", L"--out .", L"--out nowhere\\x",
                                           L"--out \"a|b\"", L"--out C:\\Windows"};

    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        wchar_t arguments[ARGUMENTS_CAPACITY];
        struct lsmap_process process;
        TEST_ROW(t, "name %zu", i);
        (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--direct ps --json %ls", names[i]);
        REQUIRE(t, lsmap_process_run(&process, arguments));
        CHECK_INT(t, OUTCOME_BROKEN, process.exit_code);
        CHECK_INT(t, 0, process.out_size);
        CHECK(t, strstr(process.error, " was not written: ") != NULL);
        lsmap_process_release(&process);
    }
}

static void a_read_only_file_stays(struct test *t)
{
    struct out_folder folder;
    struct lsmap_process process;

    REQUIRE(t, out_folder_make(&folder));
    CHECK(t, out_folder_write(folder.file, OLD));
    CHECK(t, SetFileAttributesW(folder.file, FILE_ATTRIBUTE_READONLY));
    REQUIRE(t, run(&process, L"--direct ps --json", &folder));
    CHECK_INT(t, OUTCOME_BROKEN, process.exit_code);
    CHECK_STR(t, OLD, out_folder_read(folder.file));
    CHECK_INT(t, 1, out_folder_clear(&folder));
    lsmap_process_release(&process);
    out_folder_remove(&folder);
}

/* All rows of a real scan have its identifier, and another scan has another one. */
static void live_rows_carry_their_scan(struct test *t)
{
    char scans[2][64] = {"", ""};

    for (int i = 0; i < 2; i++) {
        struct lsmap_process process;
        REQUIRE(t, lsmap_process_run(&process, L"--direct ps --json --host"));
        CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
        const char *scan = strstr(process.out, "\"scan_id\":\"");
        if (CHECK(t, scan != NULL))
            memcpy(scans[i], scan, 48);
        unsigned rows = 0, with_scan = 0;
        for (const char *at = process.out; (at = strchr(at, '\n')) != NULL; at++)
            rows++;
        for (const char *at = process.out; (at = strstr(at, scans[i])) != NULL; at++)
            with_scan++;
        CHECK(t, rows > 1 && rows == with_scan);
        lsmap_process_release(&process);
    }
    CHECK(t, strcmp(scans[0], scans[1]) != 0);
}

static HANDLE open_shared(const wchar_t *path, DWORD sharing)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, sharing, NULL, OPEN_EXISTING, 0, NULL);

    return file == INVALID_HANDLE_VALUE ? NULL : file;
}

/* Terminated while it writes: neither a new file nor a change of the old one. */
static void a_killed_program_leaves_nothing(struct test *t)
{
    struct fake_script script = {.reply = PROCESS_ROW, .hold = true};
    struct fake_server server;
    struct out_folder folder;
    wchar_t command[2 * MAX_PATH + ARGUMENTS_CAPACITY];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    wchar_t exe[MAX_PATH] = L"";

    REQUIRE(t, GetEnvironmentVariableW(L"LSMAP_EXE", exe, MAX_PATH) > 0);
    REQUIRE(t, out_folder_make(&folder));
    CHECK(t, out_folder_write(folder.file, OLD));
    REQUIRE(t, fake_server_start(&server, &script) == ERROR_SUCCESS);
    (void)swprintf(command, TEST_COUNT(command), L"\"%ls\" --pipe %ls 7 --json --out \"%ls\"", exe,
                   server.name, folder.file);
    REQUIRE(t, child_start(NULL, command, FALSE, 0, &startup, &process));
    unsigned files = 1; /* until it has opened the new one */
    for (int i = 0; i < 200 && files < 2; i++) {
        Sleep(20);
        files = out_folder_count(&folder);
    }
    CHECK_INT(t, 2, files);
    CHECK(t, TerminateProcess(process.hProcess, 99));
    CHECK(t, WaitForSingleObject(process.hProcess, 10000) == WAIT_OBJECT_0);
    handle_close(&process.hProcess);
    handle_close(&process.hThread);
    fake_server_stop(&server);
    CHECK_STR(t, OLD, out_folder_read(folder.file));
    CHECK_INT(t, 1, out_folder_clear(&folder));
    out_folder_remove(&folder);
}

struct reader {
    HANDLE file;
    DWORD pause_ms;
};

static DWORD WINAPI close_later(void *context)
{
    struct reader *reader = context;

    Sleep(reader->pause_ms);
    handle_close(&reader->file);
    return 0;
}

/* A reader that is done in time is waited for; one that is not is named as the reason. */
static void a_reader_is_waited_for(struct test *t)
{
    for (int stays = 0; stays < 2; stays++) {
        struct fake_script script = {.reply = PROCESS_ROW MAP_ROW END_ROW, .hold = true};
        struct fake_server server;
        struct lsmap_process process;
        struct out_folder folder;
        wchar_t first[ARGUMENTS_CAPACITY];
        TEST_ROW(t, "%s", stays ? "stays" : "closes");
        REQUIRE(t, out_folder_make(&folder));
        CHECK(t, out_folder_write(folder.file, OLD));
        struct reader reader = {open_shared(folder.file, FILE_SHARE_READ), stays ? 8000 : 700};
        REQUIRE(t, reader.file != NULL);
        REQUIRE(t, fake_server_start(&server, &script) == ERROR_SUCCESS);
        (void)swprintf(first, ARGUMENTS_CAPACITY, L"--pipe %ls 7 --json", server.name);
        HANDLE thread = CreateThread(NULL, 0, close_later, &reader, 0, NULL);
        const uint64_t begin_ms = GetTickCount64();
        CHECK(t, run(&process, first, &folder));
        fake_server_stop(&server);
        CHECK_INT(t, stays ? OUTCOME_BROKEN : OUTCOME_COMPLETE, process.exit_code);
        CHECK(t, GetTickCount64() - begin_ms >= (stays ? CONSOLE_RETRY_MS : 0));
        CHECK_INT(t, stays, strstr(process.error, "another program has it open\n") != NULL);
        WaitForSingleObject(thread, INFINITE);
        handle_close(&thread);
        CHECK_STR(t, stays ? OLD : PROCESS_ROW MAP_ROW END_ROW, out_folder_read(folder.file));
        CHECK_INT(t, 1, out_folder_clear(&folder));
        lsmap_process_release(&process);
        out_folder_remove(&folder);
    }
}

/* "-" is stdout, "nul" takes and forgets everything. */
static void dash_and_nul_are_no_files(struct test *t)
{
    static const struct {
        const wchar_t *arguments;
        bool prints;
    } rows[] = {{L"--direct ps --json -o -", true},
                {L"--direct ps --json -o nul", false},
                {L"--direct ps --json --out=NUL", false}};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct lsmap_process process;
        TEST_ROW(t, "row %zu", i);
        REQUIRE(t, lsmap_process_run(&process, rows[i].arguments));
        CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
        CHECK_INT(t, rows[i].prints, process.out_size > 0);
        CHECK_STR(t, "", process.error);
        lsmap_process_release(&process);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_complete_reply_gets_the_name),
        TEST_CASE(an_incomplete_reply_leaves_nothing),
        TEST_CASE(a_name_that_cannot_be_used_is_reported),
        TEST_CASE(a_read_only_file_stays),
        TEST_CASE(live_rows_carry_their_scan),
        TEST_CASE(a_killed_program_leaves_nothing),
        TEST_CASE(a_reader_is_waited_for),
        TEST_CASE(dash_and_nul_are_no_files),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
