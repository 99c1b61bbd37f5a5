/* The help texts of lsmap, each of which fits a console of 80 columns and 24 lines. They stand in
 * help.txt. */
#ifndef CLIENT_SHOW_HELP_H
#define CLIENT_SHOW_HELP_H

#include "common/text/span.h"

extern const char help_usage[];   /* for `lsmap` without arguments, on stderr */
extern const char help_options[]; /* for --help: all options, on stdout */

/* For `lsmap help TOPIC`: what --help has no room for. */
enum { HELP_TOPICS_COUNT = 9 };
extern const char *const help_topics[HELP_TOPICS_COUNT];

/* The text of a topic: complete lines, terminated. Case does not matter. NULL: unknown. */
const char *help_topic(struct span name);

#endif
