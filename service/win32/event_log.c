#include "service/win32/event_log.h"

#include <stdio.h>
#include <wchar.h>

#include "common/proto/pipe_name.h"
#include "common/win32/system_info.h"
#include "common/win32/text_w.h"
#include "events.h"
#include "service/denials.h"
#include "service/win32/event_report.h"

enum {
    EVENT_ERROR_CAPACITY = 256, /* of the system's sentence for an error */
    EVENT_NUMBER_CAPACITY = 24,
    EVENT_REPEAT_MS = 60 * 1000, /* between two of a kind that clients can cause */
    EVENT_TYPES = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE
};

static SRWLOCK denials_lock = SRWLOCK_INIT;
static struct denials denials; /* guarded; all zero is none */

void event_log_open(enum event_target target)
{
    event_report_open(target);
}

static void report(DWORD id)
{
    event_report(id, NULL, NULL, NULL);
}

static void report_error(DWORD id, DWORD error)
{
    char text[EVENT_ERROR_CAPACITY];

    event_report(id, NULL, text_w_error(text, sizeof text, error), NULL);
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

/* Tells one report of denials, when one is due. The lock is not held while the log is written. */
static bool tell_denials(uint64_t now_ms)
{
    struct denials_report due;
    char sid[SID_TEXT_CAPACITY], count[EVENT_NUMBER_CAPACITY];

    AcquireSRWLockExclusive(&denials_lock);
    bool is_told = denials_next(&denials, now_ms, &due);
    ReleaseSRWLockExclusive(&denials_lock);
    if (!is_told)
        return false;
    sid_format(sid, &due.sid);
    snprintf(count, sizeof count, "%llu", (unsigned long long)due.count);
    event_report(EVENT_DENIED, &due.sid, sid[0] != '\0' ? sid : "several users", count);
    return true;
}

static void tell_all_denials(uint64_t now_ms)
{
    for (int i = 0; i <= DENIALS_USERS_MAX && tell_denials(now_ms); i++) {
        /* each call tells one */
    }
}

static void note_denial(const struct caller *caller)
{
    uint64_t now_ms = system_now_ms();

    AcquireSRWLockExclusive(&denials_lock);
    denials_add(&denials, &caller->user, now_ms);
    ReleaseSRWLockExclusive(&denials_lock);
    tell_all_denials(now_ms);
}

void event_answered(const struct caller *caller, const struct statistics_answer *answer)
{
    static volatile LONG64 last_ms;

    if (answer->denials > 0)
        note_denial(caller);
    if (answer->result == RESULT_FAILED && is_due(&last_ms))
        event_report(EVENT_INTERNAL_ERROR, NULL, statistics_op_name(answer->op), NULL);
}

static void report_pipe(DWORD id, const wchar_t *pipe_name, const char *second)
{
    char name[PIPE_NAME_CAPACITY];

    if (text_w_to_utf8(name, sizeof name, pipe_name) != ERROR_SUCCESS)
        name[0] = '\0';
    event_report(id, NULL, name, second);
}

void event_service_started(const wchar_t *pipe_name)
{
    report_pipe(EVENT_SERVICE_STARTED, pipe_name, NULL);
}

void event_service_stopped(void)
{
    tell_all_denials(UINT64_MAX);
    report(EVENT_SERVICE_STOPPED);
}

void event_pipe_failed(const wchar_t *pipe_name, DWORD error)
{
    char text[EVENT_ERROR_CAPACITY];

    text_w_error(text, sizeof text, error);
    if (error == ERROR_ACCESS_DENIED || error == ERROR_PIPE_BUSY)
        report_pipe(EVENT_NAME_TAKEN, pipe_name, text);
    else
        report_pipe(EVENT_PIPE_FAILED, pipe_name, text);
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
    report(EVENT_SERVER_FAILED);
}

void event_stop_late(void)
{
    report(EVENT_STOP_LATE);
}

void event_server_busy(unsigned connections)
{
    static volatile LONG64 last_ms;
    char count[EVENT_NUMBER_CAPACITY];

    if (!is_due(&last_ms))
        return;
    snprintf(count, sizeof count, "%u", connections);
    event_report(EVENT_SERVER_BUSY, NULL, count, NULL);
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

void event_configuration_refused(const char *name, const char *why)
{
    event_report(EVENT_CONFIGURATION_REFUSED, NULL, name, why);
}

void event_configuration_read(void)
{
    report(EVENT_CONFIGURATION_READ);
}

void event_limit_hit(enum statistics_limit limit)
{
    static volatile LONG64 last_ms[LIMIT_COUNT];

    if (is_due(&last_ms[limit]))
        event_report(EVENT_LIMIT_HIT, NULL, statistics_limit_name(limit), NULL);
}

void event_hardening_refused(const char *what)
{
    event_report(EVENT_HARDENING_REFUSED, NULL, what, NULL);
}

void event_privileges_kept(DWORD error)
{
    report_error(EVENT_PRIVILEGES_KEPT, error);
}

void event_place_open(const char *what)
{
    event_report(EVENT_PLACE_OPEN, NULL, what, NULL);
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
