/* `lsmap help [TOPIC]`: what --help has no room for, a screen of 80 columns and 24 lines each. */
#ifndef CLIENT_SHOW_HELP_H
#define CLIENT_SHOW_HELP_H

#include <stddef.h>

#include "common/base/annotations.h"
#include "common/text/span.h"

struct help_topic {
    const char *name;
    const char *text; /* whole lines, terminated */
};

extern const struct help_topic help_topics[];
extern const size_t help_topics_count;

/* The text of a topic, named in any case. NULL: unknown. */
const char *help_topic(struct span name);

#endif
