/* Where events go: the event log, stderr, or nowhere. For event_log.c, which names the events.
 *
 * Every insertion string is sanitised here by service/event_text.h, whoever made it.
 */
#ifndef SERVICE_WIN32_EVENT_REPORT_H
#define SERVICE_WIN32_EVENT_REPORT_H

#include "common/base/sid.h"
#include "service/win32/event_log.h"

void event_report_open(enum event_target target);

/* Tells one event. Fails nobody, changes no last error. Any thread.
 * id             Of events.mc.
 * user           Whom it is about, shown by the event log in its own column; NULL: nobody.
 * first, second  Terminated UTF-8, in the order of %1 and %2; NULL: no such string. */
void event_report(DWORD id, _In_opt_ const struct sid *user, _In_opt_ const char *first,
                  _In_opt_ const char *second);

#endif
