/* A process about which no query returns: one that the host has stopped. Under Wine each query of its
 * memory waits for it, as on Windows a name query waits for a file object that is locked. The service
 * and lsmap --direct answer without it; nobody else notices. */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "client/win32/direct.h"
#include "common/answer/watchdog.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "service/win32/service_control.h"
#include "tests/win32/child.h"
#include "tests/win32/fixture_run.h"
#include "tests/win32/host_maps.h"
#include "tests/win32/lsmap_process.h"
#include "tests/win32/lsmapd_run.h"
#include "tests/win32/pipe_rig.h"

enum {
    STOP_MS = 2000,
    ARGUMENTS_CAPACITY = 64,
    STATE_POLLS_MAX = 200,
    DOCTOR_CAPACITY = 64 * 1024
};

static struct fixture_run fixture;

/* Sends a signal to the fixture, from the host. */
static bool signal_fixture(const wchar_t *signal)
{
    const unsigned long pid = host_process_find(fixture.tag);
    PROCESS_INFORMATION process = {0};
    STARTUPINFOW startup = {.cb = sizeof startup};
    wchar_t command[ARGUMENTS_CAPACITY];

    (void)swprintf(command, ARGUMENTS_CAPACITY, L"kill -%ls %lu", signal, pid);
    if (pid == 0 || !child_start(L"\\\\?\\unix\\bin\\kill", command, FALSE, 0, &startup, &process))
        return false;
    handle_close(&process.hProcess);
    handle_close(&process.hThread);
    return true;
}

/* Waits until the host shows the fixture in this state: 'T' is stopped. */
static bool wait_for_state(char state)
{
    for (int poll = 0; poll < STATE_POLLS_MAX; poll++) {
        if (host_process_state(fixture.tag) == state)
            return true;
        Sleep(20);
    }
    return false;
}

static bool stop_fixture(struct test *t)
{
    return CHECK(t, fixture_run_start(&fixture) == ERROR_SUCCESS) &&
           CHECK(t, signal_fixture(L"STOP")) && CHECK(t, wait_for_state('T'));
}

static void end_fixture(struct test *t)
{
    CHECK(t, signal_fixture(L"CONT"));
    fixture_run_stop(&fixture);
}

static size_t count(const char *text, const char *part)
{
    size_t found = 0;

    for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
        found++;
    return found;
}

/* The process has its row and one error, and nothing else went wrong. */
static void check_reply(struct test *t, const struct lsmap_process *lsmap, const char *stage)
{
    char error[160];

    (void)snprintf(error, sizeof error,
                   "\"type\":\"process_error\",\"pid\":%lu,\"process\":\"fixture.exe\","
                   "\"code\":\"timeout\",\"stage\":\"%s\"",
                   (unsigned long)fixture.pid, stage);
    CHECK_INT(t, 1, lsmap->exit_code);
    CHECK_INT(t, 1, count(lsmap->out, error));
    CHECK_INT(t, 1, count(lsmap->out, "\"type\":\"process_error\""));
    CHECK_INT(t, 1, count(lsmap->out, "\"errors\":1,\"complete\":false"));
    CHECK_INT(t, 1, count(lsmap->out, "\"name\":\"fixture.exe\""));
}

static void run_and_check(struct test *t, const wchar_t *options)
{
    struct lsmap_process lsmap;
    wchar_t arguments[ARGUMENTS_CAPACITY];

    (void)swprintf(arguments, ARGUMENTS_CAPACITY, L"%ls --json", options);
    TEST_ROW(t, "lsmap %ls", arguments);
    if (!CHECK(t, lsmap_process_run(&lsmap, arguments)))
        return;
    check_reply(t, &lsmap, "regions");
    if (wcsstr(options, L"-a") != NULL) /* those of Wine and lsmap itself */
        CHECK(t, count(lsmap.out, "\"type\":\"map\"") > 50);
    lsmap_process_release(&lsmap);
}

static void direct_leaves_it_out(struct test *t)
{
    wchar_t options[ARGUMENTS_CAPACITY];

    if (!system_is_wine())
        TEST_SKIP(t, "only the host of Wine can stop a process so that queries about it hang");
    if (stop_fixture(t)) {
        (void)swprintf(options, ARGUMENTS_CAPACITY, L"--direct %lu", (unsigned long)fixture.pid);
        run_and_check(t, options);
        run_and_check(t, L"--direct -a");
    }
    end_fixture(t);
}

/* What a thread uses that was given up stays as it is, and such remains are bounded. */
static void lost_threads_keep_their_memory(struct test *t)
{
    struct failure failure;
    struct direct *left[DIRECT_LEFT_MAX], *more;

    for (size_t i = 0; i < DIRECT_LEFT_MAX; i++) {
        TEST_ROW(t, "%zu", i);
        REQUIRE(t, direct_open(&left[i], 1, &failure));
        left[i]->lost_count = 1;
        direct_close(left[i]);
        for (size_t j = 0; j <= i; j++) {
            CHECK(t, j == i || left[j] != left[i]);
            CHECK(t, left[j]->context.platform == &left[j]->platform && left[j]->lost_count == 1);
        }
    }
    CHECK(t, !direct_open(&more, 1, &failure));
    CHECK_INT(t, FAILURE_SYSTEM, failure.kind);
    CHECK(t, strstr(failure.detail, "again and again") != NULL);
    direct_close(NULL);
}

static DWORD WINAPI ask_all(void *context)
{
    run_and_check(context, L"-a");
    return 0;
}

/* Whoever asks about another process meanwhile has a complete answer. */
static void check_others(struct test *t, struct pipe_client *client)
{
    char request[ARGUMENTS_CAPACITY];
    struct pipe_reply reply;

    (void)snprintf(request, sizeof request, "{\"op\":\"maps\",\"pid\":%lu}\n",
                   (unsigned long)GetCurrentProcessId());
    for (int i = 0; i < 3; i++) {
        CHECK(t, pipe_client_send_text(client, request));
        CHECK(t, pipe_client_reply(client, &reply));
        CHECK(t, reply.rows > 5);
        CHECK(t, strstr(reply.last, "\"complete\":true") != NULL);
    }
}

/* Returns how long it took. */
static uint64_t stop_service(struct test *t)
{
    SC_HANDLE service = NULL;
    SERVICE_STATUS status = {0};
    const uint64_t start_ms = system_now_ms();

    if (CHECK(t, service_open(SERVICE_STOP | SERVICE_QUERY_STATUS, &service) == ERROR_SUCCESS) &&
        CHECK(t, ControlService(service, SERVICE_CONTROL_STOP, &status)))
        while (status.dwCurrentState != SERVICE_STOPPED &&
               system_now_ms() < start_ms + RIG_WAIT_MS && QueryServiceStatus(service, &status))
            Sleep(10);
    CHECK_INT(t, SERVICE_STOPPED, status.dwCurrentState);
    service_close(&service);
    return system_now_ms() - start_ms;
}

static void the_service_goes_on(struct test *t)
{
    const struct pipe_rig rig = {.name = L"\\\\.\\pipe\\ProtectedPrefix\\Administrators\\lsmap"};
    struct pipe_client client = {0};
    wchar_t options[ARGUMENTS_CAPACITY];
    const char *reason = lsmapd_reason_to_skip();

    if (reason != NULL || !system_is_wine())
        TEST_SKIP(t, reason != NULL ? reason : "only the host of Wine can stop a process");
    lsmapd_check_run(t, L"install --quiet", EXIT_CODE_OK, "");
    CHECK_INT(t, ERROR_SUCCESS, pipe_client_open(&client, &rig));
    if (stop_fixture(t)) {
        HANDLE thread = CreateThread(NULL, 0, ask_all, t, 0, NULL);
        Sleep(WATCHDOG_QUERY_MS / 4);
        check_others(t, &client);
        CHECK(t, thread != NULL && WaitForSingleObject(thread, LSMAP_TIMEOUT_MS) == WAIT_OBJECT_0);
        handle_close(&thread);
        (void)swprintf(options, ARGUMENTS_CAPACITY, L"%lu", (unsigned long)fixture.pid);
        const uint64_t start_ms = system_now_ms();
        run_and_check(t, options); /* it is not asked again */
        CHECK(t, system_now_ms() - start_ms < WATCHDOG_QUERY_MS);
        check_others(t, &client);
        TEST_ROW(t, "stop");
        CHECK(t, stop_service(t) < STOP_MS); /* while a thread is lost */
    }
    pipe_client_close(&client);
    end_fixture(t);
    lsmapd_check_run(t, L"uninstall --quiet", EXIT_CODE_OK, "");
}

/* What lsmap-doctor cannot ask is a finding; its other checks go on. */
static void the_doctor_leaves_it_out(struct test *t)
{
    static char output[DOCTOR_CAPACITY];
    char finding[128];

    if (!system_is_wine())
        TEST_SKIP(t, "only the host of Wine can stop a process so that queries about it hang");
    if (stop_fixture(t)) {
        (void)doctor_run(L"", output, sizeof output); /* it fails, as there is no service */
        (void)snprintf(finding, sizeof finding,
                       "SKIP  devices.paths            process %lu: left out: a query",
                       (unsigned long)fixture.pid);
        CHECK_INT(t, 1, count(output, finding));
        CHECK_INT(t, 1, count(output, "PASS  devices.paths"));
        CHECK_INT(t, 1, count(output, "FAIL  "));
        CHECK_INT(t, 1, count(output, "FAIL  service.answers"));
    }
    end_fixture(t);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(lost_threads_keep_their_memory),
        TEST_CASE(direct_leaves_it_out),
        TEST_CASE(the_service_goes_on),
        TEST_CASE(the_doctor_leaves_it_out),
    };
    return test_main(argc, argv, cases, TEST_COUNT(cases));
}
