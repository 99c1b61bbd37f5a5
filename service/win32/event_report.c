#include "service/win32/event_report.h"

#include <stdio.h>
#include <wchar.h>

#include "common/proto/protocol.h"
#include "common/win32/text_w.h"
#include "events.h"
#include "service/event_text.h"

enum {
    EVENT_STRINGS_MAX = 2,
    EVENT_STRING_LENGTH = EVENT_TEXT_LENGTH_MAX * 2 + 1, /* UTF-16 units, each in two surrogates */
    EVENT_LINE_LENGTH = 2048                             /* UTF-16 units of one line on stderr */
};

static enum event_target target;
static HANDLE source; /* of the event log; open for the life of the process */

void event_report_open(enum event_target new_target)
{
    target = new_target;
    if (target == EVENT_TARGET_LOG && source == NULL)
        source = RegisterEventSourceW(NULL, L"" SERVICE_NAME);
}

static void print(DWORD id, const wchar_t **strings)
{
    wchar_t text[EVENT_LINE_LENGTH];
    char utf8[EVENT_LINE_LENGTH * 3];
    /* FormatMessage wants a list of arguments where it takes an array as well. */
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

static void clean(wchar_t out[EVENT_STRING_LENGTH], const char *text)
{
    char safe[EVENT_TEXT_CLEAN_CAPACITY];

    event_text_clean(safe, span_from_string(text));
    if (text_w_from_utf8(out, EVENT_STRING_LENGTH, span_from_string(safe)) != ERROR_SUCCESS)
        out[0] = L'\0';
}

void event_report(DWORD id, const struct sid *user, const char *first, const char *second)
{
    const char *const texts[EVENT_STRINGS_MAX] = {first, second};
    wchar_t buffers[EVENT_STRINGS_MAX][EVENT_STRING_LENGTH];
    const wchar_t *strings[EVENT_STRINGS_MAX] = {NULL};
    DWORD last_error = GetLastError();
    struct sid user_copy = {0}; /* the call wants it writable */
    WORD count = 0;

    if (target == EVENT_TARGET_NONE)
        return;
    for (; count < EVENT_STRINGS_MAX && texts[count] != NULL; count++) {
        clean(buffers[count], texts[count]);
        strings[count] = buffers[count];
    }
    if (user != NULL)
        user_copy = *user;
    if (target == EVENT_TARGET_CONSOLE)
        print(id, strings);
    else if (source != NULL)
        ReportEventW(source, event_type(id), 0, id, user_copy.size > 0 ? user_copy.bytes : NULL,
                     count, 0, strings, NULL);
    SetLastError(last_error);
}
