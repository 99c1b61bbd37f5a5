/* The pipe server's start and stop, and its name, which nobody else can take. */
#include "common/win32/handle.h"
#include <string.h>
#include <wchar.h>

#include "common/win32/system_info.h"
#include "common/win32/token.h"
#include "service/access.h"
#include "service/win32/access_cmd.h"
#include "service/win32/pipe.h"
#include "tests/test.h"
#include "tests/win32/child.h"
#include "tests/win32/pipe_rig.h"

#define ALL "{\"op\":\"processes\",\"all\":true}\n"
#define INFO "{\"op\":\"info\"}\n"

enum { STOP_MS_MAX = 2000 };

static DWORD try_open(const wchar_t *name)
{
    HANDLE pipe = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

    if (pipe == INVALID_HANDLE_VALUE)
        return GetLastError();
    CloseHandle(pipe);
    return ERROR_SUCCESS;
}

static void nobody_can_connect_to_the_guard(struct test *t)
{
    static const wchar_t name[] = L"\\\\.\\pipe\\lsmapd-test-guard";
    HANDLE guard = NULL, instance = NULL;

    REQUIRE(t, pipe_create_guard(name, NULL, &guard) == ERROR_SUCCESS);
    for (int i = 0; i < 100; i++)
        CHECK(t, try_open(name) != ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, pipe_create_instance(name, 0, NULL, &instance));
    CHECK_INT(t, ERROR_SUCCESS, try_open(name)); /* takes the instance, not the guard */
    CHECK(t, try_open(name) != ERROR_SUCCESS);
    pipe_close(&instance);
    CHECK(t, try_open(name) != ERROR_SUCCESS);
    pipe_close(&guard);
    CHECK_INT(t, ERROR_FILE_NOT_FOUND, try_open(name));
}

static void a_taken_name_is_refused(struct test *t)
{
    struct pipe_rig rig = {0};
    char sddl[ACCESS_SDDL_CONSOLE_CAPACITY] = ACCESS_SDDL_SERVICE;
    struct server_limits limits;
    struct server *server = NULL;

    /* One instance at most, so that Wine, which ignores FILE_FLAG_FIRST_PIPE_INSTANCE, refuses the
     * next as well. */
    HANDLE taken = CreateNamedPipeW(L"\\\\.\\pipe\\lsmapd-test-taken", PIPE_ACCESS_DUPLEX,
                                    PIPE_TYPE_BYTE, 1, 0, 0, 0, NULL);
    REQUIRE(t, taken != INVALID_HANDLE_VALUE);
    const struct server_config config = {
        .pipe_name = "\\\\.\\pipe\\lsmapd-test-taken",
        .pipe_sddl = "D:(A;;GA;;;WD)",
        .access_sddl = sddl,
        .context = &rig.context,
        .limits = &limits,
    };
    server_limits_default(&limits, 1);
    DWORD error = server_create(&config, &server);
    CHECK(t, error == ERROR_ACCESS_DENIED || error == ERROR_PIPE_BUSY);
    CHECK(t, server == NULL);
    CloseHandle(taken);
}

static void a_second_server_of_the_name_is_refused(struct test *t)
{
    HANDLE first = NULL, second = NULL;

    if (system_is_wine())
        TEST_SKIP(t, "Wine ignores FILE_FLAG_FIRST_PIPE_INSTANCE");
    REQUIRE(t, pipe_create_guard(L"\\\\.\\pipe\\lsmapd-test-twice", NULL, &first) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_ACCESS_DENIED,
              pipe_create_guard(L"\\\\.\\pipe\\lsmapd-test-twice", NULL, &second));
    pipe_close(&first);
}

/* --- a name that a client's handle keeps --- */

static struct pipe_calls real;
static SECURITY_ATTRIBUTES *left; /* descriptor of the dead server's pipe */

/* NPFS refuses the first instance of a name that exists, and gives the descriptor of the first to
 * every further one. */
static HANDLE WINAPI create_existing(LPCWSTR name, DWORD open, DWORD mode, DWORD count, DWORD out,
                                     DWORD in, DWORD timeout, LPSECURITY_ATTRIBUTES security)
{
    (void)security;
    if ((open & FILE_FLAG_FIRST_PIPE_INSTANCE) == 0)
        return real.create_named_pipe(name, open, mode, count, out, in, timeout, left);
    SetLastError(ERROR_ACCESS_DENIED);
    return INVALID_HANDLE_VALUE;
}

static void the_name_of_a_dead_server_is_taken_over(struct test *t)
{
    static const struct {
        const char *name;
        const char *left; /* SDDL of the name; NULL: ours */
        bool is_served;
        DWORD error;
    } rows[] = {
        {"ours, and nobody serves it", NULL, false, ERROR_SUCCESS},
        {"ours, and served", NULL, true, ERROR_ACCESS_DENIED},
        {"with another DACL", "D:(A;;GA;;;WD)", false, ERROR_ACCESS_DENIED},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        SECURITY_ATTRIBUTES ours = {.nLength = sizeof ours}, theirs = {.nLength = sizeof theirs};
        char pipe_sddl[ACCESS_SDDL_CONSOLE_CAPACITY], access_sddl[ACCESS_SDDL_CONSOLE_CAPACITY];
        static const wchar_t name[] = L"\\\\.\\pipe\\lsmapd-test-left";
        HANDLE guard = NULL, server = NULL, instance = NULL;
        struct caller self;

        TEST_ROW(t, "%s", rows[i].name);
        REQUIRE(t, token_facts(GetCurrentProcessToken(), &self) == ERROR_SUCCESS);
        REQUIRE(t, access_console_sddl(&self.user, false, pipe_sddl, access_sddl));
        REQUIRE(t, descriptor_create(pipe_sddl, &ours.lpSecurityDescriptor) == ERROR_SUCCESS);
        REQUIRE(t, descriptor_create(rows[i].left != NULL ? rows[i].left : pipe_sddl,
                                     &theirs.lpSecurityDescriptor) == ERROR_SUCCESS);
        if (rows[i].is_served)
            CHECK_INT(t, ERROR_SUCCESS, pipe_create_guard(name, &theirs, &server));
        left = &theirs;
        real = pipe_calls;
        pipe_calls.create_named_pipe = create_existing;
        CHECK_INT(t, rows[i].error, pipe_create_guard(name, &ours, &guard));
        if (rows[i].error == ERROR_SUCCESS) {
            CHECK(t, try_open(name) != ERROR_SUCCESS); /* nobody gets the guard */
            CHECK_INT(t, ERROR_SUCCESS, pipe_create_instance(name, 0, &ours, &instance));
            CHECK_INT(t, ERROR_SUCCESS, try_open(name));
        }
        pipe_calls = real;
        pipe_close(&instance);
        pipe_close(&guard);
        pipe_close(&server);
        CHECK_INT(t, ERROR_FILE_NOT_FOUND, try_open(name));
        descriptor_free(&ours.lpSecurityDescriptor);
        descriptor_free(&theirs.lpSecurityDescriptor);
    }
}

/* In a process of its own: serves, and ends when a client has connected. */
static int end_with_a_client(void)
{
    static struct pipe_rig rig;

    if (pipe_rig_start(&rig, 1, 0) != ERROR_SUCCESS)
        return 1;
    wprintf(L"%ls\n", rig.name);
    fflush(stdout);
    if (pipe_rig_wait_connections(&rig, 1))
        pipe_end_process(7);
    return 2;
}

/* A handle of a client must not keep the name: it is disconnected, which a client can tell from a
 * server that has died (ERROR_BROKEN_PIPE). */
static void the_end_of_the_process_disconnects_clients(struct test *t)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOW startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION child;
    wchar_t path[MAX_PATH], command[2 * MAX_PATH];
    struct pipe_rig rig = {.name = L""}; /* only its name is used */
    struct pipe_client client = {0};
    char byte = '\0', name[RIG_NAME_CAPACITY] = "";
    HANDLE out = NULL;
    DWORD size = 0, code = 0;

    REQUIRE(t, CreatePipe(&out, &startup.hStdOutput, &inherited, 0));
    (void)SetHandleInformation(out, HANDLE_FLAG_INHERIT, 0);
    REQUIRE(t, GetModuleFileNameW(NULL, path, MAX_PATH) > 0);
    (void)swprintf(command, 2 * MAX_PATH, L"\"%ls\" --end", path);
    REQUIRE(t, child_start(path, command, TRUE, 0, &startup, &child));
    handle_close(&startup.hStdOutput);
    for (size_t i = 0; i + 1 < sizeof name && ReadFile(out, &byte, 1, &size, NULL) && byte != '\n';)
        if (byte != '\r')
            name[i++] = byte;
    (void)swprintf(rig.name, RIG_NAME_CAPACITY, L"%hs", name);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    CHECK_INT(t, WAIT_OBJECT_0, WaitForSingleObject(child.hProcess, RIG_WAIT_MS));
    CHECK(t, GetExitCodeProcess(child.hProcess, &code));
    CHECK_INT(t, 7, code);
    CHECK(t, !ReadFile(client.pipe, &byte, 1, &size, &(OVERLAPPED){.hEvent = client.event}));
    CHECK_INT(t, ERROR_PIPE_NOT_CONNECTED, GetLastError());
    pipe_client_close(&client);
    handle_close(&child.hThread);
    handle_close(&child.hProcess);
    handle_close(&out);
}

static void start_and_stop_may_be_repeated(struct test *t)
{
    for (int i = 0; i < 30; i++) {
        struct pipe_rig rig = {0};
        REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
        CHECK(t, try_open(rig.name) == ERROR_SUCCESS);
        CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
        CHECK_INT(t, ERROR_FILE_NOT_FOUND, try_open(rig.name));
    }
}

static void an_idle_client_is_told_that_the_server_stops(struct test *t)
{
    struct pipe_rig rig = {0};
    struct pipe_client client = {0};
    struct pipe_reply reply;

    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    CHECK(t, pipe_client_send_text(&client, INFO));
    CHECK(t, pipe_client_reply(&client, &reply));
    uint32_t took_ms = pipe_rig_stop(&rig);
    printf("  stop with an idle client: %u ms\n", took_ms);
    CHECK(t, took_ms < STOP_MS_MAX);
    pipe_client_close(&client);
}

struct reading {
    struct pipe_client *client;
    struct pipe_reply reply;
};

static DWORD WINAPI read_reply(void *context)
{
    struct reading *reading = context;

    return pipe_client_reply(reading->client, &reading->reply) ? 0 : 1;
}

/* The same, with a client that reads: it sees the line, closes, and the stop need not wait. */
static void a_reading_client_sees_the_line(struct test *t)
{
    static const struct {
        const char *name;
        const char *request;
    } rows[] = {{"idle", INFO}, {"scanning", ALL}};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct pipe_rig rig = {.processes_count = RIG_MANY_PROCESSES, .open_delay_ms = 1};
        struct pipe_client client = {0};
        struct reading reading = {.client = &client};
        TEST_ROW(t, "%s", rows[i].name);
        REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
        CHECK(t, pipe_client_send_text(&client, rows[i].request));
        if (i == 0)
            CHECK(t, pipe_client_reply(&client, &reading.reply));
        HANDLE thread = CreateThread(NULL, 0, read_reply, &reading, 0, NULL);
        REQUIRE(t, thread != NULL);
        Sleep(100);
        CHECK(t, pipe_rig_stop(&rig) < STOP_MS_MAX);
        CHECK_INT(t, WAIT_OBJECT_0, WaitForSingleObject(thread, RIG_WAIT_MS));
        CHECK(t, text_contains(span_from_string(reading.reply.last), "\"code\":\"stopping\""));
        CloseHandle(thread);
        pipe_client_close(&client);
    }
}

static void stop_waits_for_nobody(struct test *t)
{
    static const struct {
        const char *name;
        uint32_t processes_count;
        DWORD open_delay_ms;
        const char *request;
    } rows[] = {
        {"silent", 0, 0, ""},
        {"half a request", 0, 0, "{\"op\""},
        {"stalled readers", RIG_MANY_PROCESSES, 0, ALL},
        {"running scans", RIG_MANY_PROCESSES, 1, ALL},
        {"slow running scans", RIG_MANY_PROCESSES, 3, ALL},
    };
    enum { CLIENTS = 20 };
    static struct pipe_client clients[CLIENTS];

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct pipe_rig rig = {.processes_count = rows[i].processes_count,
                               .open_delay_ms = rows[i].open_delay_ms};
        TEST_ROW(t, "%s", rows[i].name);
        REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
        for (int k = 0; k < CLIENTS; k++) {
            CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&clients[k], &rig));
            if (rows[i].request[0] != '\0')
                CHECK(t, pipe_client_send_text(&clients[k], rows[i].request));
        }
        CHECK(t, pipe_rig_wait_connections(&rig, CLIENTS));
        Sleep(200);
        uint32_t took_ms = pipe_rig_stop(&rig);
        printf("  stop with %d clients, %s: %u ms\n", CLIENTS, rows[i].name, took_ms);
        CHECK(t, took_ms < STOP_MS_MAX);
        for (int k = 0; k < CLIENTS; k++)
            pipe_client_close(&clients[k]);
    }
}

/* A query does not return: its client gets the other rows, others are served, and the stop takes no
 * longer. The name of the pipe is free although the thread still waits. */
static void a_lost_thread_holds_up_nobody(struct test *t)
{
    static struct pipe_rig rig; /* the thread uses it after the stop */
    struct pipe_client clients[4] = {{.pipe = NULL}};
    struct pipe_reply reply;

    rig.processes_count = 50;
    rig.blocks = CreateEventW(NULL, TRUE, FALSE, NULL);
    REQUIRE(t, rig.blocks != NULL);
    REQUIRE(t, pipe_rig_start(&rig, 1, 0) == ERROR_SUCCESS);
    for (size_t i = 0; i < TEST_COUNT(clients); i++) {
        CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&clients[i], &rig));
        CHECK(t, pipe_client_send_text(&clients[i], ALL));
    }
    for (size_t i = 0; i < TEST_COUNT(clients); i++) {
        CHECK(t, pipe_client_reply(&clients[i], &reply));
        CHECK_INT(t, rig.processes_count, reply.rows);
        CHECK(t, text_contains(span_from_string(reply.last), "\"type\":\"end\""));
    }
    uint64_t start_ms = system_now_ms(); /* from now on it is skipped */
    CHECK(t, pipe_client_send_text(&clients[0], ALL));
    CHECK(t, pipe_client_reply(&clients[0], &reply));
    CHECK(t, system_now_ms() - start_ms < 1000);
    CHECK(t, rig.opening > 0);
    uint32_t took_ms = pipe_rig_stop(&rig);
    printf("  stop with %ld lost threads: %u ms\n", (long)rig.opening, took_ms);
    CHECK(t, took_ms < STOP_MS_MAX);
    CHECK_INT(t, ERROR_FILE_NOT_FOUND, try_open(rig.name));
    SetEvent(rig.blocks); /* the threads return and free what they have */
    for (int i = 0; i < RIG_WAIT_MS / 10 && rig.opening > 0; i++)
        Sleep(10);
    CHECK_INT(t, 0, rig.opening);
    for (size_t i = 0; i < TEST_COUNT(clients); i++)
        pipe_client_close(&clients[i]);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(nobody_can_connect_to_the_guard),
        TEST_CASE(a_taken_name_is_refused),
        TEST_CASE(a_second_server_of_the_name_is_refused),
        TEST_CASE(the_name_of_a_dead_server_is_taken_over),
        TEST_CASE(the_end_of_the_process_disconnects_clients),
        TEST_CASE(start_and_stop_may_be_repeated),
        TEST_CASE(an_idle_client_is_told_that_the_server_stops),
        TEST_CASE(a_reading_client_sees_the_line),
        TEST_CASE(stop_waits_for_nobody),
        TEST_CASE(a_lost_thread_holds_up_nobody),
    };
    if (argc == 2 && strcmp(argv[1], "--end") == 0)
        return end_with_a_client();
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
