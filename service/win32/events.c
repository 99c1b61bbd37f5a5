#include "service/win32/events.h"

#include <stdio.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/win32/handle.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "messages.h"
#include "service/audit.h"
#include "service/event_text.h"

enum {
    EVENT_STRINGS_MAX = 5,
    EVENT_STRING_LENGTH = EVENT_TEXT_LENGTH_MAX * 2 + 1, /* UTF-16 units, each in two surrogates */
    EVENT_LINE_LENGTH = 2048,                            /* UTF-16 units of one line on stderr */
    EVENT_ERROR_CAPACITY = 256,                          /* of the system's sentence for an error */
    EVENT_NUMBER_CAPACITY = 24,
    EVENT_REPEAT_MS = 60 * 1000, /* between two events of a kind that clients can cause */
    IMAGE_LENGTH_MAX = 1024 /* UTF-16 units of a client's program; a longer path is not shown */
};

static enum event_target target;

static SRWLOCK audit_lock = SRWLOCK_INIT; /* guards what follows */
static struct audit denials = {.interval_ms = AUDIT_DENIALS_MS};
static struct audit queries = {.interval_ms = AUDIT_QUERIES_MS};
static PTP_TIMER flush_timer; /* made with the first client that is counted */

void events_open(enum event_target new_target)
{
    target = new_target;
}

/* --- one event --- */

static void print(DWORD id, const wchar_t **strings)
{
    wchar_t text[EVENT_LINE_LENGTH];
    char utf8[EVENT_LINE_LENGTH * 3];
    /* FormatMessage declares a va_list where it also takes an array. */
    union {
        const wchar_t **strings;
        va_list *arguments;
    } inserts = {.strings = strings};

    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY |
                                      FORMAT_MESSAGE_MAX_WIDTH_MASK,
                                  NULL, id, 0, text, EVENT_LINE_LENGTH, inserts.arguments);
    while (length > 0 && text[length - 1] <= L' ')
        text[--length] = L'\0';
    if (length == 0 || text_w_to_utf8(utf8, sizeof utf8, text) != ERROR_SUCCESS)
        (void)snprintf(utf8, sizeof utf8, "event 0x%08lx", (unsigned long)id);
    fprintf(stderr, SERVICE_NAME ": %s\n", utf8);
    fflush(stderr);
}

/* Opens the log for each event: early in a start of Windows it may not be there yet. */
static void log_event(DWORD id, struct sid *user, WORD count, const wchar_t **strings)
{
    const DWORD severity = id >> 30;
    const WORD type = severity == EVENT_SEVERITY_ERROR     ? EVENTLOG_ERROR_TYPE
                      : severity == EVENT_SEVERITY_WARNING ? EVENTLOG_WARNING_TYPE
                                                           : EVENTLOG_INFORMATION_TYPE;
    HANDLE source = RegisterEventSourceW(NULL, L"" SERVICE_NAME);

    if (source == NULL)
        return;
    ReportEventW(source, type, 0, id, user != NULL && user->size > 0 ? user->bytes : NULL, count, 0,
                 strings, NULL);
    DeregisterEventSource(source);
}

/* Reports one event.
 * user   The user it is about, shown by the event log in a column of its own; NULL: none.
 * texts  EVENT_STRINGS_MAX insertion strings, %1 and so on; NULL: no such string. */
static void report_texts(DWORD id, struct sid *user, const char *const *texts)
{
    wchar_t buffers[EVENT_STRINGS_MAX][EVENT_STRING_LENGTH];
    const wchar_t *strings[EVENT_STRINGS_MAX] = {NULL};
    DWORD last_error = GetLastError();
    WORD count = 0;

    for (; count < EVENT_STRINGS_MAX && texts[count] != NULL; count++) {
        char clean[EVENT_TEXT_CLEAN_CAPACITY];
        event_text_clean(clean, span_from_string(texts[count]));
        if (text_w_from_utf8(buffers[count], EVENT_STRING_LENGTH, span_from_string(clean)) !=
            ERROR_SUCCESS)
            buffers[count][0] = L'\0';
        strings[count] = buffers[count];
    }
    if (target == EVENT_TARGET_CONSOLE)
        print(id, strings);
    else if (target == EVENT_TARGET_LOG)
        log_event(id, user, count, strings);
    SetLastError(last_error);
}

/* The same with at most two strings, about no user. */
static void report(DWORD id, const char *first, const char *second)
{
    const char *const texts[EVENT_STRINGS_MAX] = {first, second};

    report_texts(id, NULL, texts);
}

/* Returns true at most once in EVENT_REPEAT_MS.
 * last_ms  When it last did; 0: never. */
static bool is_due(volatile LONG64 *last_ms)
{
    LONG64 now_ms = (LONG64)GetTickCount64();
    LONG64 last = InterlockedCompareExchange64(last_ms, 0, 0);

    if (last != 0 && now_ms - last < EVENT_REPEAT_MS)
        return false;
    return InterlockedCompareExchange64(last_ms, now_ms, last) == last;
}

/* --- the messages --- */

#define X(function, message, is_limited)                                   \
    void function(DWORD error)                                             \
    {                                                                      \
        static volatile LONG64 last_ms;                                    \
        char text[EVENT_ERROR_CAPACITY];                                   \
        if (!(is_limited) || is_due(&last_ms))                             \
            report(message, text_w_error(text, sizeof text, error), NULL); \
    }
EVENTS_OF_ERRORS(X)
#undef X

#define X(function, message)         \
    void function(const char *text)  \
    {                                \
        report(message, text, NULL); \
    }
EVENTS_OF_TEXTS(X)
#undef X

void event_pipe_failed(const char *pipe_name, DWORD error)
{
    char text[EVENT_ERROR_CAPACITY];
    bool is_taken = error == ERROR_ACCESS_DENIED || error == ERROR_PIPE_BUSY;

    report(is_taken ? EVENT_NAME_TAKEN : EVENT_PIPE_FAILED, pipe_name,
           text_w_error(text, sizeof text, error));
}

void event_pipe_taken_over(const wchar_t *pipe_name)
{
    char name[PIPE_NAME_CAPACITY] = "";

    (void)(text_w_to_utf8(name, sizeof name, pipe_name) == ERROR_SUCCESS);
    report(EVENT_PIPE_TAKEN_OVER, name, NULL);
}

void event_server_failed(void)
{
    report(EVENT_SERVER_FAILED, NULL, NULL);
}

void event_stop_late(void)
{
    report(EVENT_STOP_LATE, NULL, NULL);
}

void event_service_stopped(void)
{
    events_flush(UINT64_MAX);
    report(EVENT_SERVICE_STOPPED, NULL, NULL);
}

void event_configuration_refused(const char *name, const char *why)
{
    report(EVENT_CONFIGURATION_REFUSED, name, why);
}

void event_security_refused(const char *name, const char *why, bool is_closed)
{
    report(is_closed ? EVENT_SECURITY_CLOSED : EVENT_SECURITY_REFUSED, name, why);
}

void event_configuration_read(bool is_pipe_other)
{
    report(EVENT_CONFIGURATION_READ, is_pipe_other ? "who may open the pipe" : "nothing", NULL);
}

void event_limit_hit(enum statistics_limit limit)
{
    static volatile LONG64 last_ms[LIMIT_COUNT];

    if (is_due(&last_ms[limit]))
        report(EVENT_LIMIT_HIT, statistics_limit_names[limit], NULL);
}

/* --- denials and queries, counted by user --- */

/* Reports what is due of a kind that is counted by user. */
static void report_due(struct audit *audit, DWORD id, uint64_t now_ms)
{
    for (int i = 0; i <= AUDIT_USERS_MAX; i++) {
        struct audit_user due;
        char sid[SID_TEXT_CAPACITY], count[EVENT_NUMBER_CAPACITY], pid[EVENT_NUMBER_CAPACITY];

        AcquireSRWLockExclusive(&audit_lock);
        bool is_taken = audit_next(audit, now_ms, &due);
        ReleaseSRWLockExclusive(&audit_lock); /* not held while the log is written */
        if (!is_taken)
            return;
        const char *elevation = caller_elevation_names[due.client.elevation];
        const char *const texts[EVENT_STRINGS_MAX] = {
            due.client.user.size > 0 ? sid : "several users", count, pid,
            due.client.image[0] != '\0' ? due.client.image : "unknown",
            elevation != NULL ? elevation : "unknown"};
        sid_format(sid, &due.client.user);
        (void)snprintf(count, sizeof count, "%llu", (unsigned long long)due.count);
        (void)snprintf(pid, sizeof pid, "%lu", (unsigned long)due.client.pid);
        report_texts(id, &due.client.user, texts);
    }
}

static void CALLBACK on_flush(PTP_CALLBACK_INSTANCE instance, void *context, PTP_TIMER timer)
{
    (void)instance, (void)context, (void)timer;

    events_flush(system_now_ms());
}

/* Under the lock: so that what was counted is reported also when nothing else happens. */
static void set_flush_timer(uint64_t now_ms)
{
    const uint64_t denials_ms = audit_due_ms(&denials), queries_ms = audit_due_ms(&queries);
    const uint64_t due_ms = denials_ms < queries_ms ? denials_ms : queries_ms;
    LARGE_INTEGER from_now = {.QuadPart = 0};

    if (due_ms == UINT64_MAX || now_ms == UINT64_MAX)
        return;
    if (flush_timer == NULL)
        flush_timer = CreateThreadpoolTimer(on_flush, NULL, NULL);
    if (flush_timer == NULL) /* the next client tries again */
        return;
    if (due_ms > now_ms)
        from_now.QuadPart = (LONGLONG)(due_ms - now_ms) * -10000; /* in 100 ns */
    FILETIME due = {.dwLowDateTime = from_now.LowPart, .dwHighDateTime = (DWORD)from_now.HighPart};
    SetThreadpoolTimer(flush_timer, &due, 0, 0);
}

void events_flush(uint64_t now_ms)
{
    report_due(&denials, EVENT_DENIED, now_ms);
    report_due(&queries, EVENT_QUERIES, now_ms);
    AcquireSRWLockExclusive(&audit_lock);
    set_flush_timer(now_ms);
    ReleaseSRWLockExclusive(&audit_lock);
}

/* The file name of a process' program: the native path is kept by the kernel, so that no file system
 * is asked. Source: QueryFullProcessImageNameW, PROCESS_NAME_NATIVE. */
static void query_image(DWORD pid, char image[AUDIT_IMAGE_CAPACITY])
{
    wchar_t path[IMAGE_LENGTH_MAX];
    DWORD length = IMAGE_LENGTH_MAX;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);

    image[0] = '\0';
    if (process != NULL &&
        QueryFullProcessImageNameW(process, PROCESS_NAME_NATIVE, path, &length)) {
        const wchar_t *last = wcsrchr(path, L'\\');
        (void)(text_w_to_utf8(image, AUDIT_IMAGE_CAPACITY, last != NULL ? last + 1 : path) ==
               ERROR_SUCCESS); /* a longer name is not shown */
    }
    handle_close(&process);
}

void event_answered(const struct caller *caller, DWORD client_pid,
                    const struct statistics_answer *answer)
{
    static volatile LONG64 last_ms;

    if (answer->denials > 0 || answer->asks_others) {
        struct audit_client client = {
            .user = caller->user, .elevation = caller->elevation, .pid = client_pid};
        uint64_t now_ms = system_now_ms();

        query_image(client_pid, client.image);
        AcquireSRWLockExclusive(&audit_lock);
        if (answer->denials > 0)
            audit_add(&denials, &client, now_ms);
        if (answer->asks_others)
            audit_add(&queries, &client, now_ms);
        ReleaseSRWLockExclusive(&audit_lock);
        events_flush(now_ms);
    }
    if (answer->code == STATUS_INTERNAL && is_due(&last_ms))
        report(EVENT_INTERNAL_ERROR, request_op_names[answer->op], NULL);
}
