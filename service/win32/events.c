#include "service/win32/events.h"

#include <stdio.h>
#include <wchar.h>

#include "common/proto/pipe_name.h"
#include "common/proto/protocol.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "messages.h"
#include "service/denials.h"
#include "service/event_text.h"

enum {
    EVENT_STRINGS_MAX = 2,
    EVENT_STRING_LENGTH = EVENT_TEXT_LENGTH_MAX * 2 + 1, /* UTF-16 units, each in two surrogates */
    EVENT_LINE_LENGTH = 2048,                            /* UTF-16 units of one line on stderr */
    EVENT_ERROR_CAPACITY = 256,                          /* of the system's sentence for an error */
    EVENT_NUMBER_CAPACITY = 24,
    EVENT_REPEAT_MS = 60 * 1000 /* between two events of a kind that clients can cause */
};

static enum event_target target;
static HANDLE source; /* of the event log; open until the process ends */

static SRWLOCK denials_lock = SRWLOCK_INIT;
static struct denials denials; /* guarded */

void events_open(enum event_target new_target)
{
    target = new_target;
    if (target == EVENT_TARGET_LOG && source == NULL)
        source = RegisterEventSourceW(NULL, L"" SERVICE_NAME);
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

static WORD event_type(DWORD id)
{
    switch (id >> 30) {
    case EVENT_SEVERITY_ERROR:
        return EVENTLOG_ERROR_TYPE;
    case EVENT_SEVERITY_WARNING:
        return EVENTLOG_WARNING_TYPE;
    default:
        return EVENTLOG_INFORMATION_TYPE;
    }
}

/* Reports one event.
 * user           The user it is about, shown by the event log in a column of its own; NULL: none.
 * first, second  The insertion strings %1 and %2; NULL: no such string. */
static void report(DWORD id, const struct sid *user, const char *first, const char *second)
{
    const char *const texts[EVENT_STRINGS_MAX] = {first, second};
    wchar_t buffers[EVENT_STRINGS_MAX][EVENT_STRING_LENGTH];
    const wchar_t *strings[EVENT_STRINGS_MAX] = {NULL};
    DWORD last_error = GetLastError();
    struct sid user_copy = {0}; /* ReportEvent takes no const pointer */
    WORD count = 0;

    for (; count < EVENT_STRINGS_MAX && texts[count] != NULL; count++) {
        char clean[EVENT_TEXT_CLEAN_CAPACITY];
        event_text_clean(clean, span_from_string(texts[count]));
        if (text_w_from_utf8(buffers[count], EVENT_STRING_LENGTH, span_from_string(clean)) !=
            ERROR_SUCCESS)
            buffers[count][0] = L'\0';
        strings[count] = buffers[count];
    }
    if (user != NULL)
        user_copy = *user;
    if (target == EVENT_TARGET_CONSOLE)
        print(id, strings);
    else if (target == EVENT_TARGET_LOG && source != NULL)
        ReportEventW(source, event_type(id), 0, id, user_copy.size > 0 ? user_copy.bytes : NULL,
                     count, 0, strings, NULL);
    SetLastError(last_error);
}

static void report_error(DWORD id, DWORD error)
{
    char text[EVENT_ERROR_CAPACITY];

    report(id, NULL, text_w_error(text, sizeof text, error), NULL);
}

static void report_pipe(DWORD id, const wchar_t *pipe_name, const char *second)
{
    char name[PIPE_NAME_CAPACITY];

    if (text_w_to_utf8(name, sizeof name, pipe_name) != ERROR_SUCCESS)
        name[0] = '\0';
    report(id, NULL, name, second);
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

/* --- the service --- */

void event_service_started(const wchar_t *pipe_name)
{
    report_pipe(EVENT_SERVICE_STARTED, pipe_name, NULL);
}

void event_pipe_failed(const wchar_t *pipe_name, DWORD error)
{
    char text[EVENT_ERROR_CAPACITY];
    bool is_taken = error == ERROR_ACCESS_DENIED || error == ERROR_PIPE_BUSY;

    report_pipe(is_taken ? EVENT_NAME_TAKEN : EVENT_PIPE_FAILED, pipe_name,
                text_w_error(text, sizeof text, error));
}

void event_start_failed(DWORD error)
{
    report_error(EVENT_START_FAILED, error);
}

void event_accept_failed(DWORD error)
{
    report_error(EVENT_ACCEPT_FAILED, error);
}

void event_server_failed(void)
{
    report(EVENT_SERVER_FAILED, NULL, NULL, NULL);
}

void event_stop_late(void)
{
    report(EVENT_STOP_LATE, NULL, NULL, NULL);
}

void event_debug_missing(DWORD error)
{
    report_error(EVENT_DEBUG_MISSING, error);
}

void event_configuration_refused(const char *name, const char *why)
{
    report(EVENT_CONFIGURATION_REFUSED, NULL, name, why);
}

void event_configuration_read(void)
{
    report(EVENT_CONFIGURATION_READ, NULL, NULL, NULL);
}

void event_hardening_refused(const char *names)
{
    report(EVENT_HARDENING_REFUSED, NULL, names, NULL);
}

void event_privileges_kept(DWORD error)
{
    report_error(EVENT_PRIVILEGES_KEPT, error);
}

void event_place_open(const char *what)
{
    report(EVENT_PLACE_OPEN, NULL, what, NULL);
}

/* --- clients --- */

/* Reports the denials of one user, when some are due. The lock is not held while the log is
 * written. */
static bool report_denial(uint64_t now_ms)
{
    struct denials_user due;
    char sid[SID_TEXT_CAPACITY], count[EVENT_NUMBER_CAPACITY];

    AcquireSRWLockExclusive(&denials_lock);
    bool is_taken = denials_next(&denials, now_ms, &due);
    ReleaseSRWLockExclusive(&denials_lock);
    if (!is_taken)
        return false;
    sid_format(sid, &due.sid);
    (void)snprintf(count, sizeof count, "%llu", (unsigned long long)due.count);
    report(EVENT_DENIED, &due.sid, sid[0] != '\0' ? sid : "several users", count);
    return true;
}

static void report_denials(uint64_t now_ms)
{
    for (int i = 0; i <= DENIALS_USERS_MAX && report_denial(now_ms); i++) {
        /* one user each time */
    }
}

void event_answered(const struct caller *caller, const struct statistics_answer *answer)
{
    static volatile LONG64 last_ms;

    if (answer->denials > 0) {
        uint64_t now_ms = system_now_ms();
        AcquireSRWLockExclusive(&denials_lock);
        denials_add(&denials, &caller->user, now_ms);
        ReleaseSRWLockExclusive(&denials_lock);
        report_denials(now_ms);
    }
    if (answer->result == RESULT_FAILED && is_due(&last_ms))
        report(EVENT_INTERNAL_ERROR, NULL, statistics_op_names[answer->op], NULL);
}

void event_service_stopped(void)
{
    report_denials(UINT64_MAX);
    report(EVENT_SERVICE_STOPPED, NULL, NULL, NULL);
}

void event_server_busy(unsigned connections)
{
    static volatile LONG64 last_ms;
    char count[EVENT_NUMBER_CAPACITY];

    (void)snprintf(count, sizeof count, "%u", connections);
    if (is_due(&last_ms))
        report(EVENT_SERVER_BUSY, NULL, count, NULL);
}

void event_identity_failed(DWORD error)
{
    static volatile LONG64 last_ms;

    if (is_due(&last_ms))
        report_error(EVENT_IDENTITY_FAILED, error);
}

void event_limit_hit(enum statistics_limit limit)
{
    static volatile LONG64 last_ms[LIMIT_COUNT];

    if (is_due(&last_ms[limit]))
        report(EVENT_LIMIT_HIT, NULL, statistics_limit_names[limit], NULL);
}

/* --- registration --- */

DWORD events_register(const wchar_t *exe)
{
    const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
    HKEY key = NULL;

    LSTATUS error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, EVENTS_SOURCE_KEY, 0, NULL, 0,
                                    KEY_SET_VALUE, NULL, &key, NULL);
    if (error != ERROR_SUCCESS)
        return (DWORD)error;
    error = RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, (const BYTE *)exe,
                           (DWORD)((wcslen(exe) + 1) * sizeof *exe));
    if (error == ERROR_SUCCESS)
        error = RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&types,
                               sizeof types);
    RegCloseKey(key);
    return (DWORD)error;
}

DWORD events_unregister(void)
{
    LSTATUS error = RegDeleteKeyW(HKEY_LOCAL_MACHINE, EVENTS_SOURCE_KEY);

    return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : (DWORD)error;
}
