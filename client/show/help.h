/* The help texts of lsmap, each of which fits a console of 80 columns and 24 lines. */
#ifndef CLIENT_SHOW_HELP_H
#define CLIENT_SHOW_HELP_H

#include "common/base/annotations.h"
#include "common/text/span.h"

/* For `lsmap` without arguments, on stderr. */
extern const char help_usage[];

/* For --help: all options, on stdout. */
extern const char help_options[];

/* For `lsmap help TOPIC`: what --help has no room for. */
struct help_topic {
    const char *name;
    const char *text; /* complete lines, terminated */
};

enum { HELP_TOPICS_MAX = 16 };

extern const struct help_topic help_topics[];
extern const size_t help_topics_count;

/* The text of a topic, whose name is compared without case. NULL: unknown. */
const char *help_topic(struct span name);

#endif
