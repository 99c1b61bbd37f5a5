/* What operators read: each event is a line, hostile texts are sanitised, floods are counted. */
#include "common/win32/win.h"

#include <io.h>
#include <stdio.h>
#include <wchar.h>

#include "common/win32/system_info.h"
#include "service/win32/events.h"
#include "tests/test.h"

enum { TEXT_CAPACITY = 16 * 1024, USERS = 100 };

static char seen[TEXT_CAPACITY];
static wchar_t path[MAX_PATH];

/* Redirects stderr to a file. */
static bool capture(void)
{
    wchar_t folder[MAX_PATH];

    if (GetTempPathW(MAX_PATH, folder) == 0 || GetTempFileNameW(folder, L"lsm", 0, path) == 0)
        return false;
    return _wfreopen(path, L"wb", stderr) != NULL;
}

/* Moves what was written since the last call to `seen`. */
static void take_seen(void)
{
    FILE *file = _wfopen(path, L"rb");
    size_t size = file != NULL ? fread(seen, 1, sizeof seen - 1, file) : 0;

    seen[size] = '\0';
    if (file != NULL)
        fclose(file);
    rewind(stderr);
    (void)_chsize(_fileno(stderr), 0);
}

static unsigned count_lines(const char *text)
{
    unsigned count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static struct caller caller_of(unsigned number)
{
    struct caller caller = {.elevation = ELEVATION_LIMITED};

    caller.user =
        (struct sid){.size = 16, .bytes = {1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, (uint8_t)number}};
    return caller;
}

static void each_event_is_a_line(struct test *t)
{
    event_service_started("\\\\.\\pipe\\name");
    take_seen();
    CHECK_STR(t, "lsmapd: listening on \\\\.\\pipe\\name\n", seen);
    event_configuration_read(false);
    take_seen();
    CHECK_STR(t,
              "lsmapd: the settings were read again and are in force. Waiting for the next start "
              "of the service: nothing\n",
              seen);
    event_configuration_read(true);
    take_seen();
    CHECK(t, strstr(seen, "start of the service: who may open the pipe\n") != NULL);
    event_security_refused("FilteredAdmins", "not off, no-addresses or full", false);
    take_seen();
    CHECK(t, strstr(seen, "the last valid one stays in force: the value is not off,") != NULL);
    event_security_refused("AccessSddl", "too long", true);
    take_seen();
    CHECK(t, strstr(seen, "only SYSTEM and elevated Administrators are served,") != NULL);
    event_configuration_refused("Connections", "not between 1 and 1024");
    take_seen();
    CHECK_STR(t,
              "lsmapd: the setting Connections is not used and has its default: the value is not "
              "between 1 and 1024\n",
              seen);
    event_place_open("C:\\lsmap: S-1-1-0 may do 0x00000002");
    take_seen();
    CHECK(t, strstr(seen, "C:\\lsmap: S-1-1-0 may do 0x00000002") != NULL);
    event_hardening_refused("no child processes (87)");
    take_seen();
    CHECK(t, strstr(seen, "policies: no child processes (87)\n") != NULL);
}

static void a_taken_name_is_an_event_of_its_own(struct test *t)
{
    static const struct {
        DWORD error;
        bool is_taken;
    } rows[] = {{ERROR_ACCESS_DENIED, true},
                {ERROR_PIPE_BUSY, true},
                {ERROR_NOT_ENOUGH_MEMORY, false},
                {ERROR_INVALID_NAME, false}};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        TEST_ROW(t, "error %lu", (unsigned long)rows[i].error);
        event_pipe_failed("\\\\.\\pipe\\name", rows[i].error);
        take_seen();
        CHECK_INT(t, 1, count_lines(seen));
        CHECK_INT(t, rows[i].is_taken, strstr(seen, "another program uses the name") != NULL);
        CHECK(t, strstr(seen, "\\\\.\\pipe\\name") != NULL);
    }
}

static void hostile_texts_stay_on_their_line(struct test *t)
{
    event_configuration_refused("%1%2%%4096\r\nlsmapd: stopped", "\xE2\x80\xAE%n\x1b[2J");
    take_seen();
    CHECK_INT(t, 1, count_lines(seen));
    CHECK_STR(t,
              "lsmapd: the setting ?1?2??4096??lsmapd: stopped is not used and has its default: "
              "the value is ??n?[2J\n",
              seen);
}

/* The end of an event about this process. */
#define BY_US "the last one of process %lu (win32_events.exe), elevation type "

static void denials_are_counted_by_user(struct test *t)
{
    const struct statistics_answer denied = {.op = OP_MAPS, .result = RESULT_DENIED, .denials = 1};
    const struct statistics_answer good = {.op = OP_MAPS, .result = RESULT_OK};
    struct caller first = caller_of(1), second = caller_of(2), unknown = {0};
    const DWORD pid = GetCurrentProcessId();
    char line[512];

    event_answered(&first, pid, &good);
    take_seen();
    CHECK_STR(t, "", seen);
    event_answered(&first, pid, &denied);
    take_seen();
    snprintf(line, sizeof line,
             "lsmapd: requests denied to S-1-5-21-1 since the last such event: 1, " BY_US
             "limited. lsmap whoami, run by that user, shows the reason\n",
             (unsigned long)pid);
    CHECK_STR(t, line, seen);
    for (int i = 0; i < 5; i++)
        event_answered(&first, pid, &denied);
    take_seen();
    CHECK_STR(t, "", seen);
    event_answered(&second, pid, &denied);
    take_seen();
    CHECK(t, strstr(seen, "denied to S-1-5-21-2 since the last such event: 1,") != NULL);
    event_answered(&unknown, 0, &denied);
    take_seen();
    CHECK(t, strstr(seen, "denied to several users since the last such event: 1, the last one of "
                          "process 0 (unknown), elevation type unknown") != NULL);
    event_answered(&unknown, 0, &denied);
    event_service_stopped(); /* reports the remaining denials */
    take_seen();
    CHECK_INT(t, 3, count_lines(seen));
    CHECK(t, strstr(seen, "denied to S-1-5-21-1 since the last such event: 5,") != NULL);
    CHECK(t, strstr(seen, "lsmapd: stopped\n") != NULL);
}

/* The first one at once, then one in 15 minutes; a timer, not the next request, brings it out. */
static void queries_of_others_are_recorded(struct test *t)
{
    const struct statistics_answer query = {
        .op = OP_MAPS, .result = RESULT_OK, .asks_others = true};
    const struct caller caller = caller_of(200);
    const DWORD pid = GetCurrentProcessId();
    const uint64_t now_ms = system_now_ms();
    char line[512];

    event_answered(&caller, pid, &query);
    take_seen();
    snprintf(line, sizeof line,
             "lsmapd: queries of other users' processes by S-1-5-21-200 since the last such event: "
             "1, " BY_US "limited\n",
             (unsigned long)pid);
    CHECK_STR(t, line, seen);
    event_answered(&caller, pid, &query);
    event_answered(&caller, pid, &query);
    events_flush(now_ms + 15 * 60 * 1000 - 60 * 1000);
    take_seen();
    CHECK_STR(t, "", seen);
    events_flush(now_ms + 15 * 60 * 1000 + 60 * 1000);
    take_seen();
    CHECK_INT(t, 1, count_lines(seen));
    CHECK(t, strstr(seen, "by S-1-5-21-200 since the last such event: 2,") != NULL);
}

static void floods_make_few_events(struct test *t)
{
    const struct statistics_answer denied = {.op = OP_MAPS, .result = RESULT_DENIED, .denials = 1};
    struct caller caller = caller_of(0);

    for (unsigned i = 3; i < 3 + USERS; i++) {
        caller = caller_of(i);
        event_answered(&caller, 0, &denied);
    }
    take_seen();
    CHECK(t, count_lines(seen) < USERS);
    for (int i = 0; i < 50; i++) {
        event_limit_hit(LIMIT_IDLE);
        event_limit_hit(LIMIT_WRITE);
    }
    take_seen();
    CHECK_INT(t, 2, count_lines(seen));
    CHECK(t, strstr(seen, "the limit idle;") != NULL && strstr(seen, "the limit write;") != NULL);
    for (int i = 0; i < 50; i++)
        event_accept_failed(ERROR_NOT_ENOUGH_MEMORY);
    take_seen();
    CHECK_INT(t, 1, count_lines(seen));
}

/* A server that is busy, slow or stopping is no error. */
static void only_internal_errors_are_errors(struct test *t)
{
    static const struct {
        enum status code;
        unsigned events;
    } rows[] = {{STATUS_BUSY, 0},
                {STATUS_TIMED_OUT, 0},
                {STATUS_STOPPING, 0},
                {STATUS_INTERNAL, 1},
                {STATUS_INTERNAL, 0}}; /* within the same minute */
    const struct caller caller = caller_of(1);

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct statistics_answer failed = {
            .op = OP_MAPS, .result = RESULT_FAILED, .code = rows[i].code};
        TEST_ROW(t, "row %zu, %s", i, status_facts[rows[i].code].name);
        event_answered(&caller, 0, &failed);
        take_seen();
        CHECK_INT(t, rows[i].events, count_lines(seen));
        CHECK(t, rows[i].events == 0 || strstr(seen, "op maps") != NULL);
    }
}

static void no_event_changes_the_last_error(struct test *t)
{
    SetLastError(1234);
    event_start_failed(ERROR_ACCESS_DENIED);
    CHECK_INT(t, 1234, GetLastError());
    take_seen();
    CHECK_INT(t, 1, count_lines(seen));
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(each_event_is_a_line),
        TEST_CASE(a_taken_name_is_an_event_of_its_own),
        TEST_CASE(hostile_texts_stay_on_their_line),
        TEST_CASE(denials_are_counted_by_user),
        TEST_CASE(queries_of_others_are_recorded),
        TEST_CASE(floods_make_few_events),
        TEST_CASE(only_internal_errors_are_errors),
        TEST_CASE(no_event_changes_the_last_error),
    };
    if (!capture()) {
        puts("test_events: there is no temporary file");
        return 1;
    }
    events_open(EVENT_TARGET_CONSOLE);
    int code = test_main(argc, argv, cases, TEST_COUNT(cases));
    fclose(stderr);
    DeleteFileW(path);
    return code;
}
