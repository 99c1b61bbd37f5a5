/* Makes a text safe to insert into an event.
 *
 * The event log expands what looks like a reference (%1, %%123) inside insertion strings too, again
 * and again, and has no escape for it. A line break or a control character lets a text look like
 * another event where logs are read as lines, and a direction mark lets it read as something else.
 * So every insertion string of lsmapd goes through here, its own ones too.
 */
#ifndef SERVICE_EVENT_TEXT_H
#define SERVICE_EVENT_TEXT_H

#include "common/base/annotations.h"
#include "common/text/span.h"

enum {
    EVENT_TEXT_LENGTH_MAX = 256, /* characters, the ellipsis included */
    EVENT_TEXT_CLEAN_CAPACITY = EVENT_TEXT_LENGTH_MAX * 4 + 1 /* the same in UTF-8, terminated */
};

/* Writes `text` as one harmless line of valid UTF-8.
 *
 * A percent sign becomes `?`, and so does every control character (C0, DEL, C1), line and paragraph
 * separator, and mark of writing direction. A malformed byte becomes U+FFFD. A longer text is cut
 * and ends with U+2026, the ellipsis.
 *
 * out   Receives it, terminated.
 * text  Any bytes. */
void event_text_clean(_Out_writes_(EVENT_TEXT_CLEAN_CAPACITY) char *out, struct span text);

#endif
