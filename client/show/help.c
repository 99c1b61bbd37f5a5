#include "client/show/help.h"

#include "client/show/help_text.h"

const char help_usage[] = HELP_USAGE;
const char help_options[] = HELP_OPTIONS;

const char *const help_topics[HELP_TOPICS_COUNT] = {
    "topics",  "examples", "filters", "stale",      "output",
    "formats", "access",   "scripts", "exit-codes",
};

const char *help_topic(struct span name)
{
    static const char *const texts[HELP_TOPICS_COUNT] = {
        HELP_TOPICS,  HELP_EXAMPLES, HELP_FILTERS, HELP_STALE,      HELP_OUTPUT,
        HELP_FORMATS, HELP_ACCESS,   HELP_SCRIPTS, HELP_EXIT_CODES,
    };

    for (size_t i = 0; i < HELP_TOPICS_COUNT; i++)
        if (span_equal_ascii_nocase(name, span_from_string(help_topics[i])))
            return texts[i];
    return NULL;
}
