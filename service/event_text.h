/* Makes a text safe to insert into an event. The event log expands references (%1, %%123) in insertion
 * strings too, repeatedly, and has no escape for them. With a line break or a control character a text
 * could look like another event where logs are read as lines, and with a direction mark it could read
 * as another text. So every insertion string of lsmapd is cleaned here, its own ones too. */
#ifndef SERVICE_EVENT_TEXT_H
#define SERVICE_EVENT_TEXT_H

#include "common/text/span.h"

enum {
    EVENT_TEXT_LENGTH_MAX = 256, /* characters, the ellipsis included */
    EVENT_TEXT_CLEAN_CAPACITY = EVENT_TEXT_LENGTH_MAX * 4 + 1 /* the same in UTF-8, terminated */
};

/* Writes any bytes as one harmless line of valid UTF-8, terminated. Percent signs, control characters
 * (C0, DEL, C1), line and paragraph separators, and marks of writing direction become `?`, a malformed
 * byte U+FFFD. A longer text is cut and ends with U+2026, the ellipsis. */
void event_text_clean(_Out_writes_(EVENT_TEXT_CLEAN_CAPACITY) char *out, struct span text);

#endif
