#include "event_log.h"

#include <stdio.h>
#include <wchar.h>

#include "events.h"
#include "protocol.h"
#include "text_w.h"

enum {
    EVENT_STRINGS_MAX = 2,
    EVENT_TEXT_CAPACITY = 1024,  /* UTF-16 units of one line on the console */
    EVENT_ERROR_CAPACITY = 256,  /* of the system's sentence for an error */
    EVENT_REPEAT_MS = 60 * 1000, /* between two of a kind that clients can cause */
    EVENT_TYPES = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE
};

#define EVENT_SOURCE_KEY \
    L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" SERVICE_NAME

static enum event_target target;
static HANDLE source; /* of the event log; open for the life of the process */

void event_log_open(enum event_target new_target)
{
    target = new_target;
    if (target == EVENT_TARGET_LOG && source == NULL)
        source = RegisterEventSourceW(NULL, L"" SERVICE_NAME);
}

static void print(DWORD id, const wchar_t **strings)
{
    wchar_t text[EVENT_TEXT_CAPACITY];
    char utf8[EVENT_TEXT_CAPACITY * 3];
    /* FormatMessage wants a list of arguments where it takes an array as well. */
    union {
        const wchar_t **strings;
        va_list *arguments;
    } inserts = {.strings = strings};

    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY |
                                      FORMAT_MESSAGE_MAX_WIDTH_MASK,
                                  NULL, id, 0, text, EVENT_TEXT_CAPACITY, inserts.arguments);
    while (length > 0 && text[length - 1] <= L' ')
        text[--length] = L'\0';
    if (length == 0 || text_w_to_utf8(utf8, sizeof utf8, text) != ERROR_SUCCESS)
        snprintf(utf8, sizeof utf8, "event 0x%08lx", (unsigned long)id);
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

static void report(DWORD id, const wchar_t *first, const wchar_t *second)
{
    const wchar_t *strings[EVENT_STRINGS_MAX] = {first, second};
    DWORD last_error = GetLastError();
    WORD count = 0;

    while (count < EVENT_STRINGS_MAX && strings[count] != NULL)
        count++;
    if (target == EVENT_TARGET_CONSOLE)
        print(id, strings);
    else if (target == EVENT_TARGET_LOG && source != NULL)
        ReportEventW(source, event_type(id), 0, id, NULL, count, 0, strings, NULL);
    SetLastError(last_error);
}

/* The system's sentence for an error, with its number. */
static void describe(wchar_t text[EVENT_ERROR_CAPACITY], DWORD error)
{
    char utf8[EVENT_ERROR_CAPACITY];

    text_w_error(utf8, sizeof utf8, error);
    if (text_w_from_utf8(text, EVENT_ERROR_CAPACITY, span_from_string(utf8)) != ERROR_SUCCESS)
        text[0] = L'\0';
}

static void report_error(DWORD id, DWORD error)
{
    wchar_t text[EVENT_ERROR_CAPACITY];

    describe(text, error);
    report(id, text, NULL);
}

/* Returns true at most once in EVENT_REPEAT_MS.
 * last_ms  When it did last, 0: never. */
static bool is_due(volatile LONG64 *last_ms)
{
    LONG64 now_ms = (LONG64)GetTickCount64();
    LONG64 last = InterlockedCompareExchange64(last_ms, 0, 0);

    if (last != 0 && now_ms - last < EVENT_REPEAT_MS)
        return false;
    return InterlockedCompareExchange64(last_ms, now_ms, last) == last;
}

void event_service_started(const wchar_t *pipe_name)
{
    report(EVENT_SERVICE_STARTED, pipe_name, NULL);
}

void event_service_stopped(void)
{
    report(EVENT_SERVICE_STOPPED, NULL, NULL);
}

void event_pipe_failed(const wchar_t *pipe_name, DWORD error)
{
    wchar_t text[EVENT_ERROR_CAPACITY];

    describe(text, error);
    report(EVENT_PIPE_FAILED, pipe_name, text);
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
    report(EVENT_SERVER_FAILED, NULL, NULL);
}

void event_stop_late(void)
{
    report(EVENT_STOP_LATE, NULL, NULL);
}

void event_server_busy(unsigned connections)
{
    static volatile LONG64 last_ms;
    wchar_t count[16];
    char digits[16];

    if (!is_due(&last_ms))
        return;
    snprintf(digits, sizeof digits, "%u", connections);
    if (text_w_from_utf8(count, 16, span_from_string(digits)) == ERROR_SUCCESS)
        report(EVENT_SERVER_BUSY, count, NULL);
}

void event_identity_failed(DWORD error)
{
    static volatile LONG64 last_ms;

    if (is_due(&last_ms))
        report_error(EVENT_IDENTITY_FAILED, error);
}

void event_debug_missing(DWORD error)
{
    report_error(EVENT_DEBUG_MISSING, error);
}

DWORD event_log_register(const wchar_t *exe)
{
    const DWORD types = EVENT_TYPES;
    HKEY key = NULL;

    LSTATUS error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, EVENT_SOURCE_KEY, 0, NULL, 0, KEY_SET_VALUE,
                                    NULL, &key, NULL);
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

DWORD event_log_unregister(void)
{
    LSTATUS error = RegDeleteKeyW(HKEY_LOCAL_MACHINE, EVENT_SOURCE_KEY);

    return error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : (DWORD)error;
}
