#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "client/outcome.h"
#include "common/proto/protocol.h"
#include "common/win32/system_info.h"
#include "tests/test.h"
#include "tests/win32/fake_server.h"
#include "tests/win32/lsmap_process.h"

#define PROCESS_ROW "{\"id\":1,\"type\":\"process\",\"pid\":7,\"name\":\"a\",\"access\":\"full\"}\n"
#define MAP_ROW "{\"id\":1,\"type\":\"map\",\"pid\":7,\"size\":4096,\"path\":\"C:\\\\\xC3\xA9\"}\n"
#define END_ROW                                                               \
    "{\"id\":1,\"type\":\"end\",\"question\":\"7 "                            \
    "(mappings)\",\"processes\":1,\"rows\":2,\"errors\":0,\"complete\":true," \
    "\"scope\":\"all\",\"elapsed_us\":5}\n"
#define GOOD PROCESS_ROW MAP_ROW END_ROW
#define REQUEST "{\"id\":1,\"op\":\"maps\",\"pid\":7}\n"

enum { ARGUMENTS_CAPACITY = 256 };

/* A diagnostic is one line that begins with "lsmap: "; another one follows when rows were printed
 * and their reply did not come to its end. */
static void check_error(struct test *t, const struct lsmap_process *process, const char *part)
{
    const bool part_printed = process->out_size > 0 && strstr(process->out, "\"type\":\"e") == NULL;
    size_t size = strlen(process->error);

    if (part[0] == '\0') {
        CHECK_STR(t, "", process->error);
        return;
    }
    if (!CHECK(t, strstr(process->error, part) != NULL))
        printf("  stderr: %s\n", process->error);
    CHECK(t, strncmp(process->error, "lsmap: ", 7) == 0);
    const char *second = size > 0 ? strchr(process->error, '\n') + 1 : "";
    CHECK_STR(t, part_printed ? "lsmap: the output is incomplete\n" : "", second);
}

/* Runs lsmap against a server that follows the script. Returns false when the server cannot be
 * created. */
static bool play(struct test *t, const struct fake_script *script, const wchar_t *more,
                 struct fake_server *server, struct lsmap_process *process)
{
    wchar_t arguments[ARGUMENTS_CAPACITY];
    DWORD error = fake_server_start(server, script);

    if (error != ERROR_SUCCESS) {
        printf("  the server could not be created: error %lu\n", error);
        fake_server_stop(server);
        return false;
    }
    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--pipe %ls %ls 7", server->name, more);
    CHECK(t, lsmap_process_run(process, arguments));
    fake_server_stop(server);
    return true;
}

static void each_misbehaviour_has_its_exit_code(struct test *t)
{
    static const struct {
        const char *name;
        struct fake_script script;
        DWORD exit_code;
        const char *error; /* a part of stderr; "": nothing */
        const char *out;   /* stdout */
    } rows[] = {
        {"good", {.reply = GOOD, .hold = true}, OUTCOME_COMPLETE, "", GOOD},
        {"byte by byte", {.reply = GOOD, .piece = 1, .hold = true}, OUTCOME_COMPLETE, "", GOOD},
        {"closes at once", {.ignores_request = true}, OUTCOME_BROKEN, "without an answer", ""},
        {"reads the request and closes", {.reply = ""}, OUTCOME_BROKEN, "without an answer", ""},
        {"closes between rows",
         {.reply = PROCESS_ROW MAP_ROW},
         OUTCOME_BROKEN,
         "before the end of its reply",
         PROCESS_ROW MAP_ROW},
        {"closes in a row",
         {.reply = PROCESS_ROW "{\"id\":1,\"ty"},
         OUTCOME_BROKEN,
         "before the end of its reply",
         PROCESS_ROW},
        {"garbage",
         {.reply = "220 mail.example ESMTP\r\n", .hold = true},
         OUTCOME_BROKEN,
         "violates the protocol (line 1",
         ""},
        {"counts wrongly",
         {.reply = PROCESS_ROW END_ROW, .hold = true},
         OUTCOME_BROKEN,
         "wrong count of rows",
         PROCESS_ROW},
        {"denies",
         {.reply = "{\"id\":1,\"type\":\"error\",\"code\":\"denied\",\"message\":\"No.\"}\n"},
         OUTCOME_DENIED,
         "lsmap: No. (denied): lsmap whoami shows what you may ask\n",
         NULL},
        {"is busy before the request",
         {.ignores_request = true,
          .reply = "{\"type\":\"error\",\"code\":\"busy\",\"message\":\"Full.\",\"hint\":\"h\"}\n"},
         OUTCOME_BUSY,
         "lsmap: Full. (busy): h\n",
         NULL},
        {"never answers", {.hold = true}, OUTCOME_BUSY, "no complete answer within 1 seconds", ""},
        {"stops answering",
         {.reply = PROCESS_ROW, .hold = true},
         OUTCOME_BUSY,
         "no complete answer within 1 seconds",
         PROCESS_ROW},
        {"is slow but moves",
         {.reply = GOOD, .piece = 110, .pause_ms = 300, .hold = true},
         OUTCOME_COMPLETE,
         "",
         GOOD},
        {"moves, too slowly",
         {.reply = GOOD, .piece = 70, .pause_ms = 600, .hold = true},
         OUTCOME_BUSY,
         "no complete answer within 1 seconds",
         NULL},
        {"has no free instance", {.taken = true}, OUTCOME_BUSY, "no free connection within 1", ""},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fake_server server;
        struct lsmap_process process = {0};
        TEST_ROW(t, "%s", rows[i].name);
        if (!CHECK(t, play(t, &rows[i].script, L"--json --timeout 1", &server, &process)))
            continue;
        CHECK_INT(t, rows[i].exit_code, process.exit_code);
        check_error(t, &process, rows[i].error);
        if (rows[i].out != NULL)
            CHECK_MEM(t, rows[i].out, strlen(rows[i].out), process.out, process.out_size);
        if (!rows[i].script.ignores_request && !rows[i].script.taken)
            CHECK_MEM(t, REQUEST, strlen(REQUEST), server.received, server.received_size);
        lsmap_process_release(&process);
    }
}

/* Attempts at a busy server leave less time for the answer. */
static void the_timeout_includes_retries(struct test *t)
{
    static const struct fake_script script = {.busy_first = 6, .hold = true};
    struct fake_server server;
    struct lsmap_process process = {0};

    REQUIRE(t, play(t, &script, L"--json --timeout 3", &server, &process));
    CHECK_INT(t, OUTCOME_BUSY, process.exit_code);
    check_error(t, &process, "no complete answer within 3 seconds");
    CHECK(t, process.elapsed_ms >= 2900 && process.elapsed_ms < 4700);
    lsmap_process_release(&process);
}

static void a_table_is_utf8_and_never_cut_in_a_file(struct test *t)
{
    static const struct fake_script script = {.reply = GOOD, .hold = true};
    struct fake_server server;
    struct lsmap_process process = {0};

    REQUIRE(t, play(t, &script, L"-q", &server, &process));
    CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
    CHECK_STR(t,
              "  ADDRESS          SIZE  KIND      PROT  PATH\n"
              "a (7)  access full\n"
              "  -                  4K  -         -     C:\\\xC3\xA9\n",
              process.out);
    check_error(t, &process, "");
    lsmap_process_release(&process);
}

/* UTF-8 becomes what a console shows; its code page, which other programs use too, stays. */
static void a_console_keeps_its_code_page(struct test *t)
{
    static const struct fake_script script = {.reply = GOOD, .hold = true};
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    CONSOLE_SCREEN_BUFFER_INFO info;
    struct fake_server server;
    struct lsmap_process process = {0};
    wchar_t arguments[ARGUMENTS_CAPACITY], shown[4 * 1024 + 1] = L"";
    DWORD read = 0;

    if (GetConsoleCP() == 0 && !AllocConsole())
        TEST_SKIP(t, "there is no console here");
    HANDLE out =
        CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                    &inherited, OPEN_EXISTING, 0, NULL);
    HANDLE screen = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE,
                                FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    if (out == INVALID_HANDLE_VALUE || !GetConsoleScreenBufferInfo(screen, &info) ||
        !SetConsoleOutputCP(437))
        TEST_SKIP(t, "the console has no screen");
    REQUIRE(t, fake_server_start(&server, &script) == ERROR_SUCCESS);
    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--pipe %ls 7", server.name);
    CHECK(t, lsmap_process_run_to(&process, arguments, out));
    fake_server_stop(&server);
    CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
    CHECK_INT(t, 437, GetConsoleOutputCP());
    REQUIRE(t, ReadConsoleOutputCharacterW(screen, shown, 4 * 1024, (COORD){0, 0}, &read));
    CHECK(t, wcsstr(shown, L"C:\\\x00e9") != NULL);
    CHECK(t, wcsstr(shown, L"1 mapping, 4K, in 1 process") != NULL);
    CHECK(t, CloseHandle(screen));
    lsmap_process_release(&process);
}

/* A complete reply of one process with so many mappings, to be freed; NULL without memory. */
static char *make_reply(int rows, size_t *size)
{
    const size_t row_size = sizeof MAP_ROW - 1;
    char *reply = malloc((size_t)rows * row_size + 1024);

    if (reply == NULL)
        return NULL;
    *size = sizeof PROCESS_ROW - 1;
    memcpy(reply, PROCESS_ROW, *size);
    for (int i = 0; i < rows; i++, *size += row_size)
        memcpy(reply + *size, MAP_ROW, row_size);
    *size += (size_t)snprintf(
        reply + *size, 1024,
        "{\"id\":1,\"type\":\"end\",\"question\":\"7 (mappings)\",\"processes\":1,\"rows\":%d,"
        "\"errors\":0,\"complete\":true}\n",
        rows + 1);
    return reply;
}

static void a_large_reply_arrives_completely(struct test *t)
{
    size_t size = 0;
    char *reply = make_reply(20000, &size);
    struct fake_server server;
    struct lsmap_process process = {0};

    REQUIRE(t, reply != NULL);
    const struct fake_script script = {.reply = reply, .reply_size = size, .hold = true};
    if (CHECK(t, play(t, &script, L"--json", &server, &process))) {
        CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
        CHECK_MEM(t, reply, size, process.out, process.out_size);
        lsmap_process_release(&process);
    }
    free(reply);
}

/* A reader of stdout that pauses until the server has sent all. */
struct late_reader {
    HANDLE in, server;
    const char *expected;
    size_t size, equal; /* bytes expected, and read as expected */
    bool server_was_first;
};

static DWORD WINAPI read_late(void *context)
{
    struct late_reader *reader = context;
    char data[64 * 1024];
    DWORD got = 0;

    reader->server_was_first =
        WaitForSingleObject(reader->server, LSMAP_TIMEOUT_MS / 2) == WAIT_OBJECT_0;
    while (reader->equal < reader->size && ReadFile(reader->in, data, sizeof data, &got, NULL) &&
           got <= reader->size - reader->equal &&
           memcmp(data, reader->expected + reader->equal, got) == 0)
        reader->equal += got;
    (void)CloseHandle(reader->in); /* lsmap does not wait for it any more */
    return 0;
}

/* The reply is larger than what is kept in memory: it waits in a file. */
static void a_paused_reader_holds_up_no_server(struct test *t)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    struct late_reader reader = {0};
    struct lsmap_process process = {0};
    struct fake_server server;
    wchar_t arguments[ARGUMENTS_CAPACITY];
    HANDLE out = NULL;

    char *reply = make_reply(400 * 1000, &reader.size);
    reader.expected = reply;
    REQUIRE(t, reply != NULL && reader.size > 20u * 1024 * 1024);
    REQUIRE(t, CreatePipe(&reader.in, &out, &inherited, 0));
    const struct fake_script script = {.reply = reply, .reply_size = reader.size};
    REQUIRE(t, fake_server_start(&server, &script) == ERROR_SUCCESS);
    reader.server = server.thread;
    HANDLE thread = CreateThread(NULL, 0, read_late, &reader, 0, NULL);
    REQUIRE(t, thread != NULL);
    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--pipe %ls --json 7", server.name);
    CHECK(t, lsmap_process_run_to(&process, arguments, out));
    CHECK(t, WaitForSingleObject(thread, LSMAP_TIMEOUT_MS) == WAIT_OBJECT_0);
    CHECK(t, reader.server_was_first);
    CHECK_INT(t, reader.size, reader.equal);
    CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
    check_error(t, &process, "");
    lsmap_process_release(&process);
    (void)CloseHandle(thread);
    fake_server_stop(&server);
    free(reply);
}

static void nothing_is_sent_to_a_foreign_server(struct test *t)
{
    static const struct fake_script foreign = {
        .reply = GOOD, .hold = true, .sddl = L"O:S-1-5-21-1-2-3-1001D:(A;;GA;;;WD)"};
    static const struct fake_script administrators = {
        .reply = GOOD, .hold = true, .sddl = L"O:BAD:(A;;GA;;;WD)"};
    struct fake_server server;
    struct lsmap_process process = {0};

    if (!play(t, &foreign, L"--json", &server, &process))
        TEST_SKIP(t, "a pipe with a foreign owner needs SeRestorePrivilege");
    CHECK_INT(t, OUTCOME_BROKEN, process.exit_code);
    check_error(t, &process, "nothing was sent: it belongs to S-1-5-21-1-2-3-1001");
    CHECK_INT(t, 0, server.received_size);
    CHECK_STR(t, "", process.out);
    lsmap_process_release(&process);
    if (play(t, &administrators, L"--json", &server, &process)) {
        CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
        lsmap_process_release(&process);
    }
}

static void a_pipe_that_denies_access_is_reported(struct test *t)
{
    static const struct fake_script script = {.hold = true, .sddl = L"D:(D;;GA;;;WD)"};
    struct fake_server server;
    struct lsmap_process process = {0};

    if (system_is_wine())
        TEST_SKIP(t, "Wine does not enforce the DACL of a pipe");
    REQUIRE(t, play(t, &script, L"", &server, &process));
    CHECK_INT(t, OUTCOME_DENIED, process.exit_code);
    check_error(t, &process, "you may not open ");
    lsmap_process_release(&process);
}

static void an_absent_server_is_reported(struct test *t)
{
    struct lsmap_process process = {0};

    REQUIRE(t, lsmap_process_run(&process, L"--pipe lsmap-test-nobody info"));
    CHECK_INT(t, OUTCOME_NO_SERVICE, process.exit_code);
    check_error(t, &process, "no server listens on \\\\.\\pipe\\lsmap-test-nobody");
    lsmap_process_release(&process);
}

static bool service_exists(void)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service =
        manager != NULL ? OpenServiceW(manager, L"" SERVICE_NAME, SERVICE_QUERY_STATUS) : NULL;
    bool exists = service != NULL;

    if (service != NULL)
        (void)CloseServiceHandle(service);
    if (manager != NULL)
        (void)CloseServiceHandle(manager);
    return exists;
}

static void an_absent_service_is_reported(struct test *t)
{
    struct lsmap_process process = {0};

    if (service_exists())
        TEST_SKIP(t, "the lsmapd service is installed here");
    REQUIRE(t, lsmap_process_run(&process, L"info"));
    CHECK_INT(t, OUTCOME_NO_SERVICE, process.exit_code);
    check_error(t, &process, "the lsmapd service is not installed");
    lsmap_process_release(&process);
}

static void wrong_usage_is_one_line(struct test *t)
{
    static const struct {
        const wchar_t *arguments;
        DWORD exit_code;
        const char *error;
    } rows[] = {
        {L"--cvs -a", OUTCOME_USAGE, "argument 1: unknown option \"--cvs\""},
        {L"--pipe \\\\host\\pipe\\lsmap info", OUTCOME_USAGE, "argument 2: the pipe name"},
        {L"-f", OUTCOME_USAGE, "argument 1: --file needs a value"},
        {L"--help", OUTCOME_COMPLETE, ""},
        {L"--version", OUTCOME_COMPLETE, ""},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct lsmap_process process = {0};
        TEST_ROW(t, "row %zu", i);
        if (!CHECK(t, lsmap_process_run(&process, rows[i].arguments)))
            continue;
        CHECK_INT(t, rows[i].exit_code, process.exit_code);
        check_error(t, &process, rows[i].error);
        CHECK_INT(t, rows[i].exit_code == OUTCOME_USAGE, process.out_size == 0);
        lsmap_process_release(&process);
    }
}

static void no_arguments_show_the_usage(struct test *t)
{
    struct lsmap_process process = {0};

    REQUIRE(t, lsmap_process_run(&process, L""));
    CHECK_INT(t, OUTCOME_USAGE, process.exit_code);
    CHECK(t, strncmp(process.error, "usage: lsmap ", 13) == 0);
    CHECK_INT(t, 0, process.out_size);
    lsmap_process_release(&process);
}

static void a_closed_output_is_no_error(struct test *t)
{
    struct lsmap_process process = {0};

    REQUIRE(t, lsmap_process_run_unread(&process, L"info --direct"));
    CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
    check_error(t, &process, "");
    lsmap_process_release(&process);
}

static void direct_reads_this_process(struct test *t)
{
    wchar_t arguments[ARGUMENTS_CAPACITY];
    struct lsmap_process process = {0};

    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"--direct --json %lu", GetCurrentProcessId());
    REQUIRE(t, lsmap_process_run(&process, arguments));
    CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
    check_error(t, &process, "");
    CHECK(t, strncmp(process.out, "{\"id\":1,\"type\":\"process\",", 24) == 0);
    CHECK(t, strstr(process.out, "ntdll.dll\"") != NULL);
    CHECK(t, strstr(process.out, "\"kind\":\"image\"") != NULL);
    CHECK(t, strstr(process.out, "\"complete\":true,\"scope\":\"all\"") != NULL);
    lsmap_process_release(&process);
    REQUIRE(t, lsmap_process_run(&process, L"--direct whoami"));
    CHECK_INT(t, OUTCOME_COMPLETE, process.exit_code);
    CHECK(t, strstr(process.out, "direct: the rights of this process") != NULL);
    lsmap_process_release(&process);
    REQUIRE(t, lsmap_process_run(&process, L"--direct lsmap-test-no-such-process"));
    CHECK_INT(t, OUTCOME_NOTHING, process.exit_code);
    check_error(t, &process, "no process is named \"lsmap-test-no-such-process\"");
    lsmap_process_release(&process);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(each_misbehaviour_has_its_exit_code),
        TEST_CASE(the_timeout_includes_retries),
        TEST_CASE(a_table_is_utf8_and_never_cut_in_a_file),
        TEST_CASE(a_console_keeps_its_code_page),
        TEST_CASE(a_large_reply_arrives_completely),
        TEST_CASE(a_paused_reader_holds_up_no_server),
        TEST_CASE(nothing_is_sent_to_a_foreign_server),
        TEST_CASE(a_pipe_that_denies_access_is_reported),
        TEST_CASE(an_absent_server_is_reported),
        TEST_CASE(an_absent_service_is_reported),
        TEST_CASE(wrong_usage_is_one_line),
        TEST_CASE(no_arguments_show_the_usage),
        TEST_CASE(a_closed_output_is_no_error),
        TEST_CASE(direct_reads_this_process),
    };

    if (GetEnvironmentVariableW(L"LSMAP_EXE", NULL, 0) == 0) {
        puts("LSMAP_EXE must be the path of lsmap.exe");
        return 1;
    }
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
